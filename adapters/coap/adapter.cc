// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/adapter.h"

#include <utility>

#include "adapters/coap/message_requests.h"
#include "adapters/coap/refusals.h"
#include "adapters/payload/bodies.h"

namespace msggw::coap_adapter {

namespace {

/// Whose use of a rate is known at a time, see base::RateBySource.
constexpr std::size_t kSources = 4'096;

}  // namespace

CoapAdapter::CoapAdapter(const base::Context& context, const Options& options, const Doors& doors)
    : context_(context),
      options_(options),
      doors_(doors),
      registrations_(doors.registrations),
      gate_(core::Bearer::coap, registrations_.tables(), doors.proofs, context.metrics),
      wrong_handles_(options.wrong_handles_per_address, kSources, base::random_hash_key()),
      others_(base::metrics::counter(
          context.metrics, "msggw_coap_identity_mismatches_total",
          "Requests of peers that had proved to be another device than the one they meant")),
      open_(options.max_open_exchanges) {}

CoapAdapter::~CoapAdapter() = default;

void CoapAdapter::start() {
  server_ = std::make_unique<Listeners>(
      context_, options_, doors_.proofs,
      [this](const coap::Identity& identity) { return whom(identity); },
      [this](coap::Transport transport, coap::Incoming& incoming, coap::Response& out) {
        return handle(transport, incoming, out);
      },
      unasked_events());
  if (doors_.messages == nullptr) return;
  uplink_.emplace(context_.clock, *doors_.messages, *server_, options_);
  downlink_.emplace(context_, doors_, *server_, options_);
  downlink_->begin();
}

coap::UnaskedEvents CoapAdapter::unasked_events() {
  const auto device_of = [](std::uint64_t subject) {
    return core::DeviceNo{static_cast<std::uint32_t>(subject)};
  };
  coap::UnaskedEvents events;
  events.notified = [this, device_of](std::uint64_t subject, const coap::Ending& ending) {
    downlink_->ended(device_of(subject), ending);
  };
  events.pinged = [this, device_of](std::uint64_t subject, const coap::Peer& peer, bool answered) {
    downlink_->pinged(device_of(subject), peer, answered);
  };
  events.pushed = [this, device_of](std::uint64_t subject, const coap::PushEnd& end) {
    downlink_->pushed(device_of(subject), end);
  };
  return events;
}

void CoapAdapter::stop() {
  if (server_) server_->stop("the gateway is stopping");
}

void CoapAdapter::reconfigure(const Options& options, Listeners::Places places) {
  options_ = options;
  wrong_handles_.limit_to(options_.wrong_handles_per_address);
  open_.limit_to(options_.max_open_exchanges);
  if (uplink_) uplink_->reconfigure(options_);
  if (downlink_) downlink_->reconfigure(options_);
  server_->take(std::move(places));
  base::log::info("coap_certificates_loaded");
}

coap::Reply CoapAdapter::handle(coap::Transport transport, coap::Incoming& incoming,
                                coap::Response& out) {
  Call call{transport, incoming, out};
  if (incoming.request.identity != nullptr)
    call.shown = proof_of(*incoming.request.identity, Use::now);
  const auto& path = incoming.request.path;
  const bool in_directory = !path.empty() && path[0] == "rd";
  if (in_directory && path.size() == 1) return registrations(call);
  if (in_directory && path.size() == 2 && !path[1].empty()) return registration(call);
  if (in_directory && path.size() == 3 && downlink_) return message_resource(call);
  return refuse_with(call, coap::Reason::unknown_path, coap::Code::not_found,
                     "no such resource here; GET /.well-known/core lists what there is");
}

coap::Reply CoapAdapter::registrations(Call& call) {
  if (call.incoming.request.method != coap::Method::post)
    return refuse_with(call, coap::Reason::wrong_method, coap::Code::method_not_allowed,
                       "POST /rd?ep=ID registers a device");
  return register_device(call);
}

coap::Reply CoapAdapter::registration(Call& call) {
  switch (call.incoming.request.method) {
    case coap::Method::get: return read(call);
    case coap::Method::post: return refresh(call);
    case coap::Method::remove: return leave(call);
    case coap::Method::put:
    case coap::Method::fetch:
    case coap::Method::patch:
    case coap::Method::ipatch: break;
  }
  return refuse_with(call, coap::Reason::wrong_method, coap::Code::method_not_allowed,
                     "a registration is read by GET, refreshed by POST and ended by DELETE");
}

bool CoapAdapter::accept_encodings(Call& call, bool has_body) {
  auto encodings = choose_encodings(call.incoming.request, has_body);
  if (encodings) {
    call.encodings = *encodings;
    return true;
  }
  refuse_format(*server_, encodings.error(), call.out);
  return false;
}

coap::Reply CoapAdapter::register_device(Call& call) {
  call.operation = Operation::register_device;
  call.incoming.once_only = true;  // it may have been taken over when it comes again
  const coap::Request& request = call.incoming.request;
  if (request.block2 && *request.block2 >> 4 != 0)
    return refuse_with(call, coap::Reason::body_incomplete, coap::Code::incomplete,
                       "a further block of an answer that is not kept any more; register again");
  const auto query = read_query(request.queries);
  if (!query)
    return refuse_with(call, coap::Reason::bad_query, coap::Code::bad_request,
                       query.error().detail);
  if (query->private_id.empty())
    return refuse_with(call, coap::Reason::bad_query, coap::Code::bad_request,
                       "ep is missing; register with POST /rd?ep=<private id>");
  const core::Speaker speaker =
      as_proved(call, gate_.called(query->private_id, core::Evidence::claim), query->private_id);
  if (!admit(call, speaker, core::Act::register_device, query->private_id)) return coap::Reply::now;
  if (!accept_encodings(call, !request.payload.empty())) return coap::Reply::now;
  const auto whole = call.incoming.body(call.out);
  if (!whole) return coap::Reply::now;

  payload::RegisterBody body;
  if (!whole->empty()) {
    const std::size_t most = registrations_.tables().limits.max_info_octets;
    auto parsed = call.encodings.links ? payload::parse_links(*whole, most)
                                       : payload::parse_register(call.encodings.body, *whole, most);
    if (!parsed) {
      const bool large = parsed.error().code == base::Errc::too_large;
      return refuse_with(call, large ? coap::Reason::body_too_large : coap::Reason::bad_body,
                         large ? coap::Code::too_large : coap::Code::bad_request,
                         parsed.error().detail);
    }
    body = std::move(*parsed);
  }
  const auto push_target = push_target_of(call, query->base);
  if (!push_target || !has_room(call)) return coap::Reply::now;
  core::RegisterRequest registration;
  registration.bearer = core::Bearer::coap;
  registration.ticket = *open_.next_ticket(call.source());
  registration.source = coap::source_of(request.peer);
  registration.private_id = query->private_id;
  registration.info = body.info;
  registration.lifetime = query->lifetime;
  registration.manner = body.manner;
  registration.push_target = *push_target;
  return answer_or_wait(call, claim(call, registration));
}

std::optional<core::Answer> CoapAdapter::claim(Call& call, core::RegisterRequest& registration) {
  const core::Tables& tables = registrations_.tables();
  const std::string origin = call.shown.is_any() ? std::string{} : claim_of(call.incoming.request);
  if (!call.shown.is_any()) registration.claim = core::Claim{origin, kExchangeLifetime};
  const auto before = tables.find_private_id(registration.private_id);
  std::uint32_t generation_before = 0;
  bool was_told = false;
  if (before) {
    const core::Device& row = tables.device(*before);
    generation_before = row.generation;
    was_told = row.has_service_id() && row.binding(core::Bearer::coap).alive();
  }
  auto answer = registrations_.register_device(registration, context_.clock.now());
  const auto device = before ? before : tables.find_private_id(registration.private_id);
  if (device) call.generation = tables.device(*device).generation;
  if (before && call.generation != generation_before)
    taken_over(*before, was_told, call.incoming.request.peer);
  return answer;
}

void CoapAdapter::taken_over(core::DeviceNo device, bool was_told, const coap::Peer& by) {
  std::size_t withheld = 0;
  if (downlink_) {
    downlink_->leave(device);
    if (!options_.claim_inherits) withheld = doors_.messages->withhold(device);
  }
  if (!was_told || !taken_over_log_.pass(context_.clock.now())) return;
  base::log::warn("registration_taken_over",
                  {{"private_id", registrations_.tables().device(device).private_id},
                   {"peer", to_text(by)},
                   {"withheld", withheld},
                   {"suppressed", taken_over_log_.take_suppressed()}});
}

coap::Reply CoapAdapter::refresh(Call& call) {
  call.operation = Operation::refresh;
  call.incoming.once_only = true;  // the registration may have ended when it comes again
  const coap::Request& request = call.incoming.request;
  const auto query = read_query(request.queries);
  if (!query)
    return refuse_with(call, coap::Reason::bad_query, coap::Code::bad_request,
                       query.error().detail);
  if (!request.payload.empty())
    return refuse_with(call, coap::Reason::bad_body, coap::Code::bad_request,
                       "a refresh has no body; new information goes to POST /rd?ep=ID");
  const auto push_target = push_target_of(call, query->base);
  if (!push_target || !accept_encodings(call, false) || !has_room(call)) return coap::Reply::now;
  const auto device = admit_handle(call, core::Act::registration);
  if (!device) return coap::Reply::now;
  if (!query->private_id.empty() &&
      registrations_.tables().find_private_id(query->private_id) != device)
    return refuse_with(call, coap::Reason::bad_query, coap::Code::bad_request,
                       "ep names another device than the registration is of");
  core::Registrations::RefreshRequest refresh{request.path[1], core::Bearer::coap,
                                              *open_.next_ticket(call.source()), query->lifetime};
  if (!query->base.empty()) refresh.push_target = *push_target;
  return answer_or_wait(call, registrations_.refresh(refresh, context_.clock.now()));
}

/// What is kept of the base; none: it is wrong, and the answer says so.
std::optional<std::string> CoapAdapter::push_target_of(Call& call, std::string_view base) {
  // What is pushed goes in the clear, and over UDP.
  const bool may_push = downlink_ && options_.open_messages && !call.shown.is_any() &&
                        call.transport == coap::Transport::udp;
  if (base.empty() || !may_push) return std::string();
  auto kept = read_base(base, call.incoming.request.peer, options_.push_networks);
  if (kept) return *std::move(kept);
  refuse_with(call, coap::Reason::bad_query, coap::Code::bad_request, kept.error().detail);
  return std::nullopt;
}

coap::Reply CoapAdapter::read(Call& call) {
  if (!accept_encodings(call, false)) return coap::Reply::now;
  const auto device = admit_handle(call, core::Act::registration);
  if (!device) return coap::Reply::now;
  if (const auto refused = registrations_.tables().refusal_of(*device, {})) {
    describe(*refused, call.asked(), registrations_, call.out);
  } else {
    describe_registration(*device, call.asked(), registrations_, call.out);
  }
  return coap::Reply::now;
}

coap::Reply CoapAdapter::leave(Call& call) {
  call.operation = Operation::leave;
  call.incoming.once_only = true;  // what has ended cannot end again
  if (!accept_encodings(call, false) || !has_room(call)) return coap::Reply::now;
  if (!admit_handle(call, core::Act::registration)) return coap::Reply::now;
  return answer_or_wait(call, registrations_.deregister_handle(
                                  call.incoming.request.path[1], core::Bearer::coap,
                                  *open_.next_ticket(call.source()), context_.clock.now()));
}

coap::Reply CoapAdapter::message_resource(Call& call) {
  const coap::Request& request = call.incoming.request;
  const std::string_view name = request.path[2];
  const bool is_inbox = name == "inbox";
  if (!is_inbox && name != "msg" && name != "up" && name != "report")
    return refuse_with(call, coap::Reason::unknown_path, coap::Code::not_found,
                       "a registration has msg, up, inbox and report below it");
  if (request.method != (is_inbox ? coap::Method::get : coap::Method::post))
    return refuse_with(call, coap::Reason::wrong_method, coap::Code::method_not_allowed,
                       is_inbox ? "an inbox is read by GET"
                                : "POST to msg, up and report; the inbox is read by GET");
  const auto device = admit_handle(call, core::Act::message);
  if (!device) return coap::Reply::now;
  if (is_inbox) return downlink_->get(call.incoming, call.out, *device, call.shown.device);
  if (name == "msg") return uplink_->structured(call.incoming, call.out, *device);
  if (name == "up") return uplink_->plain(call.incoming, call.out, *device);
  return downlink_->report(call.incoming, call.out, *device, call.shown.device);
}

coap::Reply CoapAdapter::refuse_with(Call& call, coap::Reason reason, coap::Code code,
                                     std::string_view diagnostic) {
  return server_->refuse(call.out, reason, code, diagnostic);
}

bool CoapAdapter::has_room(Call& call) {
  if (open_.next_ticket(call.source())) return true;
  refuse_with(call, coap::Reason::too_many_open, coap::Code::unavailable,
              "too many requests are open; try again");
  return false;
}

coap::Reply CoapAdapter::answer_or_wait(Call& call, const std::optional<core::Answer>& answer) {
  if (answer) {
    tell(*answer, call.asked(), call.out);
    return coap::Reply::now;
  }
  open_.open(call.source()) = {call.incoming.ticket, call.asked()};
  return coap::Reply::later;
}

void CoapAdapter::answer(const core::Answer& answer) {
  const OpenRequest* const request = open_.take(answer.ticket);
  if (request == nullptr) return;
  coap::Response response;
  tell(answer, request->asked, response);
  server_->answer(request->exchange, std::move(response));
}

void CoapAdapter::tell(const core::Answer& answer, const Asked& asked, coap::Response& out) {
  if (downlink_ && answer.verdict == core::Verdict::deregistered) downlink_->leave(answer.device);
  describe(answer, asked, registrations_, out);
}

void CoapAdapter::answer(const messages::Answer& answer) {
  if (uplink_) uplink_->answer(answer);
}

void CoapAdapter::waited_for(core::DeviceNo device) {
  if (downlink_) downlink_->waited_for(device);
}

void CoapAdapter::parted(core::DeviceNo device, std::string_view) {
  if (downlink_) downlink_->parted(device);
}

void CoapAdapter::expired(core::DeviceNo device) {
  if (downlink_) downlink_->expired(device);
}

void CoapAdapter::gone(core::DeviceNo device) {
  if (downlink_) downlink_->leave(device);
}

void CoapAdapter::end_turn(base::TimePoint now) {
  if (downlink_) downlink_->end_turn(now);
}

}  // namespace msggw::coap_adapter
