// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/server.h"

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <utility>

#include "adapters/wire/coap/blocks.h"
#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/exchanges.h"

namespace msggw::coap {

namespace {

/// MAX_TRANSMIT_WAIT (RFC 7252 4.8.2): for so long libcoap may keep a confirmable message.
constexpr base::Duration kTransmitWait{93'000};

/// What a client is told to wait where nobody knows better.
constexpr std::uint32_t kRetryLater_s = 10;

/// Octets of a diagnostic: for people, and in one datagram with whatever else.
constexpr std::size_t kMostDiagnostic = 512;

/// Whether the client asked not to get answers of this class (RFC 7967).
bool unwanted(const Exchange& exchange, Code code) {
  const unsigned of_class = class_of(code);
  return of_class > 0 && (exchange.no_response >> (of_class - 1) & 1U) != 0;
}

/// Whether a repetition of the request would not get this answer again. The last block of a body
/// is of no use without the others. Errors are not kept, or whoever can make some could push out
/// what matters.
bool worth_remembering(const Response& response, const Exchange& exchange) {
  if (exchange.reliable) return false;
  const bool last_of_blocks =
      exchange.block1 && exchange.block1->number > 0 && !exchange.block1->more;
  if (last_of_blocks) return class_of(response.code) == 2 || response.code == Code::unavailable;
  return exchange.once_only && class_of(response.code) == 2;
}

}  // namespace

void refuse(Response& out, Code code, std::string_view diagnostic,
            std::optional<std::uint32_t> max_age_s) {
  out = Response{};
  out.code = code;
  out.payload = diagnostic.substr(0, kMostDiagnostic);
  if (diagnostic.size() > kMostDiagnostic) out.payload.append("...");
  out.max_age_s = max_age_s;
  if (code == Code::unavailable && !max_age_s) out.max_age_s = kRetryLater_s;
}

class Server::Impl {
 public:
  Impl(const base::Context& context, const ServerOptions& options, Handler handler);
  ~Impl() { counters_.open_exchanges.Decrement(static_cast<double>(exchanges_.size())); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void answer(Ticket ticket, Response response, Delivery delivery);
  void abandon(Ticket ticket, Reply how);
  Reply refuse_with(Response& out, Reason reason, Code code, std::string_view diagnostic);

  Endpoint& endpoint() { return *endpoint_; }
  const Exchanges& exchanges() const { return exchanges_; }
  void stop(std::string diagnostic) { stopped_ = std::move(diagnostic); }

 private:
  class Call;

  EndpointEvents events();
  Handling handle(const Request& request, Response& out);
  Handling repeat(const Exchange& open);
  MessageId id_of(const Request& request) const;
  Reply decide(Call& call, Response& out);
  bool accept_options(const Request& request, Exchange& exchange, Response& out);
  bool continue_answer(const Request& request, Response& out);
  Handling park(Call& call, Response& out);
  std::optional<Exchange> close(Ticket ticket);
  /// `now_asked`: null if the request came in an earlier turn.
  void complete(Response& response, const Exchange& exchange, const Request* now_asked);

  MessageType separate_type(base::TimePoint now);
  void acknowledge(const Exchange& exchange);
  void acknowledge_overdue();
  void arm_timer();

  ServerOptions options_;
  const base::Clock& clock_;
  ServerCounters counters_;
  Handler handler_;
  std::optional<std::string> stopped_;
  std::unique_ptr<Endpoint> endpoint_;  // outlives the exchanges, which hold its sessions
  const base::HashKey content_key_ = base::random_hash_key();
  Exchanges exchanges_;
  RememberedAnswers remembered_;
  PartialBodies partial_bodies_;
  LargeAnswers large_answers_;
  std::deque<base::TimePoint> separate_;  // when each of the latest confirmable ones was sent
  boost::asio::steady_timer timer_;
  bool timer_armed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for the timer's handler
};

/// A request and its exchange-to-be.
class Server::Impl::Call final : public Incoming {
 public:
  Call(Impl& server, const Request& from, Ticket its_ticket, base::TimePoint now)
      : Incoming(from, its_ticket), server_(server), now_(now) {
    exchange.id = server.id_of(from);
    exchange.confirmable = from.confirmable;
    exchange.reliable = from.reliable;
    exchange.no_response = from.no_response;
    exchange.answer_octets = from.answer_octets;
  }

