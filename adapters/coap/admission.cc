// SPDX-License-Identifier: Apache-2.0
// Who speaks, and what that allows.
#include "adapters/coap/adapter.h"
#include "gateway/base/log.h"

namespace msggw::coap_adapter {

/// By any of the names that its handshake has proved; what was a proof then may have ended since.
/// What an operator has said of a name goes before what the name says itself. A PSK identity that
/// has another key now, perhaps another device's, proves nothing by the key that it had.
CoapAdapter::Proof CoapAdapter::proof_of(const coap::Identity& identity, Use use) const {
  Proof proof;
  if (doors_.proofs == nullptr) return proof;
  const base::TimePoint now = context_.clock.now();
  const bool is_psk = identity.kind == coap::Identity::Kind::psk;
  const auto kind = is_psk ? credentials::Kind::psk : credentials::Kind::certificate;
  for (const std::string& name : identity.names) {
    if (!is_psk && !doors_.proofs->is_taken(kind, name) && is_named(proof, name)) continue;
    const auto owner = use == Use::now ? doors_.proofs->owner(kind, name, now)
                                       : doors_.proofs->still_owner(kind, name, now);
    if (!owner || (is_psk && credentials::number(owner->by) != identity.mark)) continue;
    proof.device = owner;
    break;
  }
  if (proof.device) proof.newcomer.clear();
  return proof;
}

/// See coap::ServerSecurity.
std::optional<std::uint64_t> CoapAdapter::whom(const coap::Identity& identity) const {
  const auto device = proof_of(identity, Use::before).device;
  return device ? std::optional(static_cast<std::uint64_t>(device->device)) : std::nullopt;
}

/// Whether the name is a Private ID by Options::certificate_names: then it has proved that, unless
/// the device has certificates that say more.
bool CoapAdapter::is_named(Proof& proof, std::string_view name) const {
  const core::Tables& tables = registrations_.tables();
  for (const NamePattern& pattern : options_.secure.certificate_names) {
    const auto said = pattern.private_id_in(name);
    if (!said) continue;
    const auto private_id = core::PrivateId::parse(*said, tables.limits.max_private_id_octets);
    if (!private_id) continue;
    const auto device = tables.find_private_id(private_id->text());
    if (device && doors_.proofs->has_any(*device, credentials::Kind::certificate)) continue;
    if (!device && proof.newcomer.empty()) proof.newcomer = private_id->text();
    if (device && !proof.device)
      proof.device = credentials::Proven{*device, credentials::Proven::kByName};
    return true;
  }
  return false;
}

/// What somebody has proved goes before what he says.
core::Speaker CoapAdapter::as_proved(const Call& call, core::Speaker speaker,
                                     std::string_view said) const {
  if (!call.shown.is_any()) return speaker;
  if (call.shown.device) {
    speaker.is_other = call.shown.device->device != speaker.device;
  } else {
    const auto name = core::PrivateId::parse(said, core::PrivateId::kMostOctets);
    speaker.is_other = !name || name->text() != call.shown.newcomer;
  }
  if (!speaker.is_other) speaker.evidence = core::Evidence::identity;
  return speaker;
}

core::ListenerPolicy policy_of(const Options& options, bool is_secure) {
  return {
      is_secure ? options.secure.admission : options.admission, options.open_messages,
      options.claims_despite_credentials,
      core::PrivateIdKinds(is_secure ? options.secure.private_id_kinds : options.private_id_kinds)};
}

void CoapAdapter::tell_of_other(const Call& call, const core::Speaker& speaker) {
  others_.Increment();
  if (!other_log_.pass(context_.clock.now())) return;
  const core::Tables& tables = registrations_.tables();
  base::log::warn(
      "coap_identity_mismatch",
      {{"private_id", call.shown.device ? tables.device(call.shown.device->device).private_id
                                        : call.shown.newcomer},
       {"to", speaker.device ? tables.device(*speaker.device).private_id : ""},
       {"peer", to_text(call.incoming.request.peer)},
       {"suppressed", other_log_.take_suppressed()}});
}

/// Of who has shown what would prove something if the operator had given it to a device. A
/// credential that has ended is told of where it is looked up.
void CoapAdapter::tell_of_nobody(const Call& call) {
  const coap::Identity& identity = *call.incoming.request.identity;
  const bool is_psk = identity.kind == coap::Identity::Kind::psk;
  const auto kind = is_psk ? credentials::Kind::psk : credentials::Kind::certificate;
  std::string names;
  for (const std::string& name : identity.names) {
    if (doors_.proofs->is_taken(kind, name)) return;
    names.append(names.empty() ? "" : ", ").append(name);
  }
  if (!nobody_log_.pass(context_.clock.now())) return;
  base::log::warn("coap_identity_unknown", {{"kind", credentials::name_of(kind)},
                                            {"names", names},
                                            {"peer", to_text(call.incoming.request.peer)},
                                            {"suppressed", nobody_log_.take_suppressed()}});
}

/// False: it may not, and `out` says why. Who guesses handles is slowed down, whatever he is told.
bool CoapAdapter::admit(Call& call, const core::Speaker& speaker, core::Act act,
                        std::string_view said) {
  const auto refused =
      gate_.why_not(speaker, act, policy_of(options_, coap::is_secure(call.transport)), said,
                    context_.clock.now());
  if (!refused) return true;
  if (speaker.is_other) tell_of_other(call, speaker);
  const bool has_shown = call.incoming.request.identity != nullptr && doors_.proofs != nullptr &&
                         call.incoming.request.identity->kind != coap::Identity::Kind::none;
  const bool is_nobody = refused->why == core::Denial::Why::unproven && has_shown;
  if (is_nobody) tell_of_nobody(call);
  const bool guesses = act != core::Act::register_device &&
                       (!speaker.device || refused->code == base::Errc::unknown_device);
  const auto source = coap::source_of(call.incoming.request.peer);
  if (guesses && !wrong_handles_.pass(source, context_.clock.now()))
    refuse_with(call, coap::Reason::wrong_handles, coap::Code::too_many_requests,
                "too many requests for registrations that there are not");
  else if (refused->code == base::Errc::unknown_device)
    coap::refuse(call.out, coap::Code::not_found,
                 "no registration behind this handle; register again");
  else
    refuse_with(call, coap::Reason::not_admitted, coap::Code::forbidden,
                is_nobody ? refused->detail + "; what was shown is no credential of a device now"
                          : refused->detail);
  return false;
}

/// The device whose handle is in the path, if it may.
std::optional<core::DeviceNo> CoapAdapter::admit_handle(Call& call, core::Act act) {
  const auto handle = call.incoming.request.path[1];
  const auto device = registrations_.find_handle(handle, core::Bearer::coap);
  const core::Speaker speaker = as_proved(call, gate_.holder(device, core::Evidence::handle), {});
  if (!admit(call, speaker, act)) return std::nullopt;
  registrations_.heard(*device, core::Bearer::coap, context_.clock.now());
  if (downlink_) downlink_->heard(*device, call.incoming.request.peer);
  return device;
}

}  // namespace msggw::coap_adapter
