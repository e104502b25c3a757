// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/client.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <deque>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/wire/coap/alarm.h"
#include "adapters/wire/coap/client_route.h"
#include "adapters/wire/coap/tokens.h"
#include "adapters/wire/coap/transfer.h"
#include "gateway/base/result.h"

namespace msggw::coap {

namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

/// Servers that a client keeps a session with; those of which nothing is asked give way to more.
constexpr std::size_t kMostRoutes = 16;

}  // namespace

class Client::Impl : public std::enable_shared_from_this<Client::Impl> {
 public:
  Impl(asio::io_context& io, ClientOptions options)
      : io_(io),
        options_(std::move(options)),
        links_(io, options_),
        deadline_(io, clock_, [this] { check_deadlines(); }) {}

  std::size_t in_flight() const noexcept { return operations_.size() + finished_.size(); }
  std::size_t room() const noexcept {
    return options_.max_in_flight > in_flight() ? options_.max_in_flight - in_flight() : 0;
  }
  void start(ClientRequest request, ClientDone done);
  void close();

 private:
  using OperationId = std::uint32_t;
  struct Operation {
    Transfer transfer;
    ClientDone done;
    ClientRoute* route;
    Steady::time_point begun{};
    Token token{};  ///< of the message under way; empty: none yet
  };
  struct Deadline {
    base::TimePoint at;
    OperationId id;
  };
  struct Finished {
    ClientDone done;
    base::Result<ClientResponse> result;
  };

  ClientRoute& route_to(const Destination& to);
  void forget_idle_route();
  std::vector<OperationId> operations_of(const ClientRoute& route) const;
  void send_all(ClientRoute& route);
  void send_next(OperationId id, Operation& operation);
  Operation* find(const Token& token, OperationId& id);
  void answered(const ClientRoute& route, const Token& token, AnswerPart&& answer);
  void finish(OperationId id, base::Result<ClientResponse> result);
  void deliver_later();
  void deliver();
  void check_deadlines();

  asio::io_context& io_;
  ClientOptions options_;
  Tokens tokens_;
  OperationId last_operation_ = 0;
  LinkFactory links_;  // outlives the routes
  std::map<RouteKey, std::unique_ptr<ClientRoute>> routes_;
  std::unordered_map<OperationId, Operation> operations_;
  std::deque<Deadline> deadlines_;  // one constant wait for all, so first in is first out
  std::deque<Finished> finished_;
  bool delivering_ = false;
  base::Clock clock_;
  Alarm deadline_;
};

void Client::Impl::close() {
  operations_.clear();
  finished_.clear();
  routes_.clear();
}

void Client::Impl::start(ClientRequest request, ClientDone done) {
  base::ensure(room() > 0, "a CoAP client is asked for more than it has room for");
  auto to = destination_of(request.uri);
  if (!to) {
    finished_.push_back({std::move(done), tl::unexpected(std::move(to.error()))});
    return deliver_later();
  }
  ClientRoute& route = route_to(*to);
  while (operations_.contains(++last_operation_)) {
  }
  const OperationId id = last_operation_;
  Transfer transfer(std::move(request), std::move(*to), options_.max_response_octets);
  Operation& operation =
      operations_
          .try_emplace(id, Operation{std::move(transfer), std::move(done), &route, Steady::now()})
          .first->second;
  deadlines_.push_back({clock_.now() + options_.request_timeout, id});
  deadline_.set(deadlines_.front().at);
  if (route.is_ready()) return send_next(id, operation);
  route.connect();
}

ClientRoute& Client::Impl::route_to(const Destination& to) {
  const RouteKey key{to.transport, to.host, to.port};
  if (const auto known = routes_.find(key); known != routes_.end()) return *known->second;
  if (routes_.size() >= kMostRoutes) forget_idle_route();
  auto& route = routes_[key];
  ClientRoute::Events events;
  events.ready = [this, &route] { send_all(*route); };
  events.answer = [this, &route](const Token& token, AnswerPart&& answer) {
    answered(*route, token, std::move(answer));
  };
  events.failed = [this, &route](const Token& token, const std::string& why) {
    OperationId id = 0;
    if (find(token, id) != nullptr)
      finish(id, base::fail(base::Errc::unavailable, route->name() + ": " + why));
  };
  events.dropped = [this, &route](const base::Error& error) {
    for (const OperationId id : operations_of(*route))
      finish(id, base::fail(error.code, error.detail));
  };
  route = std::make_unique<ClientRoute>(io_, links_, key, std::move(events));
  return *route;
}

