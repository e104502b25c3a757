// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/assignment_record.h"

#include <cstdint>
#include <limits>

#include "gateway/base/bytes.h"

namespace msggw::function {

namespace {

constexpr std::uint64_t kOfDefaultRule = 1;
constexpr std::uint64_t kWithRule = 2;

bool is_text(std::string_view text) noexcept {
  return !text.empty() && text.size() <= AssignmentRecord::kMostTextOctets;
}

}  // namespace

void append_record(std::string& out, const AssignmentRecord& record) {
  base::ByteWriter writer(out);
  writer.varint(record.rule == kDefaultRule ? kOfDefaultRule : kWithRule);
  writer.varint(static_cast<std::uint8_t>(record.ue_type));
  writer.bytes(record.private_id);
  writer.bytes(record.service_id);
  if (record.rule != kDefaultRule) writer.varint(static_cast<std::uint32_t>(record.rule));
}

base::Result<AssignmentRecord> parse_record(std::string_view octets) {
  base::ByteReader reader(octets);
  const std::uint64_t version = reader.varint();
  if (reader.ok() && version != kOfDefaultRule && version != kWithRule) {
    return base::fail(base::Errc::storage, "the record has version " + std::to_string(version) +
                                               ", this program knows version " +
                                               std::to_string(kWithRule) + " and older");
  }
  const std::uint64_t type = reader.varint();
  AssignmentRecord record;
  record.private_id = reader.bytes();
  record.service_id = reader.bytes();
  const std::uint64_t rule = version == kWithRule ? reader.varint() : 0;
  const bool whole = reader.ok() && reader.at_end();
  const bool rule_fits =
      rule <= std::numeric_limits<std::uint32_t>::max() && (rule != 0 || version == kOfDefaultRule);
  if (!whole || !rule_fits || type > static_cast<std::uint64_t>(core::UeType::as) ||
      !is_text(record.private_id) || !is_text(record.service_id)) {
    return base::fail(base::Errc::storage, "the record is damaged");
  }
  record.ue_type = static_cast<core::UeType>(type);
  record.rule = RuleNo{static_cast<std::uint32_t>(rule)};
  return record;
}

}  // namespace msggw::function
