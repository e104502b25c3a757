#include "adapters/coap/adapter.h"

#include <utility>

#include "adapters/payload/bodies.h"

namespace msggw::coap {

namespace {

/// MAX_TRANSMIT_WAIT (RFC 7252 4.8.2): for so long libcoap may keep a confirmable message.
constexpr base::Duration kTransmitWait{93'000};

/// Whether the client asked not to get answers of this class (RFC 7967).
bool unwanted(const Exchange& exchange, Code code) {
  return (exchange.no_response >> (class_of(code) - 1) & 1U) != 0;
}

/// Whether a repetition of the request would not get this answer again: a registration that has
/// ended cannot end again, and the last block of a body is of no use without the others. POST /rd
/// in one message gets the same answer by itself. Errors are not kept, or whoever can make some
/// could push out what matters.
bool worth_remembering(const Response& response, const Exchange& exchange) {
  const bool last_of_blocks =
      exchange.block1 && exchange.block1->number > 0 && !exchange.block1->more;
  if (last_of_blocks) return class_of(response.code) == 2 || response.code == Code::unavailable;
  const bool changed =
      exchange.operation == Operation::refresh || exchange.operation == Operation::leave;
  return changed && class_of(response.code) == 2;
}

}  // namespace

CoapAdapter::CoapAdapter(boost::asio::io_context& io, const Options& options,
                         core::Gateway& gateway, const core::Limits& limits,
                         const base::Clock& clock, base::metrics::Registry& metrics)
    : io_(io),
      options_(options),
      gateway_(gateway),
      max_info_octets_(limits.max_info_octets),
      clock_(clock),
      counters_(metrics),
      exchanges_(options.max_open_exchanges, options.piggyback_within, base::random_hash_key()),
      remembered_(options.max_remembered_answers, base::random_hash_key()),
      partial_bodies_({options.max_partial_bodies, options.max_body_octets},
                      base::random_hash_key()),
      timer_(io) {}

CoapAdapter::~CoapAdapter() = default;

void CoapAdapter::start() {
  EndpointEvents events;
  events.request = [this](const Request& request, Response& out) { return handle(request, out); };
  events.malformed = [this] { counters_.refused(Reason::malformed); };
  events.sessions = [this](int change) { counters_.sessions.Increment(change); };
  endpoint_ = std::make_unique<Endpoint>(io_, options_, clock_, std::move(events));
}

void CoapAdapter::stop() {
  stopping_ = true;
}

void CoapAdapter::notice(core::DeviceNo) {}

Handling CoapAdapter::handle(const Request& request, Response& out) {
  counters_.request(request.method);
  Call call{.request = request, .out = out, .now = clock_.now()};
  MessageId& id = call.exchange.id;
  id = {request.peer, request.mid, request.token};
  if (const Exchange* open = exchanges_.find(id)) return repeat(*open);
  if (const Response* sent = remembered_.find(id, call.now)) {
    counters_.retransmissions.Increment();
    counters_.response(sent->code);
    out = *sent;
    return Handling::answer;
  }
  call.exchange.confirmable = request.confirmable;
  call.exchange.no_response = request.no_response;
  const Handling handling = dispatch(call);
  if (handling == Handling::answer) complete(out, call.exchange, call.now);
  return handling;
}

Handling CoapAdapter::repeat(const Exchange& open) {
  counters_.retransmissions.Increment();
  return open.acknowledged ? Handling::acknowledge : Handling::keep_silent;
}

Handling CoapAdapter::dispatch(Call& call) {
  if (stopping_)
    return refuse_with(call, Reason::stopping, Code::unavailable, "the gateway is stopping");
  if (!accept_options(call)) return Handling::answer;
  const auto& path = call.request.path;
  const bool in_directory = !path.empty() && path[0] == "rd";
  if (in_directory && path.size() == 1) return registrations(call);
  if (in_directory && path.size() == 2 && !path[1].empty()) return registration(call);
  return refuse_with(call, Reason::unknown_path, Code::not_found,
                     "no such resource; GET /.well-known/core lists what there is");
}

/// What of the options would make any request wrong, whatever it asks for.
bool CoapAdapter::accept_options(Call& call) {
  const Request& request = call.request;
  if (request.bad_option) {
    refuse_with(
        call, Reason::bad_option, Code::bad_option,
        "option " + std::to_string(*request.bad_option) + " is not supported here, or comes twice");
    return false;
  }
  if (request.too_many_queries) {
    refuse_with(call, Reason::bad_option, Code::bad_request, "more than 16 query parameters");
    return false;
  }
  if (request.block1) call.exchange.block1 = decode_block(*request.block1);
  if (request.block2) call.exchange.block2 = decode_block(*request.block2);
  const bool bad_block =
      (request.block1 && !call.exchange.block1) || (request.block2 && !call.exchange.block2);
  if (bad_block)
    refuse_with(call, Reason::bad_option, Code::bad_request,
                "block size exponent 7 is reserved; use 0 to 6");
  return !bad_block;
}

Handling CoapAdapter::registrations(Call& call) {
  if (call.request.method != Method::post)
    return refuse_with(call, Reason::wrong_method, Code::method_not_allowed,
                       "POST /rd?ep=ID registers a device");
  return enroll(call);
}

Handling CoapAdapter::registration(Call& call) {
  switch (call.request.method) {
    case Method::get: return read(call);
    case Method::post: return refresh(call);
    case Method::remove: return leave(call);
    case Method::put:
    case Method::fetch:
    case Method::patch:
    case Method::ipatch: break;
  }
  return refuse_with(call, Reason::wrong_method, Code::method_not_allowed,
                     "a registration is read by GET, refreshed by POST and ended by DELETE");
}

/// None: `call.body` is the whole body. Else what to do about this block.
std::optional<Handling> CoapAdapter::accept_body(Call& call) {
  call.body = call.request.payload;
  const auto too_large = [&] {
    refuse_with(call, Reason::body_too_large, Code::too_large,
                "the body may have " + std::to_string(options_.max_body_octets) + " octets");
    call.out.size1 = static_cast<std::uint32_t>(options_.max_body_octets);
    return Handling::answer;
  };
  if (!call.exchange.block1) {
    if (call.body.size() > options_.max_body_octets) return too_large();
    return std::nullopt;
  }
  auto added = partial_bodies_.add(call.request, *call.exchange.block1, call.now);
  switch (added.step) {
    case PartialBodies::Step::complete:
      call.whole_body = std::move(added.body);
      call.body = call.whole_body;
      return std::nullopt;
    case PartialBodies::Step::more: call.out.code = Code::continue_blocks; return Handling::answer;
    case PartialBodies::Step::incomplete:
      return refuse_with(call, Reason::body_incomplete, Code::incomplete,
                         "a block before this one is missing; begin with block 0");
    case PartialBodies::Step::bad_size:
      return refuse_with(call, Reason::bad_body, Code::bad_request,
                         "the block is not as long as its Block1 option says");
    case PartialBodies::Step::too_large: return too_large();
  }
  return std::nullopt;
}

bool CoapAdapter::accept_encodings(Call& call, bool has_body) {
  auto encodings = choose_encodings(call.request, has_body);
  if (encodings) {
    call.body_encoding = encodings->body;
    call.exchange.encoding = encodings->answer;
    return true;
  }
  const bool body = encodings.error().code == base::Errc::unsupported;
  refuse_with(call, body ? Reason::unsupported_format : Reason::not_acceptable,
              body ? Code::unsupported_format : Code::not_acceptable, encodings.error().detail);
  return false;
}

Handling CoapAdapter::enroll(Call& call) {
  call.exchange.operation = Operation::enroll;
  const auto query = read_query(call.request.queries);
  if (!query) return refuse_with(call, Reason::bad_query, Code::bad_request, query.error().detail);
  if (query->endpoint.empty())
    return refuse_with(call, Reason::bad_query, Code::bad_request,
                       "ep is missing; register with POST /rd?ep=<private id>");
  if (!accept_encodings(call, !call.request.payload.empty())) return Handling::answer;
  if (const auto handling = accept_body(call)) return *handling;

  payload::RegisterBody body;
  if (!call.body.empty()) {
    auto parsed = payload::parse_register(call.body_encoding, call.body, max_info_octets_);
    if (!parsed) {
      const bool large = parsed.error().code == base::Errc::too_large;
      return refuse_with(call, large ? Reason::body_too_large : Reason::bad_body,
                         large ? Code::too_large : Code::bad_request, parsed.error().detail);
    }
    body = std::move(*parsed);
  }
  core::RegisterRequest request;
  request.bearer = core::Bearer::coap;
  request.ticket = exchanges_.next_ticket();
  request.private_id = query->endpoint;
  request.info = body.info;
  request.lifetime = query->lifetime;
  return answer_or_park(call, gateway_.register_device(request, call.now));
}

Handling CoapAdapter::refresh(Call& call) {
  call.exchange.operation = Operation::refresh;
  const auto query = read_query(call.request.queries);
  if (!query) return refuse_with(call, Reason::bad_query, Code::bad_request, query.error().detail);
  if (!call.request.payload.empty())
    return refuse_with(call, Reason::bad_body, Code::bad_request,
                       "a refresh has no body; new information goes to POST /rd?ep=ID");
  if (!accept_encodings(call, false)) return Handling::answer;
  return answer_or_park(
      call, gateway_.refresh(call.request.path[1], core::Bearer::coap, exchanges_.next_ticket(),
                             query->lifetime, call.now));
}

Handling CoapAdapter::read(Call& call) {
  if (!accept_encodings(call, false)) return Handling::answer;
  if (const auto device = gateway_.find_handle(call.request.path[1], core::Bearer::coap)) {
    describe_registration(*device, Operation::read, call.exchange.encoding, gateway_, call.out);
    return Handling::answer;
  }
  refuse(call.out, Code::not_found, "no registration behind this handle; register again");
  return Handling::answer;
}

Handling CoapAdapter::leave(Call& call) {
  call.exchange.operation = Operation::leave;
  if (!accept_encodings(call, false)) return Handling::answer;
  return answer_or_park(call, gateway_.deregister_handle(call.request.path[1], core::Bearer::coap,
                                                         exchanges_.next_ticket(), call.now));
}

Handling CoapAdapter::refuse_with(Call& call, Reason reason, Code code,
                                  std::string_view diagnostic) {
  counters_.refused(reason);
  refuse(call.out, code, diagnostic);
  return Handling::answer;
}

Handling CoapAdapter::answer_or_park(Call& call, const std::optional<core::Answer>& answer) {
  if (answer) {
    describe(*answer, call.exchange.operation, call.exchange.encoding, gateway_, call.out);
    return Handling::answer;
  }
  call.exchange.session = SessionRef(call.request.session);
  if (!exchanges_.open(std::move(call.exchange), call.now))
    return refuse_with(call, Reason::too_many_open, Code::unavailable,
                       "too many requests wait for an answer; try again");
  counters_.open_exchanges.Set(static_cast<double>(exchanges_.size()));
  arm_timer();
  return Handling::keep_silent;
}

void CoapAdapter::answer(const core::Answer& answer) {
  auto exchange = exchanges_.close(answer.ticket);
  counters_.open_exchanges.Set(static_cast<double>(exchanges_.size()));
  if (!exchange) return;
  Response response;
  describe(answer, exchange->operation, exchange->encoding, gateway_, response);
  const base::TimePoint now = clock_.now();
  complete(response, *exchange, now);

  const MessageId& id = exchange->id;
  const bool piggyback = exchange->confirmable && !exchange->acknowledged;
  if (unwanted(*exchange, response.code)) {
    if (piggyback) acknowledge(*exchange);
    return;
  }
  const MessageType type = piggyback               ? MessageType::acknowledgement
                           : exchange->confirmable ? separate_type(now)
                                                   : MessageType::non_confirmable;
  endpoint_->send(exchange->session, type, id.mid, id.token, response);
}

/// What every answer needs before it is sent: its block-wise part (RFC 7959), memory, a count.
void CoapAdapter::complete(Response& response, const Exchange& exchange, base::TimePoint now) {
  const bool good = class_of(response.code) == 2;
  const auto wanted = good ? exchange.block2 : std::nullopt;
  if (response.content_format && !cut_to_block(response, wanted))
    refuse(response, Code::bad_request, "Block2 asks for a block behind the end");
  if (good) response.block1 = exchange.block1;
  if (worth_remembering(response, exchange))
    remembered_.remember(exchange.id, exchange.confirmable, response, now);
  counters_.response(response.code);
}

/// Confirmable as long as there is room in libcoap's list of what it may have to repeat.
MessageType CoapAdapter::separate_type(base::TimePoint now) {
  while (!separate_.empty() && separate_.front() + kTransmitWait <= now) separate_.pop_front();
  if (separate_.size() >= options_.max_separate_responses) return MessageType::non_confirmable;
  separate_.push_back(now);
  return MessageType::confirmable;
}

void CoapAdapter::acknowledge(const Exchange& exchange) {
  endpoint_->send(exchange.session, MessageType::acknowledgement, exchange.id.mid, {}, {});
}

void CoapAdapter::acknowledge_overdue(base::TimePoint now) {
  while (Exchange* exchange = exchanges_.take_unacknowledged(now)) {
    exchange->acknowledged = true;
    acknowledge(*exchange);
  }
}

void CoapAdapter::arm_timer() {
  if (timer_armed_) return;
  const auto due = exchanges_.next_due();
  if (!due) return;
  timer_armed_ = true;
  timer_.expires_after(*due - clock_.now());
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    timer_armed_ = false;
    acknowledge_overdue(clock_.now());
    arm_timer();
  });
}

void CoapAdapter::end_turn(base::TimePoint) {
  if (endpoint_) endpoint_->flush();
}

}  // namespace msggw::coap
