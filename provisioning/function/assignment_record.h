// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/core/ids.h"

namespace msggw::function {

/// The number of a rule's name in the table of rule names. Stored.
enum class RuleNo : std::uint32_t {};
/// The name "default"; it needs no row in that table.
inline constexpr RuleNo kDefaultRule{0};

/// One assignment as it is stored under its number: a version octet, the ueType of the first
/// request, the canonical Private ID and the Service ID, both with a length before them, and the
/// rule that made it. Version 1 has no rule and means the default one, version 2 has another one:
/// what the default rule makes can be read by programs that know of no rules. The texts live
/// elsewhere.
struct AssignmentRecord {
  static constexpr std::size_t kMostTextOctets = 255;

  core::UeType ue_type = core::UeType::non_3gpp;
  std::string_view private_id;  ///< 1 to kMostTextOctets
  std::string_view service_id;  ///< 1 to kMostTextOctets
  RuleNo rule = kDefaultRule;

  bool operator==(const AssignmentRecord&) const = default;
};

void append_record(std::string& out, const AssignmentRecord& record);

/// The texts point into `octets`. Errc::storage, with what is wrong: a version that this program
/// does not know, or octets that are no record.
base::Result<AssignmentRecord> parse_record(std::string_view octets);

}  // namespace msggw::function
