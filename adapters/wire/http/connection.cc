// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "adapters/wire/http/server_core.h"
#include "adapters/wire/tls/names.h"

namespace msggw::http {

namespace {

using boost::system::error_code;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // RFC 9113 3.4
constexpr std::size_t kFirstRead = 4 * 1024;
constexpr std::size_t kMostRead = 32 * 1024;
constexpr std::size_t kMostAhead = 16 * 1024;      // taken in behind a request that is in hand
constexpr std::size_t kMostOutput = 256 * 1024;    // beyond it no further request is given out
constexpr std::size_t kWriteStep = 256 * 1024;     // what write_timeout is the time for
constexpr std::size_t kFullParts = 4;              // of what may be unread; with one, a pause
constexpr unsigned kRequestsAtOnce = 64;           // of one connection in one turn, and
constexpr std::chrono::milliseconds kMostTurn{5};  // no further one after so long
constexpr unsigned kLooksAtClock = 8;              // one request in so many
constexpr std::size_t kMostLastWrite = 16 * 1024;  // that is waited for, to give a reason behind it
constexpr std::size_t kMostDrained = 4 * 1024 * 1024;
constexpr std::chrono::seconds kDrainTime{2};

/// Calls with the session; nothing while there is none.
template <class Sessions, class Call>
void visit_session(Sessions& sessions, Call&& call) {
  if (auto* http1 = std::get_if<Http1Session>(&sessions)) {
    call(*http1);
  } else if (auto* http2 = std::get_if<Http2Session>(&sessions)) {
    call(*http2);
  }
}

std::variant<TcpSocket, TlsStream> make_stream(TcpSocket socket, const tls::Context& tls) {
  using Stream = std::variant<TcpSocket, TlsStream>;
  if (!tls) return Stream(std::in_place_type<TcpSocket>, std::move(socket));
  return Stream(std::in_place_type<TlsStream>, std::move(socket), tls::accept_with(tls));
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, TcpSocket socket, std::size_t place,
                       std::uint64_t number)
    : core_(std::move(core)),
      place_(place),
      number_(number),
      stream_(make_stream(std::move(socket), core_->tls())),
      since_(core_->context().time.now),
      asked_at_(since_),
      read_size_(kFirstRead) {
  error_code ignored;
  source_ = base::source_of(this->socket().remote_endpoint(ignored).address());
}

std::string Connection::address() const {
  error_code ignored;
  return std::visit(
      [&](const auto& stream) {
        return stream.lowest_layer().remote_endpoint(ignored).address().to_string();
      },
      stream_);
}

std::size_t Connection::buffered() const noexcept {
  std::size_t octets = 0;
  visit_session(session_, [&octets](const auto& session) { octets = session.buffered(); });
  return octets;
}

/// One whose request waits for its answer stays.
std::size_t Connection::movable() const noexcept {
  bool is_asked = false;
  visit_session(session_, [&](const auto& session) { is_asked = session.is_asked(); });
  return kept_ || is_asked || phase_ == Phase::closed ? 0 : 1;
}

/// What this connection adds to what all have.
void Connection::count_unread() noexcept {
  std::size_t octets = 0;
  if (phase_ != Phase::closed && !ending_) {
    octets = out_.size() + writing_.size();
    visit_session(session_, [&](const auto& session) { octets += session.unread(); });
  }
  SessionContext& context = core_->context();
  context.unread = context.unread - unread_ + octets;
  unread_ = octets;
  if (octets > context.options.max_unread_octets_per_connection) {
    end_later(Refusal::unread);
  } else if (context.unread > context.options.max_unread_octets) {
    core_->end_greediest(&Connection::unread, Refusal::unread);
  }
}

TcpSocket& Connection::socket() noexcept {
  if (auto* plain = std::get_if<TcpSocket>(&stream_)) return *plain;
  return std::get_if<TlsStream>(&stream_)->next_layer();
}

void Connection::start() {
  error_code ignored;
  socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  if (std::holds_alternative<TlsStream>(stream_)) return handshake();
  phase_ = Phase::sniffing;
  read();
}

void Connection::handshake() {
  auto& tls = std::get<TlsStream>(stream_);
  tls.async_handshake(TlsStream::server, [self = shared_from_this()](error_code ec) {
    if (self->phase_ == Phase::closed) return;
    auto& stream = std::get<TlsStream>(self->stream_);
    if (ec) {
      self->core_->handshake_failed(stream, ec);
      return self->finish();  // or the client might lose the alert
    }
    SSL* const ssl = stream.native_handle();
    if (tls::revokes(self->core_->tls(), ssl)) return self->close();  // there is a new CRL
    self->client_names_ = tls::peer_names(ssl);
    SessionContext& context = self->core_->context();
    if (tls::protocol_of(ssl) == "h2") {
      self->session_.emplace<Http2Session>(context, self->out_);
      self->phase_ = Phase::serving;
    } else {
      self->phase_ = Phase::sniffing;
    }
    self->process();
  });
}

void Connection::read() {
  if (reading_ || ended_ || phase_ == Phase::closed) return;
  if (phase_ == Phase::serving && (received().size() > kMostAhead || out_.size() > kMostOutput))
    return;
  reading_ = true;
  in_.consume(std::exchange(taken_, 0));
  with_stream([this](auto& stream) {
    stream.async_read_some(
        in_.prepare(read_size_),
        [self = shared_from_this()](error_code ec, std::size_t size) { self->on_read(ec, size); });
  });
}

void Connection::on_read(error_code ec, std::size_t size) {
  reading_ = false;
  if (phase_ == Phase::closed) return;
  if (ec) return on_end();
  if (phase_ == Phase::finishing) {
    drained_ += size;
    return drained_ > kMostDrained ? close() : read();
  }
  in_.commit(size);
  if (size == read_size_) read_size_ = std::min(2 * read_size_, kMostRead);
  process();
}

void Connection::on_end() {
  ended_ = true;
  switch (phase_) {
    case Phase::sniffing:
    case Phase::handshake: return close();
    case Phase::finishing:
      // Under TLS this may be the end of the reading only; the shutdown ends by itself or in time.
      if (std::holds_alternative<TcpSocket>(stream_)) close();
      return;
    case Phase::serving: return process();
    case Phase::closed: return;
  }
}

std::string_view Connection::received() const noexcept {
  return {static_cast<const char*>(in_.data().data()) + taken_, in_.size() - taken_};
}

bool Connection::choose_session() {
  const std::string_view seen = received().substr(0, kPreface.size());
  if (seen.empty()) return false;
  SessionContext& context = core_->context();
  if (!kPreface.starts_with(seen)) {
    session_.emplace<Http1Session>(context, out_);
  } else if (seen.size() == kPreface.size()) {
    session_.emplace<Http2Session>(context, out_);
  } else {
    return false;
  }
  phase_ = Phase::serving;
  return true;
}

/// Gives out what has come in, as far as limits allow, then writes and reads on.
void Connection::process() {
  if (phase_ == Phase::sniffing && !choose_session()) return read();
  if (phase_ != Phase::serving) return;
  processing_ = true;
  visit_session(session_, [this](auto& session) {
    SessionContext& context = core_->context();
    context.source = source_;
    const std::size_t most_unread = context.options.max_unread_octets_per_connection / kFullParts;
    const auto begun = std::chrono::steady_clock::now();
    for (unsigned given = 0; out_.size() <= kMostOutput && !ending_; ++given) {
      if (given == kRequestsAtOnce || (given % kLooksAtClock == kLooksAtClock - 1 &&
                                       std::chrono::steady_clock::now() - begun > kMostTurn)) {
        return resume_later();
      }
      if (!received().empty()) taken_ += session.receive(received());
      if (context.is_full) core_->make_room(source_);
      if (session.unread() > most_unread && !ended_) return;  // until some of it is read
      auto request = session.take();
      if (!request) {
        // What a client asked before it ended its side is still answered.
        if (ended_ && !session.in_hand()) session.end_of_input();
        return;
      }
      asked_at_ = context.time.now;
      request->first.client_names = client_names_;
      request->first.source = source_;
      core_->handler()(request->first, Responder(core_, place_, number_, request->second));
      if (phase_ != Phase::serving) return;
    }
  });
  processing_ = false;
  write();
  if (phase_ == Phase::serving) read();
}

void Connection::respond(std::uint64_t request, Response response, Damage damage) {
  bool open = false;
  if (phase_ == Phase::serving && !breaking_) {
    const std::size_t intact = out_.size();
    visit_session(session_,
                  [&](auto& session) { open = session.respond(request, std::move(response)); });
    if (open && damage != Damage::none) this->damage(intact, damage);
  }
  if (!open) return core_->counters().dropped();
  count_unread();
  if (!processing_) resume_later();
}

/// Does to the answer that stands behind the first `intact` octets of what goes out as a tester
/// wished.
void Connection::damage(std::size_t intact, Damage damage) {
  const bool http2 = std::holds_alternative<Http2Session>(session_);
  if (damage == Damage::twice) {
    if (!http2) out_.repeat_from(intact);
    return;
  }
  visit_session(session_, [](auto& session) { session.flush(); });
  out_.cut((intact + out_.size()) / 2);
  breaking_ = true;
}

void Connection::reset_later() {
  boost::asio::post(socket().get_executor(), [self = shared_from_this()] {
    if (self->phase_ == Phase::closed) return;
    error_code ignored;
    self->socket().set_option(TcpSocket::linger(true, 0), ignored);
    self->close();
  });
}

/// Answers of one turn to one connection leave together, and nothing happens to the caller inside
/// respond().
void Connection::resume_later() {
  if (std::exchange(resume_posted_, true)) return;
  boost::asio::post(socket().get_executor(), [self = shared_from_this()] { self->resume(); });
}

void Connection::resume() {
  resume_posted_ = false;
  if (phase_ == Phase::serving) process();
}

void Connection::write() {
  if (write_pending_ || phase_ != Phase::serving) return;
  bool closing = breaking_;
  visit_session(session_, [&](auto& session) {
    if (breaking_) return;
    session.flush();
    closing = session.closing();
  });
  count_unread();
  if (out_.empty()) {
    if (closing) finish();
    return;
  }
  std::swap(out_, writing_);
  write_pending_ = true;
  since_ = core_->context().time.now;
  with_stream([this](auto& stream) {
    boost::asio::async_write(
        stream, writing_.buffers(),
        [self = shared_from_this()](error_code ec, std::size_t) { self->on_written(ec); });
  });
}

void Connection::on_written(error_code ec) {
  write_pending_ = false;
  writing_.clear();
  count_unread();
  if (phase_ == Phase::closed) return;
  if (ec) return close();
  process();  // it may have paused for this
}

/// The last answer is out. Octets of the client that nobody reads would make the kernel reset the
/// connection and the client lose that answer, so they are read for a while.
void Connection::finish() {
  phase_ = Phase::finishing;
  since_ = core_->context().time.now;
  if (auto* tls = std::get_if<TlsStream>(&stream_)) {
    tls->async_shutdown([self = shared_from_this()](error_code) { self->drain_tls(); });
  } else {
    drain();
  }
}

void Connection::drain() {
  if (ended_) return close();
  error_code ignored;
  socket().shutdown(TcpSocket::shutdown_send, ignored);
  taken_ = in_.size();
  read();
}

/// The same below TLS, which is over.
void Connection::drain_tls() {
  if (phase_ == Phase::closed) return;
  error_code ignored;
  socket().shutdown(TcpSocket::shutdown_send, ignored);
  sink_.resize(kFirstRead);
  socket().async_read_some(boost::asio::buffer(sink_),
                           [self = shared_from_this()](error_code ec, std::size_t size) {
                             self->drained_ += size;
                             const bool enough = ec || self->drained_ > kMostDrained;
                             return enough ? self->close() : self->drain_tls();
                           });
}

void Connection::end_later(Refusal why) {
  if (std::exchange(ending_, true)) return;
  count_unread();  // as if it were gone
  boost::asio::post(socket().get_executor(), [self = shared_from_this(), why] { self->end(why); });
}

/// The reason is told where that needs no waiting, by what HTTP/2 has for it; memory is let go now.
void Connection::end(Refusal why) {
  if (phase_ == Phase::closed) return;
  core_->counters().refused(why);
  core_->report("http_connection_ended",
                std::string(text_of(why).reason) + ", client " + address());
  if (phase_ != Phase::serving || writing_.size() > kMostLastWrite) return close();
  out_.clear();
  visit_session(session_, [](auto& session) { session.calm(); });
  session_.emplace<std::monostate>();
  breaking_ = true;
  write();
}

void Connection::close() noexcept {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  count_unread();
  error_code ignored;
  socket().close(ignored);
  core_->forget(*this);
}

void Connection::check_time() {
  const auto& context = core_->context();
  const auto age = context.time.now - since_;
  switch (phase_) {
    case Phase::handshake:
    case Phase::sniffing:
      if (age <= context.options.header_timeout) return;
      core_->counters().refused(Refusal::timeout);
      return close();
    case Phase::serving:
      if (write_pending_) {
        const auto steps = 1 + static_cast<int>(writing_.size() / kWriteStep);
        if (age <= context.options.write_timeout * steps && !(ending_ && age > kDrainTime)) return;
        core_->counters().refused(Refusal::timeout);
        return close();
      }
      visit_session(session_, [](auto& session) { session.check_time(); });
      return write();
    case Phase::finishing:
      if (age > kDrainTime) close();
      return;
    case Phase::closed: return;
  }
}

}  // namespace msggw::http
