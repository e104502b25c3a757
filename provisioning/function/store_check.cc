// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/store_check.h"

#include <limits>
#include <stdexcept>
#include <string>

#include "gateway/base/keyed_hash.h"
#include "provisioning/function/assignment_record.h"
#include "provisioning/function/ledger.h"

namespace msggw::function {

std::uint64_t check_rows(storage::Snapshot& snapshot, storage::Faults& faults) {
  std::uint64_t assignments = 0;
  const auto loaded = snapshot.load(kAssignments, [&](std::uint64_t key, std::string_view octets) {
    ++assignments;
    if (const auto row = parse_record(octets); !row)
      faults.add("assignments " + std::to_string(key) + ": " + row.error().detail);
  });
  if (!loaded) faults.add(loaded.error().detail);
  return assignments;
}

void check_start(storage::Snapshot& snapshot, storage::Faults& faults) {
  base::metrics::Registry metrics;
  constexpr std::size_t kAll = std::numeric_limits<std::uint32_t>::max();
  Ledger ledger(snapshot,
                {1, Assigner(kAll, ServiceIdMaker(system_random()), base::random_hash_key())},
                metrics, [](std::uint64_t) {});
  try {
    ledger.load();
  } catch (const std::runtime_error& error) {
    faults.add(error.what());
  }
}

}  // namespace msggw::function
