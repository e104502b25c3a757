// SPDX-License-Identifier: Apache-2.0
// A list of devices as an operator sends it: its first octet says CSV or JSONL, the rest is the
// list.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/base/text.h"
#include "gateway/roster/rows.h"

namespace msggw::roster {
namespace {

void check_fields(std::string_view record, const CsvRecord& csv) {
  std::size_t octets = 0;
  for (const std::string_view field : csv.fields()) octets += field.size();
  base::ensure(octets + csv.fields().size() <= record.size() + 1, "fields come from the record");
}

void run(Format format, std::string_view text) {
  RowReader reader(format);
  CsvRecord csv;
  Row row;
  while (const auto end = extent(format, text, true)) {
    base::ensure(end->octets <= end->with_end && end->with_end <= text.size(), "inside the text");
    base::ensure(end->with_end > 0 && end->lines > 0, "a step forward");
    const std::string_view record = text.substr(0, end->octets);
    // What ends here ends here whatever comes behind it; a quote without an end takes all there is.
    if (end->with_end < text.size()) {
      const auto early = extent(format, text.substr(0, end->with_end), false);
      base::ensure(early && early->with_end == end->with_end, "the end needs no look ahead");
    }
    if (csv.split(record)) check_fields(record, csv);
    if (reader.wants_header()) {
      if (!reader.read_header(record)) return;
    } else if (const auto read = reader.read(record, row)) {
      base::ensure(!row.private_id.empty(), "a row names a device");
      base::ensure(row.aliases.size() <= record.size(), "aliases come from the record");
      Row again;
      base::ensure(
          row.info.empty() ||
              read_json_row("{\"privateId\":\"x\",\"info\":" + row.info + "}", again).has_value() ||
              row.info.size() > 1'000,
          "the information is JSON");
    } else {
      base::ensure(!base::has_control(read.error().detail), "a reason is printable");
    }
    text.remove_prefix(end->with_end);
  }
}

}  // namespace
}  // namespace msggw::roster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto format = data[0] % 2 == 0 ? msggw::roster::Format::csv : msggw::roster::Format::jsonl;
  msggw::roster::run(format, {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
