// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "adapters/wire/http/client_core.h"
#include "adapters/wire/http/http2_exchange.h"
#include "adapters/wire/http/http2_link.h"

namespace msggw::http {

namespace {

using base::Errc;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMostOrigins = 64;
constexpr std::size_t kMostOpen = 4;  // connections to one server that take requests
constexpr base::Duration kSweep{100};
constexpr base::Duration kShortestSweep{5};
constexpr int kSweepsInTime = 8;  // of the shortest time that is watched
constexpr const char* kAlpn = "\x02h2";

/// A server that is asked: who waits for it, and the connections to it.
struct Origin {
  base::Uri uri;             // without a path
  Http2Exchanges waiting{};  // oldest first
  std::vector<std::shared_ptr<Http2Link>> links{};
  SteadyTime next_link{};  // one more beside those that are open, not before

  bool is(const base::Uri& other) const noexcept {
    return uri.port == other.port && uri.scheme == other.scheme && uri.host == other.host;
  }
  std::size_t count(bool (Http2Link::*what)() const noexcept) const {
    return static_cast<std::size_t>(std::count_if(
        links.begin(), links.end(), [what](const auto& link) { return (*link.*what)(); }));
  }
};

class Http2Client final : public ClientCore, public std::enable_shared_from_this<Http2Client> {
 public:
  Http2Client(boost::asio::io_context& io, ClientOptions options);

  std::size_t room() const noexcept override;
  std::size_t in_flight() const noexcept override { return context_->in_flight; }
  void start(ClientRequest request, Done done) override;
  void close() noexcept override;

 private:
  using Timer = boost::asio::basic_waitable_timer<SteadyClock,
                                                  boost::asio::wait_traits<SteadyClock>, Executor>;

  Origin& origin_of(const base::Uri& url);
  void turn_later();
  void turn();
  void deliver();
  void go_again();
  void pump(Origin& origin);
  void forget_closed(Origin& origin);
  void open_link(Origin& origin);
  void watch_time();
  void sweep();
  void expire(Origin& origin);

