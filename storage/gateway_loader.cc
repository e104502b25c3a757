// SPDX-License-Identifier: Apache-2.0
#include "storage/gateway_loader.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "storage/credential_record.h"
#include "storage/device_record.h"
#include "storage/message_loader.h"
#include "storage/moment.h"

namespace msggw::storage {

namespace {

/// A row's key as the core's number; a key that is none becomes a number that the core refuses as
/// out of order.
template <class Number>
Number number_of(std::uint64_t key) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return Number(static_cast<std::uint32_t>(std::min(key, kMost)));
}

/// Each row of the table, until one is wrong.
template <class Number, class Parse, class Restore>
base::Result<void> load_rows(Store& store, TableNo table, const Parse& parse,
                             const Restore& restore) {
  base::Result<void> first_wrong;
  const auto loaded = store.load(table, [&](std::uint64_t key, std::string_view octets) {
    if (!first_wrong) return;
    auto row = parse(octets);
    if (!row)
      first_wrong = tl::unexpected(row.error());
    else
      first_wrong = restore(number_of<Number>(key), std::move(*row));
  });
  return loaded ? first_wrong : loaded;
}

}  // namespace

base::Result<void> load_gateway(Store& store, const LoadDoors& doors, base::TimePoint now,
                                base::TimePoint wall) {
  const auto moment = last_moment(store);
  if (!moment) return tl::unexpected(moment.error());
  doors.commits.begin(*moment, now, wall);
  auto result = load_rows<core::ProfileNo>(
      store, kProfiles, parse_profile, [&](core::ProfileNo no, core::ServiceProfile&& profile) {
        return doors.commits.restore_profile(no, std::move(profile));
      });
  if (result) {
    result = load_rows<core::DeviceNo>(store, kDevices, parse_device,
                                       [&](core::DeviceNo no, DeviceRow&& row) {
                                         return doors.commits.restore_device(no, std::move(row));
                                       });
  }
  if (result) result = load_credentials(store, doors.credentials);
  if (result) result = load_messages(store, doors.messages, now);
  return result;
}

}  // namespace msggw::storage
