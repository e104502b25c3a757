// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/server.h"

#include <stdexcept>
#include <utility>

#include "adapters/wire/coap/alarm.h"
#include "adapters/wire/coap/blocks.h"
#include "adapters/wire/coap/call.h"
#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/exchanges.h"
#include "adapters/wire/coap/resource_list.h"
#include "adapters/wire/coap/unasked_messages.h"

namespace msggw::coap {

namespace {

/// Whether the client asked not to get answers of this class (RFC 7967).
bool unwanted(const Exchange& exchange, Code code) {
  const unsigned of_class = class_of(code);
  return of_class > 0 && (exchange.no_response >> (of_class - 1) & 1U) != 0;
}

bool owes_acknowledgement(const Exchange& exchange) {
  return exchange.confirmable && !exchange.acknowledged && !exchange.reliable;
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

class Server::Impl {
 public:
  Impl(const base::Context& context, const ServerOptions& options, Handler handler,
       UnaskedEvents unasked);
  ~Impl() { counters_.open_exchanges.Decrement(static_cast<double>(exchanges_.size())); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void answer(Ticket ticket, Response response, Delivery delivery);
  void abandon(Ticket ticket, Reply how);
  bool is_fair(Ticket ticket, const Response& response) const;
  Reply refuse_with(Response& out, Reason reason, Code code, std::string_view diagnostic);

  Endpoint& endpoint() { return *endpoint_; }
  UnaskedMessages& unasked() { return unasked_; }
  const Exchanges& exchanges() const { return exchanges_; }
  void stop(std::string diagnostic) { stopped_ = std::move(diagnostic); }
  const ServerOptions& options() const { return options_; }
  void take(Place place);

 private:
  EndpointEvents endpoint_events();
  Handling handle(const Request& request, Response& out);
  Handling repeat(const Exchange& open);
  MessageId id_of(const Request& request) const;
  Exchange exchange_of(const Request& request) const;
  Reply decide(Call& call, Response& out);
  Reply list_resources(const Request& request, Response& out);
  bool continue_answer(const Request& request, Response& out);
  Handling park(Call& call, Response& out);
  std::optional<Exchange> close(Ticket ticket);
  void end_without_answer(const Exchange& exchange, Reply how);
  /// `now_asked`: null if the request came in an earlier turn.
  void complete(Response& response, const Exchange& exchange, const Request* now_asked);

  void acknowledge(const Exchange& exchange);
  void acknowledge_overdue();

  ServerOptions options_;
  const base::Clock& clock_;
  ServerCounters counters_;
  Handler handler_;
  UnaskedMessages unasked_;
  std::optional<std::string> stopped_;
  std::unique_ptr<Endpoint> endpoint_;
  const base::HashKey key_ = base::random_hash_key();
  Exchanges exchanges_;
  RememberedAnswers remembered_;
  PartialBodies partial_bodies_;
  LargeAnswers large_answers_;
  CallRoom room_{partial_bodies_, counters_, options_.max_body_octets, clock_};
  Alarm overdue_;
};

Server::Impl::Impl(const base::Context& context, const ServerOptions& options, Handler handler,
                   UnaskedEvents unasked)
    : options_(options),
      clock_(context.clock),
      counters_(context.metrics, options.metrics),
      handler_(std::move(handler)),
      unasked_(context, counters_, std::move(unasked)),
      endpoint_(open_endpoint(context, options, counters_, endpoint_events())),
      exchanges_(options.max_open_exchanges, options.piggyback_within,
                 first_of_server(options.number)),
      remembered_(options.max_remembered_answers),
      partial_bodies_({options.max_partial_bodies, options.max_body_octets},
                      base::random_hash_key()),
      large_answers_(
          {options.max_partial_bodies, options.max_partial_bodies * options.max_body_octets}),
      overdue_(context.io, context.clock, [this] { acknowledge_overdue(); }) {
  unasked_.use(*endpoint_);
}

void Server::Impl::take(Place place) {
  options_.take_changes(place.options);
  exchanges_.limit_to(options_.max_open_exchanges, options_.piggyback_within);
  partial_bodies_.limit_to({options_.max_partial_bodies, options_.max_body_octets});
  large_answers_.limit_to(
      {options_.max_partial_bodies, options_.max_partial_bodies * options_.max_body_octets});
  room_.max_body_octets = options_.max_body_octets;
  endpoint_->take(std::move(place));
}

EndpointEvents Server::Impl::endpoint_events() {
  EndpointEvents events;
  events.request = [this](const Request& request, Response& out) { return handle(request, out); };
  unasked_.fill(events);
  return events;
}

Handling Server::Impl::handle(const Request& request, Response& out) {
  counters_.request(request.method);
  const base::TimePoint now = clock_.now();
  Call call(room_, request, exchanges_.next_ticket(), exchange_of(request));
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
  if (!unwanted(call.exchange, out.code)) return Handling::answer;
  return owes_acknowledgement(call.exchange) ? Handling::acknowledge : Handling::keep_silent;
}

Exchange Server::Impl::exchange_of(const Request& request) const {
  Exchange exchange;
  exchange.id = id_of(request);
  exchange.confirmable = request.confirmable;
  exchange.reliable = request.reliable;
  exchange.no_response = request.no_response;
  exchange.answer_octets = request.answer_octets;
  return exchange;
}

MessageId Server::Impl::id_of(const Request& request) const {
  MessageId id{request.peer, request.mid, request.token, request.method};
  id.unproved_octets = request.unproved_octets;
  if (request.reliable) return id;
  id.content = base::keyed_hash(key_, request.content);
  id.hash = hash_of(key_, id.peer, id.content + id.mid);
  return id;
}

Handling Server::Impl::repeat(const Exchange& open) {
  counters_.retransmissions.Increment();
  return open.acknowledged ? Handling::acknowledge : Handling::keep_silent;
}

Reply Server::Impl::decide(Call& call, Response& out) {
  if (stopped_) return refuse_with(out, Reason::stopping, Code::unavailable, *stopped_);
  if (!call.accept_options(out)) {
    // Without an answer to a NON (RFC 7252 5.4.1).
    return out.code == Code::bad_option && !call.request.confirmable ? Reply::reset : Reply::now;
  }
  if (asks_for_list(call.request)) return list_resources(call.request, out);
  if (continue_answer(call.request, out)) return Reply::now;
  const Reply reply = handler_(call, out);
  call.exchange.once_only = call.once_only;
  return reply;
}

Reply Server::Impl::list_resources(const Request& request, Response& out) {
  if (request.method != Method::get)
    return refuse_with(out, Reason::wrong_method, Code::method_not_allowed,
                       "the list of resources is read by GET");
  if (request.accept.value_or(kFormatLinks) != kFormatLinks)
    return refuse_with(out, Reason::not_acceptable, Code::not_acceptable,
                       "the list of resources is content-format 40 (link-format)");
  out.code = Code::content;
  out.content_format = kFormatLinks;
  out.payload = list_of(options_.resources, request.queries);
  return Reply::now;
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
  if (call.once_only) call.exchange.resource = partial_bodies_.id_of(call.request);
  if (!exchanges_.open(call.exchange, clock_.now())) {
    refuse_with(out, Reason::too_many_open, Code::unavailable,
                "too many requests wait for an answer; try again");
    complete(out, call.exchange, &call.request);
    return Handling::answer;
  }
  counters_.open_exchanges.Increment();
  overdue_.set(exchanges_.next_due());
  return Handling::wait;
}

std::optional<Exchange> Server::Impl::close(Ticket ticket) {
  auto exchange = exchanges_.close(ticket);
  if (exchange) counters_.open_exchanges.Decrement();
  return exchange;
}

void Server::Impl::answer(Ticket ticket, Response response, Delivery delivery) {
  auto exchange = close(ticket);
  if (!exchange) return;
  if (delivery == Delivery::proven) exchange->id.unproved_octets = 0;
  exchange->id.on_account = delivery != Delivery::in_proportion;
  complete(response, *exchange, nullptr);
  if (delivery == Delivery::lost) return end_without_answer(*exchange, Reply::nothing);
  if (unwanted(*exchange, response.code)) return end_without_answer(*exchange, Reply::acknowledge);
  const bool piggyback = owes_acknowledgement(*exchange);
  const MessageType type = piggyback               ? MessageType::acknowledgement
                           : exchange->confirmable ? MessageType::confirmable
                                                   : MessageType::non_confirmable;
  endpoint_->send(exchange->id, type, response);
  if (delivery == Delivery::twice) endpoint_->send(exchange->id, type, response);
}

void Server::Impl::abandon(Ticket ticket, Reply how) {
  if (const auto exchange = close(ticket)) end_without_answer(*exchange, how);
}

void Server::Impl::end_without_answer(const Exchange& exchange, Reply how) {
  if (how == Reply::reset) return endpoint_->send(exchange.id, MessageType::reset, {});
  const bool owes = how == Reply::acknowledge && owes_acknowledgement(exchange);
  if (owes || exchange.reliable) acknowledge(exchange);
}

bool Server::Impl::is_fair(Ticket ticket, const Response& response) const {
  const Exchange* const exchange = exchanges_.find(ticket);
  if (exchange == nullptr || exchange->id.unproved_octets == 0) return true;
  Response first = response;
  cut_to_block(first, exchange->block2, exchange->answer_octets);
  return endpoint_->is_fair(exchange->id, first);
}

Reply Server::Impl::refuse_with(Response& out, Reason reason, Code code,
                                std::string_view diagnostic) {
  return coap::refuse(counters_, out, reason, code, diagnostic);
}

/// What every answer needs before it is sent: its block-wise part (RFC 7959), memory, a count.
void Server::Impl::complete(Response& response, const Exchange& exchange,
                            const Request* now_asked) {
  const bool good = class_of(response.code) == 2;
  const auto wanted = good ? exchange.block2 : std::nullopt;
  const std::size_t block_octets = wanted ? wanted->size() : exchange.answer_octets;
  if (exchange.once_only && good && response.payload.size() > block_octets)
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

void Server::Impl::acknowledge(const Exchange& exchange) {
  MessageId message = exchange.id;
  message.token = {};
  endpoint_->send(message, MessageType::acknowledgement, {});
}

void Server::Impl::acknowledge_overdue() {
  while (Exchange* exchange = exchanges_.take_unacknowledged(clock_.now())) {
    exchange->acknowledged = true;
    acknowledge(*exchange);
  }
  overdue_.set(exchanges_.next_due());
}

Server::Server(const base::Context& context, const ServerOptions& options, Handler handler,
               UnaskedEvents unasked)
    : impl_(std::make_unique<Impl>(context, options, std::move(handler), std::move(unasked))) {}

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

bool Server::is_proven(const Peer& peer) const {
  return impl_->endpoint().is_proven(peer);
}

bool Server::is_fair(Ticket ticket, const Response& response) const {
  return impl_->is_fair(ticket, response);
}

void Server::ping(const Peer& peer, std::uint64_t subject) {
  impl_->endpoint().ping(peer, subject);
}

Server::Notification Server::notify(const Observer& to, std::uint64_t subject, Response response) {
  return impl_->unasked().notify(to, subject, std::move(response));
}

PushNo Server::push(const Peer& to, std::uint64_t subject, Push what) {
  return impl_->unasked().push(to, subject, std::move(what));
}

void Server::forget(PushNo push) {
  impl_->unasked().forget(push);
}

void Server::end_observation(const Observer& to, const Response& response) {
  impl_->unasked().end_observation(to, response);
}

void Server::forget(const Observer& to, const Notification& what) {
  impl_->endpoint().forget(to.peer, what.mid);
}

Reply Server::refuse(Response& out, Reason reason, Code code, std::string_view diagnostic) {
  return impl_->refuse_with(out, reason, code, diagnostic);
}

void Server::stop(std::string diagnostic) {
  impl_->stop(std::move(diagnostic));
}

Place Server::prepare(const ServerOptions& options) {
  return impl_->endpoint().prepare(options);
}

void Server::take(Place place) {
  impl_->take(std::move(place));
}

base::Result<> Server::reload() {
  try {
    take(prepare(impl_->options()));
    return {};
  } catch (const std::runtime_error& error) {
    return base::fail(base::Errc::incorrect, error.what());
  }
}

}  // namespace msggw::coap
