// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

namespace msggw::mqtt {

struct BrokerOptions {
  std::filesystem::path dir;  ///< existing folder for configuration, log and persistent sessions
  /// Where devices connect.
  boost::asio::ip::address address = boost::asio::ip::address_v4::loopback();
  std::uint16_t port = 1883;  ///< 0: any free one
  std::string more;           ///< further lines for the configuration file, as Mosquitto reads them
};

/// A Mosquitto broker as a child process, for `msggw demo` and for tests. Anonymous access: keep it
/// on loopback. It ends with this object, and also when this process (or only the thread that made
/// this object) dies in any other way. Blocking: belongs to start-up and shutdown.
class Broker {
 public:
  /// Writes `dir`/mosquitto.conf, starts the broker and waits until it accepts connections. Throws
  /// std::runtime_error (what, where, the way out) if there is no broker on this machine, if the
  /// port is taken, or if the broker ends (with the last lines of its log).
  explicit Broker(BrokerOptions options);
  /// SIGTERM, which makes it save its sessions; SIGKILL after 3 seconds.
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  std::uint16_t port() const noexcept { return options_.port; }
  pid_t pid() const noexcept { return pid_; }
  std::filesystem::path log_file() const { return options_.dir / "mosquitto.log"; }

  /// For tests: ends it by `signal` and waits; start() begins it again on the same port.
  void end(int signal);
  void start();

 private:
  void write_configuration() const;
  void wait_until_it_listens();
  bool has_ended();
  std::string last_log_lines() const;

  BrokerOptions options_;
  std::filesystem::path program_;
  pid_t pid_ = -1;
};

}  // namespace msggw::mqtt
