// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/keys.h"

#include <openssl/sha.h>

#include <array>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <vector>

#include "gateway/base/private_file.h"

namespace msggw::fleet {
namespace {

constexpr std::size_t kKeyOctets = 16;

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',') {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

std::optional<unsigned> digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::string octets_of(const std::string& hex) {
  std::string octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const auto high = digit_of(hex[i]);
    const auto low = digit_of(hex[i + 1]);
    if (!high || !low) return {};
    octets += static_cast<char>(*high << 4 | *low);
  }
  return hex.size() % 2 == 0 ? octets : std::string();
}

}  // namespace

std::string hex_of(std::string_view octets) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char octet : octets) {
    text += kHex[static_cast<unsigned char>(octet) >> 4];
    text += kHex[static_cast<unsigned char>(octet) & 15];
  }
  return text;
}

Keys::Keys(const Security& security, const Ids& ids)
    : ids_(ids), secret_(security.keys_from), passwords_(security.passwords) {
  if (security.keys_file.empty()) return;
  std::ifstream in(security.keys_file);
  std::string line;
  if (!in || !std::getline(in, line))
    throw std::invalid_argument("--keys: " + security.keys_file + " cannot be read");
  std::size_t at_id = SIZE_MAX, at_name = SIZE_MAX, at_key = SIZE_MAX;
  const auto head = fields_of(line);
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == "private_id") at_id = i;
    if (head[i] == "name") at_name = i;
    if (head[i] == "key") at_key = i;
  }
  if (at_id == SIZE_MAX || at_key == SIZE_MAX)
    throw std::invalid_argument("--keys: the list has no columns private_id and key");
  for (std::size_t number = 2; std::getline(in, line); ++number) {
    const auto fields = fields_of(line);
    const std::string octets = at_key < fields.size() ? octets_of(fields[at_key]) : std::string();
    if (fields.size() != head.size() || octets.empty())
      throw std::invalid_argument("--keys: line " + std::to_string(number) +
                                  " has no key in hexadecimal digits");
    const std::string& id = fields[at_id];
    list_.emplace(id, Key{at_name == SIZE_MAX ? id : fields[at_name], octets});
  }
}

Keys::Key Keys::of(std::uint32_t device) const {
  const std::string id = ids_.text(device);
  if (secret_.empty()) {
    const auto found = list_.find(id);
    if (found == list_.end()) throw std::invalid_argument("--keys: no key of " + id);
    return found->second;
  }
  const std::string what = secret_ + '\n' + id;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(what.data()), what.size(), hash.data());
  const std::string octets(hash.begin(), hash.begin() + kKeyOctets);
  return {id, passwords_ ? hex_of(octets) : octets};
}

void Keys::write(const std::string& file, std::uint32_t devices) const {
  if (const auto made = base::make_private(file); !made)
    throw std::runtime_error(made.error().detail);
  std::ofstream out(file);
  out << "private_id,kind,name,key\n";
  for (std::uint32_t device = 0; device < devices; ++device) {
    const Key key = of(device);
    out << ids_.text(device) << (passwords_ ? ",password," : ",psk,") << key.identity << ','
        << hex_of(key.octets) << '\n';
  }
  if (!out.flush()) throw std::runtime_error(file + " cannot be written");
}

}  // namespace msggw::fleet