  std::optional<std::string_view> body(Response& out) override {
    const std::size_t most = server_.options_.max_body_octets;
    if (!exchange.block1) {
      if (request.payload.size() <= most) return request.payload;
      return too_large(out);
    }
    auto added = server_.partial_bodies_.add(request, *exchange.block1, now_);
    switch (added.step) {
      case PartialBodies::Step::complete: whole_ = std::move(added.body); return whole_;
      case PartialBodies::Step::more: out.code = Code::continue_blocks; return std::nullopt;
      case PartialBodies::Step::incomplete:
        server_.refuse_with(out, Reason::body_incomplete, Code::incomplete,
                            "a block before this one is missing; begin with block 0");
        return std::nullopt;
      case PartialBodies::Step::bad_size:
        server_.refuse_with(out, Reason::bad_body, Code::bad_request,
                            "the block is not as long as its Block1 option says");
        return std::nullopt;
      case PartialBodies::Step::too_large: return too_large(out);
    }
    return std::nullopt;
  }

  Exchange exchange;

 private:
  std::optional<std::string_view> too_large(Response& out) {
    const std::size_t most = server_.options_.max_body_octets;
    server_.refuse_with(out, Reason::body_too_large, Code::too_large,
                        "the body may have " + std::to_string(most) + " octets");
    out.size1 = static_cast<std::uint32_t>(most);
    return std::nullopt;
  }

