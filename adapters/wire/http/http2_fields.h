// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string_view>

namespace msggw::http {

inline std::string_view view(const std::uint8_t* octets, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(octets), size};
}

/// For a field whose name and value stay where they are until it was sent.
inline constexpr std::uint8_t kKept = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;

inline nghttp2_nv field(std::string_view name, std::string_view value,
                        std::uint8_t flags = kKept) noexcept {
  // nghttp2 takes pointers to non-const and does not write through them.
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), flags};
}

}  // namespace msggw::http
