#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/sms/smpp/pdu.h"

namespace msggw::smpp {

std::uint32_t read_u32(std::string_view octets, std::size_t at) noexcept;
std::uint16_t read_u16(std::string_view octets, std::size_t at) noexcept;
void append_u32(std::string& out, std::uint32_t value);
void append_u16(std::string& out, std::uint16_t value);

/// The mandatory part of a body; commands of one layout share one.
enum class Shape { none, bind, bind_response, message, data, message_response };

/// Shape::none for what has no body and for what is not read.
Shape shape_of(Command command) noexcept;

/// Octets of the longest mandatory part of any shape.
inline constexpr std::size_t kMostMandatory = 348;

/// Where the mandatory part of a body ends and its TON and NPI octets stand.
struct Layout {
  Status fault = Status::ok;  ///< anything else: what is wrong with it, and no more is known
  std::size_t octets = 0;
  std::size_t numbers = 0;
  std::array<std::size_t, 4> number_at{};
};

/// Goes over every field: texts end with a NUL within their limit, a message has the octets that it
/// announces. Reads nothing outside `body`.
Layout layout_of(Shape shape, std::string_view body) noexcept;

/// Goes through TLVs (SMPP 3.4 3.2.4).
class TlvCursor {
 public:
  explicit TlvCursor(std::string_view rest) noexcept : rest_(rest) {}

  /// False: there are no more, or one is cut off.
  bool next() noexcept;
  std::uint16_t tag() const noexcept { return tag_; }
  std::string_view value() const noexcept { return value_; }
  /// After the last one.
  bool malformed() const noexcept { return malformed_; }

 private:
  std::string_view rest_;
  std::uint16_t tag_ = 0;
  std::string_view value_;
  bool malformed_ = false;
};

/// The TLVs of a message, or of the response to a bind: ok, or what is wrong with them.
Status read_tlvs(std::string_view octets, Message& message);
Status read_tlvs(std::string_view octets, BindResponse& response);
/// Lengths have been checked.
void append_tlvs(const Message& message, std::string& out);
void append_tlvs(const BindResponse& response, std::string& out);

}  // namespace msggw::smpp
