// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace msggw::roster {

/// Where a record of a text ends.
struct Extent {
  std::size_t octets = 0;    ///< of the record, without its line end
  std::size_t with_end = 0;  ///< with it
  std::size_t lines = 1;     ///< that it takes; more than one if a quoted field holds line ends
};

/// The extent of the CSV record (RFC 4180) that `text` begins with: it ends with CR LF or LF
/// outside of quotes, or with the text if `is_last`. None: more text is needed. Stops at nothing
/// but the end of a quoted field: a caller that feeds a stream bounds how far it looks.
std::optional<Extent> csv_extent(std::string_view text, bool is_last);

/// The same for a text with one record a line.
std::optional<Extent> line_extent(std::string_view text, bool is_last);

/// The fields of one CSV record. Kept by the caller, so that a million records cost no allocation
/// each.
class CsvRecord {
 public:
  /// Takes one record without its line end. malformed: a quote inside of a field that is not
  /// quoted, text behind a closing quote, no closing quote. `record` must live as long as the
  /// fields are looked at.
  base::Result<void> split(std::string_view record);

  const std::vector<std::string_view>& fields() const noexcept { return fields_; }

 private:
  base::Result<std::size_t> quoted(std::string_view record, std::size_t at);

  std::vector<std::string_view> fields_;
  std::string unquoted_;  // fields with doubled quotes, once each
};

}  // namespace msggw::roster
