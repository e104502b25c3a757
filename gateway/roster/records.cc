// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/records.h"

#include <algorithm>
#include <utility>

namespace msggw::roster {

namespace {

constexpr std::size_t kBlock = 256 * 1024;
constexpr std::size_t kMostLookedAt = RowReader::kMostRecordOctets + 2;  // with CR LF

}  // namespace

std::optional<RecordStream::Record> RecordStream::next() {
  while (auto record = cut()) {
    if (!record->whole || !RowReader::is_blank(record->text)) return record;
  }
  return std::nullopt;
}

std::optional<RecordStream::Record> RecordStream::cut() {
  while (buffer_.size() - at_ < kMostLookedAt && fill()) continue;
  const std::string_view rest =
      std::string_view(buffer_).substr(at_, std::min(buffer_.size() - at_, kMostLookedAt));
  if (rest.empty()) return std::nullopt;
  if (const auto end = extent(format_, rest, false))
    return take(end->octets, end->with_end, end->lines, true);
  const std::size_t line_feed = rest.find('\n');
  const bool is_all = at_end_ && at_ + rest.size() == buffer_.size();
  // A line that ended without ending the record ended inside of quotes.
  if (is_all && line_feed == std::string_view::npos) {
    const auto end = extent(format_, rest, true);
    return take(end->octets, end->with_end, end->lines,
                end->octets <= RowReader::kMostRecordOctets);
  }
  if (line_feed != std::string_view::npos) return take(line_feed, line_feed + 1, 1, false);
  // A line without an end in sight: to its end, block by block.
  std::uint64_t passed = 0;
  std::size_t found = buffer_.find('\n', at_);
  const std::string beginning(rest.substr(0, RowReader::kMostRecordOctets));
  while (found == std::string::npos) {
    passed += buffer_.size() - at_;
    at_ = buffer_.size();
    if (!fill()) break;
    found = buffer_.find('\n', at_);
  }
  const std::size_t end = found == std::string::npos ? buffer_.size() : found + 1;
  octets_ += passed + (end - at_);
  buffer_.replace(0, end, beginning);
  at_ = beginning.size();
  return Record{std::string_view(buffer_).substr(0, at_), line_++, false, true};
}

RecordStream::Record RecordStream::take(std::size_t octets, std::size_t with_end, std::size_t lines,
                                        bool whole) {
  const Record record{std::string_view(buffer_).substr(at_, octets), line_, whole};
  at_ += with_end;
  octets_ += with_end;
  line_ += lines;
  return record;
}

/// False at the end of the list.
bool RecordStream::fill() {
  if (at_end_) return false;
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t held = buffer_.size();
  buffer_.resize(held + kBlock);
  in_.read(buffer_.data() + held, static_cast<std::streamsize>(kBlock));
  buffer_.resize(held + static_cast<std::size_t>(in_.gcount()));
  if (!std::exchange(begun_, true)) {
    octets_ = buffer_.size() - without_mark(buffer_).size();
    buffer_.erase(0, octets_);
  }
  at_end_ = !in_;
  return true;
}

}  // namespace msggw::roster
