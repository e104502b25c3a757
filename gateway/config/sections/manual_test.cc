// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/sections/manual.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gateway/config/files/load.h"
#include "gateway/config/language/test_print.h"
#include "gateway/config/sections/declare.h"

namespace msggw::config {

using config_language::Option;
using config_language::OptionTable;
using config_language::print_value;

namespace {

const std::string& manual() {
  static const std::string text(kManual);
  return text;
}

/// Each "[section]" and each "section.key = value" of the manual, in order, with the comment that
/// stands next to it, as one line.
struct Entry {
  std::string what;
  std::string comment;
};
std::vector<Entry> entries() {
  std::istringstream in(manual());
  std::vector<Entry> all;
  std::string section;
  std::string comment;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('[')) {
      section = line.substr(1, line.size() - 2);
      all.push_back({line, {}});
    } else if (line.starts_with("# ")) {
      comment.append(comment.empty() ? "" : " ").append(line.substr(2));
    } else if (line.starts_with('#') && line.size() > 1) {
      all.push_back({section + "." + line.substr(1), std::exchange(comment, {})});
    } else if (!all.empty() && all.back().comment.empty()) {
      all.back().comment = std::exchange(comment, {});  // of the section
    } else {
      comment.clear();
    }
  }
  return all;
}

/// The text with every "#key = value" as "key = value".
std::string uncommented(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    const bool is_option = line.size() > 1 && line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';
    out.append(is_option ? line.substr(1) : line).append("\n");
  }
  return out;
}

/// Every option with its value, for comparing.
std::string values_of(Config config) {
  std::string out;
  const OptionTable table = options_of(config);
  for (const Option& option : table.options()) {
    out.append(option.section)
        .append(".")
        .append(option.key)
        .append("=")
        .append(print_value(option))
        .append("\n");
  }
  return out;
}

/// Stands for a value of any type in Countable below.
struct Anything {
  template <class T>
  operator T() const;  // NOLINT(google-explicit-constructor): that is its purpose
};

template <class T, class... Fields>
concept Countable = requires { T{std::declval<Fields>()...}; };

/// The number of fields of an aggregate.
template <class T, class... Fields>
constexpr std::size_t fields_of() {
  if constexpr (Countable<T, Fields..., Anything>) {
    return fields_of<T, Fields..., Anything>();
  } else {
    return sizeof...(Fields);
  }
}

