// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/wire/tls/contexts.h"
#include "adapters/wire/tls/handshake.h"

namespace msggw::tls {

/// One DTLS session of either side, over datagrams that its owner carries; the owner keeps the time
/// too. One thread.
class DatagramSession {
 public:
  enum class State { handshake, established, ended };
  using Transmit = std::function<void(std::string_view datagram)>;
  using Take = std::function<void(std::string_view data)>;

  /// `connection` becomes this object's own. `transmit` may not end the session.
  DatagramSession(ssl_st* connection, Side side, Transmit transmit);
  /// Says good-bye to the peer of an established session.
  ~DatagramSession();
  DatagramSession(const DatagramSession&) = delete;
  DatagramSession& operator=(const DatagramSession&) = delete;

  /// A client's first step, which a server's session owes to DatagramListener.
  State begin() { return received({}, {}); }
  /// Gives the application data in it to `take`, which may not end the session. What is not the
  /// peer's is dropped (RFC 6347 4.1.2.7).
  State received(std::string_view datagram, const Take& take);
  /// Sends one record; nothing happens unless the session is established.
  void send(std::string_view data);

  /// Without a good-bye: the peer knows nothing of this session any more.
  void abandon() noexcept { state_ = State::ended; }

  State state() const noexcept { return state_; }
  /// Why it has ended: the handshake failed, or the peer closed it.
  const Problem& problem() const noexcept { return problem_; }
  /// When the last flight is due again, from now on; none: nothing is under way.
  std::optional<std::chrono::milliseconds> repeat_within() const noexcept;
  /// Sends the last flight again if that is due.
  State repeat();
  ssl_st* connection() const noexcept { return connection_; }

 private:
  struct Way;
  struct Trampolines;
  friend class DatagramListener;

  void shake_hands();
  /// After a call of OpenSSL that gave nothing: the end, unless it waits for the peer.
  void judge(int result);

  std::unique_ptr<Way> way_;
  ssl_st* connection_;
  State state_ = State::handshake;
  Problem problem_;
};

/// Lets clients begin a session once they have shown that they are where their datagrams say, by a
/// cookie (RFC 6347 4.2.1); nothing is kept for those that have not. One thread.
class DatagramListener {
 public:
  DatagramListener();
  ~DatagramListener();

  /// `hello` is a ClientHello of `peer`, its address in any form. Returns its session, for which
  /// the hello still is to be gone on with: begin(). Null: the cookie was asked for, or it is no
  /// hello.
  std::unique_ptr<DatagramSession> listen(const Context& context, std::string_view peer,
                                          std::string_view hello,
                                          DatagramSession::Transmit transmit);

 private:
  Context context_;
  std::unique_ptr<DatagramSession> next_;  // of nobody yet
};

/// Whether a datagram begins a handshake: the first, or with a cookie (RFC 6347 4.2.2).
bool is_client_hello(std::string_view datagram) noexcept;
/// Whether it began the handshake of this session: the same random octets are in it.
bool began(std::string_view hello, const DatagramSession& session) noexcept;

/// For make(): lets a server's context ask for cookies.
void use_cookies(ssl_ctx_st* context);

}  // namespace msggw::tls
