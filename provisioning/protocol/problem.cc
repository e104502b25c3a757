// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "gateway/base/problem_title.h"
#include "provisioning/protocol/fields.h"
#include "provisioning/protocol/messages.h"

namespace msggw::protocol {

namespace {

constexpr std::size_t kMostInvalidParams = 32;

boost::json::string_view view(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

std::string member_text(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(view(key));
  return value == nullptr ? std::string{} : std::string(text_of(*value));
}

unsigned status_in(const boost::json::object& object) {
  const auto* value = object.if_contains("status");
  const auto* status = value == nullptr ? nullptr : value->if_int64();
  return status != nullptr && *status >= 100 && *status <= 599 ? static_cast<unsigned>(*status) : 0;
}

std::vector<Problem::InvalidParam> invalid_params_in(const boost::json::object& object) {
  std::vector<Problem::InvalidParam> params;
  const auto* value = object.if_contains("invalidParams");
  const auto* items = value == nullptr ? nullptr : value->if_array();
  if (items == nullptr) return params;
  for (const auto& item : *items) {
    if (params.size() == kMostInvalidParams) break;
    const auto* param = item.if_object();
    if (param != nullptr)
      params.push_back({member_text(*param, "param"), member_text(*param, "reason")});
  }
  return params;
}

}  // namespace

base::Result<Problem> read_problem(const boost::json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return base::fail(base::Errc::malformed, "the body is not an object");
  return Problem{status_in(*object), member_text(*object, "cause"), member_text(*object, "detail"),
                 invalid_params_in(*object)};
}

base::Result<Problem> decode_problem(Encoding encoding, std::string_view body,
                                     const WireLimits& limits) {
  unsigned char room[kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  auto value = parse_answer(encoding, body, document_limits(limits), &memory);
  if (!value) return tl::unexpected(std::move(value.error()));
  return read_problem(*value);
}

std::string encode_problem(Encoding encoding, const Problem& problem) {
  boost::json::object object;
  object["title"] = view(base::problem_title(problem.status));
  object["status"] = problem.status;
  if (!problem.detail.empty()) object["detail"] = view(problem.detail);
  if (!problem.cause.empty()) object["cause"] = view(problem.cause);
  if (!problem.invalid_params.empty()) {
    boost::json::array& params = object["invalidParams"].emplace_array();
    for (const auto& [param, reason] : problem.invalid_params) {
      boost::json::object item;
      item["param"] = view(param);
      if (!reason.empty()) item["reason"] = view(reason);
      params.push_back(std::move(item));
    }
  }
  std::string body;
  base::append_document(encoding, body, object);
  return body;
}

}  // namespace msggw::protocol
