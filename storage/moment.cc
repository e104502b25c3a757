// SPDX-License-Identifier: Apache-2.0
#include "storage/moment.h"

#include <algorithm>

#include "storage/device_record.h"
#include "storage/row_reader.h"

namespace msggw::storage {

namespace {

using core::Moment;

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kMostMilliseconds = std::uint64_t{1} << 43;  // the year 2248

void append_time(base::ByteWriter& to, base::TimePoint at) {
  to.varint(static_cast<std::uint64_t>(std::max<std::int64_t>(at.time_since_epoch().count(), 0)));
}

base::TimePoint read_time(RowReader& in) {
  const std::uint64_t milliseconds = in.varint("no time");
  in.require(milliseconds < kMostMilliseconds, "a time too far ahead");
  return base::TimePoint{base::Duration{static_cast<std::int64_t>(milliseconds)}};
}

}  // namespace

void put_moment(Batch& batch, const Moment& moment) {
  batch.put_with(kMeta, kLastMoment, [&](std::string& out) {
    base::ByteWriter to(out);
    to.varint(kVersion);
    append_time(to, moment.time);
    append_time(to, moment.wall);
  });
}

base::Result<Moment> parse_moment(std::string_view row) {
  RowReader in(row);
  in.require(in.varint("no version") == kVersion, "unknown version; a newer program wrote it");
  Moment moment;
  moment.time = read_time(in);
  moment.wall = read_time(in);
  in.end();
  if (!in.ok()) return tl::unexpected(wrong("last moment", in.what_is_wrong()));
  return moment;
}

base::Result<std::optional<Moment>> last_moment(Store& store) {
  const auto row = store.find(kMeta, kLastMoment);
  if (!row) return tl::unexpected(row.error());
  if (!*row) return std::optional<Moment>();
  const auto moment = parse_moment(**row);
  if (!moment) return tl::unexpected(moment.error());
  return std::optional(*moment);
}

}  // namespace msggw::storage