void Client::Impl::forget_idle_route() {
  const auto idle = std::find_if(routes_.begin(), routes_.end(), [this](const auto& route) {
    return operations_of(*route.second).empty();
  });
  if (idle != routes_.end()) routes_.erase(idle);
}

/// In the order in which they were started.
std::vector<Client::Impl::OperationId> Client::Impl::operations_of(const ClientRoute& route) const {
  std::vector<OperationId> ids;
  for (const auto& [id, operation] : operations_) {
    if (operation.route == &route) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

void Client::Impl::send_all(ClientRoute& route) {
  for (const OperationId id : operations_of(route)) send_next(id, operations_.find(id)->second);
}

void Client::Impl::send_next(OperationId id, Operation& operation) {
  ClientLink& link = operation.route->link();
  const NumberValue tag(id);
  operation.token = tokens_.make(id);
  link.send(operation.transfer.next(link.room(operation.transfer.to()), tag.view()),
            operation.token);
}

Client::Impl::Operation* Client::Impl::find(const Token& token, OperationId& id) {
  id = Tokens::id_of(token).value_or(0);
  const auto found = operations_.find(id);
  const bool is_its = found != operations_.end() && found->second.token == token;
  return is_its ? &found->second : nullptr;
}

void Client::Impl::answered(const ClientRoute& route, const Token& token, AnswerPart&& answer) {
  OperationId id = 0;
  Operation* operation = find(token, id);
  if (operation == nullptr || operation->route != &route) return;  // comes too late, or twice
  const auto step = operation->transfer.take(std::move(answer));
  if (!step)
    return finish(id, base::fail(step.error().code, route.name() + ": " + step.error().detail));
  switch (*step) {
    case Transfer::Step::send_next: return send_next(id, *operation);
    case Transfer::Step::done: return finish(id, std::move(operation->transfer).response());
  }
}

void Client::Impl::finish(OperationId id, base::Result<ClientResponse> result) {
  const auto found = operations_.find(id);
  finished_.push_back({std::move(found->second.done), std::move(result)});
  operations_.erase(found);
  deliver_later();
}

void Client::Impl::deliver_later() {
  if (std::exchange(delivering_, true)) return;
  asio::post(io_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->deliver();
  });
}

/// In a handler of its own, where nothing of this client is under way: `done` may start requests or
/// end the client.
void Client::Impl::deliver() {
  delivering_ = false;
  for (auto count = finished_.size(); count > 0 && !finished_.empty(); --count) {
    Finished one = std::move(finished_.front());
    finished_.pop_front();
    one.done(std::move(one.result));
  }
}

/// A server that said nothing at all since the request began is taken for gone, with its session:
/// one that restarted knows nothing of the old session and would never answer.
void Client::Impl::check_deadlines() {
  const auto now = clock_.now();
  while (!deadlines_.empty() &&
         (deadlines_.front().at <= now || !operations_.contains(deadlines_.front().id))) {
    const OperationId id = deadlines_.front().id;
    deadlines_.pop_front();
    const auto found = operations_.find(id);
    if (found == operations_.end()) continue;
    ClientRoute& route = *found->second.route;
    const std::string why =
        route.is_connecting()
            ? route.why_not_connected()
            : "no answer within " + std::to_string(options_.request_timeout.count()) + " ms";
    if (route.is_ready() && route.heard() <= found->second.begun) {
      route.drop({base::Errc::unavailable, why});
    } else {
      if (route.is_ready()) route.link().forget(found->second.token);
      finish(id, base::fail(base::Errc::unavailable, route.name() + ": " + why));
    }
  }
  if (!deadlines_.empty()) deadline_.set(deadlines_.front().at);
}

Client::Client(asio::io_context& io, ClientOptions options)
    : impl_(std::make_shared<Impl>(io, std::move(options))) {}

Client::~Client() {
  impl_->close();
}

std::size_t Client::room() const noexcept {
  return impl_->room();
}

std::size_t Client::in_flight() const noexcept {
  return impl_->in_flight();
}

void Client::start(ClientRequest request, ClientDone done) {
  impl_->start(std::move(request), std::move(done));
}

}  // namespace msggw::coap
