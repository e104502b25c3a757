// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/desk.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/text.h"
#include "provisioning/function/problems.h"

namespace msggw::function {

namespace {

using protocol::Encoding;

/// An Address of TS 29.538.
std::string address_of(std::string_view type, std::string_view service_id) {
  std::string json;
  base::ObjectWriter writer(Encoding::json, json);
  writer.text("addrType", type);
  writer.text("addr", service_id);
  writer.end();
  return json;
}

Answer refuse_private_id(Encoding encoding, const base::Error& error, std::string where) {
  return refuse(encoding, 400, "MANDATORY_IE_INCORRECT", error.detail, std::move(where));
}

bool is_http(base::Scheme scheme) noexcept {
  return !base::is_coap(scheme);
}

/// The methods of a resource: HEAD comes with GET (RFC 9110 9.1), and CoAP has none.
const char* with_head(const Call& call, const char* coap, const char* http) noexcept {
  return is_http(call.channel) ? http : coap;
}

}  // namespace

Desk::Desk(DeskOptions options, Policy policy, Ledger& ledger, base::metrics::Registry& metrics)
    : options_(std::move(options)),
      own_address_(address_of("AS", options_.service_id)),
      policy_(std::move(policy)),
      ledger_(ledger),
      counters_(metrics),
      unknown_askers_(base::metrics::counter(metrics, "msggw_pf_gateways_refused_total",
                                             "Requests turned away because of who asked",
                                             {{"reason", "unknown"}})),
      unauthorized_(base::metrics::counter(metrics, "msggw_pf_gateways_refused_total",
                                           "Requests turned away because of who asked",
                                           {{"reason", "not_authorized"}})) {}

Answer Desk::handle(const Call& call) {
  Begun begun = begin(call);
  if (!begun.bulk) return std::move(begun.answer);
  for (;;) {
    if (auto answer = go_on(*begun.bulk, call.proof)) return std::move(*answer);
  }
}

Desk::Begun Desk::begin(const Call& call) {
  Begun begun = decide(call);
  if (begun.bulk) {
    auto answer = go_on(*begun.bulk, call.proof);
    return answer ? Begun(std::move(*answer)) : std::move(begun);
  }
  counters_.answered(call.channel, call.method, begun.answer.reply.status);
  return begun;
}

Desk::Begun Desk::decide(const Call& call) {
  Case at{call, encoding_for(call)};
  switch (call.target.kind) {
    case Target::Kind::health: {
      if (call.method != Method::get)
        return refuse_method(at.encoding, call.method, with_head(call, "GET", "GET, HEAD"));
      return health(at);
    }
    case Target::Kind::bad_item:
      return refuse(at.encoding, 400, "MANDATORY_IE_INCORRECT",
                    "the percent-encoding of the path is broken", "{privateId}");
    case Target::Kind::unknown:
      return refuse(at.encoding, 404, "RESOURCE_URI_STRUCTURE_NOT_FOUND",
                    "the resources are " + std::string(kCollectionPath) +
                        ", below it /{privateId}, and " +
                        std::string(is_http(call.channel) ? kBulkPath : kMessagePath));
    case Target::Kind::collection:
    case Target::Kind::bulk:
    case Target::Kind::old_bulk:
    case Target::Kind::item:
    case Target::Kind::message: break;
  }
  at.asker = gateways_.who(call.proof);
  if (is_turned_away(at.asker)) return refuse_asker(at);
  Begun begun = at_resource(at);
  begun.answer.to_gateway = at.asker.standing == Asker::Standing::gateway;
  return begun;
}

bool Desk::is_turned_away(const Asker& asker) const noexcept {
  if (asker.standing == Asker::Standing::refused) return true;
  return gateways_.were_given() && !options_.allow_unknown_gateways &&
         asker.standing != Asker::Standing::gateway;
}

bool Desk::reads_body_of(const Call& call) const {
  const auto kind = call.target.kind;
  const bool takes_one =
      kind == Target::Kind::collection || kind == Target::Kind::message ||
      ((kind == Target::Kind::bulk || kind == Target::Kind::old_bulk) && is_http(call.channel));
  const std::size_t most =
      kind == Target::Kind::collection ? options_.wire.body_octets : options_.wire.bulk_octets;
  return takes_one && call.method == Method::post && call.body_encoding && call.wanted &&
         call.announced_octets <= most && !is_turned_away(gateways_.who(call.proof));
}

Desk::Begun Desk::at_resource(Case& at) {
  const Call& call = at.call;
  switch (call.target.kind) {
    case Target::Kind::collection:
      if (call.method != Method::post) return refuse_method(at.encoding, call.method, "POST");
      return post(at);
    case Target::Kind::message:
      if (call.method != Method::post) return refuse_method(at.encoding, call.method, "POST");
      return post_message(at);
    case Target::Kind::bulk:
      if (call.method != Method::post) return refuse_method(at.encoding, call.method, "POST");
      return begin_bulk(at);
    case Target::Kind::old_bulk:
      if (call.method == Method::post) return begin_bulk(at);
      return at_item(at, call.target.private_id);
    case Target::Kind::item: return at_item(at, call.target.private_id);
    case Target::Kind::health:
    case Target::Kind::bad_item:
    case Target::Kind::unknown: break;
  }
  base::ensure(false, "the other targets need no asker");
  return Answer{};
}

Answer Desk::at_item(const Case& at, std::string_view private_id) {
  const bool is_bulk = at.call.target.kind == Target::Kind::old_bulk && is_http(at.call.channel);
  switch (at.call.method) {
    case Method::get:
      return at.call.wanted ? get(at, private_id)
                            : refuse_encoding(at.encoding, 406, is_http(at.call.channel));
    case Method::del: return release(at, private_id);
    case Method::post:
    case Method::other:
    case Method::unknown: break;
  }
  const char* const all = with_head(at.call, "GET, DELETE", "GET, HEAD, DELETE");
  return refuse_method(at.encoding, at.call.method, is_bulk ? "POST, GET, HEAD, DELETE" : all);
}

Answer Desk::post(const Case& at) {
  if (!at.call.body_encoding) return refuse_encoding(at.encoding, 415, is_http(at.call.channel));
  if (!at.call.wanted) return refuse_encoding(at.encoding, 406, is_http(at.call.channel));
  if (at.call.announced_octets > options_.wire.body_octets)
    return refuse(at.encoding, protocol::too_long(options_.wire.body_octets));
  return provision(at,
                   protocol::decode_request(*at.call.body_encoding, at.call.body, options_.wire),
                   Wanted::reply_and_location);
}

/// A provisioning request in a MSGin5G message (the contribution, NOTE 1 of 6.X.1.3 and 6.X.1.4),
/// answered by one.
Answer Desk::post_message(const Case& at) {
  if (!at.call.body_encoding) return refuse_encoding(at.encoding, 415, is_http(at.call.channel));
  if (!at.call.wanted) return refuse_encoding(at.encoding, 406, is_http(at.call.channel));
  const Encoding encoding = *at.call.body_encoding;
  const auto message = protocol::decode_envelope(encoding, at.call.body, options_.wire);
  protocol::DecodedRequest asked;
  asked.problem = message.problem;
  if (message.ok())
    asked = protocol::decode_request(encoding, message.envelope.payload, options_.wire);
  Answer answer = provision(at, asked, Wanted::reply);
  wrap(at, message, asked.request, answer.reply);
  return answer;
}

/// Puts the body into a message to whoever sent `from`. Without a msgId there is none to answer:
/// the body stays as it is.
void Desk::wrap(const Case& at, const protocol::DecodedEnvelope& from,
                const protocol::Request& asked, Reply& reply) const {
  if (from.envelope.msg_id.empty()) return;
  protocol::Envelope to;
  to.ori_addr = own_address_;
  to.dest_addr = from.envelope.ori_addr;
  if (to.dest_addr.empty()) {
    // An endpoint that has no Service ID before this answer gave it one.
    const bool given = reply.status == 200 || reply.status == 201;
    to.dest_addr = address_of(asked.ue_type == core::UeType::as ? "AS" : "UE",
                              given ? std::string_view(response_.service_id) : asked.private_id);
  }
  to.msg_id = from.envelope.msg_id;
  to.app_id = protocol::kProvisioningAppId;
  to.payload = std::move(reply.body);
  reply.body = protocol::encode_envelope(at.encoding, to);
}

Answer Desk::get(const Case& at, std::string_view private_id) {
  const auto id = core::PrivateId::parse(private_id, options_.wire.private_id_octets);
  if (!id) return refuse_private_id(at.encoding, id.error(), "{privateId}");
  if (!at.asker.may_ask_for(id->text())) return refuse_gateway(at, id->text(), "this Private ID");
  const Verdict verdict = ledger_.look_up(*id);
  if (verdict.what != Verdict::What::known) return say(at, verdict, nullptr, Wanted::reply);
  const core::UeType type = ledger_.record(verdict.row).ue_type;
  if (!at.asker.may_ask_for(type)) return refuse_gateway(at, id->text(), "this kind of endpoint");
  const PolicyRule& rule = *policy_.rule_for({type, *id, {}, at.asker.name});
  if (!rule.options().allow) return refuse_by_policy(at, rule, verdict.due);
  return say(at, verdict, &rule, Wanted::reply);
}

Answer Desk::release(const Case& at, std::string_view private_id) {
  const auto id = core::PrivateId::parse(private_id, options_.wire.private_id_octets);
  if (!id) return refuse_private_id(at.encoding, id.error(), "{privateId}");
  if (!at.asker.may_ask_for(id->text())) return refuse_gateway(at, id->text(), "this Private ID");
  if (at.asker.gateway != nullptr && !at.asker.gateway->ue_types.empty()) {
    const Verdict there = ledger_.look_up(*id);
    if (there.what == Verdict::What::known &&
        !at.asker.may_ask_for(ledger_.record(there.row).ue_type))
      return refuse_gateway(at, id->text(), "this kind of endpoint");
  }
  return say(at, ledger_.release(*id), nullptr, Wanted::reply);
}

Answer Desk::provision(const Case& at, const protocol::DecodedRequest& asked, Wanted wanted) {
  if (!asked.ok()) return refuse(at.encoding, asked.problem);
  const protocol::Request& request = asked.request;
  const auto id = core::PrivateId::parse(request.private_id, options_.wire.private_id_octets);
  if (!id) return refuse_private_id(at.encoding, id.error(), asked.pointer() + "/privateId");
  if (!at.asker.may_ask_for(request.ue_type))
    return refuse_gateway(at, id->text(), "this kind of endpoint");
  if (!at.asker.may_ask_for(id->text())) return refuse_gateway(at, id->text(), "this Private ID");
  const PolicyRule& rule = *policy_.rule_for({request.ue_type, *id, request.info, at.asker.name});
  if (!rule.options().allow) {
    ledger_.denied(rule);
    return refuse_by_policy(at, rule, kNow);
  }
  return say(at, ledger_.provision(*id, request.ue_type, rule), &rule, wanted);
}

Answer Desk::say(const Case& at, const Verdict& verdict, const PolicyRule* rule, Wanted wanted) {
  switch (verdict.what) {
    case Verdict::What::assigned:
    case Verdict::What::known: return say_assignment(at, verdict, *rule, wanted);
    case Verdict::What::released: {
      Answer answer{{}, verdict.due};
      answer.reply.status = 204;
      return answer;
    }
    case Verdict::What::absent:
      return refuse(at.encoding,
                    {404, "PRIVATE_ID_NOT_FOUND", "the Private ID has no Service ID here", {}},
                    verdict.due);
    case Verdict::What::congested: ++refused_overload_; return refuse_overload(at.encoding);
    case Verdict::What::no_store: return refuse_without_store(at.encoding);
    case Verdict::What::over_quota:
      ++refused_quota_;
      return refuse(
          at.encoding, 403, "QUOTA_EXCEEDED",
          "all Service IDs that the rule \"" + rule->options().name + "\" may give are in use");
    case Verdict::What::full:
      ++refused_quota_;
      return refuse(at.encoding, 403, "QUOTA_EXCEEDED",
                    "all Service IDs (max_assignments) are in use");
    case Verdict::What::exhausted: break;
  }
  return refuse(at.encoding, 500, "SYSTEM_FAILURE", "no Service ID that is free was found");
}

Answer Desk::say_assignment(const Case& at, const Verdict& verdict, const PolicyRule& rule,
                            Wanted wanted) {
  const AssignmentRecord record = ledger_.record(verdict.row);
  response_.private_id.assign(record.private_id);
  response_.service_id.assign(record.service_id);
  policy_.describe(rule, record.private_id, response_);
  const bool is_new = verdict.what == Verdict::What::assigned;
  Answer answer;
  answer.due = verdict.due;
  answer.reply.status = is_new ? 201 : 200;
  answer.reply.encoding = at.encoding;
  answer.reply.body = protocol::encode_response(at.encoding, response_);
  if (is_new && wanted == Wanted::reply_and_location)
    answer.reply.location = item_path(record.private_id);
  return answer;
}

Answer Desk::refuse_by_policy(const Case& at, const PolicyRule& rule, CommitNo due) {
  return refuse(at.encoding, {403, "POLICY_DENIED", rule.options().reason, {}}, due);
}

Answer Desk::health(const Case& at) const {
  const bool failing = ledger_.failing();
  Answer answer;
  Reply& reply = answer.reply;
  reply.status = failing ? 503 : 200;
  reply.encoding = at.encoding;
  base::ObjectWriter writer(at.encoding, reply.body);
  writer.text("state", failing ? "store_failing" : "ready");
  writer.number("assignments", ledger_.assignments());
  writer.number("unanswered", ledger_.waiting());
  writer.end();
  return answer;
}

Answer Desk::refuse_asker(const Case& at) {
  const bool invalid = at.asker.standing == Asker::Standing::refused;
  const char* why = invalid ? at.asker.why : "only gateways that are configured here may ask";
  unknown_askers_.Increment();
  ++refused_askers_;
  const Proof& proof = at.call.proof;
  last_refused_asker_.assign(proof.psk_identity);
  if (!proof.certificate.empty()) last_refused_asker_ = proof.certificate.front();
  last_reason_ = why;
  const bool by_token = invalid && !proof.authorization.empty();
  auto answer =
      refuse(at.encoding, 401, "GATEWAY_UNKNOWN", why, by_token ? "header authorization" : "");
  answer.reply.challenge = invalid ? Challenge::invalid : Challenge::missing;
  return answer;
}

Answer Desk::refuse_gateway(const Case& at, std::string_view private_id, const char* what) {
  unauthorized_.Increment();
  ++refused_askers_;
  last_refused_asker_.assign(at.asker.name);
  last_reason_ = "it may not ask for " + std::string(what) + ": " + std::string(private_id);
  return refuse(at.encoding, 403, "GATEWAY_NOT_AUTHORIZED",
                "this gateway may not ask for " + std::string(what));
}

void Desk::log_refusals(base::TimePoint now) {
  if (refused_overload_ + refused_quota_ != 0 && limit_events_.pass(now)) {
    base::log::warn("pf_refusing", {{"overload", refused_overload_}, {"quota", refused_quota_}});
    refused_overload_ = 0;
    refused_quota_ = 0;
  }
  if (refused_askers_ != 0 && gateway_events_.pass(now)) {
    base::log::warn("pf_gateway_refused", {{"gateway", last_refused_asker_},
                                           {"reason", last_reason_},
                                           {"requests", refused_askers_}});
    refused_askers_ = 0;
  }
}

}  // namespace msggw::function
