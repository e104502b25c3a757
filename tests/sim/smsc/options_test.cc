// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/options.h"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

namespace msggw::smsc {
namespace {

base::Result<> put(Behaviour& behaviour, const char* json) {
  return change(behaviour, boost::json::parse(json).as_object());
}

}  // namespace

TEST_CASE("what is read can be written back") {
  Behaviour behaviour;
  behaviour.accounts = {"gw:secret"};
  behaviour.id_form = IdForm::hex_decimal;
  behaviour.receipt_jitter = Span(1'500);
  behaviour.receipt_state = MessageState::undeliverable;
  behaviour.throttle = 2.5;
  Behaviour copy;
  REQUIRE(change(copy, to_json(behaviour)));
  CHECK(to_json(copy) == to_json(behaviour));
  CHECK(copy.id_form == IdForm::hex_decimal);
  CHECK(copy.receipt_jitter == Span(1'500));
  CHECK(to_json(behaviour).size() == options().size());
}

TEST_CASE("a wrong value changes nothing and says what is allowed") {
  Behaviour behaviour;
  for (const char* wrong :
       {R"({"window":20,"retry":"soon"})", R"({"window":20,"receiptLoss":1.5})",
        R"({"window":20,"idForm":"octal"})", R"({"window":0})", R"({"window":1.5})",
        R"({"window":20,"accounts":["nocolon"]})", R"({"window":20,"accounts":["gw:123456789"]})",
        R"({"window":20,"retry":1000})", R"({"window":20,"typo":1})", R"({"refuseStatus":0})",
        R"({"systemId":"sixteen octets.."})"}) {
    CAPTURE(wrong);
    const auto changed = put(behaviour, wrong);
    REQUIRE_FALSE(changed);
    CHECK(changed.error().detail.size() > 20);
    CHECK(behaviour.window == 10);
  }
  CHECK(put(behaviour, R"({"idForm":"octal"})").error().detail.find("hex-decimal") !=
        std::string::npos);
}

TEST_CASE("times") {
  CHECK(parse_span("250ms") == Span(250));
  CHECK(parse_span("2s") == Span(2'000));
  CHECK(parse_span("1h") == Span(3'600'000));
  for (const char* wrong : {"", "2", "s", "-1s", "1.5s", "2 s", "2d", "4294967296s", "25h"}) {
    CHECK_FALSE(parse_span(wrong));
  }
  CHECK(print_span(Span(1'500)) == "1500ms");
  CHECK(print_span(Span(60'000)) == "60s");
}

TEST_CASE("from the command line") {
  Behaviour behaviour;
  const auto set = [&](std::string_view flag, std::string_view text) {
    for (const Option& option : options()) {
      if (option.flag == flag) return set_option(behaviour, option, text).has_value();
    }
    return false;
  };
  CHECK(set("--account", "a:1"));
  CHECK(set("--account", "b:2"));
  CHECK(behaviour.accounts == std::vector<std::string>{"a:1", "b:2"});
  CHECK(set("--refuse-status", "0x0e"));
  CHECK(behaviour.refuse_status == 14);
  CHECK(set("--throttle", "0.5"));
  CHECK(set("--id-form", "uuid"));
  CHECK(set("--receipt-delay", "10ms"));
  CHECK_FALSE(set("--window", "many"));
  CHECK_FALSE(set("--window", "0x"));
  CHECK_FALSE(set("--alphabet", "morse"));
}

}  // namespace msggw::smsc
