// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/connection.h"

#include <algorithm>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

#include "gateway/base/log.h"
#include "gateway/base/secrets.h"

namespace msggw::mqtt {

namespace {

namespace log = base::log;

using boost::asio::ip::tcp;

constexpr std::size_t kCarrierOctets = 64U << 10;

std::string endpoint_of(const Options& options) {
  if (!options.host.host) return options.host.socket;
  return base::to_string(base::Address{*options.host.host, options.port});
}

/// The reason code with which to leave a broker that sent a wrong packet (MQTT 5, 3.14.2.1); 0: it
/// sent none.
std::uint8_t code_of(base::Errc code) noexcept {
  switch (code) {
    case base::Errc::malformed: return 0x81;
    case base::Errc::incorrect: return 0x82;
    case base::Errc::too_large: return 0x95;
    default: return 0;
  }
}

}  // namespace

Connection::Connection(const base::Context& context, const Options& options, const Topics& topics,
                       Link::Receive receive)
    : options_(options),
      clock_(context.clock),
      metrics_{context.metrics},
      tls_({.ca = options.ca, .certificate = options.certificate, .key = options.key}),
      link_(options, topics.subscriptions(), metrics_.denied, std::move(receive)),
      filter_({link_.most_packet_octets(), options.keep_alive}, metrics_.unusable),
      backoff_({options.reconnect_first, options.reconnect_most}, base::random_number()),
      resolver_(context.io),
      stream_(context.io, tls_.current(), options.host.host),
      timer_(context.io),
      carrier_(kCarrierOctets) {
  if (options.ca.empty()) return;
  if (!options.host.host) throw std::runtime_error("mqtt.ca: there is no TLS over a unix socket");
  if (const auto loaded = tls_.reload(); !loaded)
    throw std::runtime_error("mqtt." + loaded.error().detail);
}

Connection::~Connection() {
  if (stage_ == Stage::open) give_up("closed by the gateway", 0);
}

/// A handler that does nothing once the connection is gone or its operation was cancelled: Asio
/// may call it after the destructor.
template <class Handler>
auto Connection::while_alive(Handler handler) {
  return [handler = std::move(handler), alive = std::weak_ptr(alive_)](
             boost::system::error_code error, auto&&... rest) mutable {
    if (error == boost::asio::error::operation_aborted || alive.expired()) return;
    handler(error, std::forward<decltype(rest)>(rest)...);
  };
}

void Connection::reload() {
  if (!tls_.current()) return;
  if (const auto loaded = tls_.reload()) {
    log::info("broker_tls_reloaded", {{"broker", endpoint_of(options_)}});
  } else {
    log::error("broker_tls_reload_failed",
               {{"broker", endpoint_of(options_)}, {"reason", loaded.error().detail}});
  }
}

void Connection::try_connect() {
  began_ = clock_.now();
  stage_ = Stage::opening;
  wait_a_second();
  if (!addresses_.empty()) return connect_to_next();
  const auto& host = options_.host.host;
  if (!host) {
    addresses_ = {boost::asio::local::stream_protocol::endpoint(options_.host.socket)};
  } else if (const auto* numeric = host->numeric()) {
    addresses_ = {tcp::endpoint(*numeric, options_.port)};
  } else {
    return resolve();
  }
  connect_to_next();
}

void Connection::resolve() {
  resolver_.async_resolve(options_.host.host->text(), std::to_string(options_.port),
                          while_alive([this](boost::system::error_code error, auto results) {
                            if (error) return lost("cannot resolve: " + error.message());
                            for (const auto& entry : results)
                              addresses_.push_back(entry.endpoint());
                            std::reverse(addresses_.begin(), addresses_.end());
                            connect_to_next();
                          }));
}

void Connection::connect_to_next() {
  const Stream::Endpoint address = addresses_.back();
  addresses_.pop_back();
  stream_.connect(
      address, [this](base::Result<> result) { result ? opened() : lost(result.error().detail); });
}

void Connection::opened() {
  filter_.begin();
  link_.connect();
  if (link_.phase() == Link::Phase::closed) return lost(link_.reason());
  stage_ = Stage::open;
  waiting_for_room_ = held_ = false;
  wait_readable();
  look();
}

void Connection::wait_readable() {
  stream_.wait_readable([this] { on_readable(); });
}

/// What is left may be in the filter or in TLS and not in the socket, so the socket must not be
/// waited for; others have their turn all the same.
void Connection::read_soon() {
  boost::asio::post(timer_.get_executor(), [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && stage_ == Stage::open) on_readable();
  });
}

void Connection::on_readable() {
  if (!reading_) return;
  const bool more = deliver() || (stage_ == Stage::open && !filter_.is_full() && read());
  look();
  if (stage_ != Stage::open) return;
  held_ = filter_.is_full();
  if (held_) return;
  more ? read_soon() : wait_readable();
}

/// Reads once from the stream. True: there may be more in it or in the filter.
bool Connection::read() {
  const auto room = filter_.room();
  const auto octets = stream_.read(room);
  if (!octets) {
    end(octets.error());
    return false;
  }
  filter_.received(*octets);
  const bool more = *octets == room.size() || (stream_.is_tls() && *octets > 0);
  return deliver() || more;
}

