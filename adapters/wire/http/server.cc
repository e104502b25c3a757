// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/server.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <stdexcept>
#include <utility>

#include "adapters/wire/http/server_core.h"
#include "adapters/wire/tls/handshake.h"
#include "gateway/base/address.h"
#include "gateway/base/listening.h"

namespace msggw::http {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto kMostTick = 250ms;
constexpr auto kLeastTick = 5ms;
constexpr std::size_t kLoopbackPlaces = 4;    // beyond max_connections
constexpr std::size_t kMostLookedAt = 1'024;  // of the connections, when one is to be chosen
constexpr auto kAcceptPause = 100ms;          // when the process is out of file descriptors

std::chrono::steady_clock::duration tick_of(const ServerOptions& options) {
  const base::Duration least =
      std::min({options.header_timeout, options.idle_timeout, options.write_timeout});
  return std::clamp<std::chrono::steady_clock::duration>(least / 4, kLeastTick, kMostTick);
}

tls::Options tls_of(const std::optional<ServerTls>& files) {
  tls::Options options{.side = tls::Side::server};
  if (files) {
    options.ca = files->client_ca;
    options.crl = files->crl;
    options.certificate = files->certificate;
    options.key = files->key;
  }
  // RFC 9113 9.2.2 forbids most older suites for HTTP/2; the others are of no use either.
  options.ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
  options.protocols = "\x02h2\x08http/1.1";
  return options;
}

}  // namespace

tls::Context context_of(const ServerOptions& options) {
  if (!options.tls) return {};
  auto made = tls::make(tls_of(options.tls));
  if (!made) throw std::runtime_error(options.name + ": " + made.error().detail);
  return *std::move(made);
}

ServerCore::ServerCore(const base::Context& context, const ServerOptions& options, Handler handler,
                       ReadsBody reads_body, int beside)
    : options_(options),
      counters_(context.metrics, options.name),
      context_{options_, counters_, time_, std::move(reads_body)},
      tls_(context_of(options)),
      handler_(std::move(handler)),
      acceptor_(context.io),
      ticker_(context.io),
      accept_again_(context.io),
      shares_(0),
      tick_(tick_of(options)) {
  time_.update();
  listen(beside);
}

void ServerCore::listen(int beside) {
  const auto fail = [this](const error_code& ec) {
    if (!ec) return;
    base::cannot_listen(options_.name + ": cannot listen on " + options_.address.to_string() +
                            " port " + std::to_string(options_.port) + ": " + ec.message(),
                        ec.value(), {options_.section, options_.port_option, options_.section});
  };
  error_code ec;
  const tcp::endpoint endpoint(options_.address, options_.port);
  acceptor_.open(endpoint.protocol(), ec);
  fail(ec);
  acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (options_.address.is_v6()) acceptor_.set_option(boost::asio::ip::v6_only(true), ec);
  const base::SharedPort shared(beside, acceptor_.native_handle());
  acceptor_.bind(endpoint, ec);
  fail(ec);
  acceptor_.listen(tcp::acceptor::max_listen_connections, ec);
  fail(ec);
  port_ = acceptor_.local_endpoint(ec).port();
  fail(ec);
}

void ServerCore::stop() noexcept {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  ticker_.cancel(ignored);
  accept_again_.cancel(ignored);
  for (std::size_t place = 0; place < connections_.size(); ++place) {
    if (const auto connection = connections_[place]) connection->close();
  }
}

void ServerCore::leave() {
  context_.leaving = true;
  error_code ignored;
  acceptor_.close(ignored);
  accept_again_.cancel(ignored);
  for (std::size_t place = 0; place < connections_.size(); ++place) {
    if (const auto connection = connections_[place]) connection->leave();
  }
}

bool ServerCore::is_at(const ServerOptions& options) const noexcept {
  return options.address == options_.address &&
         (options.port == options_.port || options.port == port_) &&
         options.tls.has_value() == options_.tls.has_value();
}

void ServerCore::take(const ServerOptions& options, tls::Context tls) {
  options_.max_connections = options.max_connections;
  options_.max_connections_per_source = options.max_connections_per_source;
  options_.max_buffered_octets = options.max_buffered_octets;
  options_.max_unread_octets_per_connection = options.max_unread_octets_per_connection;
  options_.max_unread_octets = options.max_unread_octets;
  options_.max_useless_frames = options.max_useless_frames;
  options_.port = options.port;
  options_.tls = options.tls;
  context_.buffered.limit_to(options_.max_buffered_octets);
  tls_ = std::move(tls);
  for (const auto& connection : connections_) {
    if (connection && connection->is_revoked_by(tls_)) connection->end_later(Refusal::revoked);
  }
}

