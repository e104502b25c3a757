// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/connection.h"

#include <algorithm>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

#include "adapters/mqtt/connection_settings.h"
#include "gateway/base/log.h"
#include "gateway/base/secrets.h"

namespace msggw::mqtt {

namespace {

namespace log = base::log;

using boost::asio::ip::tcp;

base::Error unavailable(std::string reason) {
  return {base::Errc::unavailable, std::move(reason)};
}

bool is_wrong_packet(base::Errc code) noexcept {
  return code == base::Errc::malformed || code == base::Errc::incorrect ||
         code == base::Errc::too_large;
}

}  // namespace

Connection::Connection(const base::Context& context, const Options& options, Topics topics,
                       std::size_t most_octets, Handlers handlers)
    : options_(options),
      endpoint_(endpoint_of(options)),
      topics_(std::move(topics)),
      clock_(context.clock),
      metrics_{context.metrics},
      tls_(tls_options()),
      answered_(std::move(handlers.answered)),
      session_(settings_of(options, topics_, most_octets), metrics_.denied,
               std::move(handlers.receive), answered_),
      backoff_({options.reconnect_first, options.reconnect_most}, base::random_number()),
      resolver_(context.io),
      stream_(context.io, tls_.current(), options.host.host),
      timer_(context.io) {
  if (options.ca.empty()) return;
  if (!options.host.host) throw std::runtime_error("mqtt.ca: there is no TLS over a unix socket");
  if (const auto loaded = tls_.reload(); !loaded)
    throw std::runtime_error("mqtt." + loaded.error().detail);
}

Connection::~Connection() {
  if (stage_ != Stage::open) return;
  session_.leave();
  if (!waiting_for_room_) (void)stream_.write(session_.to_broker());
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

tls::Options Connection::tls_options() const {
  return {.ca = options_.ca,
          .crl = options_.crl,
          .certificate = options_.certificate,
          .key = options_.key};
}

void Connection::reconfigure(std::size_t most_octets) {
  const bool was_tls = stream_.is_tls();
  read_tls();
  stream_.set_host(options_.host.host);
  auto connect = settings_of(options_, topics_, most_octets).connect;
  const std::string before = std::exchange(endpoint_, endpoint_of(options_));
  const bool stays =
      before == endpoint_ && connect == session_.connect() && was_tls == !options_.ca.empty();
  session_.set_connect(std::move(connect));
  backoff_ = base::Backoff({options_.reconnect_first, options_.reconnect_most},
                           static_cast<std::uint32_t>(base::random_number()));
  if (stays || !is_started_) return;
  addresses_.clear();
  if (stage_ != Stage::away) broken(unavailable("the configuration says otherwise now"));
  timer_.expires_after(base::Duration{0});
  timer_.async_wait(while_alive([this](boost::system::error_code) { try_connect(); }));
}

void Connection::read_tls() {
  if (options_.ca.empty()) return tls_.clear();
  if (const auto loaded = tls_.reload(tls_options())) {
    log::info("broker_tls_reloaded", {{"broker", endpoint_of(options_)}});
  } else {
    log::error("broker_tls_reload_failed",
               {{"broker", endpoint_of(options_)}, {"reason", loaded.error().detail}});
  }
}

void Connection::try_connect() {
  began_ = clock_.now();
  stage_ = Stage::opening;
  if (!options_.ca.empty() && !stream_.is_tls()) {  // files that were good a moment ago
    addresses_.clear();
    return lost(unavailable("the files of TLS cannot be used; mend them and reload"));
  }
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
                            if (error)
                              return lost(unavailable("cannot resolve: " + error.message()));
                            for (const auto& entry : results)
                              addresses_.push_back(entry.endpoint());
                            std::reverse(addresses_.begin(), addresses_.end());
                            connect_to_next();
                          }));
}

void Connection::connect_to_next() {
  address_ = addresses_.back();
  addresses_.pop_back();
  stream_.connect(address_,
                  [this](base::Result<> result) { result ? opened() : lost(result.error()); });
}

