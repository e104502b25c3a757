// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/reader.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "gateway/base/json.h"
#include "gateway/base/text.h"

namespace msggw::m5s {

namespace {

constexpr base::DocumentLimits kLimits{kMostBody, 16, 100'000};

}  // namespace

std::string_view field(const Fields& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const auto& one) { return one.first == name; });
  return found == fields.end() ? std::string_view{} : std::string_view(found->second);
}

Response response_of(const Problem& problem) {
  boost::json::object body{{"status", problem.status}, {"detail", problem.detail}};
  if (!problem.cause.empty()) body["cause"] = problem.cause;
  if (!problem.param.empty()) {
    const boost::json::object param{{"param", problem.param}, {"reason", problem.detail}};
    body["invalidParams"] = boost::json::array{param};
  }
  Response response;
  response.status = problem.status;
  response.fields.emplace_back("content-type", "application/problem+json");
  if (problem.retry_after_s != 0) {
    response.fields.emplace_back("retry-after", std::to_string(problem.retry_after_s));
  }
  base::append_json(response.body, body);
  return response;
}

void Reader::missing(std::string_view name) {
  if (problem_) return;
  const std::string at = pointer_to(name);
  problem_ = Problem{400, "MANDATORY_IE_MISSING", at + " is missing", at};
}

void Reader::incorrect(std::string_view name, std::string_view wrong, bool mandatory) {
  if (problem_) return;
  const std::string at = pointer_to(name);
  problem_ = Problem{400, mandatory ? "MANDATORY_IE_INCORRECT" : "OPTIONAL_IE_INCORRECT",
                     at + " must be " + std::string(wrong), at};
}

void Reader::only(std::initializer_list<std::string_view> names) {
  for (const auto& member : object_) {
    const std::string_view name = member.key();
    if (problem_ || std::find(names.begin(), names.end(), name) != names.end()) continue;
    std::string known;
    for (const std::string_view one : names) known.append(known.empty() ? "" : ", ").append(one);
    const std::string at = pointer_to(base::printable(name));
    problem_ = Problem{400, "OPTIONAL_IE_INCORRECT", at + " is not known; there are " + known, at};
  }
}

const char* Reader::take(const boost::json::value& value, std::string& into) {
  const auto text = base::text_of(value);
  if (!text) return "a text";
  into = *text;
  return nullptr;
}

const char* Reader::take(const boost::json::value& value, bool& into) {
  if (!value.is_bool()) return "true or false";
  into = value.get_bool();
  return nullptr;
}

const char* Reader::take(const boost::json::value& value, std::int64_t& into) {
  if (!value.is_int64()) return "a whole number";
  into = value.get_int64();
  return nullptr;
}

const char* Reader::take(const boost::json::value& value, const boost::json::object*& into) {
  if (!value.is_object()) return "an object";
  into = &value.get_object();
  return nullptr;
}

std::optional<Problem> read_object(std::string_view body, boost::json::object& into) {
  auto value = base::parse_json(body, kLimits);
  if (!value) return Problem{400, "INVALID_MSG_FORMAT", value.error().detail};
  if (!value->is_object()) {
    return Problem{400, "INVALID_MSG_FORMAT", "the body is not a JSON object"};
  }
  into = std::move(value->get_object());
  return std::nullopt;
}

}  // namespace msggw::m5s
