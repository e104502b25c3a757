// SPDX-License-Identifier: Apache-2.0
// The section [sms]: values, and every mistake in the exact words it is told in.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "gateway/config/files/load.h"
#include "gateway/config/language/config_error.h"

namespace msggw::config::sms_test {
namespace {

std::string problems_of(const std::string& text, Purpose purpose = Purpose::look) {
  try {
    config_files::load_text(text, "f", {}, purpose);
  } catch (const config_language::ConfigError& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("[sms] as it is written") {
  const Config config = config_files::load_text(R"([sms]
enabled = true
name = "main"
addresses = ["127.0.0.1:2776"]
system_id = "gw"
password = "12345678"
bind = "receiver"
source_ton = 5
destination_npi = "auto"
default_coding = "latin1"
long_messages = "udh16"
response_ids = "hex"
receipt_ids = "as-is"
country_code = "49"
bare_numbers = "national"
first_contact = "pattern"
numbers = ["+4917*", "*9", "?"]
source = "+491701"
keyword_stop = "ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ"
receipt_within = "2d"
answer_every = "1m"
max_partial_octets = "1MiB"
)",
                                                "f", {}, Purpose::look);
  const sms::Options& sms = config.sms;
  CHECK(sms.enabled);
  CHECK(sms.smsc.name == "main");
  CHECK(sms.smsc.bind == sms::BindMode::receiver);
  CHECK(sms.smsc.source_ton == 5);
  CHECK_FALSE(sms.smsc.destination_npi);
  CHECK_FALSE(sms.smsc.range_ton);
  CHECK(sms.smsc.default_coding == sms_text::DefaultCoding::latin1);
  CHECK(sms.smsc.long_messages == sms_text::ReferenceForm::udh16);
  CHECK(sms.smsc.response_ids == sms::IdWriting::hex);
  CHECK(sms.smsc.receipt_ids == sms::IdWriting::as_is);
  CHECK(sms.country_code == "49");
  CHECK(sms.bare_numbers == sms::BareNumbers::national);
  CHECK(sms.first_contact == sms::FirstContact::pattern);
  CHECK(sms.numbers.size() == 3);
  CHECK(sms.receipt_within == std::chrono::hours{48});
  CHECK(sms.answer_every == base::Duration{60'000});
  CHECK(sms.max_partial_octets == 1U << 20);
  REQUIRE(sms.all.size() == 1);
  CHECK(sms.all[0].name == "main");
  CHECK(sms.all[0].password == "12345678");
}

TEST_CASE("without SMS there is one SMSC in the list too, and it is off") {
  const Config config = config_files::load_text("", "f", {}, Purpose::look);
  CHECK_FALSE(config.sms.enabled);
  CHECK(config.sms.all.size() == 1);
}

TEST_CASE("values that are no mistakes") {
  for (const char* line :
       {"source = \"12345678901234567890\"", "source = \"4\"", "source = \"+12345\"",
        "source = \"+123456789012345\"", "source = \"Meter Co-1\"", "country_code = \"1\"",
        "country_code = \"358\"", "national_prefix = \"\"", "national_prefix = \"8\"",
        "international_prefix = \"011\"", "answer = \"{serviceId} {privateId} {state} {servers}\"",
        "answer_refused = \"{cause}: {detail}\"", "answer_stop = \"bye\"\nkeyword_stop = \"STOP\"",
        "keyword_stop = \"STOP\"\nbind = \"receiver\"", "answer_status = \"\"",
        // More than SMPP 3.4 has; SMSCs give out such accounts.
        "password = \"twelve-chars\"", "system_id = \"a-name-of-20-letters\"",
        "system_type = \"1234567890123\"", "service_type = \"123456\"",
        "address_range = \"^(4915|4916|4917)[0-9]*$|^(12345|12346)$\"",
        "source_ton = \"auto\"\nsource_npi = 0\nrange_npi = 255",
        "trusted_numbers = [\"+4917*\", \"*\"]\nadmission = \"proven\""}) {
    CAPTURE(line);
    CHECK(problems_of("[sms]\nenabled = true\n" + std::string(line)).empty());
  }
}

struct Bad {
  std::string lines;  ///< from line 3 on
  std::string problem;
};

const std::string kLong(65, '1');
const std::string kSender =
    " is no sender, allowed are '+' and 5 to 15 digits, a short code of up to 20 digits, or up to "
    "11 letters, digits and \"-._&\"";
const std::string kNoNumber =
    " describes no number, allowed are digits, '*' and '?' behind a '+' or a wildcard in front";
const std::string kBrace =
    "holds a single brace, allowed are braces around the words of {serviceId}, {privateId}, "
    "{state}, {servers}";

TEST_CASE("values that cannot be meant are told, whether SMS is on or off") {
  const Bad table[] = {
      {"name = \"" + std::string(65, 'n') + "\"",
       "name: is 65 octets long, allowed are at most 64"},
      {"addresses = []", "addresses: is empty, an SMSC needs at least one"},
      {"trusted_numbers = [\"4917*\"]", "trusted_numbers: '4917*'" + kNoNumber},
      {"trusted_numbers = [\"+4917*\"]\ntrusted = false",
       "trusted_numbers: has no effect while trusted is false"},
      {"admission = \"known\"", "admission: 'known' is unknown, allowed are open, proven"},
      {"addresses = [\"h:99999\"]",
       "addresses: 'h:99999': the port \"99999\" is not in 1 to 65535"},
      {"system_id = \"" + kLong + "\"", "system_id: is 65 octets long, allowed are at most 64"},
      {"password = \"" + kLong + "\"", "password: is 65 octets long, allowed are at most 64"},
      {"system_type = \"" + kLong + "\"", "system_type: is 65 octets long, allowed are at most 64"},
      {"address_range = \"" + kLong + "\"",
       "address_range: is 65 octets long, allowed are at most 64"},
      {"service_type = \"" + kLong + "\"",
       "service_type: is 65 octets long, allowed are at most 64"},
      {"source_ton = 256", "source_ton: 256 is out of range, allowed are 0 to 255"},
      {"source_npi = -1", "source_npi: -1 is out of range, allowed are 0 to 255"},
      {"destination_ton = \"1\"", "destination_ton: must be an integer or \"auto\", not a string"},
      {"long_messages = \"udh\"",
       "long_messages: 'udh' is unknown, allowed are udh8, udh16, sar, payload"},
      {"enquire_after = \"0s\"", "enquire_after: 0s is out of range, allowed are 1s to 1h"},
      {"max_parts = 256", "max_parts: 256 is out of range, allowed are 1 to 255"},
      {"country_code = \"+49\"",
       "country_code: '+49' is no country code, allowed are one to three digits such as 49"},
      {"country_code = \"049\"",
       "country_code: '049' is no country code, allowed are one to three digits such as 49"},
      {"country_code = \"4917\"",
       "country_code: '4917' is no country code, allowed are one to three digits such as 49"},
      {"national_prefix = \"(0)\"",
       "national_prefix: '(0)' is no prefix, allowed are at most 8 digits or nothing"},
      {"international_prefix = \"+\"",
       "international_prefix: '+' is no prefix, allowed are at most 8 digits or nothing"},
      {"source = \"+1234\"", "source: '+1234'" + kSender},
      {"source = \"+1234567890123456\"", "source: '+1234567890123456'" + kSender},
      {"source = \"123456789012345678901\"", "source: '123456789012345678901'" + kSender},
      {"source = \"Twelve12Long\"", "source: 'Twelve12Long'" + kSender},
      {"source = \" a\"", "source: ' a'" + kSender},
      {"source = \"a+b\"", "source: 'a+b'" + kSender},
      {"keyword_status = \"HOW ARE\"",
       "keyword_status: 'HOW ARE' holds a blank, a keyword is one word"},
      {"keyword_stop = \"ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄA\"",
       "keyword_stop: is 21 characters long, allowed are at most 20"},
      {"answer = \"{serviceID}\"", "answer: '{serviceID}' is unknown, did you mean 'serviceId'?"},
      {"answer = \"{cause}\"",
       "answer: '{cause}' is unknown, allowed are serviceId, privateId, state, servers"},
      {"answer_stop = \"{}\"\nkeyword_stop = \"X\"",
       "answer_stop: '{}' is unknown, allowed are serviceId, privateId, state, servers"},
      {"answer = \"a { b\"", "answer: " + kBrace},
      {"answer = \"a } b\"", "answer: " + kBrace},
      {"answer = \"{{state}}\"", "answer: '{{state}' is unknown, did you mean 'state'?"},
      {"answer_refused = \"{\"", "answer_refused: " + kBrace + ", {cause}, {detail}"},
  };
  for (const char* enabled : {"true", "false"}) {
    for (const Bad& bad : table) {
      CAPTURE(bad.lines);
      CHECK(problems_of("[sms]\nenabled = " + std::string(enabled) + "\n" + bad.lines) ==
            "f:3: [sms] " + bad.problem);
    }
  }
  for (const char* pattern : {"4917*", "+49 17*", "*a", "49", "++1", "1*"}) {
    CHECK(problems_of("[sms]\nnumbers = [\"" + std::string(pattern) + "\"]") ==
          "f:2: [sms] numbers: '" + std::string(pattern) + "'" + kNoNumber);
  }
}

TEST_CASE("values that do not go together are told while SMS is on") {
  const Bad table[] = {
      {"key = \"k\"", "f:3: [sms] key: needs certificate beside it"},
      {"certificate = \"c\"\nca = \"a\"", "f:3: [sms] certificate: needs key beside it"},
      {"certificate = \"c\"\nkey = \"k\"",
       "f:3: [sms] certificate: needs ca beside it, since without it there is no TLS"},
      {"first_contact = \"pattern\"",
       "f: [sms] numbers: is empty, first_contact = \"pattern\" would take in nobody"},
      {"numbers = [\"+49*\"]",
       "f:3: [sms] numbers: has no effect unless first_contact = \"pattern\""},
      {"bare_numbers = \"national\"",
       "f:3: [sms] bare_numbers: \"national\" needs country_code beside it"},
      {"international_prefix = \"0\"",
       "f:3: [sms] international_prefix: is the national_prefix too, so no number could be told "
       "from the other kind"},
      {"keyword_status = \"Stop\"\nkeyword_stop = \"STOP\"",
       "f:4: [sms] keyword_stop: is the keyword_status too, each needs a word of its own"},
      {"keyword_status = \"S\"\nanswer_status = \"\"",
       "f:3: [sms] keyword_status: needs answer_status beside it, or nothing would come of it"},
      {"answer_stop = \"bye\"", "f:3: [sms] answer_stop: needs keyword_stop beside it"},
      {"reconnect_first = \"1m\"",
       "f:3: [sms] reconnect_first: 1m is more than reconnect_most, which is 30s"},
      {"bind = \"transmitter\"",
       "f:3: [sms] bind: no SMSC hands over messages from devices, at least one needs a bind other "
       "than \"transmitter\""},
      {"bind = \"receiver\"\nanswer = \"hello\"",
       "f:4: [sms] answer: needs an SMSC that takes messages to devices, with a bind other than "
       "\"receiver\""},
      {"bind = \"receiver\"\nkeyword_status = \"S\"",
       "f:4: [sms] keyword_status: needs an SMSC that takes messages to devices, with a bind other "
       "than \"receiver\""},
  };
  for (const Bad& bad : table) {
    CAPTURE(bad.lines);
    CHECK(problems_of("[sms]\nenabled = true\n" + bad.lines) == bad.problem);
    CHECK(problems_of("[sms]\nenabled = false\n" + bad.lines).empty());
  }
  CHECK(problems_of("[sms]\nenabled = true\nfirst_contact = \"pattern\"\nnumbers = \"+1*\"") ==
        "f:4: [sms] numbers: must be a list of strings, not a string");
}

TEST_CASE("an answer fits into the parts there are, for the SMSC that sends it") {
  const auto told = [](const std::string& answer, const std::string& more) {
    return problems_of("[sms]\nenabled = true\nanswer = \"" + answer + "\"\n" + more);
  };
  const std::string wrong =
      "f:3: [sms] answer: needs more parts than max_parts allows, 1, even without what is put in";
  const std::string one = "max_parts = 1\n";
  CHECK(told("{serviceId}" + std::string(160, 'a'), one).empty());
  CHECK(told(std::string(161, 'a'), one) == wrong);
  CHECK(told(std::string(161, 'a'), "max_parts = 2\n").empty());
  // Beyond the GSM alphabet 70 characters fill a part; of Latin-1 140 do.
  std::string accented;
  for (int i = 0; i < 71; ++i) accented += "\xC3\xA1";  // a with acute, not in GSM 7-bit
  CHECK(told(accented, one) == wrong);
  CHECK(told(accented.substr(2), one).empty());
  CHECK(told(std::string(140, 'a'), one + "default_coding = \"latin1\"\n").empty());
  CHECK(told(std::string(141, 'a'), one + "default_coding = \"latin1\"\n") == wrong);
  // A mistake elsewhere is told once.
  CHECK(told(std::string(161, 'a'), "max_parts = 0\n") ==
        "f:4: [sms] max_parts: 0 is out of range, allowed are 1 to 255");
}

TEST_CASE("key files are looked at by the gateway that speaks SMS") {
  const std::string text =
      "[provisioning]\nuris = [\"https://pf\"]\n[sms]\nca = \"/no/such\"\nenabled = ";
  CHECK(problems_of(text + "true", Purpose::look).empty());
  CHECK(problems_of(text + "false", Purpose::gateway).empty());
  CHECK(problems_of(text + "true", Purpose::gateway) ==
        "f:4: [sms] ca: '/no/such' cannot be read: No such file or directory");
}

TEST_CASE("no secret is quoted in a mistake") {
  for (const char* line :
       {"[sms]\npassword = \"geheim\\u0007\"", "[mqtt]\nuser = \"u\"\npassword = \"geheim\\u0007\"",
        "[provisioning]\ntoken = \"geheim\\u0007\"", "[provisioning]\npsk_key = \"geheim\\u0007\"",
        "[sms]\npassword = [\"geheim\"]"}) {
    CAPTURE(line);
    const std::string told = problems_of(line);
    CHECK_FALSE(told.empty());
    CHECK(told.find("geheim") == std::string::npos);
  }
}

}  // namespace
}  // namespace msggw::config::sms_test
