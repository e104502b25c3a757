#include "adapters/coap/adapter.h"

#include <utility>

#include "adapters/payload/bodies.h"

namespace msggw::coap {

namespace {

core::Ticket core_ticket(Ticket ticket) {
  return core::Ticket{static_cast<std::uint64_t>(ticket)};
}

ServerOptions server_options(const Options& options) {
  ServerOptions server;
  server.address = options.address;
  server.port = options.port;
  server.resources = {{"rd", "core.rd", "50 60"}};
  server.max_idle_sessions = options.max_idle_sessions;
  server.max_open_exchanges = options.max_open_exchanges;
  server.max_remembered_answers = options.max_remembered_answers;
  server.max_body_octets = options.max_body_octets;
  server.max_partial_bodies = options.max_partial_bodies;
  server.max_separate_responses = options.max_separate_responses;
  server.receive_buffer_octets = options.receive_buffer_octets;
  server.piggyback_within = options.piggyback_within;
  return server;
}

/// What the answer to a request depends on, as the note that goes with it until it is answered.
std::uint32_t to_note(Operation operation, payload::Encoding encoding) {
  return static_cast<std::uint32_t>(operation) << 8 | static_cast<std::uint32_t>(encoding);
}
Operation operation_of(std::uint32_t note) {
  return static_cast<Operation>(note >> 8);
}
payload::Encoding encoding_of(std::uint32_t note) {
  return static_cast<payload::Encoding>(note & 0xFF);
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
      metrics_(metrics) {}

CoapAdapter::~CoapAdapter() = default;

void CoapAdapter::start() {
  server_ = std::make_unique<Server>(
      io_, server_options(options_), clock_, metrics_,
      [this](Incoming& incoming, Response& out) { return handle(incoming, out); });
}

void CoapAdapter::stop() {
  if (server_) server_->stop("the gateway is stopping");
}

Reply CoapAdapter::handle(Incoming& incoming, Response& out) {
  Call call{incoming, out};
  const auto& path = incoming.request.path;
  const bool in_directory = !path.empty() && path[0] == "rd";
  if (in_directory && path.size() == 1) return registrations(call);
  if (in_directory && path.size() == 2 && !path[1].empty()) return registration(call);
  return refuse_with(call, Reason::unknown_path, Code::not_found,
                     "no such resource; GET /.well-known/core lists what there is");
}

Reply CoapAdapter::registrations(Call& call) {
  if (call.incoming.request.method != Method::post)
    return refuse_with(call, Reason::wrong_method, Code::method_not_allowed,
                       "POST /rd?ep=ID registers a device");
  return enroll(call);
}

Reply CoapAdapter::registration(Call& call) {
  switch (call.incoming.request.method) {
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

bool CoapAdapter::accept_encodings(Call& call, bool has_body) {
  auto encodings = choose_encodings(call.incoming.request, has_body);
  if (encodings) {
    call.encodings = *encodings;
    return true;
  }
  const bool body = encodings.error().code == base::Errc::unsupported;
  refuse_with(call, body ? Reason::unsupported_format : Reason::not_acceptable,
              body ? Code::unsupported_format : Code::not_acceptable, encodings.error().detail);
  return false;
}

Reply CoapAdapter::enroll(Call& call) {
  call.operation = Operation::enroll;
  const Request& request = call.incoming.request;
  const auto query = read_query(request.queries);
  if (!query) return refuse_with(call, Reason::bad_query, Code::bad_request, query.error().detail);
  if (query->endpoint.empty())
    return refuse_with(call, Reason::bad_query, Code::bad_request,
                       "ep is missing; register with POST /rd?ep=<private id>");
  if (!accept_encodings(call, !request.payload.empty())) return Reply::now;
  const auto whole = call.incoming.body(call.out);
  if (!whole) return Reply::now;

  payload::RegisterBody body;
  if (!whole->empty()) {
    auto parsed = payload::parse_register(call.encodings.body, *whole, max_info_octets_);
    if (!parsed) {
      const bool large = parsed.error().code == base::Errc::too_large;
      return refuse_with(call, large ? Reason::body_too_large : Reason::bad_body,
                         large ? Code::too_large : Code::bad_request, parsed.error().detail);
    }
    body = std::move(*parsed);
  }
  core::RegisterRequest registration;
  registration.bearer = core::Bearer::coap;
  registration.ticket = core_ticket(call.incoming.ticket);
  registration.private_id = query->endpoint;
  registration.info = body.info;
  registration.lifetime = query->lifetime;
  return answer_or_wait(call, gateway_.register_device(registration, clock_.now()));
}

Reply CoapAdapter::refresh(Call& call) {
  call.operation = Operation::refresh;
  call.incoming.once_only = true;  // the registration may have ended when it comes again
  const Request& request = call.incoming.request;
  const auto query = read_query(request.queries);
  if (!query) return refuse_with(call, Reason::bad_query, Code::bad_request, query.error().detail);
  if (!request.payload.empty())
    return refuse_with(call, Reason::bad_body, Code::bad_request,
                       "a refresh has no body; new information goes to POST /rd?ep=ID");
  if (!accept_encodings(call, false)) return Reply::now;
  return answer_or_wait(
      call, gateway_.refresh(request.path[1], core::Bearer::coap, core_ticket(call.incoming.ticket),
                             query->lifetime, clock_.now()));
}

Reply CoapAdapter::read(Call& call) {
  if (!accept_encodings(call, false)) return Reply::now;
  const auto handle = call.incoming.request.path[1];
  if (const auto device = gateway_.find_handle(handle, core::Bearer::coap)) {
    if (const auto refused = gateway_.refusal_of(*device, {})) {
      describe(*refused, Operation::read, call.encodings.answer, gateway_, call.out);
    } else {
      describe_registration(*device, Operation::read, call.encodings.answer, gateway_, call.out);
    }
    return Reply::now;
  }
  refuse(call.out, Code::not_found, "no registration behind this handle; register again");
  return Reply::now;
}

Reply CoapAdapter::leave(Call& call) {
  call.operation = Operation::leave;
  call.incoming.once_only = true;  // what has ended cannot end again
  if (!accept_encodings(call, false)) return Reply::now;
  return answer_or_wait(
      call, gateway_.deregister_handle(call.incoming.request.path[1], core::Bearer::coap,
                                       core_ticket(call.incoming.ticket), clock_.now()));
}

Reply CoapAdapter::refuse_with(Call& call, Reason reason, Code code, std::string_view diagnostic) {
  return server_->refuse(call.out, reason, code, diagnostic);
}

Reply CoapAdapter::answer_or_wait(Call& call, const std::optional<core::Answer>& answer) {
  if (answer) {
    describe(*answer, call.operation, call.encodings.answer, gateway_, call.out);
    return Reply::now;
  }
  call.incoming.note = to_note(call.operation, call.encodings.answer);
  return Reply::later;
}

void CoapAdapter::answer(const core::Answer& answer) {
  const Ticket ticket{static_cast<std::uint64_t>(answer.ticket)};
  const auto note = server_->note(ticket);
  if (!note) return;
  Response response;
  describe(answer, operation_of(*note), encoding_of(*note), gateway_, response);
  server_->answer(ticket, std::move(response));
}

}  // namespace msggw::coap
