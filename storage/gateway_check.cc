// SPDX-License-Identifier: Apache-2.0
#include "storage/gateway_check.h"

#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/metrics.h"
#include "gateway/base/secrets.h"
#include "gateway/core/gateway.h"
#include "gateway/credentials/book.h"
#include "gateway/messages/queue.h"
#include "storage/credential_record.h"
#include "storage/device_record.h"
#include "storage/gateway_loader.h"
#include "storage/handle_key.h"
#include "storage/message_record.h"
#include "storage/message_state.h"
#include "storage/moment.h"

namespace msggw::storage {

namespace {

std::string row_name(TableNo table, std::uint64_t key) {
  return gateway_tables().at(static_cast<std::size_t>(table)) + " " + std::to_string(key);
}

/// Reads each row of the table; `take` sees those that can be read. False: the table cannot be.
template <class Parse, class Take>
bool each_row(Snapshot& snapshot, TableNo table, Faults& faults, const Parse& parse,
              const Take& take) {
  const auto loaded = snapshot.load(table, [&](std::uint64_t key, std::string_view octets) {
    const auto row = parse(octets);
    if (!row)
      faults.add(row_name(table, key) + ": " + row.error().detail);
    else
      take(key, *row);
  });
  if (!loaded) faults.add(loaded.error().detail);
  return loaded.has_value();
}

template <class Parse>
void each_row(Snapshot& snapshot, TableNo table, Faults& faults, const Parse& parse) {
  each_row(snapshot, table, faults, parse, [](std::uint64_t, const auto&) {});
}

void check_single_values(Snapshot& snapshot, Faults& faults) {
  if (const auto moment = last_moment(snapshot); !moment)
    faults.add(row_name(kMeta, kLastMoment) + ": " + moment.error().detail);
  const auto key = snapshot.find(kMeta, kHandleKey);
  if (!key) return faults.add(key.error().detail);
  if (*key) {  // else it is made at the first start
    if (const auto read = handle_key(snapshot); !read)
      faults.add(row_name(kMeta, kHandleKey) + ": " + read.error().detail);
  }
  const auto next = snapshot.find(kMeta, kNextMessage);
  if (!next) return faults.add(next.error().detail);
  if (!*next) return;
  if (const auto read = parse_next_message(**next); !read)
    faults.add(row_name(kMeta, kNextMessage) + ": " + read.error().detail);
}

/// Both tables ascend: what is wanted and not there is found in passing.
void check_contents(Snapshot& snapshot, const std::vector<std::uint64_t>& wanted, Faults& faults) {
  std::size_t at = 0;
  const auto missing_before = [&](std::uint64_t key) {
    for (; at < wanted.size() && wanted[at] < key; ++at)
      faults.add(row_name(kQueue, wanted[at]) + ": what it carries is not there");
  };
  const bool read_all =
      each_row(snapshot, kMessages, faults, parse_carried, [&](std::uint64_t key, const auto&) {
        missing_before(key);
        if (at < wanted.size() && wanted[at] == key) ++at;
      });
  if (read_all) missing_before(~std::uint64_t{0});
}

}  // namespace

GatewayCounts check_gateway_rows(Snapshot& snapshot, Faults& faults) {
  GatewayCounts counts;
  each_row(snapshot, kProfiles, faults, parse_profile);
  each_row(snapshot, kDevices, faults, parse_device, [&](std::uint64_t, const DeviceRow& row) {
    counts.devices += row.device.state == core::DeviceState::removed ? 0 : 1;
  });
  check_single_values(snapshot, faults);
  std::vector<std::uint64_t> wanted;
  each_row(snapshot, kQueue, faults, parse_header,
           [&](std::uint64_t key, const messages::Header& header) {
             counts.messages += header.ended() ? 0 : 1;
             if (header.needs_content()) wanted.push_back(key);
           });
  check_contents(snapshot, wanted, faults);
  each_row(snapshot, kSegments, faults, parse_place);
  each_row(snapshot, kTracking, faults, parse_tracked);
  each_row(snapshot, kTransactions, faults, parse_transactions);
  each_row(snapshot, kDrafts, faults, parse_draft);
  each_row(snapshot, kCredentials, faults, parse_credential,
           [&](std::uint64_t, const credentials::Credential& credential) {
             ++counts.credentials;
             counts.psks += credential.kind == credentials::Kind::psk ? 1 : 0;
           });
  return counts;
}

void check_gateway_start(Snapshot& snapshot, const core::Limits& limits,
                         const messages::Limits& message_limits, Faults& faults) {
  base::metrics::Registry metrics;
  core::Gateway gateway(limits, metrics, {base::random_hash_key(), {}, 1});
  messages::Queue queue(message_limits, gateway.tables(), metrics, messages::window_keys_of({}));
  credentials::Book book({}, gateway.tables(), metrics);
  messages::StoreSide messages(queue);
  credentials::StoreSide credentials(book);
  const base::TimePoint now = base::Clock().now();
  const auto loaded = load_gateway(snapshot, {gateway.commits(), credentials, messages}, now, now);
  if (!loaded) faults.add(loaded.error().detail);
}

}  // namespace msggw::storage
