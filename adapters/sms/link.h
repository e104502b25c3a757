// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "adapters/sms/options.h"
#include "adapters/sms/smpp/session.h"
#include "adapters/wire/tls/contexts.h"
#include "gateway/base/address.h"
#include "gateway/base/context.h"

namespace msggw::sms {

/// What the session with an SMSC keeps to.
smpp::SessionOptions session_options_of(const SmscOptions& smsc);

/// One TCP or TLS socket to an SMSC with the session on it, from the SYN to its end. Shared,
/// since Asio's handlers may outlive the owner's wish for it; the owner ends it by end(). Loop
/// thread only.
class Link : public std::enable_shared_from_this<Link> {
 public:
  /// Called from the loop and from flush(). The owner may call anything of the link from
  /// within.
  struct Events {
    std::function<void(smpp::Event&)> event;               ///< all of the session's but `closed`
    std::function<void(const std::string& reason)> ended;  ///< once, the last
  };

  /// In cleartext if `tls` is null. `options` must outlive the link.
  Link(const base::Context& context, const SmscOptions& options, tls::Context tls, Events events);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Resolves, connects, shakes hands and binds, within SmscOptions::connect_within for each step.
  void start(const base::Address& address, smpp::Command bind);
  /// Whatever is done with it is sent by flush().
  smpp::Session& session() noexcept { return session_; }
  /// Writes what there is, tells of what has happened. To be called once a turn.
  void flush();
  /// Closes at once; no event comes any more.
  void end();

 private:
  static constexpr std::size_t kReadOctets = 16'384;
  static constexpr std::chrono::seconds kLastWrite{2};

  template <class Handler>
  auto guarded(Handler handler);
  /// Does it to the TLS stream, or to the socket where there is none.
  template <class Do>
  void on_stream(Do what);
  void connect(const boost::asio::ip::tcp::resolver::results_type& addresses);
  void connected();
  void shake_hands();
  void bind();
  void read();
  void write();
  void drain();
  void arm();
  void arm_at(base::TimePoint at);
  void on_timer();
  void finish(std::string reason);

  const SmscOptions& options_;
  const base::Clock& clock_;
  Events events_;
  smpp::Session session_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  tls::Context tls_context_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  boost::asio::steady_timer timer_;
  base::TimePoint timer_at_ = base::TimePoint::max();
  smpp::Command bind_{};
  base::Host host_;
  const char* doing_ = "resolving";  ///< until the session is there
  base::TimePoint step_deadline_{};
  bool in_session_ = false;
  bool writing_ = false;
  bool ended_ = false;
  std::optional<std::string> closing_;  ///< why; set once the session is closed
  std::string to_write_;
  std::array<char, kReadOctets> to_read_{};
};

}  // namespace msggw::sms
