// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/msgin5g/bodies.h"
#include "adapters/msgin5g/problem.h"
#include "adapters/msgin5g/test_schemas.h"

namespace msggw::msgin5g {
namespace {

using test::Member;
using test::Presence;
using test::Schema;
using test::Type;
using test::json::value;

/// How a refusal calls it, the gravest first.
enum class Grade { missing, incorrect, optional_incorrect };

/// One change to a good body that makes it a bad one. Nothing: the element is taken out.
struct Change {
  std::string pointer;
  std::optional<value> becomes;
  Grade grade;
  bool conditional = false;
};

/// Values that nothing of that type may have.
std::vector<value> wrong_values(const Member& member) {
  const value nested = test::parsed(R"([[[["x"]]]])");
  const value object = test::parsed(R"({"x":"y"})");
  switch (member.type) {
    case Type::object: return {nullptr, true, 7, 1.5, "x", value(test::json::array()), nested};
    case Type::text: return {nullptr, false, 7, 1.5, value(test::json::array()), nested, object};
    case Type::flag: return {nullptr, 0, 1, "true", "", nested, object};
    case Type::count:
    case Type::number:
      return {nullptr, true,  "1", 1.5, -1, 4'097, 1e30, 18'446'744'073'709'551'615u,
              nested,  object};
    case Type::word:
    case Type::line:
    case Type::date_time: break;
  }
  std::vector<value> wrong = {nullptr, true, 7, 1.5, nested, object};
  for (const char* text : {"a\nb", "\x7f", "\x1b[31m", "a\xC2\x85"}) wrong.emplace_back(text);
  wrong.emplace_back(std::string("a\0b", 3));
  wrong.emplace_back(std::string(member.most + 1, 'x'));
  if (member.presence != Presence::optional) wrong.emplace_back("");
  return wrong;
}

std::vector<Change> changes_of(const Member& member) {
  std::vector<Change> changes;
  const bool mandatory = member.presence == Presence::mandatory;
  for (value& wrong : wrong_values(member)) {
    changes.push_back({member.pointer, std::move(wrong),
                       mandatory ? Grade::incorrect : Grade::optional_incorrect});
  }
  if (member.type == Type::count) changes.push_back({member.pointer, 0, Grade::optional_incorrect});
  if (member.presence != Presence::optional)
    changes.push_back({member.pointer, std::nullopt, Grade::missing, !mandatory});
  return changes;
}

value changed(value body, const Change& change) {
  return change.becomes ? test::with(std::move(body), change.pointer, *change.becomes)
                        : test::without(std::move(body), change.pointer);
}

/// Whether two changes are of elements of which neither is within the other, and each is wrong
/// whatever the other is.
bool are_apart(const Change& a, const Change& b) {
  const auto within = [](const Change& inner, const Change& outer) {
    return inner.pointer.starts_with(outer.pointer + "/") || inner.pointer == outer.pointer;
  };
  const auto depends = [](const Change& condition, const Change& other) {
    return condition.pointer == "/segInd" && other.conditional;
  };
  return !within(a, b) && !within(b, a) && !depends(a, b) && !depends(b, a);
}

template <class T>
void check_refused(const Checked<T>& read, std::vector<Change> changes) {
  REQUIRE_FALSE(read.has_value());
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.grade < b.grade; });
  constexpr const char* kCauses[] = {"MANDATORY_IE_MISSING", "MANDATORY_IE_INCORRECT",
                                     "OPTIONAL_IE_INCORRECT"};
  const http::Response response = response_of(read.error());
  CHECK(response.status == 400);
  CHECK(response.content_type == "application/problem+json");
  const value problem = test::parsed(response.body);
  CHECK(problem.at("status").as_int64() == 400);
  CHECK(problem.at("title").as_string() == "Bad Request");
  CHECK(problem.at("cause").as_string() == kCauses[static_cast<std::size_t>(changes[0].grade)]);
  CHECK_FALSE(problem.at("detail").as_string().empty());
  const auto& params = problem.at("invalidParams").as_array();
  REQUIRE(params.size() == changes.size());
  for (const Change& change : changes) {
    const auto found = std::find_if(params.begin(), params.end(), [&](const value& param) {
      return param.at("param").as_string() == change.pointer;
    });
    REQUIRE(found != params.end());
    CHECK_FALSE(found->at("reason").as_string().empty());
  }
  if (changes.size() == 1 || changes[0].grade != changes[1].grade)
    CHECK(params[0].at("param").as_string() == changes[0].pointer);
}

