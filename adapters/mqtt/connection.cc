#include "adapters/mqtt/connection.h"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "gateway/base/log.h"
#include "gateway/base/secrets.h"

namespace msggw::mqtt {

namespace {

namespace log = base::log;

bool is_numeric(const std::string& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

std::string endpoint_of(const Options& options) {
  if (options.host.starts_with('/')) return options.host;
  return options.host + ":" + std::to_string(options.port);
}

}  // namespace

Connection::Metrics::Metrics(base::metrics::Registry& registry)
    : connected(base::metrics::gauge(registry, "msggw_mqtt_connected",
                                     "Whether the gateway has a session at the broker")),
      reconnects(base::metrics::counter(registry, "msggw_mqtt_reconnects_total",
                                        "Connections to the broker after the first")),
      denied(base::metrics::counter(registry, "msggw_mqtt_refused_total",
                                    "Requests and publications turned away",
                                    {{"reason", "denied_by_broker"}})),
      unpublishable(base::metrics::counter(registry, "msggw_mqtt_refused_total",
                                           "Requests and publications turned away",
                                           {{"reason", "unpublishable"}})) {}

Connection::Connection(boost::asio::io_context& io, const Options& options, const Topics& topics,
                       const base::Clock& clock, base::metrics::Registry& registry,
                       Link::Receive receive)
    : options_(options),
      clock_(clock),
      metrics_(registry),
      link_(options, topics.subscriptions(), metrics_.denied, std::move(receive)),
      backoff_({options.reconnect_first, options.reconnect_most}, base::random_number()),
      resolver_(io),
      socket_(io),
      timer_(io) {}

Connection::~Connection() {
  unwatch();
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

void Connection::start() {
  try_connect();
}

void Connection::stop_reading() {
  reading_ = false;
}

void Connection::try_connect() {
  began_ = clock_.now();
  if (options_.host.starts_with('/') || is_numeric(options_.host)) {
    addresses_ = {options_.host};
    return connect_to_next();
  }
  if (!addresses_.empty()) return connect_to_next();
  resolve();
}

void Connection::resolve() {
  resolver_.async_resolve(options_.host, std::to_string(options_.port),
                          while_alive([this](boost::system::error_code error, auto results) {
                            if (error) return lost("cannot resolve: " + error.message());
                            for (const auto& entry : results)
                              addresses_.push_back(entry.endpoint().address().to_string());
                            std::reverse(addresses_.begin(), addresses_.end());
                            connect_to_next();
                          }));
}

void Connection::connect_to_next() {
  const std::string address = std::move(addresses_.back());
  addresses_.pop_back();
  link_.connect(address, address.starts_with('/') ? 0 : options_.port);
  if (link_.phase() == Link::Phase::closed) return lost(link_.reason());
  watch();
}

/// The library closes its descriptor within its own calls, when the number may already be
/// somebody else's before Asio hears of it; so Asio watches a duplicate, which is ours to close.
void Connection::watch() {
  const int duplicate = ::fcntl(link_.fd(), F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) {
    link_.give_up("no file descriptor left");
    return lost(link_.reason());
  }
  socket_.assign(duplicate);
  waiting_for_room_ = false;
  wait_readable();
  wait_a_second();
  look();
}

void Connection::unwatch() {
  boost::system::error_code ignored;
  if (socket_.is_open()) socket_.close(ignored);
  timer_.cancel();
}

void Connection::wait_readable() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     while_alive([this](boost::system::error_code) { on_readable(); }));
}

void Connection::wait_writable() {
  if (waiting_for_room_ || !link_.wants_write()) return;
  waiting_for_room_ = true;
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                     while_alive([this](boost::system::error_code) { on_writable(); }));
}

void Connection::on_readable() {
  if (!reading_ || !socket_.is_open()) return;
  const bool more = link_.read(kPacketsATurn);
  look();
  if (!socket_.is_open()) return;
  if (!more) return wait_readable();
  // What is left may be in the library and not in the socket, so the socket must not be waited for.
  boost::asio::post(socket_.get_executor(), [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) on_readable();
  });
}

void Connection::on_writable() {
  waiting_for_room_ = false;
  link_.write();
  look();
}

void Connection::wait_a_second() {
  timer_.expires_after(std::chrono::seconds(1));
  timer_.async_wait(while_alive([this](boost::system::error_code) { on_second(); }));
}

void Connection::on_second() {
  link_.tick();
  if (link_.phase() != Link::Phase::closed && !is_ready() &&
      clock_.now() - began_ > kConnectWithin) {
    link_.give_up("no answer within 10 seconds");
  }
  look();
  if (socket_.is_open()) wait_a_second();
}

/// After every call of the link: what has become of it?
void Connection::look() {
  if (link_.phase() == Link::Phase::closed) {
    if (socket_.is_open()) lost(link_.reason());
    return;
  }
  if (is_ready() && !was_ready_) connected();
  drain();
  wait_writable();
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

void Connection::lost(const std::string& reason) {
  unwatch();
  const base::TimePoint now = clock_.now();
  if (was_ready_ && now - began_ > kGoodAfter) backoff_.succeeded();
  was_ready_ = false;
  metrics_.connected.Set(0);
  if (reported_ != Reported::lost) {
    reported_ = Reported::lost;
    log::warn("broker_lost", {{"broker", endpoint_of(options_)}, {"reason", reason}});
  }
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

void Connection::flush() {
  if (link_.phase() == Link::Phase::closed || !socket_.is_open()) return;
  if (link_.wants_write()) link_.write();
  look();
}

}  // namespace msggw::mqtt
