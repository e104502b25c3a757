// SPDX-License-Identifier: Apache-2.0
#include "storage/message_loader.h"

#include <limits>

#include "storage/device_record.h"
#include "storage/message_record.h"
#include "storage/message_state.h"

namespace msggw::storage {

namespace {

using messages::MessageNo;
using messages::StoreSide;

/// Each row of the table, until one is wrong.
template <class Take>
base::Result<void> each_row(Store& store, TableNo table, const Take& take) {
  base::Result<void> first_wrong;
  auto loaded = store.load(table, [&](std::uint64_t key, std::string_view row) {
    if (first_wrong) first_wrong = take(key, row);
  });
  return loaded ? first_wrong : loaded;
}

base::Result<void> load_queue(Store& store, StoreSide& messages) {
  return each_row(store, kQueue, [&](std::uint64_t key, std::string_view row) {
    const auto header = parse_header(row);
    if (!header) return base::Result<void>(tl::unexpected(header.error()));
    return messages.restore(MessageNo{key}, *header);
  });
}

base::Result<void> load_segments(Store& store, StoreSide& messages) {
  return each_row(store, kSegments, [&](std::uint64_t key, std::string_view row) {
    const auto place = parse_place(row);
    if (!place) return base::Result<void>(tl::unexpected(place.error()));
    return messages.restore_place(MessageNo{key}, *place);
  });
}

base::Result<void> load_tracking(Store& store, StoreSide& messages) {
  return each_row(store, kTracking, [&](std::uint64_t key, std::string_view row) {
    auto tracked = parse_tracked(row);
    if (!tracked) return base::Result<void>(tl::unexpected(tracked.error()));
    return messages.restore_tracked(MessageNo{key}, std::move(*tracked));
  });
}

base::Result<void> load_transactions(Store& store, StoreSide& messages) {
  return each_row(store, kTransactions, [&](std::uint64_t key, std::string_view row) {
    const auto all = parse_transactions(row);
    if (!all) return base::Result<void>(tl::unexpected(all.error()));
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    const auto device = static_cast<std::uint32_t>(std::min(key, kMost));
    return messages.restore_transactions(core::DeviceNo{device}, *all);
  });
}

base::Result<void> load_drafts(Store& store, StoreSide& messages) {
  return each_row(store, kDrafts, [&](std::uint64_t key, std::string_view row) {
    auto draft = parse_draft(row);
    if (!draft) return base::Result<void>(tl::unexpected(draft.error()));
    return messages.restore_draft(messages::DraftNo{key}, *std::move(draft));
  });
}

base::Result<void> load_next_number(Store& store, StoreSide& messages) {
  const auto row = store.find(kMeta, kNextMessage);
  if (!row) return tl::unexpected(row.error());
  if (!*row) return {};
  const auto next = parse_next_message(**row);
  if (!next) return tl::unexpected(next.error());
  messages.continue_at(*next);
  return {};
}

}  // namespace

base::Result<void> load_messages(Store& store, StoreSide& messages, base::TimePoint now) {
  auto result = load_queue(store, messages);
  if (result) result = load_segments(store, messages);
  if (result) result = load_tracking(store, messages);
  if (result) result = load_transactions(store, messages);
  if (result) result = load_drafts(store, messages);
  if (result) result = load_next_number(store, messages);
  if (result) messages.start(now);
  return result;
}

}  // namespace msggw::storage
