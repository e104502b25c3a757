// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gateway/base/cbor.h"
#include "gateway/base/json.h"

namespace msggw::base::test {

inline std::string octets_of(std::string_view hex) {
  std::string octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    octets += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return octets;
}

inline std::string hex_of(std::string_view octets) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const char c : octets) {
    hex += kHex[static_cast<unsigned char>(c) >> 4];
    hex += kHex[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

/// The item as compact JSON, or the name of the error.
inline std::string json_of(std::string_view octets, const DocumentLimits& limits = {}) {
  const auto value = parse_cbor(octets, limits);
  if (!value) return name_of(value.error().code);
  std::string out;
  append_json(out, *value);
  return out;
}

inline std::string json_of_hex(std::string_view hex, const DocumentLimits& limits = {}) {
  return json_of(octets_of(hex), limits);
}

inline std::string cbor_of_json(std::string_view text) {
  std::string out;
  append_cbor(out, parse_json(text, {}).value());
  return out;
}

}  // namespace msggw::base::test
