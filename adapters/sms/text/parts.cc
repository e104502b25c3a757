// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/parts.h"

#include <algorithm>

#include "adapters/sms/text/gsm7.h"

namespace msggw::sms_text {

namespace {

bool uses_header(ReferenceForm form) noexcept {
  return form == ReferenceForm::udh8 || form == ReferenceForm::udh16;
}

bool is_wide(ReferenceForm form) noexcept {
  return form == ReferenceForm::udh16 || form == ReferenceForm::sar;
}

std::size_t octets_per_unit(Alphabet alphabet) noexcept {
  return alphabet == Alphabet::ucs2 ? 2 : 1;
}

/// Cuts encoded user data at the borders of characters.
class Cutter {
 public:
  Cutter(Alphabet alphabet, bool packed, std::size_t udh_octets)
      : alphabet_(alphabet),
        packed_(packed && alphabet == Alphabet::gsm7),
        udh_octets_(udh_octets),
        most_octets_(units_of(alphabet, udh_octets) * octets_per_unit(alphabet)) {}

  /// The first part of `rest`; not empty unless `rest` is.
  std::string_view take(std::string_view rest) const {
    std::string_view part = rest.substr(0, most_octets_);
    if (part.size() < rest.size() && breaks_character(part)) {
      part.remove_suffix(octets_per_unit(alphabet_));
    }
    // A CR at the very end of a full part would need to be written twice, one octet too many.
    const bool full = packed_ && part.ends_with('\r');
    if (full && packed_size(part) + udh_octets_ > kUserDataOctets) part.remove_suffix(1);
    return part;
  }

 private:
  bool breaks_character(std::string_view part) const {
    if (alphabet_ == Alphabet::gsm7) return part.back() == kEscape;
    constexpr unsigned kHighSurrogate = 0xD8;  // the upper six bits of the unit
    return alphabet_ == Alphabet::ucs2 &&
           (static_cast<std::uint8_t>(part[part.size() - 2]) & 0xFC) == kHighSurrogate;
  }

  std::size_t packed_size(std::string_view part) const {
    return gsm7_pack(part, udh_octets_, Tail::carriage_return).size();
  }

  Alphabet alphabet_;
  bool packed_;
  std::size_t udh_octets_;
  std::size_t most_octets_;
};

/// Empty: more than `most` parts.
std::vector<std::string_view> cut(const Cutter& cutter, std::string_view data, std::size_t most) {
  std::vector<std::string_view> parts;
  do {
    if (parts.size() == most) return {};
    parts.push_back(cutter.take(data));
    data.remove_prefix(parts.back().size());
  } while (!data.empty());
  return parts;
}

Part part_of(Alphabet alphabet, std::string_view data, const SplitOptions& options,
             std::size_t sequence, std::size_t total) {
  Part part;
  part.reference =
      options.form == ReferenceForm::udh8 ? options.reference & 0xFF : options.reference;
  part.total = static_cast<std::uint8_t>(total);
  part.sequence = static_cast<std::uint8_t>(sequence);
  if (uses_header(options.form)) {
    const Concatenation which{part.reference, part.total, part.sequence, is_wide(options.form)};
    part.udh = write_udh(total > 1 ? std::optional(which) : std::nullopt, options.ports);
  }
  part.data = options.packed && alphabet == Alphabet::gsm7
                  ? gsm7_pack(data, part.udh.size(), Tail::carriage_return)
                  : std::string(data);
  return part;
}

}  // namespace

base::Result<std::vector<Part>> split(Alphabet alphabet, std::string_view message,
                                      const SplitOptions& options) {
  const auto data = encode(alphabet, message);
  if (!data) return tl::unexpected(data.error());
  const std::size_t most = std::min(options.most_parts, kMostParts);
  const auto cut_behind = [&](bool concatenated, std::size_t most_parts) {
    const std::size_t header =
        udh_size(concatenated, is_wide(options.form), options.ports.has_value());
    return cut(Cutter(alphabet, options.packed, header), *data, most_parts);
  };
  std::vector<std::string_view> cuts = cut_behind(false, std::min<std::size_t>(most, 1));
  if (cuts.empty()) cuts = cut_behind(true, most);
  if (cuts.empty()) {
    return base::fail(base::Errc::too_large,
                      "message needs more than " + std::to_string(most) + " short messages");
  }
  if (options.form == ReferenceForm::payload) cuts = {std::string_view(*data)};
  std::vector<Part> parts;
  parts.reserve(cuts.size());
  for (const std::string_view piece : cuts) {
    parts.push_back(part_of(alphabet, piece, options, parts.size() + 1, cuts.size()));
  }
  return parts;
}

}  // namespace msggw::sms_text
