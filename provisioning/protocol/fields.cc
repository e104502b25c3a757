// SPDX-License-Identifier: Apache-2.0
#include "provisioning/protocol/fields.h"

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "gateway/base/text.h"

namespace msggw::protocol {

base::DocumentLimits document_limits(const WireLimits& limits) noexcept {
  return {.octets = limits.body_octets, .depth = 16, .items = 4'096};
}

base::DocumentLimits bulk_document_limits(const WireLimits& limits) noexcept {
  constexpr std::size_t kValuesEach = 256;  // far more than an honest item has
  const base::DocumentLimits one = document_limits(limits);
  return {.octets = limits.bulk_octets,
          .depth = one.depth + 3,  // the body, its array, the item around a response
          .items = one.items + kValuesEach * limits.bulk_items};
}

Problem bad_format(std::string detail) {
  return {400, "INVALID_MSG_FORMAT", std::move(detail), {}};
}

Problem too_long(std::size_t most_octets) {
  return {413,
          "PAYLOAD_TOO_LARGE",
          "the body has more than " + std::to_string(most_octets) + " octets",
          {}};
}

std::string pointer_to(std::string_view element) {
  return std::string("/").append(element);
}

Problem bad_element(const char* cause, const char* element, std::string reason) {
  std::string detail = std::string(element) + " " + reason;
  return {400, cause, std::move(detail), {{pointer_to(element), std::move(reason)}}};
}

std::string_view text_of(const boost::json::value& value) noexcept {
  return base::text_of(value).value_or("");
}

std::string why_no_identifier(const boost::json::value& value, std::size_t most_octets) {
  if (!base::text_of(value)) return "is not a string";
  const std::string_view text = text_of(value);
  if (text.empty()) return "is empty";
  if (text.size() > most_octets) return "has more than " + std::to_string(most_octets) + " octets";
  if (base::has_control(text)) return "holds control characters";
  return {};
}

Problem Faults::problem() && {
  const std::pair<const char*, std::vector<Problem::InvalidParam>*> causes[] = {
      {"MANDATORY_IE_MISSING", &missing},
      {"MANDATORY_IE_INCORRECT", &incorrect},
      {"OPTIONAL_IE_INCORRECT", &optional_incorrect}};
  for (const auto& [cause, params] : causes) {
    if (params->empty()) continue;
    std::string detail = params->front().param + " " + params->front().reason;
    for (auto& [param, reason] : *params) param = pointer_to(param);
    return {400, cause, std::move(detail), std::move(*params)};
  }
  return {0, {}, {}, {}};
}

std::string read_identifier(const boost::json::object& body, const char* name,
                            std::size_t most_octets, Faults& faults) {
  const auto* value = body.if_contains(name);
  if (value == nullptr) {
    faults.missing.push_back({name, "is missing"});
    return {};
  }
  std::string fault = why_no_identifier(*value, most_octets);
  if (fault.empty()) return std::string(text_of(*value));
  faults.incorrect.push_back({name, std::move(fault)});
  return {};
}

base::Result<boost::json::value> parse_answer(Encoding encoding, std::string_view body,
                                              const base::DocumentLimits& limits,
                                              boost::json::storage_ptr storage) {
  auto value = base::parse_document(encoding, body, limits, std::move(storage));
  if (!value && value.error().code != base::Errc::too_large)
    value.error().code = base::Errc::malformed;
  return value;
}

CompactObject compact_object(const boost::json::value& value, std::size_t most_octets) {
  CompactObject result;
  const auto* object = value.if_object();
  if (object == nullptr) {
    result.fault = "is not an object";
  } else if (!object->empty()) {
    base::append_json(result.text, value);
  }
  if (result.text.size() > most_octets) {
    result.too_large = true;
    result.text.clear();
    result.fault = "has more than " + std::to_string(most_octets) + " octets as compact JSON";
  }
  return result;
}

}  // namespace msggw::protocol
