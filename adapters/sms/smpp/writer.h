// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "adapters/sms/smpp/fields.h"
#include "adapters/sms/smpp/octets.h"

namespace msggw::smpp {

/// Appends the fields that it walks over. What it has appended is good only if result() is.
class Writer {
 public:
  explicit Writer(std::string& out) noexcept : out_(out) {}

  /// The first error: too_large if a field is above its limit, malformed if a text has a NUL.
  base::Result<> result() && { return std::move(result_); }

  void octet(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void text(const TextField& field, const std::string& text) {
    check(field.name, text, field.most);
    if (text.find('\0') != std::string::npos)
      fail(base::Errc::malformed, std::string(field.name) + " has a NUL");
    out_.append(text.c_str(), text.size() + 1);
  }
  void short_message(const std::string& octets) {
    check("short_message", octets, kMostShortMessage);
    octet(static_cast<std::uint8_t>(octets.size()));
    out_.append(octets);
  }

  void tlv(std::uint16_t tag, std::optional<std::uint8_t> value) {
    if (!value) return;
    begin_tlv(tag, 1);
    octet(*value);
  }
  void tlv(std::uint16_t tag, std::optional<std::uint16_t> value) {
    if (!value) return;
    begin_tlv(tag, 2);
    append_u16(out_, *value);
  }
  void tlv(std::uint16_t tag, const std::optional<NetworkError>& value) {
    if (!value) return;
    begin_tlv(tag, 3);
    octet(value->network);
    append_u16(out_, value->code);
  }
  void tlv(std::uint16_t tag, const std::optional<std::string>& value) {
    if (!value) return;
    check("the value of a TLV", *value, 0xFFFF);
    begin_tlv(tag, value->size());
    out_.append(*value);
  }
  void text_tlv(std::uint16_t tag, const TextField& field,
                const std::optional<std::string>& value) {
    if (!value) return;
    begin_tlv(tag, value->size() + 1);
    text(field, *value);
  }

 private:
  void begin_tlv(std::uint16_t tag, std::size_t octets) {
    append_u16(out_, tag);
    append_u16(out_, static_cast<std::uint16_t>(octets));
  }
  void check(const char* name, const std::string& value, std::size_t most) {
    if (value.size() > most)
      fail(base::Errc::too_large,
           std::string(name) + " has more than " + std::to_string(most) + " octets");
  }
  void fail(base::Errc code, std::string what) {
    if (result_) result_ = base::fail(code, std::move(what));
  }

  std::string& out_;
  base::Result<> result_;
};

}  // namespace msggw::smpp
