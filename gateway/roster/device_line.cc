// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/device_line.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <limits>
#include <utility>

#include "gateway/base/document.h"
#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/core/private_id.h"
#include "gateway/roster/device_json.h"
#include "gateway/roster/rows.h"

namespace msggw::roster {

namespace {

using base::Errc;
using boost::json::value;

constexpr auto kJson = base::Encoding::json;
constexpr std::string_view kForever = "forever";
constexpr std::string_view kNow = "now";

std::string registrations_json(const core::Device& device) {
  std::string out = "[";
  for (const core::Bearer bearer : core::kAllBearers) {
    const core::Binding& binding = device.binding(bearer);
    if (!binding.alive() && binding.lifetime_s == 0) continue;
    if (out.size() > 1) out += ',';
    base::ObjectWriter object(kJson, out);
    object.text("bearer", core::name_of(bearer));
    if (binding.alive()) object.text("until", print_until(device.told_until_s(bearer)));
    object.number("lifetime", binding.lifetime_s);
    object.end();
  }
  return out + ']';
}

std::string credentials_json(const std::vector<CredentialRow>& all) {
  std::string out = "[";
  for (const CredentialRow& row : all) {
    if (out.size() > 1) out += ',';
    base::ObjectWriter object(kJson, out);
    for (const auto& [name, text] : {std::pair<const char*, const std::string&>{"kind", row.kind},
                                     {"name", row.name},
                                     {"key", row.key},
                                     {"hash", row.hash},
                                     {"notBefore", row.not_before},
                                     {"notAfter", row.not_after}}) {
      if (!text.empty()) object.text(name, text);
    }
    object.end();
  }
  return out + ']';
}

std::vector<std::string> all_postings(const core::StoredDevice& stored) {
  std::vector<std::string> names;
  if (stored.device.posted) names.push_back(stored.device.private_id);
  names.insert(names.end(), stored.postings.begin(), stored.postings.end());
  return names;
}

/// Reads the members of one line, and remembers the first that is wrong.
class Reader {
 public:
  explicit Reader(const boost::json::object& object) : object_(object) {}

  const value* member(std::string_view name) {
    ++known_;
    const auto* const found = object_.if_contains(name);
    if (found == nullptr) --known_;
    return found;
  }
  /// Empty: there is none.
  std::string text(std::string_view name) {
    const value* const found = member(name);
    if (found == nullptr) return {};
    const auto text = base::text_of(*found);
    if (!text) return wrong(name), std::string();
    return std::string(*text);
  }
  bool flag(std::string_view name) {
    const value* const found = member(name);
    if (found != nullptr && !found->is_bool()) wrong(name);
    return found != nullptr && found->is_bool() && found->get_bool();
  }
  /// `absent` if there is none.
  std::uint32_t time(std::string_view name, std::uint32_t absent) {
    const std::string said = text(name);
    if (said.empty()) return absent;
    const auto time = parse_time(said);
    if (!time) wrong(name);
    return time.value_or(absent);
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> all;
    const value* const found = member(name);
    if (found == nullptr) return all;
    if (!found->is_array()) return wrong(name), all;
    for (const value& one : found->get_array()) {
      const auto text = base::text_of(one);
      if (!text) return wrong(name), all;
      all.emplace_back(*text);
    }
    return all;
  }
  /// Compact; empty: there is none.
  std::string object(std::string_view name) {
    std::string compact;
    const value* const found = member(name);
    if (found == nullptr) return compact;
    if (!found->is_object()) return wrong(name), compact;
    base::append_json(compact, *found);
    return compact;
  }
  void wrong(std::string_view name) {
    if (wrong_.empty()) wrong_ = name;
  }
  /// Last: the first fault, also of a member that nobody has asked for.
  base::Result<void> result() const {
    if (!wrong_.empty())
      return base::fail(Errc::incorrect, wrong_ + " is not what an export has there");
    if (known_ != object_.size())
      return base::fail(Errc::incorrect, "a member is there that no export of this version has");
    return {};
  }

