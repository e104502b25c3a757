// SPDX-License-Identifier: Apache-2.0
#include "adapters/elements/members.h"

#include <doctest/doctest.h>

#include <boost/json/value.hpp>

#include "gateway/base/json.h"

namespace msggw::elements {
namespace {

/// A body, and what is wrong with what is asked of it.
struct Body {
  explicit Body(const char* json, std::size_t most = 16)
      : value(base::parse_json(json, {}).value()), faults(most), members(value, "", faults) {}

  /// "0 /a is missing; 1 /b is empty"; empty: nothing.
  std::string wrong() {
    if (faults.none()) return {};
    std::string all = std::to_string(static_cast<int>(faults.gravest()));
    for (const Fault& fault : Faults(faults).take()) all += " " + fault.sentence() + ";";
    return all;
  }

  boost::json::value value;
  Faults faults;
  Members members;
};

TEST_CASE("members are read by their type") {
  Body body(R"({"line":"a","text":"l\n2","flag":true,"number":7,"object":{"in":"x"},"empty":""})");
  CHECK(body.members.line("line", Need::mandatory, 1) == "a");
  CHECK(body.members.text("text", Need::mandatory) == "l\n2");
  CHECK(body.members.flag("flag") == true);
  CHECK(body.members.number("number", Need::mandatory, 1, 7) == 7);
  CHECK(body.members.object("object", Need::mandatory)->line("in", Need::mandatory, 9) == "x");
  CHECK(body.members.line("empty", Need::optional, 9).empty());
  CHECK(body.members.has("empty"));
  CHECK(body.wrong().empty());
}

TEST_CASE("what may be absent is, and is no fault") {
  Body body("{}");
  CHECK(body.members.line("line", Need::optional, 1).empty());
  CHECK_FALSE(body.members.text("text", Need::optional));
  CHECK_FALSE(body.members.flag("flag"));
  CHECK_FALSE(body.members.number("number", Need::optional, 0, 9));
  CHECK_FALSE(body.members.object("object", Need::optional));
  CHECK_FALSE(body.members.has("line"));
  CHECK(body.wrong().empty());
}

TEST_CASE("each fault has its pointer and its reason") {
  Body body(R"({"l":"ab","c":"a\nb","e":"","f":0,"n":10,"o":[],"t":null,"in":{"x":1}})");
  body.members.line("l", Need::optional, 1);
  body.members.line("c", Need::optional, 9);
  body.members.line("e", Need::conditional, 9);
  body.members.flag("f");
  body.members.number("n", Need::optional, 1, 9);
  body.members.object("o", Need::optional);
  body.members.text("t", Need::optional);
  body.members.object("in", Need::optional)->text("x", Need::optional);
  CHECK(body.wrong() ==
        "2 /l has more than 1 octets; /c holds control characters; /e is empty; /f is neither true "
        "nor false; /n is not a whole number from 1 to 9; /o is not an object; /t is not a string; "
        "/in/x is not a string;");
}

TEST_CASE("the gravest fault comes first, and no more are kept than may be") {
  const char* const json = R"({"a":1,"b":1})";
  for (const auto& [most, wrong] :
       {std::pair(9,
                  "0 /c is missing; /d is missing; /b is not a string; /a is not a string; "
                  "/a is strange;"),
        std::pair(2, "0 /c is missing; /d is missing;"), std::pair(1, "0 /c is missing;")}) {
    Body body(json, static_cast<std::size_t>(most));
    body.members.note(Wrong::address_type, "a", "is strange");
    body.members.text("a", Need::optional);
    body.members.text("b", Need::mandatory);
    body.members.text("c", Need::conditional);
    body.members.text("d", Need::mandatory);
    CHECK(body.wrong() == wrong);
  }
}

}  // namespace
}  // namespace msggw::elements
