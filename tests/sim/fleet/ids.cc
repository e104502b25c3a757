// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/ids.h"

#include <cstdio>
#include <stdexcept>
#include <string_view>

namespace msggw::fleet {
namespace {

constexpr std::string_view kIndex = "{n}";
constexpr std::uint64_t kMostMac = (std::uint64_t{1} << 40) - 1;
constexpr std::uint64_t kMostImei = 999'999'999'999;
constexpr std::uint64_t kMostUuid = (std::uint64_t{1} << 48) - 1;

/// `value` as `digits` characters of `base`, zeros in front, appended to `out`.
void append_number(std::string& out, std::uint64_t value, unsigned digits, unsigned base) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::size_t start = out.size();
  out.resize(start + digits);
  for (unsigned i = digits; i > 0; --i, value /= base) out[start + i - 1] = kDigits[value % base];
}

/// The check digit that 3GPP TS 23.003 annex B asks for behind the 14 digits of `imei`.
char luhn_digit(std::string_view imei) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < imei.size(); ++i) {
    unsigned digit = static_cast<unsigned>(imei[i] - '0');
    if (i % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

/// Locally administered unicast addresses, so that no simulated device is mistaken for a real one.
void append_mac(std::string& out, std::uint64_t index) {
  out += "02";
  for (int shift = 32; shift >= 0; shift -= 8) {
    out += '-';
    append_number(out, (index >> shift) & 0xff, 2, 16);
  }
}

}  // namespace

Ids::Ids(const Options& o) : form_(Form::text), first_(o.first), template_(o.id_template) {
  std::uint64_t most = UINT64_MAX;
  if (!o.once.empty()) {
    form_ = Form::list;
    list_ = o.once;
    for (const std::string& id : list_) {
      if (id.size() > kMostIdOctets)
        throw std::invalid_argument("--once: an ID of more than 512 octets");
    }
    return;
  }
  if (template_ == "mac")
    form_ = Form::mac, most = kMostMac;
  else if (template_ == "imei")
    form_ = Form::imei, most = kMostImei;
  else if (template_ == "uuid")
    form_ = Form::uuid, most = kMostUuid;
  else if (o.devices > 1 && template_.find(kIndex) == std::string::npos)
    throw std::invalid_argument("--id-template: one of mac, imei, uuid, or a text with {n}");
  if (o.devices - 1 > most || first_ > most - (o.devices - 1)) {
    throw std::invalid_argument("--first: the index does not fit the template");
  }
  if (template_.size() + 20 > kMostIdOctets) throw std::invalid_argument("--id-template: too long");
}

std::string Ids::text(std::uint32_t device) const {
  std::string out;
  write(device, out);
  return out;
}

void Ids::write(std::uint32_t device, std::string& out) const {
  out.clear();
  const std::uint64_t index = first_ + device;
  switch (form_) {
    case Form::mac: return append_mac(out, index);
    case Form::imei:
      out += "35";
      append_number(out, index, 12, 10);
      out += luhn_digit(out);
      return;
    case Form::uuid:
      out += "f1ee7000-0000-4000-8000-";
      append_number(out, index, 12, 16);
      return;
    case Form::list: out = list_[device]; return;
    case Form::text: break;
  }
  std::string_view rest = template_;
  for (auto at = rest.find(kIndex); at != rest.npos; at = rest.find(kIndex)) {
    out.append(rest.substr(0, at)).append(std::to_string(index));
    rest.remove_prefix(at + kIndex.size());
  }
  out.append(rest);
}

}  // namespace msggw::fleet
