// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/udh.h"

namespace msggw::sms_text {

namespace {

constexpr std::uint8_t kConcatenation8 = 0x00;
constexpr std::uint8_t kPorts8 = 0x04;
constexpr std::uint8_t kPorts16 = 0x05;
constexpr std::uint8_t kConcatenation16 = 0x08;

std::uint8_t octet(std::string_view octets, std::size_t at) noexcept {
  return static_cast<std::uint8_t>(octets[at]);
}

std::uint16_t pair(std::string_view octets, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(octet(octets, at) << 8 | octet(octets, at + 1));
}

void read_concatenation(UserDataHeader& header, std::uint16_t reference, std::string_view rest,
                        bool wide) noexcept {
  const Concatenation read{reference, octet(rest, 0), octet(rest, 1), wide};
  if (read.total != 0 && read.sequence != 0 && read.sequence <= read.total) {
    header.concatenation = read;
  }
}

void read_element(UserDataHeader& header, std::uint8_t id, std::string_view value) noexcept {
  if (id == kConcatenation8 && value.size() == 3) {
    read_concatenation(header, octet(value, 0), value.substr(1), false);
  } else if (id == kConcatenation16 && value.size() == 4) {
    read_concatenation(header, pair(value, 0), value.substr(2), true);
  } else if (id == kPorts8 && value.size() == 2) {
    header.ports = Ports{octet(value, 0), octet(value, 1)};
  } else if (id == kPorts16 && value.size() == 4) {
    header.ports = Ports{pair(value, 0), pair(value, 2)};
  }
}

void append_pair(std::string& out, std::uint16_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value & 0xFF));
}

void append_start(std::string& out, std::uint8_t id, std::uint8_t length) {
  out.push_back(static_cast<char>(id));
  out.push_back(static_cast<char>(length));
}

}  // namespace

UserDataHeader parse_udh(std::string_view user_data) noexcept {
  UserDataHeader header;
  header.octets = user_data.empty() ? 0 : std::size_t{1} + octet(user_data, 0);
  if (user_data.empty() || header.octets > user_data.size()) {
    return {user_data.size(), std::nullopt, std::nullopt, true};
  }
  std::string_view elements = user_data.substr(1, header.octets - 1);
  while (!elements.empty()) {
    const std::size_t size = elements.size() < 2 ? 0 : std::size_t{2} + octet(elements, 1);
    if (size == 0 || size > elements.size()) {
      return {header.octets, std::nullopt, std::nullopt, true};
    }
    read_element(header, octet(elements, 0), elements.substr(2, size - 2));
    elements.remove_prefix(size);
  }
  return header;
}

std::string write_udh(const std::optional<Concatenation>& concatenation,
                      const std::optional<Ports>& ports) {
  const bool wide = concatenation && concatenation->wide;
  const std::size_t size = udh_size(concatenation.has_value(), wide, ports.has_value());
  std::string out;
  if (size == 0) return out;
  out.push_back(static_cast<char>(size - 1));
  if (concatenation) {
    append_start(out, wide ? kConcatenation16 : kConcatenation8, wide ? 4 : 3);
    if (wide) {
      append_pair(out, concatenation->reference);
    } else {
      out.push_back(static_cast<char>(concatenation->reference & 0xFF));
    }
    out.push_back(static_cast<char>(concatenation->total));
    out.push_back(static_cast<char>(concatenation->sequence));
  }
  if (ports) {
    append_start(out, kPorts16, 4);
    append_pair(out, ports->destination);
    append_pair(out, ports->originator);
  }
  return out;
}

}  // namespace msggw::sms_text