void Connection::opened() {
  stage_ = Stage::open;
  waiting_for_room_ = held_ = false;
  session_.begin(version_, clock_.now());
  wait_readable();
  look();
}

void Connection::wait_readable() {
  stream_.wait_readable([this] { on_readable(); });
}

/// What is left may be in the session or in TLS and not in the socket, so the socket must not be
/// waited for; others have their turn all the same.
void Connection::read_soon() {
  boost::asio::post(timer_.get_executor(), [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && stage_ == Stage::open) on_readable();
  });
}

void Connection::on_readable() {
  if (!reading_) return;
  const bool more = session_.deal(kPacketsATurn, clock_.now()) || read();
  look();
  if (stage_ != Stage::open) return;
  held_ = session_.is_full();
  if (held_) return;
  more ? read_soon() : wait_readable();
}

/// Reads once from the stream. True: there may be more in it or in the session.
bool Connection::read() {
  if (session_.phase() == Session::Phase::closed || session_.is_full()) return false;
  const auto room = session_.room();
  const auto octets = stream_.read(room);
  if (!octets) {
    broken(octets.error());
    return false;
  }
  session_.received(*octets);
  const bool more = *octets == room.size() || (stream_.is_tls() && *octets > 0);
  return session_.deal(kPacketsATurn, clock_.now()) || more;
}

/// After every call of the session: what has become of it? What it says goes out with flush(), but
/// for what opens it.
void Connection::look() {
  if (stage_ != Stage::open) return;
  if (session_.phase() == Session::Phase::closed) return over();
  if (is_ready() && !was_ready_) connected();
  if (!is_ready()) pump();
}

/// Sends what there is, as far as there is room. True: it has gone.
bool Connection::push() {
  while (!waiting_for_room_ && !session_.to_broker().empty()) {
    const auto octets = stream_.write(session_.to_broker());
    if (!octets) {
      broken(octets.error());
      return false;
    }
    session_.written(*octets, clock_.now());
    if (*octets > 0) continue;
    waiting_for_room_ = true;
    stream_.wait_writable([this] {
      waiting_for_room_ = false;
      pump();
    });
  }
  return !waiting_for_room_;
}

void Connection::pump() {
  if (stage_ != Stage::open) return;
  do {
    drain();
    if (!push()) return;
  } while (!queue_.empty() && session_.has_room());
  if (!held_ || session_.is_full()) return;
  held_ = false;
  read_soon();
}

void Connection::wait_a_second() {
  timer_.expires_after(std::chrono::seconds(1));
  timer_.async_wait(while_alive([this](boost::system::error_code) { on_second(); }));
}

void Connection::on_second() {
  if (stage_ == Stage::away) return;
  const base::TimePoint now = clock_.now();
  if (!is_ready() && now - began_ > kConnectWithin)
    return broken(unavailable("no answer within 10 seconds"));
  wait_a_second();
  if (stage_ != Stage::open) return;
  session_.tick(now);
  look();
  pump();
}

void Connection::connected() {
  was_ready_ = true;
  ++sessions_;
  if (reported_ != Reported::nothing) metrics_.reconnects.Increment();
  reported_ = Reported::connected;
  metrics_.connected.Set(1);
  began_ = clock_.now();
  addresses_.clear();
  report_connected();
}