  boost::asio::io_context& io_;
  std::shared_ptr<Http2ClientContext> context_;
  ClientTrust trust_;
  Timer timer_;
  base::Duration sweep_;
  std::vector<std::unique_ptr<Origin>> origins_;
  std::vector<Finished> delivering_;
  bool turning_ = false;  // or about to
  bool watching_ = false;
  bool closed_ = false;
};

Http2Client::Http2Client(boost::asio::io_context& io, ClientOptions options)
    : io_(io),
      context_(std::make_shared<Http2ClientContext>(Http2ClientContext{std::move(options)})),
      trust_(context_->options.tls, kAlpn),
      timer_(io),
      sweep_(std::clamp(
          std::min(context_->options.request_timeout, context_->options.connect_timeout) /
              kSweepsInTime,
          kShortestSweep, kSweep)) {}

std::size_t Http2Client::room() const noexcept {
  const std::size_t most = context_->options.max_streams;
  return context_->in_flight < most ? most - context_->in_flight : 0;
}

void Http2Client::start(ClientRequest request, Done done) {
  base::ensure(room() > 0, "HTTP client: a request without room for it");
  turn_later();
  if (const auto good = check_values(request); !good)
    return context_->finished.push_back({std::move(done), tl::unexpected(good.error())});
  ++context_->in_flight;
  context_->now = SteadyClock::now();
  Http2Exchange& exchange = origin_of(request.url).waiting.emplace_back();
  exchange.request = std::move(request);
  exchange.done = std::move(done);
  exchange.started = context_->now;
}

Origin& Http2Client::origin_of(const base::Uri& url) {
  const auto found = std::find_if(origins_.begin(), origins_.end(),
                                  [&url](const auto& origin) { return origin->is(url); });
  if (found != origins_.end()) return **found;
  if (origins_.size() >= kMostOrigins)
    std::erase_if(origins_, [](const auto& o) { return o->waiting.empty() && o->links.empty(); });
  origins_.push_back(
      std::make_unique<Origin>(Origin{base::Uri{url.scheme, url.host, url.port, {}}}));
  return *origins_.back();
}

/// Requests of one turn of the loop leave together.
void Http2Client::turn_later() {
  if (std::exchange(turning_, true)) return;
  boost::asio::post(io_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->turn();
  });
}

/// Tells what has ended, and sends what was started, also by those who were told.
void Http2Client::turn() {
  if (closed_) return;
  turning_ = true;
  deliver();
  if (closed_) return;
  context_->now = SteadyClock::now();
  go_again();
  for (const auto& origin : origins_) pump(*origin);
  turning_ = false;
  if (!context_->finished.empty() || !context_->unprocessed.empty()) turn_later();
  watch_time();
}

void Http2Client::deliver() {
  delivering_.swap(context_->finished);
  for (Finished& finished : delivering_) {
    if (closed_) break;
    finished.done(std::move(finished.result));
  }
  delivering_.clear();
}

/// What a server has not processed waits again, where it would be had it not been sent (RFC 9113
/// 8.7): servers end connections in good order whenever they like, and that is no trouble.
void Http2Client::go_again() {
  Http2Exchanges& all = context_->unprocessed;
  while (!all.empty()) {
    Http2Exchanges& waiting = origin_of(all.front().request.url).waiting;
    const auto place = std::find_if(waiting.begin(), waiting.end(), [&](const auto& other) {
      return other.started > all.front().started;
    });
    waiting.splice(place, all, all.begin());
  }
}

void Http2Client::pump(Origin& origin) {
  for (const auto& link : origin.links) link->update();
  forget_closed(origin);
  for (const auto& link : origin.links) {
    while (!origin.waiting.empty() && link->room() > 0) link->submit(origin.waiting);
  }
  if (!origin.waiting.empty()) open_link(origin);
  for (const auto& link : origin.links) link->write();
}

/// Those who wait for a connection that came to nothing would meet the same at the next one.
void Http2Client::forget_closed(Origin& origin) {
  for (const auto& link : origin.links) {
    const auto failed = link->take_failure();
    if (!failed) continue;
    origin.next_link = context_->now + context_->options.connect_timeout;
    if (origin.count(&Http2Link::is_open) > 0) continue;
    for (Http2Exchange& exchange : origin.waiting)
      context_->fail(exchange, failed->code, failed->detail);
    origin.waiting.clear();
  }
  std::erase_if(origin.links, [](const auto& link) { return link->is_closed(); });
}

/// One, and more only if the server takes fewer requests at a time than wait.
void Http2Client::open_link(Origin& origin) {
  const std::size_t open = origin.count(&Http2Link::is_open);
  if (origin.count(&Http2Link::is_opening) > 0 || open >= kMostOpen ||
      origin.links.size() >= context_->options.max_connections ||
      (open > 0 && context_->now < origin.next_link))
    return;
  const bool secure = base::is_secure(origin.uri.scheme);
  auto changed = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->turn();
  };
  origin.links.push_back(std::make_shared<Http2Link>(
      context_, Http2Link::Way{io_, origin.uri, secure ? trust_.context() : nullptr, changed}));
  origin.links.back()->open();
}

/// One timer for all, as long as there is anything to watch: a request sets none.
void Http2Client::watch_time() {
  const bool idle = std::all_of(origins_.begin(), origins_.end(), [](const auto& origin) {
    return origin->links.empty() && origin->waiting.empty();
  });
  if (idle || std::exchange(watching_, true)) return;
  timer_.expires_after(sweep_);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& ec) {
    const auto self = weak.lock();
    if (ec || self == nullptr || self->closed_) return;
    self->watching_ = false;
    self->sweep();
  });
}

void Http2Client::sweep() {
  context_->now = SteadyClock::now();
  for (const auto& origin : origins_) {
    expire(*origin);
    for (const auto& link : origin->links) link->check_time();
  }
  turn();
}

void Http2Client::expire(Origin& origin) {
  const bool connected = origin.count(&Http2Link::is_open) > 0;
  const std::string reason =
      connected ? std::string(kNotProcessed) + ": the server takes no more requests at a time"
                : "cannot connect: no answer in time";
  Http2Exchanges& waiting = origin.waiting;
  while (!waiting.empty() && context_->is_overdue(waiting.front())) {
    context_->fail(waiting.front(), Errc::unavailable, reason);
    waiting.pop_front();
  }
}

void Http2Client::close() noexcept {
  closed_ = true;
  for (const auto& origin : origins_) {
    for (const auto& link : origin->links) link->close();
  }
  origins_.clear();
  context_->unprocessed.clear();
  context_->finished.clear();
  boost::system::error_code ignored;
  timer_.cancel(ignored);
}

}  // namespace

std::shared_ptr<ClientCore> open_http2_client(boost::asio::io_context& io, ClientOptions options) {
  return std::make_shared<Http2Client>(io, std::move(options));
}

}  // namespace msggw::http