/// All bodies with one change, and with two of elements that are apart; how many there were.
template <class Read>
std::size_t check_all(const Schema& schema, const value& whole, const Read& read) {
  std::vector<Change> all;
  for (const Member& member : schema) {
    for (Change& change : changes_of(member)) all.push_back(std::move(change));
  }
  std::size_t requests = 0;
  const auto check = [&](const value& body, const std::vector<Change>& changes) {
    const std::string text = test::json::serialize(body);
    CAPTURE(text);
    check_refused(read(text), changes);
    ++requests;
  };
  REQUIRE(read(test::json::serialize(whole)).has_value());
  for (std::size_t i = 0; i < all.size(); ++i) {
    check(changed(whole, all[i]), {all[i]});
    for (std::size_t j = i % 7; j < i; j += 7) {  // each kind with each other in some pair
      if (are_apart(all[i], all[j]))
        check(changed(changed(whole, all[i]), all[j]), {all[i], all[j]});
    }
  }
  return requests;
}

TEST_CASE("every wrong element of a message is named, with the cause that is gravest") {
  const auto read = [](const std::string& body) { return read_message(body, {}, {}); };
  CHECK(check_all(test::message_schema(), test::message_body(), read) > 900);
}

TEST_CASE("every wrong element of a report is named, with the cause that is gravest") {
  const auto read = [](const std::string& body) { return read_report(body, {}); };
  CHECK(check_all(test::report_schema(), test::report_body(), read) > 400);
}

TEST_CASE("as many wrong elements are named as the limit allows, the gravest first") {
  Limits limits;
  const auto everything = read_message("{}", {}, limits);
  REQUIRE_FALSE(everything.has_value());
  CHECK(everything.error().invalid_params == std::vector<InvalidParam>{{"/oriAddr", "is missing"},
                                                                       {"/destAddr", "is missing"},
                                                                       {"/msgId", "is missing"}});
  limits.invalid_params = 2;
  const auto some = read_message(
      R"({"oriAddr":{},"destAddr":{"addrType":"UE","addr":""},"payload":1,"appId":null})", {},
      limits);
  REQUIRE_FALSE(some.has_value());
  CHECK(some.error().why == Refusal::missing);
  CHECK(some.error().invalid_params ==
        std::vector<InvalidParam>{{"/oriAddr/addrType", "is missing"},
                                  {"/oriAddr/addr", "is missing"}});
  CHECK(some.error().detail == "/oriAddr/addrType is missing");
}

TEST_CASE("what is no JSON object is a wrong format, what is too long too large") {
  Limits limits;
  const std::string deep = R"({"x":)" + std::string(20, '[') + std::string(20, ']') + "}";
  std::string many = R"({"x":[0)";
  for (int i = 0; i < 2'000; ++i) many += ",0";
  many += "]}";
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("7"),
        std::string("\"x\""), std::string(R"({"msgId":"a","msgId":"b"})"), std::string("{} {}"),
        std::string("{\"msgId\":\"\xff\"}"), std::string(R"({"msgId":"\ud800"})"),
        std::string("\xEF\xBB\xBF{}"), deep, many}) {
    CAPTURE(body);
    const auto read = read_message(body, {}, limits);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().why == Refusal::format);
    CHECK(read.error().invalid_params.empty());
    CHECK_FALSE(read.error().detail.empty());
    CHECK(read_report(body, limits).error().why == Refusal::format);
  }
  limits.body_octets = std::string_view(test::kWholeMessage).size();
  CHECK(read_message(test::kWholeMessage, {}, limits).has_value());
  limits.body_octets -= 1;
  const auto read = read_message(test::kWholeMessage, {}, limits);
  REQUIRE_FALSE(read.has_value());
  CHECK(response_of(read.error()).status == 413);
  CHECK(response_of(read.error()).body.find("PAYLOAD_TOO_LARGE") != std::string::npos);
}

}  // namespace
}  // namespace msggw::msgin5g
