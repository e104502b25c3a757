// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/writing.h"

#include <algorithm>

#include "gateway/base/bytes.h"

namespace msggw::sms {

namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kFirst = 1U << 0;
constexpr std::uint64_t kPorts = 1U << 1;
constexpr std::uint64_t kDoubtful = 1U << 2;
constexpr std::uint64_t kKnownFlags = kFirst | kPorts | kDoubtful;

/// Elements of a limited range; the first that is none makes all of them wrong.
struct Elements {
  base::ByteReader in;
  bool good = true;

  template <class Value = std::uint64_t>
  Value upto(std::uint64_t most) {
    const std::uint64_t value = in.varint();
    good = good && value <= most;
    return static_cast<Value>(value);
  }
  std::string text() { return std::string(in.bytes()); }
};

SmscNo smsc_named(std::string_view name, const Options& options) {
  const auto found = std::find_if(options.all.begin(), options.all.end(),
                                  [&](const SmscOptions& one) { return one.name == name; });
  return SmscNo{found == options.all.end() ? std::size_t{0}
                                           : static_cast<std::size_t>(found - options.all.begin())};
}

}  // namespace

std::string encode(const Writing& writing, const Options& options) {
  std::string octets;
  base::ByteWriter to(octets);
  const Piece& piece = writing.piece;
  to.varint(kVersion);
  to.varint((writing.is_first ? kFirst : 0) | (piece.ports ? kPorts : 0) |
            (writing.is_doubtful ? kDoubtful : 0));
  to.bytes(options.of(writing.smsc).name);
  to.bytes(writing.number);
  to.varint(writing.service.ton);
  to.varint(writing.service.npi);
  to.bytes(writing.service.text);
  to.bytes(writing.id);
  to.varint(piece.total);
  to.varint(piece.sequence);
  to.varint(static_cast<std::uint64_t>(piece.form));
  to.varint(piece.reference);
  to.varint(static_cast<std::uint64_t>(piece.alphabet));
  if (piece.ports) {
    to.varint(piece.ports->destination);
    to.varint(piece.ports->originator);
  }
  to.bytes(piece.data);
  return octets;
}

base::Result<Writing> parse_writing(std::string_view octets, const Options& options) {
  Elements from{base::ByteReader(octets)};
  Writing writing;
  Piece& piece = writing.piece;
  from.good = from.in.varint() == kVersion;
  const auto flags = from.upto(kKnownFlags);
  writing.is_first = (flags & kFirst) != 0;
  writing.is_doubtful = (flags & kDoubtful) != 0;
  writing.smsc = smsc_named(from.text(), options);
  writing.number = from.text();
  writing.service.ton = from.upto<std::uint8_t>(0xFF);
  writing.service.npi = from.upto<std::uint8_t>(0xFF);
  writing.service.text = from.text();
  writing.id = from.text();
  piece.total = from.upto<std::uint8_t>(0xFF);
  piece.sequence = from.upto<std::uint8_t>(piece.total);
  piece.form = from.upto<sms_text::ReferenceForm>(
      static_cast<std::uint64_t>(sms_text::ReferenceForm::payload));
  piece.reference = from.upto<std::uint16_t>(0xFFFF);
  piece.alphabet =
      from.upto<sms_text::Alphabet>(static_cast<std::uint64_t>(sms_text::Alphabet::ucs2));
  if ((flags & kPorts) != 0) {
    const auto destination = from.upto<std::uint16_t>(0xFFFF);
    piece.ports = sms_text::Ports{destination, from.upto<std::uint16_t>(0xFFFF)};
  }
  piece.data = from.text();
  if (from.good && from.in.ok() && from.in.at_end() && piece.total > 0) return writing;
  return base::fail(base::Errc::storage, "these octets are no text of a device");
}

}  // namespace msggw::sms
