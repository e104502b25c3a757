// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/admin/admin.h"

namespace msggw::process {

/// Tells a service manager how the process stands, over the socket that NOTIFY_SOCKET in the
/// environment names (sd_notify(3), `Type=notify`): when it is ready, while it reads its files
/// again, when it ends; and, at half the time that WATCHDOG_USEC asks for, that its loop turns, so
/// that a process whose loop is stuck is ended. Without NOTIFY_SOCKET it does nothing. Loop thread
/// only.
///
/// Each beat says all that holds, so what the manager did not take is only late.
class ServiceManager {
 public:
  /// `look` says what `systemctl status` shows: which parts of the process are not well.
  ServiceManager(boost::asio::io_context& io, std::function<std::vector<admin::Part>()> look);

  /// Whoever waits for the start goes on; the beats begin.
  void ready();
  /// Does `work`, and says that it goes on. Who asked for a reload waits for that where the unit
  /// says notify-reload, which systemd knows from version 253.
  void reload(const std::function<void()>& work);
  void stopping();

  /// Between two beats where nobody watches: they keep the status up to date.
  static constexpr std::chrono::microseconds kUnwatched{10'000'000};

 private:
  void beat();
  void send(std::string_view message);
  std::string standing() const;

  std::function<std::vector<admin::Part>()> look_;
  boost::asio::local::datagram_protocol::socket socket_;
  std::optional<boost::asio::local::datagram_protocol::endpoint> manager_;
  std::chrono::microseconds every_{kUnwatched};
  bool stopping_ = false;
  boost::asio::steady_timer timer_;
};

}  // namespace msggw::process
