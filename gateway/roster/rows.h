// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/core/ids.h"
#include "gateway/roster/csv.h"

namespace msggw::roster {

/// How a list of devices is written. csv: RFC 4180 with a header; the columns are private_id, and
/// as wanted type, aliases (parted by ";") and info.NAME (info.vendor, say). jsonl: one object a
/// line, `{"privateId":"..","aliases":[".."],"ueType":"NON_3GPP","info":{..}}`. In both, a byte
/// order mark before the first record and blanks at the ends of a Private ID say nothing.
enum class Format { csv, jsonl };

/// "csv", "jsonl".
std::string_view name_of(Format format) noexcept;
/// "text/csv", "application/jsonl".
std::string_view media_type(Format format) noexcept;
/// Of a media type, also "application/x-ndjson"; parameters do not matter.
std::optional<Format> format_of(std::string_view content_type) noexcept;
/// A list without the byte order mark (U+FEFF as UTF-8) that some programs begin it with.
std::string_view without_mark(std::string_view list) noexcept;
/// Where the first record of `text` ends.
std::optional<Extent> extent(Format format, std::string_view text, bool is_last);

/// "non3gpp", "legacy", "ue", "as", and the words of the protocol ("NON_3GPP").
std::optional<core::UeType> type_of(std::string_view word) noexcept;

/// A device as a list names it.
struct Row {
  std::optional<core::UeType> ue_type;  ///< none: not said
  std::string private_id;               ///< as written; the core normalises it
  std::string info;                     ///< compact JSON object, empty if nothing is said
  std::vector<std::string> aliases;     ///< other Private IDs of the device, as written
};

/// `privateId`, and as wanted `aliases`, `ueType` and `info`, of one JSON object. malformed: no
/// JSON object. missing: no privateId. incorrect: another member, or one of a wrong type. `row` is
/// overwritten.
base::Result<void> read_json_row(std::string_view text, Row& row);

/// Reads the records of one list, the header of a CSV list first. A value.
class RowReader {
 public:
  static constexpr std::size_t kMostRecordOctets = 16 * 1024;
  static constexpr std::size_t kMostColumns = 64;

  explicit RowReader(Format format) : format_(format) {}

  Format format() const noexcept { return format_; }
  /// Whether the next record is the header.
  bool wants_header() const noexcept { return format_ == Format::csv && columns_.empty(); }
  /// malformed: no CSV. missing: no column private_id. incorrect: a column unknown or named twice.
  base::Result<void> read_header(std::string_view record);
  /// Whether the record says nothing and is passed over: an empty line.
  static bool is_blank(std::string_view record) noexcept;
  /// Requires !wants_header(). malformed, missing, incorrect, too_large: the record; the detail
  /// names the element. `row` is overwritten.
  base::Result<void> read(std::string_view record, Row& row);

 private:
  struct Column {
    enum class Kind { private_id, type, aliases, info } kind;
    std::string name;  ///< of the information
  };
  base::Result<void> read_csv(std::string_view record, Row& row);

  Format format_;
  std::vector<Column> columns_;
  CsvRecord csv_;
};

}  // namespace msggw::roster