TEST_CASE("every field of an options struct is an option") {
  Config config;
  const OptionTable table = options_of(config);
  const auto options_in = [&](std::string_view section) {
    return static_cast<std::size_t>(
        std::count_if(table.options().begin(), table.options().end(),
                      [&](const Option& option) { return option.section == section; }));
  };
  CHECK(options_in("gateway") == fields_of<GatewayOptions>());
  CHECK(options_in("log") == fields_of<LogOptions>());
  CHECK(options_in("admin") == fields_of<AdminOptions>());
  CHECK(options_in("limits") == fields_of<core::Limits>() - 1);  // renewal is in [provisioning]
  CHECK(options_in("credentials") == fields_of<credentials::Options>());
  CHECK(options_in("coap") == fields_of<coap_adapter::Options>() - 1);  // without secure
  CHECK(options_in("coap.secure") == fields_of<coap_adapter::SecureOptions>());
  CHECK(options_in("mqtt") == fields_of<mqtt::Options>());
  // Without smsc and routes, whose fields stand among the others, and all, gone and order, which
  // are no options.
  CHECK(options_in("sms") ==
        fields_of<sms::Options>() - 5 + fields_of<sms::SmscOptions>() + fields_of<sms::Routes>());
  // Without tls, server and servers; with the fields of face but its limits, and those of cutting.
  CHECK(options_in("msgin5g") == fields_of<msgin5g::Options>() - 5 +
                                     fields_of<msgin5g::FaceOptions>() - 1 +
                                     fields_of<msgin5g::Cutting>());
  CHECK(options_in("msgin5g.tls") == fields_of<http::ServerTls>());
  CHECK(options_in("msgin5g.limits") == fields_of<msgin5g::Limits>());
  // With the fields of token, http and its tls; what an answer may have is in the limits.
  CHECK(options_in("msgin5g.server") ==
        fields_of<msgin5g::ServerOptions>() - 2 + fields_of<msgin5g::TokenOptions>() +
            fields_of<http::ClientOptions>() - 2 + fields_of<http::ClientTls>());
  // Without derived, http, coap and wire, which are sections; with mcc and mnc of derived, with
  // allow_cleartext, which is a field of Config, and with renewal of core::Limits.
  CHECK(options_in("provisioning") == fields_of<client::Options>() - 4 + 4);
  CHECK(options_in("provisioning.derived") == fields_of<protocol::PlmnAddress>() - 2);
  CHECK(options_in("provisioning.coap") == fields_of<client::CoapOptions>());
  CHECK(options_in("provisioning.http") == fields_of<http::ClientOptions>() - 1);  // without tls
  CHECK(options_in("provisioning.tls") == fields_of<http::ClientTls>());
  CHECK(options_in("provisioning.wire") == fields_of<protocol::WireLimits>());
  // Without coap, tls, wire and policy.
  CHECK(options_in("pf") == fields_of<function::Options>() - 5);
  CHECK(options_in("pf.test") == fields_of<tester::Options>());
  CHECK(options_in("pf.coap") == fields_of<function::CoapOptions>());
  CHECK(options_in("pf.tls") == fields_of<http::ServerTls>());
  CHECK(options_in("pf.policy") == fields_of<function::DefaultGrant>());
  CHECK(options_in("pf.wire") == fields_of<protocol::WireLimits>());
}

TEST_CASE("etc/msggw.toml is the manual of exactly the options there are, with their defaults") {
  Config config;
  const OptionTable table = options_of(config);
  std::vector<std::string> wanted;
  std::string_view section;
  for (const Option& option : table.options()) {
    if (option.section != section) wanted.push_back("[" + std::string(option.section) + "]");
    section = option.section;
    wanted.push_back(std::string(section) + "." + std::string(option.key) + " = " +
                     print_value(option));
  }
  const std::vector<Entry> written = entries();
  for (std::size_t i = 0; i < std::min(wanted.size(), written.size()); ++i)
    REQUIRE(written[i].what == wanted[i]);  // one by one, to show the first that differs
  CHECK(written.size() == wanted.size());
}

TEST_CASE("the manual says of each option what is allowed, and nothing else") {
  Config config;
  const OptionTable table = options_of(config);
  auto entry = entries();
  std::erase_if(entry, [](const Entry& one) { return one.what.starts_with('['); });
  REQUIRE(entry.size() == table.options().size());
  for (std::size_t i = 0; i < entry.size(); ++i) {
    CAPTURE(entry[i].what);
    CAPTURE(entry[i].comment);
    const std::string allowed = config_language::test::allowed(table.options()[i]);
    CHECK_MESSAGE(entry[i].comment.ends_with(allowed), allowed);
    if (!allowed.empty()) continue;
    // Nor does it name a limit that is no more.
    CHECK(entry[i].comment.find("Allowed: ") == std::string::npos);
    CHECK_FALSE(entry[i].comment.ends_with(" octets."));
  }
}

TEST_CASE("the manual says of each option whether it takes a restart") {
  Config config;
  const OptionTable table = options_of(config);
  auto entry = entries();
  std::erase_if(entry, [](const Entry& one) { return one.what.starts_with('['); });
  REQUIRE(entry.size() == table.options().size());
  for (std::size_t i = 0; i < entry.size(); ++i) {
    CAPTURE(entry[i].what);
    const bool says_so = entry[i].comment.find("Needs a restart.") != std::string::npos;
    CHECK(says_so == (table.options()[i].taken == config_language::When::at_start));
  }
}

