// SPDX-License-Identifier: Apache-2.0
#include "storage/message_state.h"

#include <algorithm>

#include "storage/device_record.h"
#include "storage/message_elements.h"

namespace msggw::storage {

namespace {

using messages::Place;
using messages::Tracked;
using messages::Transaction;
using messages::Transactions;

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kWithOwn = 2;  ///< of transactions, each with Transaction::own

template <class Value>
base::Result<Value> result_of(RowReader& in, Value value, const char* row) {
  in.end();
  if (!in.ok()) return tl::unexpected(wrong(row, in.what_is_wrong()));
  return value;
}

}  // namespace

void append_place(std::string& out, const Place& place) {
  base::ByteWriter to(out);
  for (const std::uint64_t value :
       {kVersion, place.set.low, place.set.high, std::uint64_t{place.number},
        std::uint64_t{place.total}, std::uint64_t{place.octets}, std::uint64_t{place.last}})
    to.varint(value);
}

base::Result<Place> parse_place(std::string_view row) {
  RowReader in(row);
  in.require(in.varint("no version") == kVersion, "unknown version; a newer program wrote it");
  Place place;
  place.set = {in.varint("set cut short"), in.varint("set cut short")};
  place.number = in.integer<std::uint32_t>("wrong segment number");
  place.total = in.integer<std::uint32_t>("wrong number of segments");
  place.octets = in.integer<std::uint32_t>("wrong size");
  const std::uint64_t last = in.varint("no mark of the last");
  in.require(last <= 1, "wrong mark of the last");
  place.last = last == 1;
  return result_of(in, place, "segment row");
}

void append_tracked(std::string& out, const Tracked& row) {
  base::ByteWriter to(out);
  to.varint(kVersion);
  to.varint(static_cast<std::uint64_t>(row.bearer));
  to.varint(row.expires_s);
  to.bytes(row.octets);
}

base::Result<Tracked> parse_tracked(std::string_view octets) {
  RowReader in(octets);
  in.require(in.varint("no version") == kVersion, "unknown version; a newer program wrote it");
  Tracked row;
  row.bearer = in.enumerator(core::Bearer::sms, "unknown bearer");
  row.expires_s = in.integer<std::uint32_t>("wrong time");
  row.octets = in.text("what the bearer knows cut short");
  return result_of(in, std::move(row), "tracking row");
}

void append_transactions(std::string& out, const std::vector<Transaction>& all) {
  base::ByteWriter to(out);
  const bool with_own =
      std::any_of(all.begin(), all.end(), [](const Transaction& one) { return one.own != 0; });
  to.varint(with_own ? kWithOwn : kVersion);
  to.varint(all.size());
  for (const Transaction& one : all) {
    append_address(to, one.peer);
    to.varint(one.application);
    to.varint(one.opened_s);
    if (with_own) to.varint(one.own);
  }
}

base::Result<std::vector<Transaction>> parse_transactions(std::string_view row) {
  RowReader in(row);
  const std::uint64_t version = in.varint("no version");
  in.require(version == kVersion || version == kWithOwn,
             "unknown version; a newer program wrote it");
  const std::uint64_t count = in.varint("no number of peers");
  in.require(count <= Transactions::kMostPeers, "too many peers");
  std::vector<Transaction> all;
  while (in.ok() && all.size() < count) {
    Transaction& one = all.emplace_back();
    one.peer = read_address(in);
    one.application = in.integer<std::uint32_t>("wrong application");
    one.opened_s = in.integer<std::uint32_t>("wrong time");
    if (version == kWithOwn) one.own = in.integer<std::uint32_t>("wrong address of the gateway");
  }
  return result_of(in, std::move(all), "transactions row");
}

void append_draft(std::string& out, const messages::Draft& draft) {
  base::ByteWriter to(out);
  for (const std::uint64_t value :
       {kVersion, number(draft.bearer), number(draft.device), std::uint64_t{draft.kept_s}})
    to.varint(value);
  to.bytes(draft.octets);
}

base::Result<messages::Draft> parse_draft(std::string_view row) {
  RowReader in(row);
  in.require(in.varint("no version") == kVersion, "unknown version; a newer program wrote it");
  messages::Draft draft;
  draft.bearer = in.enumerator(core::kAllBearers.back(), "unknown bearer");
  draft.device = in.integer<core::DeviceNo>("wrong device");
  draft.kept_s = in.integer<std::uint32_t>("wrong time");
  draft.octets = in.text("content cut short");
  return result_of(in, std::move(draft), "drafts row");
}

}  // namespace msggw::storage
