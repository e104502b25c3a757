// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/smscs_file.h"

#include <doctest/doctest.h>

#include <string>

#include "gateway/config/files/load.h"
#include "gateway/config/language/config_error.h"
#include "tests/support/temp_folder.h"

namespace msggw::config_files::smscs_file_test {

using config::Purpose;

namespace {

std::string problems_of(std::string_view text, const sms::SmscOptions& defaults = {}) {
  try {
    load_smscs_text(text, "f", defaults);
  } catch (const config_language::ConfigError& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("SMSCs as they are written, and what they take from [sms]") {
  sms::SmscOptions defaults;
  defaults.name = "of [sms]";
  defaults.system_id = "gw";
  defaults.password = "secret";
  defaults.ca = "ca.pem";
  defaults.enquire_after = base::Duration{7'000};
  defaults.receipt_ids = sms::IdWriting::hex;
  const auto smscs = load_smscs_text(R"(
[[smsc]]
name = "first"
addresses = ["smsc.example", "[::1]:2776"]
bind = "transmitter+receiver"
default_coding = "gsm7-packed"
long_messages = "payload"
response_ids = "loose"
receipt_ids = "decimal"
rate = 100
ca = ""

[[smsc]]
name = "second"
system_id = "other"
password = "12345678"
connect_within = "3s"
)",
                                     "f", defaults);
  REQUIRE(smscs.size() == 2);
  CHECK(smscs[0].name == "first");
  CHECK(smscs[0].addresses ==
        std::vector<base::Address>{base::parse_address("smsc.example:2775", 0).value(),
                                   base::parse_address("[::1]:2776", 0).value()});
  CHECK(smscs[0].bind == sms::BindMode::transmitter_and_receiver);
  CHECK(smscs[0].default_coding == sms_text::DefaultCoding::gsm7_packed);
  CHECK(smscs[0].long_messages == sms_text::ReferenceForm::payload);
  CHECK(smscs[0].response_ids == sms::IdWriting::loose);
  CHECK(smscs[0].receipt_ids == sms::IdWriting::decimal);
  CHECK(smscs[0].rate == 100);
  CHECK(smscs[0].ca.empty());
  CHECK(smscs[0].system_id == "gw");
  CHECK(smscs[0].password == "secret");
  CHECK(smscs[0].enquire_after == base::Duration{7'000});
  CHECK(smscs[1].name == "second");
  CHECK(smscs[1].system_id == "other");
  CHECK(smscs[1].password == "12345678");
  CHECK(smscs[1].ca == "ca.pem");
  CHECK(smscs[1].receipt_ids == sms::IdWriting::hex);
  CHECK(smscs[1].rate == sms::SmscOptions{}.rate);
  CHECK(smscs[1].connect_within == base::Duration{3'000});
}

TEST_CASE("every mistake is told with file, line, SMSC and key") {
  struct Bad {
    std::string text;
    std::string problem;
  };
  const std::string a = "[[smsc]]\nname = \"a\"\n";
  const Bad table[] = {
      {"", "f: names no SMSC, write at least one [[smsc]]"},
      {"smsc = []", "f:1: [[smsc]]: 0 SMSCs, allowed are 1 to 32"},
      {"[smsc]\nname = \"a\"", "f:1: [smsc]: each SMSC is written [[smsc]]"},
      {"smsc = [1]", "f:1: [[smsc]]: must be a table, not an integer"},
      {"[[smscs]]\nname = \"a\"",
       "f:1: smscs: is unknown here, this file holds nothing but [[smsc]]"},
      {"[[smsc]]\nrate = 5", "f:1: [smsc #1] name: is missing, every SMSC has one of its own"},
      {"[[smsc]]\nname = \"\"", "f:2: [smsc #1] name: must not be empty"},
      {a + a,
       "f:4: [smsc a] name: is that of the SMSC in line 1 too, every SMSC has one of its own"},
      {a + "adresses = [\"h\"]", "f:3: [smsc a] adresses: unknown key, did you mean 'addresses'?"},
      {a + "enabled = true",
       "f:3: [smsc a] enabled: unknown key, allowed are name, addresses, system_id, password, "
       "password_file, "
       "system_type, bind, address_range, service_type, trusted, trusted_numbers, ca, crl, "
       "certificate, key, source_ton, "
       "source_npi, destination_ton, destination_npi, range_ton, range_npi, rate, burst, window, "
       "max_unanswered, connect_within, response_within, enquire_after, default_coding, "
       "long_messages, response_ids, receipt_ids"},
      {a + "trusted_numbers = [\"49\"]",
       "f:3: [smsc a] trusted_numbers: '49' describes no number, allowed are digits, '*' and '?' "
       "behind a '+' or a wildcard in front"},
      {a + "addresses = []", "f:3: [smsc a] addresses: is empty, an SMSC needs at least one"},
      {a + "addresses = [\"::1\"]",
       "f:3: [smsc a] addresses: '::1': \"::1\": an IPv6 address stands in brackets here"},
      {a + "system_id = \"" + std::string(65, '1') + "\"",
       "f:3: [smsc a] system_id: is 65 octets long, allowed are at most 64"},
      {a + "password = \"" + std::string(65, '1') + "\"",
       "f:3: [smsc a] password: is 65 octets long, allowed are at most 64"},
      {a + "range_ton = true",
       "f:3: [smsc a] range_ton: must be an integer or \"auto\", not a truth value"},
      {a + "password = \"a\\u0001b\"",
       "f:3: [smsc a] password: holds control characters or is not UTF-8"},
      {a + "bind = \"both\"",
       "f:3: [smsc a] bind: 'both' is unknown, allowed are transceiver, transmitter+receiver, "
       "receiver, transmitter"},
      {a + "window = 0", "f:3: [smsc a] window: 0 is out of range, allowed are 1 to 10000"},
      {a + "enquire_after = \"0s\"",
       "f:3: [smsc a] enquire_after: 0s is out of range, allowed are 1s to 1h"},
      {a + "key = \"k\"", "f:3: [smsc a] key: needs certificate beside it"},
      {a + "certificate = \"c\"\nkey = \"k\"",
       "f:3: [smsc a] certificate: needs ca beside it, since without it there is no TLS"},
      {a + "certificate = 5\nkey = \"k\"",
       "f:3: [smsc a] certificate: must be a string, not an integer"},
  };
  for (const Bad& bad : table) {
    CAPTURE(bad.text);
    CHECK(problems_of(bad.text) == bad.problem);
  }
  std::string many;
  for (int i = 0; i < 33; ++i) many += "[[smsc]]\nname = \"" + std::to_string(i) + "\"\n";
  CHECK(problems_of(many) == "f:1: [[smsc]]: 33 SMSCs, allowed are 1 to 32");
  CHECK(problems_of(std::string(kMostSmscsOctets + 1, '\n')) ==
        "f: the file is larger than 262144 octets");
  // What comes from [sms] is told there.
  sms::SmscOptions defaults;
  defaults.addresses.clear();
  CHECK(problems_of(a, defaults).empty());
  defaults.certificate = "c";
  CHECK(problems_of(a, defaults).find("f:1: [smsc a] key") == std::string::npos);
  CHECK(problems_of(a, defaults).find("f:1: [smsc a] certificate: needs key") == 0);
}

std::vector<std::string> load_problems(const std::string& text, Purpose purpose) {
  try {
    load_text(text, "f", {}, purpose);
  } catch (const config_language::ConfigError& error) {
    return error.problems();
  }
  return {};
}

const std::string kStart = "[provisioning]\nuris = [\"https://pf\"]\n[sms]\nenabled = true\n";

TEST_CASE("the list is filled from the file, or from [sms]") {
  const test::TempFolder folder;
  const std::string file = folder.file("smscs", "[[smsc]]\nname = \"a\"\n[[smsc]]\nname = \"b\"\n");
  const std::string text = kStart + "system_id = \"x\"\nsmscs_file = \"" + file + "\"\n";
  const config::Config read = load_text(text, "f", {}, Purpose::gateway);
  REQUIRE(read.sms.all.size() == 2);
  CHECK(read.sms.all[0].name == "a");
  CHECK(read.sms.all[1].name == "b");
  CHECK(read.sms.all[1].system_id == "x");
  for (const auto& [settings, purpose] :
       std::initializer_list<std::pair<std::vector<std::string>, Purpose>>{
           {{}, Purpose::look},
           {{}, Purpose::function},
           {{"sms.enabled=false"}, Purpose::gateway},
           {{"sms.smscs_file="}, Purpose::gateway}}) {
    const config::Config own = load_text(text, "f", settings, purpose);
    REQUIRE(own.sms.all.size() == 1);
    CHECK(own.sms.all[0].name == "smsc");
    CHECK(own.sms.all[0].system_id == "x");
  }
}

TEST_CASE("mistakes of the file stand beside those of the main one") {
  const test::TempFolder folder;
  const std::string file =
      folder.file("smscs", "[[smsc]]\nname = \"a\"\nca = \"/no/such\"\npassword = \"" +
                               std::string(65, 'g') + "\"\n");
  const std::string text = kStart + "smscs_file = \"" + file + "\"\nnumbers = [\"+1*\"]\n";
  CHECK(load_problems(text, Purpose::gateway) ==
        std::vector<std::string>{
            "f:6: [sms] numbers: has no effect unless first_contact = \"pattern\"",
            file + ":3: [smsc a] ca: '/no/such' cannot be read: No such file or directory",
            file + ":4: [smsc a] password: is 65 octets long, allowed are at most 64"});
  // Without a right [sms] nothing can be said about it.
  CHECK(load_problems(text + "rate = 0\n", Purpose::gateway).size() == 2);
  CHECK(load_problems(kStart + "smscs_file = \"/no/such\"\nbind = \"transmitter\"\n",
                      Purpose::gateway) ==
        std::vector<std::string>{
            "f:5: [sms] smscs_file: '/no/such' cannot be read: No such file or directory"});
}

TEST_CASE("at least one SMSC of the file has to hand over messages") {
  const std::string transmitter = "[[smsc]]\nname = \"a\"\nbind = \"transmitter\"\n";
  const test::TempFolder folder;
  const auto one = folder.file("one", transmitter);
  const auto two =
      folder.file("two", transmitter + "[[smsc]]\nname = \"b\"\nbind = \"receiver\"\n");
  const auto with = [](const std::string& file) {
    return load_problems(kStart + "smscs_file = \"" + file + "\"\nanswer = \"x\"\n",
                         Purpose::gateway);
  };
  CHECK(with(one) ==
        std::vector<std::string>{"f:5: [sms] smscs_file: no SMSC hands over messages from "
                                 "devices, at least one needs a bind other than \"transmitter\""});
  CHECK(with(two).empty());
}

}  // namespace
}  // namespace msggw::config_files::smscs_file_test