void ServerCore::accept() {
  acceptor_.async_accept([self = shared_from_this()](error_code ec, TcpSocket socket) {
    self->accepted(ec, std::move(socket));
  });
}

void ServerCore::accepted(error_code ec, TcpSocket socket) {
  if (stopped_ || context_.leaving) return;
  if (ec == boost::asio::error::no_descriptors ||
      ec == boost::system::errc::too_many_files_open_in_system) {
    counters_.refused(Refusal::connections);
    report("http_accept_failed", ec.message());
    accept_again_.expires_after(kAcceptPause);
    accept_again_.async_wait([self = shared_from_this()](error_code) {
      if (!self->stopped_ && !self->context_.leaving) self->accept();
    });
    return;
  }
  if (!ec) {
    if (has_room_for(socket)) {
      open(std::move(socket));
    } else {
      turn_away(std::move(socket));
    }
  }
  accept();
}

/// Makes room if need be.
bool ServerCore::has_room_for(const TcpSocket& socket) {
  error_code ignored;
  const auto address = socket.remote_endpoint(ignored).address();
  const base::Source source = base::source_of(address);
  const std::size_t share = options_.max_connections_per_source;
  if (share != 0 && shares_.of(source) >= share && !displace(source)) return false;
  const std::size_t open = connections_.size() - free_places_.size();
  if (open < options_.max_connections || displace(base::Source::none)) return true;
  return base::is_loopback(address) && open < options_.max_connections + kLoopbackPlaces;
}

/// Closes the connection that asked longest ago, of `only` or, for Source::none, of the source that
/// has most.
bool ServerCore::displace(base::Source only) {
  const auto first = [](const Connection& a, const Connection& b) {
    return a.asked_at() < b.asked_at();
  };
  const auto chosen = choose(&Connection::movable, first, only).connection;
  if (!chosen) return false;
  counters_.refused(Refusal::displaced);
  chosen->close();
  return true;
}

/// Looks at a bounded number of connections, the next ones each time.
ServerCore::Choice ServerCore::choose(Amount amount, const Order& before, base::Source only) {
  boost::unordered_flat_map<base::Source, std::pair<std::size_t, const Connection*>> found;
  for (std::size_t left = std::min(kMostLookedAt, connections_.size()); left > 0; --left) {
    if (++looked_at_ >= connections_.size()) looked_at_ = 0;
    const Connection* const one = connections_[looked_at_].get();
    if (one == nullptr || (only != base::Source::none && one->source() != only)) continue;
    const std::size_t has = (one->*amount)();
    if (has == 0) continue;
    auto& [sum, first] = found[one->source()];
    sum += has;
    if (first == nullptr || before(*one, *first)) first = one;
  }
  const auto most = std::max_element(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.second.first < b.second.first;
  });
  if (most == found.end()) return {};
  return {most->first, connections_[most->second.second->place()]};
}

void ServerCore::end_greediest(Amount amount, Refusal why) {
  const auto first = [amount](const Connection& a, const Connection& b) {
    return (a.*amount)() > (b.*amount)();
  };
  if (const auto chosen = choose(amount, first).connection) chosen->end_later(why);
}

void ServerCore::make_room(base::Source asker) {
  context_.is_full = false;
  if (std::exchange(making_room_, true)) return;
  const auto first = [](const Connection& a, const Connection& b) {
    return a.buffered() > b.buffered();
  };
  const Choice chosen = choose(&Connection::buffered, first);
  if (chosen.connection && chosen.source != asker) chosen.connection->end_later(Refusal::memory);
  boost::asio::post(acceptor_.get_executor(),
                    [self = shared_from_this()] { self->making_room_ = false; });
}

void ServerCore::open(TcpSocket socket) {
  if (!ticking_) time_.update();
  tick_later();
  if (free_places_.empty()) {
    free_places_.push_back(connections_.size());
    connections_.emplace_back();
    free_places_.reserve(connections_.size());  // forget() must not throw
  }
  const std::size_t place = free_places_.back();
  free_places_.pop_back();
  const auto connection =
      std::make_shared<Connection>(shared_from_this(), std::move(socket), place, ++last_number_);
  connections_[place] = connection;
  shares_.enter(connection->source());
  counters_.opened();
  connection->start();
}

/// Tells an HTTP/1.1 client why, as far as that needs no waiting.
void ServerCore::refuse(TcpSocket& socket, Refusal why) {
  counters_.refused(why);
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(boost::asio::buffer(refusal_text(why)), ignored);
}

