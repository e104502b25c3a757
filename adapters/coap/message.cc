#include "adapters/coap/message.h"

namespace msggw::coap {

std::string_view name_of(Method method) noexcept {
  switch (method) {
    case Method::get: return "GET";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::remove: return "DELETE";
    case Method::fetch: return "FETCH";
    case Method::patch: return "PATCH";
    case Method::ipatch: return "IPATCH";
  }
  return "?";
}

std::string to_text(Code code) {
  const auto detail = static_cast<unsigned>(code) & 0x1F;
  return std::to_string(class_of(code)) + (detail < 10 ? ".0" : ".") + std::to_string(detail);
}

std::optional<Block> decode_block(std::uint32_t option) noexcept {
  const auto exponent = static_cast<std::uint8_t>(option & 7);
  if (exponent > Block::kMostExponent) return std::nullopt;
  return Block{option >> 4, (option & 8) != 0, exponent};
}

std::uint32_t encode_block(const Block& block) noexcept {
  return block.number << 4 | (block.more ? 8U : 0U) | block.exponent;
}

}  // namespace msggw::coap
