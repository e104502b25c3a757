// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/device_line.h"

#include <doctest/doctest.h>

#include <string>

#include "gateway/base/json.h"

namespace msggw::roster::device_line_test {
namespace {

DeviceLine a_line() {
  DeviceLine line;
  core::StoredDevice& stored = line.stored;
  core::Device& device = stored.device;
  device.private_id = "001b638445e6";
  device.kind = core::PrivateIdKind::mac48;
  device.ue_type = core::UeType::legacy_3gpp;
  device.state = core::DeviceState::registered;
  device.service_id = "n3g-1@msgin5g.example";
  device.first_seen_s = 1'764'500'000;
  device.generation = device.first_seen_s;
  device.heard_s = 1'764'600'000;
  device.ask_again_s = 1'764'700'000;
  device.binding(core::Bearer::coap) = {1'764'700'900, 3'600, 1'764'700'900};
  device.binding(core::Bearer::mqtt) = {core::Binding::kForever, core::Binding::kForever,
                                        core::Binding::kForever};
  device.restored = 1;
  device.newcomer = true;
  device.posted = true;
  device.manner = {true, true};
  stored.aliases = {"+15551234567", "meter-\"42\""};
  stored.info = R"({"vendor":"Acme"})";
  stored.postings = {"00-1B-63-84-45-E6"};
  stored.push_target = "coap://[2001:db8::1]/";
  stored.refusal = core::Refusal{"POLICY", "not yours", 1'764'500'001};
  line.profile = core::ServiceProfile{{"server-1", "server-2"}, R"({"a":1})"};
  line.source = "smsc:2";
  line.credentials.push_back(
      {"", "psk", "meter", "00112233445566778899aabbccddeeff", "", "", "2027-01-31T00:00:00Z"});
  line.credentials.push_back({"", "certificate", "meter.example", "", "", "", ""});
  return line;
}

std::string text_of(const DeviceLine& line) {
  std::string out;
  append_device_line(out, line);
  return out;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  REQUIRE_MESSAGE(at != std::string::npos, what);
  return text.replace(at, what.size(), with);
}

TEST_CASE("what a device said of itself comes back however deeply it is nested") {
  DeviceLine line = a_line();
  const std::size_t most = base::DocumentLimits{.octets = 1}.depth;
  for (std::string* const json : {&line.stored.info, &line.profile->service_info}) {
    *json = "1";
    for (std::size_t depth = 0; depth < most; ++depth) *json = R"({"a":)" + *json + "}";
  }
  const auto read = parse_device_line(text_of(line));
  REQUIRE_MESSAGE(read, (read ? "" : read.error().detail));
  CHECK(read->stored.info == line.stored.info);
}

TEST_CASE("a device comes back as all that it was") {
  const DeviceLine line = a_line();
  const auto read = parse_device_line(text_of(line));
  REQUIRE_MESSAGE(read, (read ? "" : read.error().detail));
  CHECK(text_of(*read) == text_of(line));
  const core::Device& device = read->stored.device;
  CHECK(device.kind == core::PrivateIdKind::mac48);
  CHECK(device.binding(core::Bearer::coap).stored_until_s == 1'764'700'900);
  CHECK(device.binding(core::Bearer::mqtt) == line.stored.device.binding(core::Bearer::mqtt));
  CHECK(device.posted);
  CHECK(read->stored.postings == line.stored.postings);
  CHECK(read->profile == line.profile);
  CHECK(read->credentials.size() == 2);
}

TEST_CASE("a device of which little is known comes back, too") {
  DeviceLine line;
  line.stored.device.private_id = "meter-1";
  line.stored.device.ask_again_s = core::Device::kAskNow;
  const auto read = parse_device_line(text_of(line));
  REQUIRE(read);
  CHECK(text_of(*read) == text_of(line));
  CHECK_FALSE(read->profile);
  CHECK(read->stored.device.ask_again_s == core::Device::kAskNow);
}

TEST_CASE("what no export has is refused by name") {
  const std::string good = text_of(a_line());
  const auto why = [](const std::string& text) {
    const auto read = parse_device_line(text);
    return read ? "taken" : read.error().detail.substr(0, read.error().detail.find(' '));
  };
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(parse_device_line(good.substr(0, size)));
  CHECK(why(replaced(good, "001b638445e6", "00-1B-63-84-45-E6")) == "privateId");
  CHECK(why(replaced(good, "+15551234567", "+1 555 1234567")) == "aliases");
  CHECK(why(replaced(good, "LEGACY_3GPP", "PHONE")) == "ueType");
  CHECK(why(replaced(good, "\"registered\"", "\"removed\"")) == "state");
  CHECK(why(replaced(good, "\"server-1\",\"server-2\"", "")) == "serverServiceIds");
  CHECK(why(replaced(good, "n3g-1@", "n3g\\n1@")) == "serviceId");
  CHECK(why(replaced(good, "server-2", "\\u001b[2J")) == "serverServiceIds");
  CHECK(why(replaced(good, "server-2", "")) == "serverServiceIds");
  CHECK(why(replaced(good, "\"lifetime\":3600", "\"lifetime\":-1")) == "registrations");
  CHECK(why(replaced(good, "\"coap\"", "\"smoke\"")) == "registrations");
  CHECK(why(replaced(good, "\"forever\"", "\"long\"")) == "registrations");
  CHECK(why(replaced(good, "\"newcomer\":true", "\"newcomer\":1")) == "newcomer");
  CHECK(why(replaced(good, "\"cause\"", "\"why\"")) == "refusal");
  CHECK(why(replaced(good, "\"kind\"", "\"sort\"")) == "credentials");
  CHECK(why(replaced(good, "\"plain\"", "\"plane\"")) == "a");
  CHECK(why("[]") == "no");
}

}  // namespace
}  // namespace msggw::roster::device_line_test
