// SPDX-License-Identifier: Apache-2.0
#include "storage/device_record.h"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

namespace msggw::storage {
namespace {

/// As read from a row: what was promised durably is what counts after a restart.
core::Binding binding(std::uint32_t stored_until_s, std::uint32_t lifetime_s) {
  return {.until_s = stored_until_s, .lifetime_s = lifetime_s, .stored_until_s = stored_until_s};
}

core::Device sample_device() {
  core::Device device;
  device.private_id = "001b638445e6";
  device.service_id = "msgin5g-0000000001@example.org";
  device.binding(core::Bearer::coap) = binding(1'700'090'000, 90'000);
  device.binding(core::Bearer::mqtt) = binding(core::Binding::kForever, 0);
  device.first_seen_s = 1'700'000'000;
  device.generation = 0xfedcba98;
  device.profile = core::ProfileNo{3};
  device.kind = core::PrivateIdKind::mac48;
  device.ue_type = core::UeType::legacy_3gpp;
  device.state = core::DeviceState::registered;
  return device;
}

std::string encoded(const core::Device& device, std::string_view info = {},
                    const core::Refusal* refusal = nullptr,
                    const std::vector<std::string>& aliases = {},
                    const std::vector<std::string>& postings = {}) {
  std::string row;
  append_device(row, device, {info, refusal, aliases, postings});
  return row;
}

std::string encoded(const core::ServiceProfile& profile) {
  std::string row;
  append_profile(row, profile);
  return row;
}

void check_same(const core::Device& a, const core::Device& b) {
  CHECK(a.private_id == b.private_id);
  CHECK(a.service_id == b.service_id);
  CHECK(a.bindings == b.bindings);
  CHECK(a.first_seen_s == b.first_seen_s);
  CHECK(a.generation == b.generation);
  CHECK(a.profile == b.profile);
  CHECK(a.kind == b.kind);
  CHECK(a.ue_type == b.ue_type);
  CHECK(a.state == b.state);
  CHECK(a.ask_again_s == b.ask_again_s);
  CHECK(a.manner == b.manner);
}

std::string with_target(const std::string& target) {
  std::string row;
  append_device(row, sample_device(), {.push_target = target});
  return row;
}

std::string reason(std::string_view row) {
  const auto parsed = parse_device(row);
  if (parsed) return "good";
  CHECK(parsed.error().code == base::Errc::storage);
  return parsed.error().detail;
}

TEST_CASE("device row: where a device is pushed to") {
  const std::string target = "coap://[2001:db8::1]:5683/x";
  CHECK(parse_device(with_target(target))->push_target == target);
  CHECK(parse_device(with_target(""))->push_target.empty());
  CHECK(with_target("") == encoded(sample_device()));
  const std::string most(core::Device::kMostPushTargetOctets, 'x');
  CHECK(parse_device(with_target(most))->push_target == most);
  CHECK(reason(with_target(most + 'x')) == "device row: wrong push target");
  std::string cut = with_target(target);
  cut.pop_back();
  CHECK(reason(cut) == "device row: push target cut short");
}

TEST_CASE("device row: who observes") {
  const auto with_observer = [](const std::string& observer) {
    std::string row;
    append_device(row, sample_device(), {.push_target = "coap://192.0.2.1", .observer = observer});
    return row;
  };
  const std::string most(core::Device::kMostObserverOctets, '\0');
  CHECK(parse_device(with_observer(most))->observer == most);
  CHECK(parse_device(with_observer(most))->push_target == "coap://192.0.2.1");
  CHECK(parse_device(with_observer(""))->observer.empty());
  CHECK(reason(with_observer(most + 'x')) == "device row: wrong observer");
  std::string cut = with_observer("x");
  cut.pop_back();
  CHECK(reason(cut) == "device row: observer cut short");
}

TEST_CASE("device row: round trip, without the marks of the running gateway") {
  core::Device device = sample_device();
  device.dirty = device.in_flight = true;
  device.lifetime_queued = 3;
  device.manner.reports = true;
  const auto row = parse_device(encoded(device));
  REQUIRE(row);
  check_same(row->device, device);
  CHECK_FALSE(row->device.dirty);
  CHECK_FALSE(row->device.in_flight);
  CHECK(row->device.lifetime_queued == 0);
  CHECK(row->info.empty());
  CHECK_FALSE(row->refusal);
}

TEST_CASE("device row: information and refusal") {
  core::Device device = sample_device();
  device.state = core::DeviceState::refused;
  device.service_id.clear();
  const core::Refusal refusal{"POLICY_DENIED", "not on the list", 1'700'000'123};
  const auto row = parse_device(encoded(device, R"({"vendor":"x"})", &refusal));
  REQUIRE(row);
  check_same(row->device, device);
  CHECK(row->info == R"({"vendor":"x"})");
  REQUIRE(row->refusal);
  CHECK(row->refusal->cause == refusal.cause);
  CHECK(row->refusal->detail == refusal.detail);
  CHECK(row->refusal->at_s == refusal.at_s);
}

TEST_CASE("device row: aliases, alone and behind everything else") {
  core::Device device = sample_device();
  const std::vector<std::string> aliases{"+15551234567", std::string(255, 'x'), "meter-42"};
  const auto alone = parse_device(encoded(device, {}, nullptr, aliases));
  REQUIRE(alone);
  check_same(alone->device, device);
  CHECK(alone->aliases == aliases);
  device.ask_again_s = 1'700'000'999;
  const core::Refusal refusal{"CAUSE", "detail", 7};
  const auto all = parse_device(encoded(device, "{}", &refusal, aliases));
  REQUIRE(all);
  check_same(all->device, device);
  CHECK(all->info == "{}");
  CHECK(all->refusal);
  CHECK(all->aliases == aliases);
  const std::vector<std::string> most(core::Device::kMostAliases, "a");
  CHECK(parse_device(encoded(device, {}, nullptr, most))->aliases == most);
}

TEST_CASE("device row: wrong aliases") {
  const auto with = [](const std::vector<std::string>& aliases) {
    return reason(encoded(sample_device(), {}, nullptr, aliases));
  };
  CHECK(with({"a", ""}) == "device row: wrong alias");
  CHECK(with({std::string(256, 'x')}) == "device row: wrong alias");
  CHECK(with(std::vector<std::string>(33, "a")) == "device row: wrong number of aliases");
  std::string none = encoded(sample_device(), {}, nullptr, {"a"});
  REQUIRE(none.ends_with("\x01\x01\x61"));
  none.resize(none.size() - 3);
  CHECK(reason(none) == "device row: wrong number of aliases");
  CHECK(reason(none + std::string(1, '\0')) == "device row: wrong number of aliases");
  CHECK(reason(none + "\x02\x01\x61") == "device row: wrong alias");
}

TEST_CASE("device row: postings, also of a device that is gone") {
  core::Device device = sample_device();
  device.posted = true;
  const std::vector<std::string> names{"00-1B-63-84-45-E6", std::string(4'096, 'x')};
  const auto alive = parse_device(encoded(device, {}, nullptr, {}, names));
  REQUIRE(alive);
  check_same(alive->device, device);
  CHECK(alive->device.posted);
  CHECK(alive->postings == names);
  CHECK_FALSE(parse_device(encoded(sample_device()))->device.posted);

  core::Device removed;
  removed.state = core::DeviceState::removed;
  const auto gone = parse_device(encoded(removed, {}, nullptr, {}, names));
  REQUIRE(gone);
  CHECK(gone->device.state == core::DeviceState::removed);
  CHECK(gone->postings == names);
  CHECK(encoded(removed).size() == 5);

  const auto with = [](const std::vector<std::string>& wrong) {
    return reason(encoded(sample_device(), {}, nullptr, {}, wrong));
  };
  CHECK(with({""}) == "device row: wrong posting");
  CHECK(with({std::string(4'097, 'x')}) == "device row: wrong posting");
  CHECK(with(std::vector<std::string>(17, "a")) == "device row: wrong number of postings");
}

TEST_CASE("device row: a registration lasts until what was stored, not what was last refreshed") {
  core::Device device = sample_device();
  device.binding(core::Bearer::sms) = {.until_s = 1'000, .lifetime_s = 80, .stored_until_s = 1'020};
  const auto row = parse_device(encoded(device));
  REQUIRE(row);
  CHECK(row->device.binding(core::Bearer::sms) == binding(1'020, 80));
  CHECK(row->device.told_until_s(core::Bearer::sms) == 1'000);
  CHECK(device.told_until_s(core::Bearer::sms) == 1'000);
}

TEST_CASE("device row: when it was last heard of") {
  core::Device device = sample_device();
  device.heard_s = 1'700'000'123;
  const auto row = parse_device(encoded(device));
  REQUIRE(row);
  CHECK(row->device.heard_s == 1'700'000'123);
  CHECK(parse_device(encoded(sample_device()))->device.heard_s == 0);
}

TEST_CASE("device row: extreme values") {
  core::Device device = sample_device();
  device.private_id.assign(core::PrivateId::kMostOctets, '\xff');
  device.service_id.assign(5'000, 's');
  device.first_seen_s = device.generation = std::numeric_limits<std::uint32_t>::max();
  device.profile = core::ProfileNo{std::numeric_limits<std::uint32_t>::max()};
  device.kind = core::PrivateIdKind::uuid;
  device.ue_type = core::UeType::as;
  device.state = core::DeviceState::suspended;
  device.ask_again_s = std::numeric_limits<std::uint32_t>::max();
  for (core::Binding& each : device.bindings) each = binding(core::Binding::kForever, ~0u);
  device.binding(core::Bearer::coap) = binding(core::Binding::kNever, 60);  // ended, lifetime kept
  const auto row = parse_device(encoded(device));
  REQUIRE(row);
  check_same(row->device, device);
}

TEST_CASE("device row: a thousand random devices survive") {
  std::mt19937 random(1);
  for (int i = 0; i < 1'000; ++i) {
    core::Device device;
    device.private_id.assign(1 + random() % 255, static_cast<char>(random()));
    device.state = static_cast<core::DeviceState>(random() % 6);
    device.service_id.assign(1 + random() % 60, static_cast<char>(random()));
    device.kind = static_cast<core::PrivateIdKind>(random() % 6);
    device.ue_type = static_cast<core::UeType>(random() % 4);
    device.first_seen_s = static_cast<std::uint32_t>(random() >> (random() % 32));
    device.generation = static_cast<std::uint32_t>(random());
    device.profile = static_cast<core::ProfileNo>(random() % 300);
    device.ask_again_s = static_cast<std::uint32_t>(random() >> (random() % 32));
    for (core::Binding& each : device.bindings) {
      if (random() % 2 == 0) each = binding(static_cast<std::uint32_t>(random()), 90'000);
    }
    const auto row = parse_device(encoded(device));
    REQUIRE(row);
    check_same(row->device, device);
  }
}

TEST_CASE("device row: a MAC and a 30 octet Service ID take at most 80 octets") {
  CHECK(encoded(sample_device()).size() <= 80);
}

TEST_CASE("device row: no prefix of a row is a row, and nothing may follow one") {
  const core::Refusal refusal{"CAUSE", "detail", 7};
  const std::string row = encoded(sample_device(), "{}", &refusal, {"+15551234567"});
  for (std::size_t size = 0; size < row.size(); ++size) {
    CAPTURE(size);
    CHECK(reason(row.substr(0, size)) != "good");
  }
  CHECK(reason(row) == "good");
  CHECK(reason(row + '\0') == "device row: octets after its end");
}

TEST_CASE("device row: what is wrong is named") {
  const std::string good = encoded(sample_device());
  const auto with = [&](std::size_t at, char octet) {
    std::string row = good;
    row[at] = octet;
    return row;
  };
  CHECK(reason({}) == "device row: no version");
  CHECK(reason(with(0, 2)) == "device row: unknown version; a newer program wrote it");
  CHECK(reason(with(1, 6)) == "device row: unknown kind of Private ID");
  CHECK(reason(with(2, 4)) == "device row: unknown UE type");
  CHECK(reason(with(3, 7)) == "device row: unknown state");
  CHECK(reason(with(4, 0x08)) == "device row: unknown flags");
  CHECK(reason(with(5, 0x7f)) == "device row: Private ID cut short");
  CHECK(reason(with(18, 0x7f)) == "device row: Service ID cut short");

  core::Device device = sample_device();
  device.private_id.clear();
  CHECK(reason(encoded(device)) == "device row: empty Private ID");
  device.private_id.assign(core::PrivateId::kMostOctets + 1, 'x');
  CHECK(reason(encoded(device)) == "device row: Private ID too long");
  device = sample_device();
  device.service_id.clear();
  CHECK(reason(encoded(device)) == "device row: no Service ID");
  device.state = core::DeviceState::recorded;
  CHECK(reason(encoded(device)) == "good");
  device.ask_again_s = 7;
  std::string never = encoded(device);
  never.back() = '\0';
  CHECK(reason(never) == "device row: wrong time to ask again");
}

TEST_CASE("device row: of a removed device only its number's place is left") {
  core::Device device = sample_device();
  device.state = core::DeviceState::removed;
  const std::string row = encoded(device, "{}");
  CHECK(row.size() == 5);
  const auto parsed = parse_device(row);
  REQUIRE(parsed);
  CHECK(parsed->device.state == core::DeviceState::removed);
  CHECK(parsed->device.private_id.empty());
  CHECK(reason(row.substr(0, 4)) != "good");
  std::string more = row;
  more[1] = 1;
  CHECK(reason(more) == "device row: more than the number of a removed device");
}

TEST_CASE("device row: what the first version wrote is read as it was meant") {
  using namespace std::string_view_literals;
  // kind mac48, NON_3GPP, provisioned, CoAP registration; "ab", "s1"; 16, 17, profile 0; 32 for 33
  // s
  const auto row = parse_device(
      "\x01\x01\x00\x01\x01\x02"
      "ab\x02s1\x10\x11\x00\x20\x21"sv);
  REQUIRE(row);
  CHECK(row->device.private_id == "ab");
  CHECK(row->device.service_id == "s1");
  CHECK(row->device.state == core::DeviceState::provisioned);
  CHECK(row->device.binding(core::Bearer::coap) == binding(32, 33));
  CHECK(row->device.ask_again_s == core::Device::kNeverAgain);
  CHECK(row->aliases.empty());
  CHECK(encoded(row->device)[4] == 1);  // and rows without aliases stay readable by what wrote it
}

TEST_CASE("device row: a number above 32 bits is refused") {
  core::Device device;
  device.private_id = "x";
  std::string row = encoded(device);
  // version, kind, ue_type, state, flags, "\1x", "\0", first_seen: 0
  REQUIRE(row[8] == 0);
  row.replace(8, 1, "\xff\xff\xff\xff\x1f");
  CHECK(reason(row) == "device row: wrong time of first contact");
  row.replace(8, 5, "\xff\xff\xff\xff\x0f");
  CHECK(reason(row) == "good");
}

TEST_CASE("profile row: round trip and truncation") {
  const core::ServiceProfile profile{{"server-1@example.org", "server-2@example.org"},
                                     R"({"segmentSize":2048})"};
  const std::string row = encoded(profile);
  const auto parsed = parse_profile(row);
  REQUIRE(parsed);
  CHECK(*parsed == profile);
  for (std::size_t size = 0; size < row.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_profile(std::string_view(row).substr(0, size)));
  }
  CHECK_FALSE(parse_profile(row + "x"));
}

TEST_CASE("profile row: what is wrong is named") {
  const auto profile_reason = [](std::string_view row) {
    return parse_profile(row).error().detail;
  };
  CHECK(profile_reason(encoded(core::ServiceProfile{})) == "profile row: no server Service ID");
  CHECK(profile_reason(encoded(core::ServiceProfile{{""}, ""})) ==
        "profile row: empty server Service ID");
  CHECK(profile_reason("\x02\x01\x01x") ==
        "profile row: unknown version; a newer program wrote it");
  // Claims 2^63 servers; must end at once and allocate nothing for them.
  CHECK(profile_reason("\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01x") ==
        "profile row: server Service ID cut short");
}

TEST_CASE("gateway tables: names stand at their numbers") {
  const auto names = gateway_tables();
  REQUIRE(names.size() == 10);
  CHECK(names[static_cast<std::size_t>(kDevices)] == "devices");
  CHECK(names[static_cast<std::size_t>(kProfiles)] == "profiles");
  CHECK(names[static_cast<std::size_t>(kMeta)] == "meta");
  CHECK(names[static_cast<std::size_t>(kMessages)] == "messages");
  CHECK(names[static_cast<std::size_t>(kQueue)] == "queue");
  CHECK(names[static_cast<std::size_t>(kSegments)] == "segments");
  CHECK(names[static_cast<std::size_t>(kTransactions)] == "transactions");
  CHECK(names[static_cast<std::size_t>(kDrafts)] == "drafts");
  CHECK(names[static_cast<std::size_t>(kTracking)] == "tracking");
  CHECK(names[static_cast<std::size_t>(kCredentials)] == "credentials");
}

}  // namespace
}  // namespace msggw::storage
