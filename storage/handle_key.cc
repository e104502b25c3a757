// SPDX-License-Identifier: Apache-2.0
#include "storage/handle_key.h"

#include <algorithm>
#include <string>

#include "gateway/base/secrets.h"
#include "storage/device_record.h"

namespace msggw::storage {

namespace {

constexpr char kVersion = 1;

base::Result<core::HandleKey> parse(std::string_view row) {
  core::HandleKey key;
  if (row.empty() || row.front() != kVersion)
    return base::fail(base::Errc::storage,
                      "key of the handles: unknown version; a newer program wrote it");
  row.remove_prefix(1);
  if (row.size() != key.size())
    return base::fail(base::Errc::storage, "key of the handles: not of 16 octets");
  std::copy(row.begin(), row.end(), key.begin());
  return key;
}

}  // namespace

base::Result<core::HandleKey> handle_key(Store& store) {
  const auto row = store.find(kMeta, kHandleKey);
  if (!row) return base::fail(row.error().code, row.error().detail);
  if (*row) return parse(**row);
  core::HandleKey key;
  base::fill_random(key);
  Batch batch;
  batch.put_with(kMeta, kHandleKey, [&](std::string& out) {
    out.push_back(kVersion);
    out.append(key.begin(), key.end());
  });
  if (const auto stored = store.apply(batch); !stored)
    return base::fail(stored.error().code, stored.error().detail);
  return key;
}

}  // namespace msggw::storage
