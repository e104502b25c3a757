// SPDX-License-Identifier: Apache-2.0
#include "storage/device_record.h"

#include "gateway/base/bytes.h"
#include "storage/row_reader.h"

namespace msggw::storage {

namespace {

// Layout: version, kind, ue_type, state and flags, one octet each; private_id, service_id;
// first_seen_s, generation, profile; stored_until_s and lifetime_s of each binding whose flag is
// set; then as flagged: info; cause, detail and at_s of the refusal; ask_again_s; number of the
// aliases and each of them; the mark of the source; heard_s; number of the postings and each of
// them; the push target; the observer. A removed device is the first five octets alone, with kind,
// ue_type and flags zero but for that of its postings, which follow.
constexpr std::uint8_t kVersion = 1;

constexpr std::uint64_t kBindingFlags = (1u << core::kBearers) - 1;  // bit n: Bearer n
constexpr std::uint64_t kHasInfo = 1u << 6;  // bits 3 to 5 are for later bearers
constexpr std::uint64_t kHasRefusal = 1u << 7;
constexpr std::uint64_t kHasAskAgain = 1u << 8;
constexpr std::uint64_t kHasAliases = 1u << 9;
constexpr std::uint64_t kHasSource = 1u << 10;
constexpr std::uint64_t kNewcomer = 1u << 11;
constexpr std::uint64_t kHasHeard = 1u << 12;
constexpr std::uint64_t kPosted = 1u << 13;
constexpr std::uint64_t kHasPostings = 1u << 14;
constexpr std::uint64_t kPlain = 1u << 15;
constexpr std::uint64_t kReports = 1u << 16;
constexpr std::uint64_t kHasPushTarget = 1u << 17;
constexpr std::uint64_t kHasObserver = 1u << 18;
constexpr std::uint64_t kKnownFlags =
    kBindingFlags | kHasInfo | kHasRefusal | kHasAskAgain | kHasAliases | kHasSource | kNewcomer |
    kHasHeard | kPosted | kHasPostings | kPlain | kReports | kHasPushTarget | kHasObserver;

std::uint64_t flags_of(const core::Device& device, const core::DeviceTexts& texts) {
  std::uint64_t flags = 0;
  for (const core::Bearer bearer : core::kAllBearers) {
    const core::Binding& binding = device.binding(bearer);
    if (binding.stored_until_s != core::Binding::kNever || binding.lifetime_s != 0) {
      flags |= 1u << number(bearer);
    }
  }
  if (!texts.info.empty()) flags |= kHasInfo;
  if (texts.refusal != nullptr) flags |= kHasRefusal;
  if (device.ask_again_s != core::Device::kNeverAgain) flags |= kHasAskAgain;
  if (!texts.aliases.empty()) flags |= kHasAliases;
  if (device.source != core::SourceMark{}) flags |= kHasSource;
  if (device.newcomer) flags |= kNewcomer;
  if (device.heard_s != 0) flags |= kHasHeard;
  if (device.posted) flags |= kPosted;
  if (!texts.postings.empty()) flags |= kHasPostings;
  if (device.manner.plain) flags |= kPlain;
  if (device.manner.reports) flags |= kReports;
  if (!texts.push_target.empty()) flags |= kHasPushTarget;
  if (!texts.observer.empty()) flags |= kHasObserver;
  return flags;
}

bool needs_service_id(core::DeviceState state) noexcept {
  switch (state) {
    case core::DeviceState::provisioned:
    case core::DeviceState::registered: return true;
    case core::DeviceState::recorded:
    case core::DeviceState::refused:
    case core::DeviceState::suspended:
    case core::DeviceState::removing:
    case core::DeviceState::removed: return false;
  }
  return false;
}

void read_device(RowReader& in, core::Device& device, std::uint64_t& flags) {
  device.kind = in.enumerator(core::PrivateIdKind::uuid, "unknown kind of Private ID");
  device.ue_type = in.enumerator(core::UeType::as, "unknown UE type");
  device.state = in.enumerator(core::DeviceState::removed, "unknown state");
  flags = in.varint("no flags");
  in.require((flags & ~kKnownFlags) == 0, "unknown flags");
  if (device.state == core::DeviceState::removed) {
    return in.require((flags & ~kHasPostings) == 0 && device.kind == core::PrivateIdKind{} &&
                          device.ue_type == core::UeType{},
                      "more than the number of a removed device");
  }
  device.private_id = in.text("Private ID cut short");
  in.require(!device.private_id.empty(), "empty Private ID");
  in.require(device.private_id.size() <= core::PrivateId::kMostOctets, "Private ID too long");
  device.service_id = in.text("Service ID cut short");
  in.require(device.has_service_id() || !needs_service_id(device.state), "no Service ID");
  device.first_seen_s = in.integer<std::uint32_t>("wrong time of first contact");
  device.generation = in.integer<std::uint32_t>("wrong generation");
  device.profile = in.integer<core::ProfileNo>("wrong profile number");
  for (const core::Bearer bearer : core::kAllBearers) {
    if ((flags & (1u << number(bearer))) == 0) continue;
    core::Binding& binding = device.binding(bearer);
    binding.stored_until_s = in.integer<std::uint32_t>("wrong registration");
    binding.until_s = binding.stored_until_s;
    device.restored |= static_cast<std::uint8_t>(1U << number(bearer));
    binding.lifetime_s = in.integer<std::uint32_t>("wrong registration");
  }
}

/// How the errors of a list of names are called.
struct Names {
  std::size_t most;
  std::size_t most_octets;
  const char* wrong_number;
  const char* wrong_name;
};
constexpr Names kAliases{core::Device::kMostAliases, core::PrivateId::kMostOctets,
                         "wrong number of aliases", "wrong alias"};
constexpr Names kPostings{core::Device::kMostPostings, core::Device::kMostPostingOctets,
                          "wrong number of postings", "wrong posting"};

void read_names(RowReader& in, const Names& what, std::vector<std::string>& names) {
  const std::uint64_t number = in.varint(what.wrong_number);
  in.require(number > 0 && number <= what.most, what.wrong_number);
  for (std::uint64_t i = 0; in.ok() && i < number; ++i) {
    names.push_back(in.text(what.wrong_name));
    in.require(!names.back().empty() && names.back().size() <= what.most_octets, what.wrong_name);
  }
}

void append_names(base::ByteWriter& to, std::span<const std::string> names) {
  to.varint(names.size());
  for (const std::string& name : names) to.bytes(name);
}

}  // namespace

std::vector<std::string> gateway_tables() {
  return {"devices",  "profiles",     "meta",   "messages", "queue",
          "segments", "transactions", "drafts", "tracking", "credentials"};
}

void append_device(std::string& out, const core::Device& device, const core::DeviceTexts& texts) {
  base::ByteWriter to(out);
  if (device.state == core::DeviceState::removed) {
    const std::uint64_t flags = texts.postings.empty() ? 0 : kHasPostings;
    for (const std::uint64_t value :
         {std::uint64_t{kVersion}, std::uint64_t{0}, std::uint64_t{0}, number(device.state), flags})
      to.varint(value);
    if (!texts.postings.empty()) append_names(to, texts.postings);
    return;
  }
  const std::uint64_t flags = flags_of(device, texts);
  to.varint(kVersion);
  to.varint(number(device.kind));
  to.varint(number(device.ue_type));
  to.varint(number(device.state));
  to.varint(flags);
  to.bytes(device.private_id);
  to.bytes(device.service_id);
  to.varint(device.first_seen_s);
  to.varint(device.generation);
  to.varint(number(device.profile));
  for (const core::Bearer bearer : core::kAllBearers) {
    if ((flags & (1u << number(bearer))) == 0) continue;
    to.varint(device.binding(bearer).stored_until_s);
    to.varint(device.binding(bearer).lifetime_s);
  }
  if ((flags & kHasInfo) != 0) to.bytes(texts.info);
  if (texts.refusal != nullptr) {
    to.bytes(texts.refusal->cause);
    to.bytes(texts.refusal->detail);
    to.varint(texts.refusal->at_s);
  }
  if ((flags & kHasAskAgain) != 0) to.varint(device.ask_again_s);
  if ((flags & kHasAliases) != 0) append_names(to, texts.aliases);
  if ((flags & kHasSource) != 0) to.varint(number(device.source));
  if ((flags & kHasHeard) != 0) to.varint(device.heard_s);
  if ((flags & kHasPostings) != 0) append_names(to, texts.postings);
  if ((flags & kHasPushTarget) != 0) to.bytes(texts.push_target);
  if ((flags & kHasObserver) != 0) to.bytes(texts.observer);
}

base::Result<DeviceRow> parse_device(std::string_view row) {
  RowReader in(row);
  base::Result<DeviceRow> result;
  std::uint64_t flags = 0;
  in.require(in.varint("no version") == kVersion, "unknown version; a newer program wrote it");
  if (in.ok()) read_device(in, result->device, flags);
  if (in.ok() && (flags & kHasInfo) != 0) {
    result->info = in.text("information cut short");
    in.require(!result->info.empty(), "empty information");
  }
  if (in.ok() && (flags & kHasRefusal) != 0) {
    core::Refusal& refusal = result->refusal.emplace();
    refusal.cause = in.text("refusal's cause cut short");
    refusal.detail = in.text("refusal's detail cut short");
    refusal.at_s = in.integer<std::uint32_t>("wrong time of refusal");
  }
  if (in.ok() && (flags & kHasAskAgain) != 0) {
    result->device.ask_again_s = in.integer<std::uint32_t>("wrong time to ask again");
    in.require(result->device.ask_again_s != core::Device::kNeverAgain, "wrong time to ask again");
  }
  if (in.ok() && (flags & kHasAliases) != 0) read_names(in, kAliases, result->aliases);
  if (in.ok() && (flags & kHasSource) != 0) {
    result->device.source = in.integer<core::SourceMark>("wrong source");
    in.require(result->device.source != core::SourceMark{}, "wrong source");
  }
  if (in.ok() && (flags & kHasHeard) != 0) {
    result->device.heard_s = in.integer<std::uint32_t>("wrong time of its last request");
    in.require(result->device.heard_s != 0, "wrong time of its last request");
  }
  if (in.ok() && (flags & kHasPostings) != 0) read_names(in, kPostings, result->postings);
  if (in.ok() && (flags & kHasPushTarget) != 0) {
    result->push_target = in.text("push target cut short");
    in.require(!result->push_target.empty() &&
                   result->push_target.size() <= core::Device::kMostPushTargetOctets,
               "wrong push target");
  }
  if (in.ok() && (flags & kHasObserver) != 0) {
    result->observer = in.text("observer cut short");
    in.require(
        !result->observer.empty() && result->observer.size() <= core::Device::kMostObserverOctets,
        "wrong observer");
  }
  result->device.posted = (flags & kPosted) != 0;
  result->device.newcomer = (flags & kNewcomer) != 0;
  result->device.manner = {(flags & kPlain) != 0, (flags & kReports) != 0};
  in.end();
  if (!in.ok()) return tl::unexpected(wrong("device row", in.what_is_wrong()));
  return result;
}

void append_profile(std::string& out, const core::ServiceProfile& profile) {
  base::ByteWriter to(out);
  to.varint(kVersion);
  to.varint(profile.server_service_ids.size());
  for (const std::string& id : profile.server_service_ids) to.bytes(id);
  to.bytes(profile.service_info);
}

base::Result<core::ServiceProfile> parse_profile(std::string_view row) {
  RowReader in(row);
  base::Result<core::ServiceProfile> result;
  in.require(in.varint("no version") == kVersion, "unknown version; a newer program wrote it");
  const std::uint64_t servers = in.varint("no number of servers");
  in.require(servers > 0, "no server Service ID");
  // No reserve(): the number is a claim. Each read takes an octet at least, or ends the loop.
  for (std::uint64_t i = 0; in.ok() && i < servers; ++i) {
    result->server_service_ids.push_back(in.text("server Service ID cut short"));
    in.require(!result->server_service_ids.back().empty(), "empty server Service ID");
  }
  result->service_info = in.text("service information cut short");
  in.end();
  if (!in.ok()) return tl::unexpected(wrong("profile row", in.what_is_wrong()));
  return result;
}

}  // namespace msggw::storage
