// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/wire/http/http1_session.h"
#include "adapters/wire/http/http2_session.h"
#include "adapters/wire/http/output.h"
#include "adapters/wire/http/server.h"
#include "adapters/wire/http/streams.h"
#include "adapters/wire/tls/contexts.h"
#include "gateway/base/sources.h"

namespace msggw::http {

/// One accepted socket: handshake, then the session that ALPN or the first octets name, then its
/// octets in and out. Kept alive by its own pending operations and by the server's table; close()
/// takes it out of the latter. A request is given to the handler from here only, never from inside
/// a library's callback or from inside respond().
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// `place` in the server's table; `number` is never given again by that server.
  Connection(std::shared_ptr<ServerCore> core, TcpSocket socket, std::size_t place,
             std::uint64_t number);

  void start();
  void close() noexcept;
  /// Called a few times a second: closes what takes too long.
  void check_time();
  void respond(std::uint64_t request, Response response, Damage damage);
  /// Resets the connection in a handler of its own, so that the caller may be inside of it.
  void reset_later();
  /// Ends it in a handler of its own; the refusal is counted.
  void end_later(Refusal why);
  void keep(bool whether) noexcept { kept_ = whether; }
  /// SessionContext::leaving has become true.
  void leave() {
    if (phase_ == Phase::serving && !processing_) resume_later();
  }

  /// Whether `context` has a CRL that names the certificate of its client.
  bool is_revoked_by(const tls::Context& context) {
    auto* const stream = std::get_if<TlsStream>(&stream_);
    return stream != nullptr && phase_ != Phase::handshake &&
           tls::revokes(context, stream->native_handle());
  }

  base::Source source() const noexcept { return source_; }
  std::string address() const;  ///< for people
  /// What limits compare, see ServerOptions: octets of requests, of answers, and whether it may
  /// have to give its place to another, as 1 or 0.
  std::size_t buffered() const noexcept;
  std::size_t unread() const noexcept { return unread_; }
  std::size_t movable() const noexcept;
  /// A request was given out last then; before the first, when it was accepted.
  SteadyTime asked_at() const noexcept { return asked_at_; }

  std::size_t place() const noexcept { return place_; }
  std::uint64_t number() const noexcept { return number_; }

 private:
  enum class Phase { handshake, sniffing, serving, finishing, closed };

  void handshake();
  void read();
  void on_read(boost::system::error_code ec, std::size_t size);
  void on_end();
  bool choose_session();
  void process();
  void count_unread() noexcept;
  void write();
  void on_written(boost::system::error_code ec);
  void damage(std::size_t intact, Damage damage);
  void resume_later();
  void resume();
  void end(Refusal why);
  void finish();
  void drain();
  void drain_tls();
  std::string_view received() const noexcept;  ///< and not taken

  template <class Call>
  auto with_stream(Call&& call) {
    return std::visit(std::forward<Call>(call), stream_);
  }
  TcpSocket& socket() noexcept;

  std::shared_ptr<ServerCore> core_;  // before the session, which counts in it to the end
  const std::size_t place_;
  const std::uint64_t number_;
  std::variant<TcpSocket, TlsStream> stream_;
  std::variant<std::monostate, Http1Session, Http2Session> session_;
  boost::beast::flat_buffer in_;
  // Of in_; let go when no read is pending, since that would move its place.
  std::size_t taken_ = 0;
  Output out_;              // being filled
  Output writing_;          // being written
  std::size_t unread_ = 0;  // of answers, as it was counted last
  std::vector<std::string> client_names_;
  std::string sink_;  // for octets nobody wants
  Phase phase_ = Phase::handshake;
  SteadyTime since_;  // the phase began, or the write
  SteadyTime asked_at_;
  base::Source source_;
  bool kept_ = false;
  std::size_t read_size_;
  std::size_t drained_ = 0;
  bool reading_ = false;
  bool write_pending_ = false;
  bool ended_ = false;  // the client sends no more
  bool processing_ = false;
  bool resume_posted_ = false;
  bool breaking_ = false;  // what is in out_ is the last that is sent
  bool ending_ = false;    // by end_later()
};

}  // namespace msggw::http