 private:
  const boost::json::object& object_;
  std::size_t known_ = 0;  ///< members that were there when they were asked for
  std::string wrong_;
};

void read_registrations(Reader& in, core::Device& device) {
  const value* const all = in.member("registrations");
  if (all == nullptr || !all->is_array()) return in.wrong("registrations");
  for (const value& one : all->get_array()) {
    const auto name = base::text_member(one, "bearer");
    const auto bearer = std::find_if(core::kAllBearers.begin(), core::kAllBearers.end(),
                                     [&](core::Bearer of) { return name == core::name_of(of); });
    const value* const lifetime = base::member(one, "lifetime");
    boost::json::error_code none;
    const auto seconds = lifetime == nullptr ? 0 : lifetime->to_number<std::uint32_t>(none);
    const auto until = base::text_member(one, "until");
    const auto until_s = until == kForever ? core::Binding::kForever
                         : until           ? parse_time(*until).value_or(0)
                                           : core::Binding::kNever;
    if (bearer == core::kAllBearers.end() || lifetime == nullptr || none ||
        (until && until_s == core::Binding::kNever))
      return in.wrong("registrations");
    core::Binding& binding = device.binding(*bearer);
    binding.lifetime_s = seconds;
    binding.until_s = until_s;
    constexpr std::uint32_t kMost = core::Binding::kForever - 1;
    binding.stored_until_s = until_s == core::Binding::kNever || until_s == core::Binding::kForever
                                 ? until_s
                                 : until_s + std::min(seconds / 4, kMost - until_s);
  }
}

void read_credentials(Reader& in, std::vector<CredentialRow>& credentials) {
  const value* const all = in.member("credentials");
  if (all == nullptr) return;
  if (!all->is_array()) return in.wrong("credentials");
  for (const value& one : all->get_array()) {
    std::string text;
    base::append_json(text, one);
    if (!read_json_credential(text, credentials.emplace_back())) return in.wrong("credentials");
  }
}

void read_refusal(Reader& in, std::optional<core::Refusal>& refusal) {
  const value* const found = in.member("refusal");
  if (found == nullptr) return;
  const auto cause = base::text_member(*found, "cause");
  const auto detail = base::text_member(*found, "detail");
  const auto at = base::text_member(*found, "at");
  const auto at_s = at ? parse_time(*at) : std::nullopt;
  if (!cause || !detail || !at_s) return in.wrong("refusal");
  refusal = core::Refusal{std::string(*cause), std::string(*detail), *at_s};
}

/// Also the kind of it.
void take_private_id(Reader& in, std::string_view name, const std::string& text,
                     core::PrivateIdKind* kind) {
  const auto id = core::PrivateId::parse(text, core::PrivateId::kMostOctets);
  if (!id || id->text() != text) return in.wrong(name);
  if (kind != nullptr) *kind = id->kind();
}

void read_identity(Reader& in, DeviceLine& line) {
  core::StoredDevice& stored = line.stored;
  stored.device.private_id = in.text("privateId");
  take_private_id(in, "privateId", stored.device.private_id, &stored.device.kind);
  stored.aliases = in.texts("aliases");
  for (const std::string& alias : stored.aliases) take_private_id(in, "aliases", alias, nullptr);
  const auto type = type_of(in.text("ueType"));
  if (!type) in.wrong("ueType");
  stored.device.ue_type = type.value_or(core::UeType::non_3gpp);
  const auto state = core::device_state_of(in.text("state"));
  if (!state || *state == core::DeviceState::removed) in.wrong("state");
  stored.device.state = state.value_or(core::DeviceState::recorded);
  stored.device.service_id = in.text("serviceId");
  auto servers = in.texts("serverServiceIds");
  std::string service_info = in.object("serviceInfo");
  if (base::has_control(stored.device.service_id)) in.wrong("serviceId");
  for (const std::string& server : servers) {
    if (server.empty() || base::has_control(server)) in.wrong("serverServiceIds");
  }
  if (servers.empty() == stored.device.has_service_id()) in.wrong("serverServiceIds");
  if (!servers.empty())
    line.profile = core::ServiceProfile{std::move(servers), std::move(service_info)};
}

void read_times(Reader& in, core::Device& device) {
  device.first_seen_s = in.time("firstSeen", 0);
  // A handle of the gateway that it comes from names nobody here.
  device.generation = device.first_seen_s;
  device.heard_s = in.time("lastAsked", 0);
  const std::string ask_again = in.text("askAgain");
  if (ask_again == kNow) {
    device.ask_again_s = core::Device::kAskNow;
  } else if (!ask_again.empty()) {
    const auto time = parse_time(ask_again);
    if (!time || *time <= core::Device::kAskNow) in.wrong("askAgain");
    device.ask_again_s = time.value_or(core::Device::kNeverAgain);
  }
}

void read_postings(Reader& in, core::StoredDevice& stored) {
  stored.postings = in.texts("postedAs");
  const auto own =
      std::find(stored.postings.begin(), stored.postings.end(), stored.device.private_id);
  stored.device.posted = own != stored.postings.end();
  if (stored.device.posted) stored.postings.erase(own);
}

}  // namespace

void append_device_line(std::string& out, const DeviceLine& line) {
  const core::StoredDevice& stored = line.stored;
  const core::Device& device = stored.device;
  base::ObjectWriter object(kJson, out);
  object.text("privateId", device.private_id);
  if (!stored.aliases.empty()) object.texts("aliases", stored.aliases);
  object.text("ueType", core::name_of(device.ue_type));
  object.text("state", core::name_of(device.state));
  if (device.has_service_id()) object.text("serviceId", device.service_id);
  if (line.profile) {
    object.texts("serverServiceIds", line.profile->server_service_ids);
    if (!line.profile->service_info.empty()) object.json("serviceInfo", line.profile->service_info);
  }
  object.text("firstSeen", print_time(device.first_seen_s));
  if (device.heard_s != 0) object.text("lastAsked", print_time(device.heard_s));
  if (device.ask_again_s != core::Device::kNeverAgain)
    object.text("askAgain", device.ask_again_s == core::Device::kAskNow
                                ? std::string(kNow)
                                : print_time(device.ask_again_s));
  if (!stored.info.empty()) object.json("info", stored.info);
  object.json("registrations", registrations_json(device));
  if (!line.source.empty()) object.text("source", line.source);
  if (device.newcomer) object.json("newcomer", "true");
  if (const auto names = all_postings(stored); !names.empty()) object.texts("postedAs", names);
  if (device.manner.plain) object.json("plain", "true");
  if (device.manner.reports) object.json("reports", "true");
  if (!stored.push_target.empty() && base::is_utf8(stored.push_target))
    object.text("pushTarget", stored.push_target);
  if (stored.refusal) {
    object.object("refusal", [&](base::ObjectWriter& inner) {
      inner.text("cause", stored.refusal->cause);
      inner.text("detail", stored.refusal->detail);
      inner.text("at", print_time(stored.refusal->at_s));
    });
  }
  if (!line.credentials.empty()) object.json("credentials", credentials_json(line.credentials));
  object.end();
}

base::Result<DeviceLine> parse_device_line(std::string_view text) {
  // What a device said of itself may be nested as deeply as a document can be, and is within one.
  constexpr base::DocumentLimits kLimits{.octets = std::size_t{1} << 20, .depth = 32};
  const auto read = base::parse_json(text, kLimits);
  if (!read) return tl::unexpected(read.error());
  const auto* const object = read->if_object();
  if (object == nullptr) return base::fail(Errc::malformed, "no JSON object");
  Reader in(*object);
  DeviceLine line;
  core::StoredDevice& stored = line.stored;
  read_identity(in, line);
  read_times(in, stored.device);
  stored.info = in.object("info");
  read_registrations(in, stored.device);
  line.source = in.text("source");
  stored.device.newcomer = in.flag("newcomer");
  read_postings(in, stored);
  stored.device.manner = {in.flag("plain"), in.flag("reports")};
  stored.push_target = in.text("pushTarget");
  read_refusal(in, stored.refusal);
  read_credentials(in, line.credentials);
  if (auto good = in.result(); !good) return tl::unexpected(good.error());
  return line;
}

}  // namespace msggw::roster
