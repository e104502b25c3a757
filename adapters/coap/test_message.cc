// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/test_message.h"

#include <algorithm>

namespace msggw::coap_adapter::test {

namespace {

void append_extended(std::string& out, std::size_t value) {
  if (value >= 269) {
    out.push_back(static_cast<char>((value - 269) >> 8));
    out.push_back(static_cast<char>(value - 269));
  } else if (value >= 13) {
    out.push_back(static_cast<char>(value - 13));
  }
}

unsigned nibble(std::size_t value) {
  return value >= 269 ? 14 : value >= 13 ? 13 : unsigned(value);
}

/// The value that a nibble and the octets behind it stand for.
std::optional<std::size_t> read_extended(unsigned nibble, std::string_view& in) {
  const std::size_t extra = nibble == 13 ? 1 : nibble == 14 ? 2 : 0;
  if (nibble == 15 || in.size() < extra) return std::nullopt;
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(in[i]); };
  const std::size_t value = extra == 0   ? nibble
                            : extra == 1 ? 13 + octet(0)
                                         : 269 + octet(0) * 256 + octet(1);
  in.remove_prefix(extra);
  return value;
}

void split(std::string_view text, char separator, int number, Message& message) {
  while (true) {
    const auto end = std::min(text.find(separator), text.size());
    message.options.emplace_back(number, text.substr(0, end));
    if (end == text.size()) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::string> Message::option(int number) const {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const auto& option) { return option.first == number; });
  if (found == options.end()) return std::nullopt;
  return found->second;
}

std::optional<std::uint32_t> Message::uint_option(int number) const {
  const auto value = option(number);
  if (!value) return std::nullopt;
  std::uint32_t result = 0;
  for (const char c : *value) result = result << 8 | static_cast<unsigned char>(c);
  return result;
}

std::string Message::code_text() const {
  const std::string detail = std::to_string(code & 31);
  return std::to_string(code >> 5) + (detail.size() == 1 ? ".0" : ".") + detail;
}

std::string Message::location() const {
  std::string path;
  for (const auto& [number, value] : options)
    if (number == kLocationPath) path += "/" + value;
  return path;
}

std::string encode(const Message& message) {
  std::string out;
  const auto put = [&](unsigned octet) { out.push_back(static_cast<char>(octet)); };
  put(unsigned(message.version) << 6 | unsigned(message.type) << 4 | (message.token.size() & 15));
  put(unsigned(message.code));
  put(unsigned(message.mid) >> 8);
  put(unsigned(message.mid) & 255);
  out += message.token;
  auto options = message.options;
  std::stable_sort(options.begin(), options.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  int last = 0;
  for (const auto& [number, value] : options) {
    const auto delta = static_cast<std::size_t>(number - std::exchange(last, number));
    put(nibble(delta) << 4 | nibble(value.size()));
    append_extended(out, delta);
    append_extended(out, value.size());
    out += value;
  }
  if (!message.payload.empty()) {
    put(255);
    out += message.payload;
  }
  return out;
}

std::optional<Message> decode(std::string_view in) {
  if (in.size() < 4) return std::nullopt;
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(in[i]); };
  Message message;
  message.version = octet(0) >> 6;
  message.type = octet(0) >> 4 & 3;
  const std::size_t token_size = octet(0) & 15;
  message.code = octet(1);
  message.mid = octet(2) << 8 | octet(3);
  in.remove_prefix(4);
  if (token_size > 8 || in.size() < token_size) return std::nullopt;
  message.token = in.substr(0, token_size);
  in.remove_prefix(token_size);
  for (std::size_t number = 0; !in.empty();) {
    const unsigned head = octet(0);
    in.remove_prefix(1);
    if (head == 255) {
      message.payload = in;
      return in.empty() ? std::nullopt : std::optional(message);
    }
    const auto delta = read_extended(head >> 4, in);
    const auto size = read_extended(head & 15, in);
    if (!delta || !size || in.size() < *size) return std::nullopt;
    number += *delta;
    message.options.emplace_back(static_cast<int>(number), in.substr(0, *size));
    in.remove_prefix(*size);
  }
  return message;
}

std::string uint_value(std::uint32_t value) {
  std::string octets;
  for (; value != 0; value >>= 8) octets.insert(octets.begin(), static_cast<char>(value));
  return octets;
}

Message request(int method, std::string_view uri, int mid, std::string payload) {
  Message message;
  message.code = method;
  message.mid = mid;
  message.token = "T" + std::to_string(mid);
  message.payload = std::move(payload);
  const auto mark = uri.find('?');
  split(uri.substr(0, mark), '/', kUriPath, message);
  if (mark != std::string_view::npos) split(uri.substr(mark + 1), '&', kUriQuery, message);
  return message;
}

}  // namespace msggw::coap_adapter::test
