#include "provisioning/protocol/fields.h"

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include "gateway/base/text.h"

namespace msggw::protocol {

base::DocumentLimits document_limits(const WireLimits& limits) noexcept {
  return {.octets = limits.body_octets, .depth = 16, .items = 4'096};
}

std::string_view text_of(const boost::json::value& value) noexcept {
  const auto* text = value.if_string();
  return text == nullptr ? std::string_view{} : std::string_view(text->data(), text->size());
}

std::string why_no_identifier(const boost::json::value& value, std::size_t most_octets) {
  if (!value.is_string()) return "is not a string";
  const std::string_view text = text_of(value);
  if (text.empty()) return "is empty";
  if (text.size() > most_octets) return "has more than " + std::to_string(most_octets) + " octets";
  if (base::has_control(text)) return "holds control characters";
  return {};
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
