// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
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
  /// `lenient`: a field that is not as it should be is taken as far as it goes, so that there are
  /// flaws and no faults. TLVs are read so in any case.
  Reader(std::string_view body, bool lenient) noexcept : rest_(body), lenient_(lenient) {}

  /// The first of what makes the body useless; ok if there was none.
  Status fault() const noexcept { return fault_; }
  /// The first of what was passed over; ok if there was none.
  Status flaw() const noexcept { return flaw_; }

  void octet(std::uint8_t& out) {
    if (rest_.empty()) return fail(Status::invalid_command_length);
    out = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
  }
  void text(const TextField& field, std::string& out) {
    const auto end = rest_.substr(0, field.most + 1).find('\0');
    if (end == std::string_view::npos)
      fail(rest_.size() > field.most ? field.fault : Status::invalid_command_length);
    out = rest_.substr(0, rest_.find('\0'));
    rest_.remove_prefix(std::min(out.size() + 1, rest_.size()));
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
  /// false if there is none.
  bool next_tlv() {
    if (rest_.empty()) return false;
    if (rest_.size() < 4) {
      note(Status::invalid_optional_part);
      return false;
    }
    tag_ = read_u16(rest_, 0);
    value_ = rest_.substr(4, read_u16(rest_, 2));
    if (value_.size() < read_u16(rest_, 2)) note(Status::invalid_optional_part);
    rest_.remove_prefix(4 + value_.size());
    return true;
  }
  /// A number in more or fewer octets is taken if it fits.
  template <std::unsigned_integral Number>
  void tlv(std::uint16_t tag, std::optional<Number>& out) {
    if (tag != tag_ || !has(sizeof(Number))) return;
    std::uint64_t number = 0;
    for (const char octet : value_) {
      number = number << 8 | static_cast<unsigned char>(octet);
      if (number > std::numeric_limits<Number>::max()) return;
    }
    out = static_cast<Number>(number);
  }
  void tlv(std::uint16_t tag, std::optional<NetworkError>& out) {
    if (tag == tag_ && has(3) && value_.size() == 3)
      out = {static_cast<std::uint8_t>(value_.front()), read_u16(value_, 1)};
  }
  void tlv(std::uint16_t tag, std::optional<std::string>& out) {
    if (tag == tag_) out = value_;
  }
  /// A C octet string whose NUL some SMSCs leave out.
  void text_tlv(std::uint16_t tag, const TextField& field, std::optional<std::string>& out) {
    if (tag != tag_) return;
    out = value_.substr(0, value_.find('\0'));
    if (out->size() > field.most) note(field.fault);
  }

 private:
  /// Returns false if the value is empty; another length than `octets` is noted.
  bool has(std::size_t octets) {
    if (value_.size() != octets) note(Status::invalid_parameter_length);
    return !value_.empty();
  }
  void note(Status flaw) {
    if (flaw_ == Status::ok) flaw_ = flaw;
  }
  void fail(Status fault) {
    if (lenient_) return note(fault);
    if (fault_ == Status::ok) fault_ = fault;
    rest_ = {};
  }

  std::string_view rest_;
  bool lenient_;
  Status fault_ = Status::ok;
  Status flaw_ = Status::ok;
  std::uint16_t tag_ = 0;
  std::string_view value_;
};

}  // namespace msggw::smpp