/// Gives the library what the filter has for it. True: there is more, for another turn.
bool Connection::deliver() {
  for (std::size_t packets = 0; packets < kPacketsATurn;) {
    if (filter_.is_full()) return true;
    const auto run = filter_.next(kPacketsATurn - packets);
    if (!run) {
      end(run.error());
      return false;
    }
    if (run->packets == 0) return false;
    packets += run->packets;
    link_.take(run->octets);
  }
  return true;
}

/// After every call of the link: what has become of it?
void Connection::look() {
  if (stage_ != Stage::open) return;
  if (link_.phase() == Link::Phase::closed) return lost(link_.reason());
  if (is_ready() && !was_ready_) connected();
  drain();
  pull();
  if (!is_ready()) pump();
}

/// Takes what the library has for the broker, and tells it what the filter has to say to that.
void Connection::pull() {
  while (!filter_.is_full()) {
    const std::size_t octets = link_.give(carrier_);
    if (octets == 0) return;
    filter_.sent({carrier_.data(), octets});
    if (!filter_.has_answer()) continue;
    if (const auto run = filter_.next(1)) link_.take(run->octets);
  }
}

/// Sends what the filter has, as far as there is room. True: it has gone.
bool Connection::push() {
  while (!waiting_for_room_ && !filter_.to_broker().empty()) {
    const auto octets = stream_.write(filter_.to_broker());
    if (!octets) {
      end(octets.error());
      return false;
    }
    filter_.written(*octets);
    if (*octets > 0) continue;
    waiting_for_room_ = true;
    stream_.wait_writable([this] {
      waiting_for_room_ = false;
      look();
      pump();
    });
  }
  return !waiting_for_room_;
}

void Connection::pump() {
  bool was_full = true;
  while (was_full && stage_ == Stage::open) {
    pull();
    was_full = filter_.is_full();
    if (!push()) return;
  }
  if (held_ && stage_ == Stage::open) {
    held_ = false;
    read_soon();
  }
}

void Connection::flush() {
  pump();
  if (stage_ == Stage::open && link_.phase() == Link::Phase::closed) lost(link_.reason());
}

void Connection::wait_a_second() {
  timer_.expires_after(std::chrono::seconds(1));
  timer_.async_wait(while_alive([this](boost::system::error_code) { on_second(); }));
}

void Connection::on_second() {
  if (stage_ == Stage::away) return;
  if (!is_ready() && clock_.now() - began_ > kConnectWithin) {
    give_up("no answer within 10 seconds", 0);
    return lost("no answer within 10 seconds");
  }
  wait_a_second();
  if (stage_ != Stage::open) return;
  link_.tick();
  look();
}

void Connection::connected() {
  was_ready_ = true;
  if (reported_ != Reported::nothing) metrics_.reconnects.Increment();
  reported_ = Reported::connected;
  metrics_.connected.Set(1);
  began_ = clock_.now();
  addresses_.clear();
  log::info("broker_connected", {{"broker", endpoint_of(options_)},
                                 {"client_id", options_.client_id},
                                 {"session", link_.session_present() ? "continued" : "new"}});
}

/// The filter has found a reason to end the connection, or the stream has come to its end.
void Connection::end(const base::Error& error) {
  const std::uint8_t code = code_of(error.code);
  if (code == 0) {
    link_.give_up(error.detail);
  } else {
    metrics_.wrong_packets.Increment();
    give_up(error.detail, code);
  }
  lost(error.detail);
}

/// Says DISCONNECT, if it can be sent at once.
void Connection::give_up(const std::string& reason, std::uint8_t code) {
  if (stage_ != Stage::open) return;
  link_.give_up(reason, code);
  pull();
  if (!waiting_for_room_) (void)stream_.write(filter_.to_broker());
}

void Connection::lost(const std::string& reason) {
  stage_ = Stage::away;
  stream_.close();
  resolver_.cancel();
  const base::TimePoint now = clock_.now();
  if (was_ready_ && now - began_ > kGoodAfter) backoff_.succeeded();
  was_ready_ = false;
  metrics_.connected.Set(0);
  if (reported_ != Reported::lost || reason != reason_)
    log::warn("broker_lost", {{"broker", endpoint_of(options_)}, {"reason", reason}});
  reported_ = Reported::lost;
  reason_ = reason;
  // The next address of a name is tried at once.
  if (addresses_.empty()) backoff_.failed(now);
  timer_.expires_after(std::max(base::Duration{0}, backoff_.next_try() - now));
  timer_.async_wait(while_alive([this](boost::system::error_code) { try_connect(); }));
}

bool Connection::publish(const std::string& topic, std::string_view payload,
                         std::string_view correlation, bool retained) {
  if (!is_ready()) return false;
  if (queue_.empty() && link_.has_room()) {
    if (!link_.publish(topic, payload, correlation, retained)) metrics_.unpublishable.Increment();
    return true;
  }
  if (queue_.size() >= options_.max_outgoing) return false;
  queue_.push_back({topic, std::string(payload), std::string(correlation), retained});
  return true;
}

void Connection::drain() {
  while (!queue_.empty() && link_.has_room()) {
    const Outgoing& next = queue_.front();
    if (!link_.publish(next.topic, next.payload, next.correlation, next.retained))
      metrics_.unpublishable.Increment();
    queue_.pop_front();
  }
}

}  // namespace msggw::mqtt
