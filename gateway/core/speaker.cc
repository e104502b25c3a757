// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/speaker.h"

#include "gateway/core/tables.h"

namespace msggw::core {

namespace {

using base::Errc;
using Why = Denial::Why;

Denial nobody(Why why) {
  return {{Errc::unknown_device, "no such registration"}, why};
}

Denial no_messages() {
  return {{Errc::refused,
           "messages are for devices that prove who they are; the operator may allow others "
           "(open_messages)"},
          Why::messages};
}

}  // namespace

base::Result<PrivateIdKind> parse_private_id_kind(std::string_view word) {
  std::string all;
  for (const PrivateIdKind kind : kPrivateIdKinds) {
    if (name_of(kind) == word) return kind;
    all.append(all.empty() ? "" : ", ").append(name_of(kind));
  }
  return base::fail(Errc::incorrect, "is no kind of Private ID; there are " + all);
}

std::string_view name_of(Why why) noexcept {
  switch (why) {
    case Why::another: return "another";
    case Why::unproven: return "unproven";
    case Why::unknown: return "unknown";
    case Why::kind: return "kind";
    case Why::credentials: return "credentials";
    case Why::nobody: return "nobody";
    case Why::messages: return "messages";
  }
  return "?";
}

Speaker holder(const Tables& tables, std::optional<DeviceNo> device) {
  Speaker speaker{device};
  if (!device) return speaker;
  speaker.kinds = {};
  speaker.kinds.add(tables.device(*device).kind);
  for (const std::string& alias : tables.aliases(*device)) {
    if (const auto other = PrivateId::parse(alias, PrivateId::kMostOctets))
      speaker.kinds.add(other->kind());
  }
  return speaker;
}

Speaker called(const Tables& tables, std::string_view private_id) {
  const auto name = PrivateId::parse(private_id, tables.limits.max_private_id_octets);
  if (!name) return {};  // what is wrong with it, whoever takes it says
  if (const auto device = tables.registry.find_private_id(name->text()))
    return holder(tables, device);
  Speaker speaker;
  speaker.kinds = {};
  speaker.kinds.add(name->kind());
  return speaker;
}

std::optional<Denial> why_not(const Speaker& speaker, Act act, const ListenerPolicy& policy) {
  const bool is_proven = speaker.evidence == Evidence::identity;
  const bool registers = act == Act::register_device;
  if (speaker.is_other && !registers) return nobody(Why::another);
  if (speaker.is_other)
    return Denial{{Errc::refused, "the identity that was proved is not this device's"},
                  Why::another};
  if (policy.admission == Admission::proven && !is_proven)
    return Denial{{Errc::refused, "devices prove who they are here"}, Why::unproven};
  const bool comes_elsewhere = !is_proven && !speaker.kinds.shares_any(policy.kinds);
  const bool must_prove = !is_proven && speaker.can_prove && !policy.claims_despite_credentials;
  const Why why = comes_elsewhere ? Why::kind : must_prove ? Why::credentials : Why::unknown;
  if (policy.admission == Admission::known && (!speaker.device || why != Why::unknown))
    return Denial{{Errc::refused, "only devices that the operator added are served"}, why};
  const bool is_barred = act == Act::message && !is_proven && !policy.open_messages;
  if (is_barred && speaker.evidence == Evidence::claim) return no_messages();
  if (why != Why::unknown && !registers) return nobody(why);
  if (why != Why::unknown)
    return Denial{{Errc::refused, "this Private ID is not served here"}, why};
  if (registers || is_proven) return std::nullopt;
  if (!speaker.device) return nobody(Why::nobody);
  if (is_barred) return no_messages();
  return std::nullopt;
}

}  // namespace msggw::core
