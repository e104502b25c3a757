// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/sms/smpp/fields.h"
#include "adapters/sms/smpp/octets.h"

namespace msggw::smpp {

/// Fills the fields that it walks over from the octets of a body, and never reads past their end.
/// After the first fault there are no more octets for the fields that follow.
class Reader {
 public:
  explicit Reader(std::string_view body) noexcept : rest_(body) {}

  /// The first fault; ok if there was none.
  Status fault() const noexcept { return fault_; }

  void octet(std::uint8_t& out) {
    if (rest_.empty()) return fail(Status::invalid_command_length);
    out = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
  }
  void text(const TextField& field, std::string& out) {
    const auto end = rest_.substr(0, field.most + 1).find('\0');
    if (end == std::string_view::npos)
      return fail(rest_.size() > field.most ? field.fault : Status::invalid_command_length);
    out = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
  }
  void short_message(std::string& out) {
    std::uint8_t size = 0;
    octet(size);
    if (size > kMostShortMessage || size > rest_.size())
      return fail(Status::invalid_message_length);
    out = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }

  /// Goes on to the next TLV (SMPP 3.4 3.2.4), which the functions below then look at. Returns
  /// false if there is none, or if it is cut off, which is a fault.
  bool next_tlv() {
    if (rest_.empty()) return false;
    if (rest_.size() < 4 || rest_.size() - 4 < read_u16(rest_, 2)) {
      fail(Status::invalid_optional_part);
      return false;
    }
    tag_ = read_u16(rest_, 0);
    value_ = rest_.substr(4, read_u16(rest_, 2));
    rest_.remove_prefix(4 + value_.size());
    return true;
  }
  void tlv(std::uint16_t tag, std::optional<std::uint8_t>& out) {
    if (is(tag, 1)) out = static_cast<std::uint8_t>(value_.front());
  }
  void tlv(std::uint16_t tag, std::optional<std::uint16_t>& out) {
    if (is(tag, 2)) out = read_u16(value_, 0);
  }
  void tlv(std::uint16_t tag, std::optional<NetworkError>& out) {
    if (is(tag, 3)) out = {static_cast<std::uint8_t>(value_.front()), read_u16(value_, 1)};
  }
  void tlv(std::uint16_t tag, std::optional<std::string>& out) {
    if (tag == tag_) out = value_;
  }
  /// A C octet string whose NUL some SMSCs leave out.
  void text_tlv(std::uint16_t tag, const TextField& field, std::optional<std::string>& out) {
    if (tag != tag_) return;
    const std::string_view text = value_.substr(0, value_.find('\0'));
    if (text.size() > field.most) return fail(field.fault);
    out = text;
  }

 private:
  bool is(std::uint16_t tag, std::size_t octets) {
    if (tag != tag_) return false;
    if (value_.size() != octets) fail(Status::invalid_parameter_length);
    return value_.size() == octets;
  }
  void fail(Status fault) {
    if (fault_ == Status::ok) fault_ = fault;
    rest_ = {};
  }

  std::string_view rest_;
  Status fault_ = Status::ok;
  std::uint16_t tag_ = 0;
  std::string_view value_;
};

}  // namespace msggw::smpp
