// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace msggw::fleet::coap {

// CoAP over a reliable transport (RFC 8323 3.2), as messages of RFC 7252.

/// Appends the frame of a message; of an empty one, of which there is none, nothing.
void append_frame(std::span<const std::uint8_t> message, std::string& out);

/// A frame, taken from the front of a stream.
struct Frame {
  std::string message;  ///< with type NON and Message ID 0
  bool is_signal = false;
  std::uint8_t code = 0;
  std::size_t octets = 0;  ///< of the stream
};
/// None: it is not whole yet.
std::optional<Frame> take_frame(std::string_view stream);

/// Of 7.01, with which each side begins, and of the answer to 7.02 (RFC 8323 5.3, 5.4).
std::string capabilities();
std::string pong(const Frame& ping);

}  // namespace msggw::fleet::coap
