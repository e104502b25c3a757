// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "adapters/payload/bodies.h"
#include "gateway/base/document.h"
#include "gateway/base/json.h"

/// Bodies in each encoding, said and read as JSON.
namespace msggw::payload::test {

inline constexpr std::array kEncodings{Encoding::json, Encoding::cbor};

inline std::string body_in(Encoding encoding, std::string_view json) {
  std::string body;
  base::append_document(encoding, body, base::parse_json(json, {}).value());
  return body;
}

/// A body of ours as compact JSON, whatever it was encoded in.
inline std::string json_of(Encoding encoding, std::string_view body) {
  std::string out;
  base::append_json(out,
                    base::parse_document(encoding, body, {}, boost::json::storage_ptr()).value());
  return out;
}

}  // namespace msggw::payload::test