  Impl& server_;
  base::TimePoint now_;
  std::string whole_;
};

Server::Impl::Impl(const base::Context& context, const ServerOptions& options, Handler handler)
    : options_(options),
      clock_(context.clock),
      counters_(context.metrics, options.metrics),
      handler_(std::move(handler)),
      endpoint_(open_endpoint(context.io, options, context.clock, events())),
      exchanges_(options.max_open_exchanges, options.piggyback_within, base::random_hash_key()),
      remembered_(options.max_remembered_answers, base::random_hash_key()),
      partial_bodies_({options.max_partial_bodies, options.max_body_octets},
                      base::random_hash_key()),
      large_answers_(
          {options.max_partial_bodies, options.max_partial_bodies * options.max_body_octets}),
      timer_(context.io) {}

EndpointEvents Server::Impl::events() {
  EndpointEvents events;
  events.request = [this](const Request& request, Response& out) { return handle(request, out); };
  events.malformed = [this] { counters_.refused(Reason::malformed); };
  events.sessions = [this](int change) { counters_.sessions.Increment(change); };
  events.turned_away = [this] { counters_.refused(Reason::too_many_connections); };
  events.handshake_failed = [this](tls::Failure failure) { counters_.handshake_failed(failure); };
  return events;
}

Handling Server::Impl::handle(const Request& request, Response& out) {
  counters_.request(request.method);
  const base::TimePoint now = clock_.now();
  Call call(*this, request, exchanges_.next_ticket(), now);
  if (!request.reliable) {
    if (const Exchange* open = exchanges_.find(call.exchange.id)) return repeat(*open);
    if (const Response* sent = remembered_.find(call.exchange.id, now)) {
      counters_.retransmissions.Increment();
      counters_.response(sent->code);
      out = *sent;
      return Handling::answer;
    }
  }
  switch (decide(call, out)) {
    case Reply::now: break;
    case Reply::later: return park(call, out);
    case Reply::nothing: return Handling::keep_silent;
    case Reply::reset: return Handling::reset;
    case Reply::acknowledge: return Handling::acknowledge;
  }
  complete(out, call.exchange, &call.request);
  // Over udp and dtls libcoap looks at No-Response when it sends.
  return request.reliable && unwanted(call.exchange, out.code) ? Handling::keep_silent
                                                               : Handling::answer;
}

MessageId Server::Impl::id_of(const Request& request) const {
  const std::uint64_t content =
      request.reliable ? 0 : base::keyed_hash(content_key_, request.content);
  return {request.peer, request.mid, request.token, request.method, content};
}

Handling Server::Impl::repeat(const Exchange& open) {
  counters_.retransmissions.Increment();
  return open.acknowledged ? Handling::acknowledge : Handling::keep_silent;
}

Reply Server::Impl::decide(Call& call, Response& out) {
  if (stopped_) return refuse_with(out, Reason::stopping, Code::unavailable, *stopped_);
  if (!accept_options(call.request, call.exchange, out)) return Reply::now;
  if (continue_answer(call.request, out)) return Reply::now;
  const Reply reply = handler_(call, out);
  call.exchange.once_only = call.once_only;
  return reply;
}

/// What of the options would make any request wrong, whatever it asks for.
bool Server::Impl::accept_options(const Request& request, Exchange& exchange, Response& out) {
  const auto refused = [&](Code code, std::string_view why) {
    refuse_with(out, Reason::bad_option, code, why);
    return false;
  };
  if (request.bad_option)
    return refused(Code::bad_option, "option " + std::to_string(*request.bad_option) +
                                         " is not supported here, or comes twice");
  if (request.too_many_queries) return refused(Code::bad_request, "more than 16 query parameters");
  if (request.path_too_deep) {
    refuse_with(out, Reason::unknown_path, Code::not_found, "no path here has 9 segments");
    return false;
  }
  if (request.block1) exchange.block1 = decode_block(*request.block1, request.reliable);
  if (request.block2) exchange.block2 = decode_block(*request.block2, request.reliable);
  if ((request.block1 && !exchange.block1) || (request.block2 && !exchange.block2))
    return refused(Code::bad_request, "block size exponent 7 is not supported; use 0 to 6");
  return true;
}

/// Further blocks of an answer to a request that must not be carried out again for each of them.
bool Server::Impl::continue_answer(const Request& request, Response& out) {
  if (!request.block2 || large_answers_.empty() || !request.payload.empty()) return false;
  if (*request.block2 >> 4 == 0) return false;
  const Response* whole = large_answers_.find(partial_bodies_.id_of(request), clock_.now());
  if (whole == nullptr) return false;
  out = *whole;
  return true;
}

Handling Server::Impl::park(Call& call, Response& out) {
  call.exchange.session = SessionRef(call.request.session);
  if (call.once_only) call.exchange.resource = partial_bodies_.id_of(call.request);
  if (!exchanges_.open(std::move(call.exchange), clock_.now())) {
    refuse_with(out, Reason::too_many_open, Code::unavailable,
                "too many requests wait for an answer; try again");
    complete(out, call.exchange, &call.request);
    return Handling::answer;
  }
  counters_.open_exchanges.Increment();
  arm_timer();
  return Handling::keep_silent;
}

std::optional<Exchange> Server::Impl::close(Ticket ticket) {
  auto exchange = exchanges_.close(ticket);
  if (exchange) counters_.open_exchanges.Decrement();
  return exchange;
}

void Server::Impl::answer(Ticket ticket, Response response, Delivery delivery) {
  const auto exchange = close(ticket);
  if (!exchange) return;
  complete(response, *exchange, nullptr);
  if (delivery == Delivery::lost) return;
  const bool piggyback = exchange->confirmable && !exchange->acknowledged && !exchange->reliable;
  if (unwanted(*exchange, response.code)) {
    if (piggyback) acknowledge(*exchange);
    return;
  }
  const MessageType type = piggyback               ? MessageType::acknowledgement
                           : exchange->reliable    ? MessageType::confirmable
                           : exchange->confirmable ? separate_type(clock_.now())
                                                   : MessageType::non_confirmable;
  endpoint_->send(exchange->id, exchange->session, type, response);
  if (delivery == Delivery::twice) endpoint_->send(exchange->id, exchange->session, type, response);
}

void Server::Impl::abandon(Ticket ticket, Reply how) {
  const auto exchange = close(ticket);
  if (!exchange) return;
  if (how == Reply::reset) endpoint_->send(exchange->id, exchange->session, MessageType::reset, {});
  const bool owed = exchange->confirmable && !exchange->acknowledged && !exchange->reliable;
  if (how == Reply::acknowledge && owed) acknowledge(*exchange);
}

Reply Server::Impl::refuse_with(Response& out, Reason reason, Code code,
                                std::string_view diagnostic) {
  counters_.refused(reason);
  coap::refuse(out, code, diagnostic);
  return Reply::now;
}

/// What every answer needs before it is sent: its block-wise part (RFC 7959), memory, a count.
void Server::Impl::complete(Response& response, const Exchange& exchange,
                            const Request* now_asked) {
  const bool good = class_of(response.code) == 2;
  const auto wanted = good ? exchange.block2 : std::nullopt;
  if (exchange.once_only && good && response.payload.size() > exchange.answer_octets)
    large_answers_.keep(
        now_asked == nullptr ? exchange.resource : partial_bodies_.id_of(*now_asked), response,
        clock_.now());
  if (response.content_format && !cut_to_block(response, wanted, exchange.answer_octets))
    coap::refuse(response, Code::bad_request, "Block2 asks for a block behind the end");
  if (good) response.block1 = exchange.block1;
  if (worth_remembering(response, exchange))
    remembered_.remember(exchange.id, exchange.confirmable, response, clock_.now());
  counters_.response(response.code);
}

/// Confirmable as long as there is room in libcoap's list of what it may have to repeat.
MessageType Server::Impl::separate_type(base::TimePoint now) {
  while (!separate_.empty() && separate_.front() + kTransmitWait <= now) separate_.pop_front();
  if (separate_.size() >= options_.max_separate_responses) return MessageType::non_confirmable;
  separate_.push_back(now);
  return MessageType::confirmable;
}

void Server::Impl::acknowledge(const Exchange& exchange) {
  MessageId message = exchange.id;
  message.token = {};
  endpoint_->send(message, exchange.session, MessageType::acknowledgement, {});
}

void Server::Impl::acknowledge_overdue() {
  while (Exchange* exchange = exchanges_.take_unacknowledged(clock_.now())) {
    exchange->acknowledged = true;
    acknowledge(*exchange);
  }
}

void Server::Impl::arm_timer() {
  if (timer_armed_) return;
  const auto due = exchanges_.next_due();
  if (!due) return;
  timer_armed_ = true;
  timer_.expires_after(*due - clock_.now());
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
    if (error || alive.expired()) return;
    timer_armed_ = false;
    acknowledge_overdue();
    arm_timer();
  });
}

Server::Server(const base::Context& context, const ServerOptions& options, Handler handler)
    : impl_(std::make_unique<Impl>(context, options, std::move(handler))) {}

Server::~Server() = default;

std::uint16_t Server::port() const noexcept {
  return impl_->endpoint().port();
}

std::optional<Method> Server::method_of(Ticket ticket) const {
  const Exchange* exchange = impl_->exchanges().find(ticket);
  return exchange == nullptr ? std::nullopt : std::optional(exchange->id.method);
}

void Server::answer(Ticket ticket, Response response, Delivery delivery) {
  impl_->answer(ticket, std::move(response), delivery);
}

void Server::abandon(Ticket ticket, Reply how) {
  impl_->abandon(ticket, how);
}

Reply Server::refuse(Response& out, Reason reason, Code code, std::string_view diagnostic) {
  return impl_->refuse_with(out, reason, code, diagnostic);
}

void Server::stop(std::string diagnostic) {
  impl_->stop(std::move(diagnostic));
}

base::Result<> Server::reload() {
  return impl_->endpoint().reload();
}

}  // namespace msggw::coap