/// Under TLS there is no one to tell yet.
void ServerCore::turn_away(TcpSocket socket) {
  if (tls()) return counters_.refused(Refusal::connections);
  refuse(socket, Refusal::connections);
  error_code ignored;
  socket.shutdown(TcpSocket::shutdown_send, ignored);
  // What has come in already is read, so that closing sends no reset that overtakes the answer.
  char discarded[4096];
  socket.read_some(boost::asio::buffer(discarded), ignored);
}

void ServerCore::handshake_failed(TlsStream& stream, const error_code& why) {
  if (tls::is_plain_http(why)) return refuse(stream.next_layer(), Refusal::cleartext);
  counters_.refused(Refusal::tls);
  report("http_tls_refused", tls::problem_of(stream.native_handle(), why).detail);
}

void ServerCore::forget(const Connection& connection) noexcept {
  free_places_.push_back(connection.place());
  shares_.leave(connection.source());
  counters_.closed();
  connections_[connection.place()].reset();  // last: it may end the connection, and with it this
}

void ServerCore::respond(std::size_t place, std::uint64_t connection, std::uint64_t request,
                         Response response, Damage damage) {
  if (stopped_) return;
  const auto& there = connections_[place];
  if (!there || there->number() != connection) return counters_.dropped();
  std::shared_ptr(there)->respond(request, std::move(response), damage);
}

void ServerCore::reset(std::size_t place, std::uint64_t connection) {
  if (stopped_) return;
  const auto& there = connections_[place];
  if (there && there->number() == connection) std::shared_ptr(there)->reset_later();
}

void ServerCore::keep(std::size_t place, std::uint64_t connection, bool whether) {
  if (stopped_) return;
  const auto& there = connections_[place];
  if (there && there->number() == connection) there->keep(whether);
}

void ServerCore::report(std::string_view event, const std::string& reason) {
  const auto now = std::chrono::floor<base::Duration>(time_.now.time_since_epoch());
  if (!log_limit_.pass(base::TimePoint(now))) return;
  base::log::warn(event, {{"server", options_.name},
                          {"reason", reason},
                          {"suppressed", log_limit_.take_suppressed()}});
}

void ServerCore::tick_later() {
  if (ticking_) return;
  ticking_ = true;
  ticker_.expires_after(tick_);
  ticker_.async_wait([self = shared_from_this()](error_code) {
    self->ticking_ = false;
    if (!self->stopped_) self->tick();
  });
}

void ServerCore::tick() {
  time_.update();
  for (std::size_t place = 0; place < connections_.size(); ++place) {
    if (const auto connection = connections_[place]) connection->check_time();
  }
  if (connections_.size() > free_places_.size()) tick_later();
}

void Responder::respond(Response response, Damage damage) const {
  if (const auto server = server_.lock()) {
    server->respond(place_, connection_, request_, std::move(response), damage);
  }
}

void Responder::reset() const {
  if (const auto server = server_.lock()) server->reset(place_, connection_);
}

void Responder::keep(bool whether) const {
  if (const auto server = server_.lock()) server->keep(place_, connection_, whether);
}

Server::Server(const base::Context& context, const ServerOptions& options, Handler handler,
               ReadsBody reads_body)
    : context_(context), handler_(std::move(handler)), reads_body_(std::move(reads_body)) {
  take(prepare(options));
}

Server::~Server() {
  if (core_) core_->stop();
  for (const auto& former : former_) {
    if (const auto core = former.lock()) core->stop();
  }
}

std::uint16_t Server::port() const noexcept {
  return core_ ? core_->port() : 0;
}

Place Server::prepare(const ServerOptions& options) const {
  Place place{.options = options};
  const bool listens = core_ != nullptr;
  place.is_other = listens != options.listens || (listens && !core_->is_at(options));
  if (!options.listens) return place;
  if (place.is_other) {
    const bool shares = listens && core_->port() == options.port;
    place.core = std::make_shared<ServerCore>(context_, options, handler_, reads_body_,
                                              shares ? core_->socket() : base::SharedPort::kNone);
  } else {
    place.tls = context_of(options);
  }
  return place;
}

void Server::take(Place place) {
  if (!place.is_other) {
    if (core_) core_->take(place.options, std::move(place.tls));
    return;
  }
  std::erase_if(former_, [](const auto& former) { return former.expired(); });
  if (core_) {
    core_->leave();
    former_.push_back(core_);
  }
  core_ = std::move(place.core);
  if (core_) core_->start();
}

}  // namespace msggw::http