std::string Connection::lacks() const {
  std::string text;
  const auto add = [&](bool lacking, const char* what) {
    if (lacking) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  if (!is_ready()) return text;
  add(grants().version != protocol::Version::mqtt5, "MQTT 5");
  add(!grants().qos_1 || !grants().qos_1_requests, "QoS 1");
  add(!grants().retain, "retained messages");
  return text;
}

void Connection::report_connected() {
  log::info("broker_connected", {{"broker", endpoint_of(options_)},
                                 {"client_id", options_.client_id},
                                 {"mqtt", protocol::name_of(grants().version)},
                                 {"session", session_.session_present() ? "continued" : "new"}});
  metrics_.lacks_mqtt_5.Set(grants().version != protocol::Version::mqtt5);
  metrics_.lacks_qos_1.Set(!grants().qos_1 || !grants().qos_1_requests);
  metrics_.lacks_retain.Set(!grants().retain);
  if (const std::string lacking = lacks(); !lacking.empty())
    log::warn("broker_degraded", {{"broker", endpoint_of(options_)}, {"without", lacking}});
}

void Connection::broken(const base::Error& error) {
  session_.give_up(error);
  lost(error);
}

/// The session is closed; its last word goes out if it can at once.
void Connection::over() {
  const base::Error error = session_.error();
  if (is_wrong_packet(error.code)) metrics_.wrong_packets.Increment();
  if (!waiting_for_room_) (void)stream_.write(session_.to_broker());
  lost(error);
}

/// Decides the version of the next try. True: the same broker is to be tried at once, for it
/// refuses MQTT 5. One that closes without a word may have been asked in a version that it does not
/// know; one that starts does that too, once.
bool Connection::another_version(const base::Error& error) {
  const auto tried = std::exchange(version_, protocol::Version::mqtt5);
  const bool silent = error.code == base::Errc::unavailable && !session_.has_heard();
  closed_early_ = silent ? closed_early_ + 1 : 0;
  if (tried == protocol::Version::mqtt311) return false;
  const bool unknown = error.code == base::Errc::unsupported;
  if (unknown || closed_early_ >= kClosedEarly) version_ = protocol::Version::mqtt311;
  if (unknown) addresses_.push_back(address_);
  return unknown;
}

void Connection::lost(const base::Error& error) {
  const bool asked = std::exchange(stage_, Stage::away) == Stage::open;
  stream_.close();
  resolver_.cancel();
  let_go();
  const base::TimePoint now = clock_.now();
  if (was_ready_) lost_at_ = now;
  if (was_ready_ && now - began_ > kGoodAfter) backoff_.succeeded();
  was_ready_ = false;
  metrics_.connected.Set(0);
  const bool at_once = asked && another_version(error);
  if (!at_once) report(error.detail);
  // The next address of a name is tried at once.
  if (addresses_.empty()) backoff_.failed(now);
  timer_.expires_after(at_once ? base::Duration{0}
                               : std::max(base::Duration{0}, backoff_.next_try() - now));
  timer_.async_wait(while_alive([this](boost::system::error_code) { try_connect(); }));
}

/// What is of use for a moment only is not sent over the next connection.
void Connection::let_go() {
  session_.let_go();
  const auto kept = std::stable_partition(queue_.begin(), queue_.end(),
                                          [](const Outgoing& each) { return !each.perishable; });
  const std::vector<Outgoing> dropped(std::make_move_iterator(kept),
                                      std::make_move_iterator(queue_.end()));
  queue_.erase(kept, queue_.end());
  for (const Outgoing& each : dropped) answered_(each.tag, Session::kNotSent);
}

void Connection::report(const std::string& reason) {
  if (reported_ != Reported::lost || reason != reason_)
    log::warn("broker_lost", {{"broker", endpoint_of(options_)}, {"reason", reason}});
  reported_ = Reported::lost;
  reason_ = reason;
}

bool Connection::publish(const Outgoing& message) {
  if (!is_ready()) return false;
  if (queue_.empty() && session_.has_room()) {
    hand_over(message);
    return true;
  }
  if (queue_.size() >= options_.max_outgoing) return false;
  queue_.push_back(message);
  return true;
}

void Connection::drain() {
  while (!queue_.empty() && session_.has_room()) {
    const Outgoing next = std::move(queue_.front());
    queue_.pop_front();
    hand_over(next);
  }
}

void Connection::hand_over(const Outgoing& message) {
  if (!session_.publish(message)) metrics_.unpublishable.Increment();
}

}  // namespace msggw::mqtt