TEST_CASE("etc/msggw.toml loads to the defaults, as it is and with every option uncommented") {
  const std::string text = manual();
  CHECK(values_of(config_files::load_text(text, "etc/msggw.toml", {}, Purpose::look)) ==
        values_of(Config{}));
  CHECK(uncommented(text) != text);
  CHECK(values_of(config_files::load_text(uncommented(text), "etc/msggw.toml", {},
                                          Purpose::look)) == values_of(Config{}));
}

TEST_CASE("what is written out loads to the same values") {
  Config config;
  config.gateway.folder = "/tmp/it's \"quoted\" \\ and more";
  config.gateway.watchdog_turn = base::Duration{1'234};
  config.limits.max_devices = 12'345;
  config.limits.max_lifetime = std::chrono::seconds{86'400 * 31};
  config.coap.enabled = false;
  config.coap.max_body_octets = 5'000;
  config.mqtt.user = "\xC3\xBC";
  config.mqtt.password = "'\"\\";
  config.sms.enabled = true;
  config.sms.smsc.addresses = {base::parse_address("[::1]:2776", 0).value(),
                               base::parse_address("smsc.example", 2'775).value()};
  config.sms.smsc.password = "'\"\\";
  config.sms.smsc.bind = sms::BindMode::transmitter_and_receiver;
  config.sms.smsc.destination_ton = 0;
  config.sms.smsc.default_coding = sms_text::DefaultCoding::gsm7_packed;
  config.sms.smsc.long_messages = sms_text::ReferenceForm::sar;
  config.sms.smsc.receipt_ids = sms::IdWriting::hex;
  config.sms.country_code = "49";
  config.sms.bare_numbers = sms::BareNumbers::national;
  config.sms.first_contact = sms::FirstContact::pattern;
  config.sms.numbers = {"+49*"};
  config.sms.answer = "Hallo {privateId}, {state}";
  config.sms.receipt_within = std::chrono::seconds{60};
  config.msgin5g.port = 1;
  config.msgin5g.content_encoding = msgin5g::PayloadEncoding::base64;
  config.msgin5g.text_apps = {"it's \"chat\""};
  config.msgin5g.server.uris = {base::parse_uri("https://m5s.example/x").value()};
  config.msgin5g.server.http.version = http::Version::http1;
  config.provisioning.uris = {base::parse_uri("https://a.example").value(),
                              base::parse_uri("http://127.0.0.1:1/x").value()};
  config.provisioning.http.version = http::Version::http1;
  config.pf.policy.service_info = R"({"a":"it's"})";
  config.log.level = base::log::Level::error;
  Config defaults;
  const std::string text = config_language::test::written(options_of(config), options_of(defaults));
  CHECK(values_of(config_files::load_text(text, "written", {}, Purpose::look)) ==
        values_of(config));
  CHECK(text.find("\nmax_devices = 12_345\n") != std::string::npos);
  CHECK(text.find("max_info_octets") == std::string::npos);
}

TEST_CASE("every option and section is explained, in whole sentences") {
  for (const Entry& entry : entries()) {
    CAPTURE(entry.what);
    CHECK(entry.comment.size() > 12);
    CHECK(entry.comment.ends_with('.'));
  }
}

TEST_CASE("every default is within what its option allows") {
  Config config;
  const OptionTable table = options_of(config);
  for (const Option& option : table.options()) {
    CAPTURE(option.key);
    const auto value = config_language::parse_toml_value(print_value(option));
    REQUIRE(value.has_value());
    if (print_value(option) == "[]" || print_value(option) == "\"\"") continue;
    CHECK(config_language::assign(option, *value) == std::nullopt);
  }
}

TEST_CASE("lines of the manual fit a terminal") {
  std::istringstream in(manual());
  for (std::string line; std::getline(in, line);) {
    CAPTURE(line);
    CHECK(line.size() <= 100);
  }
}

}  // namespace
}  // namespace msggw::config
