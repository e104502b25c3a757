// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/roster/rows.h"

namespace msggw::roster {

/// Cuts a list of any length into records, blank ones left out, with a bounded buffer.
class RecordStream {
 public:
  struct Record {
    std::string_view text;  ///< until the next call
    std::size_t line;       ///< its first, from 1
    /// False: longer than RowReader::kMostRecordOctets, or a quote is not closed within that or
    /// before the end. `text` is its first line then, and the next record begins on the next line,
    /// so that one bad row does not swallow the rest.
    bool whole;
    bool cut = false;  ///< even the first line is too long: `text` is its beginning
  };

  /// `in` must outlive this object.
  RecordStream(std::istream& in, Format format) : in_(in), format_(format) {}

  /// None: the end, or the stream cannot be read further (see its state).
  std::optional<Record> next();
  /// Octets of the list up to the record that next() gave last, itself included.
  std::uint64_t octets() const noexcept { return octets_; }

 private:
  bool fill();
  Record take(std::size_t octets, std::size_t with_end, std::size_t lines, bool whole);
  std::optional<Record> cut();

  std::istream& in_;
  Format format_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::uint64_t octets_ = 0;
  bool begun_ = false;
  bool at_end_ = false;
};

}  // namespace msggw::roster
