// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/core/ids.h"
#include "provisioning/function/assignment_record.h"

namespace msggw::commands {

// The lines of `msggw export` that are no devices: the first one says what follows, the last one
// how much that was, so that a file that was cut short is never taken for a whole one.

struct TableHead {
  std::string of;  ///< "gateway" or "pf"
  bool credentials = false;
};
std::string first_line(const TableHead& head);
/// incorrect: it is no export, or one of a later version.
base::Result<TableHead> parse_first_line(std::string_view line);

std::string last_line(std::size_t lines);
/// None: it is another line.
std::optional<std::size_t> parse_last_line(std::string_view line);

void append_assignment(std::string& out, const function::AssignmentRecord& record,
                       std::string_view rule);

/// What a Provisioning Function takes of a line: one of its own, or of a gateway.
struct AssignmentLine {
  core::UeType ue_type{};
  std::string private_id;
  std::string service_id;  ///< empty: the device has none
  std::string rule;        ///< empty: not said
};
/// malformed, incorrect, with the member.
base::Result<AssignmentLine> parse_assignment(std::string_view line, bool of_gateway);

}  // namespace msggw::commands
