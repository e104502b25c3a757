// SPDX-License-Identifier: Apache-2.0
#include "storage/message_record.h"

#include <array>

#include "storage/device_record.h"
#include "storage/message_elements.h"
#include "storage/message_state.h"

namespace msggw::storage {

namespace {

using messages::Carried;
using messages::Header;
using messages::Kind;
using messages::Message;
using messages::Report;
using messages::Segment;

constexpr std::uint64_t kVersion = 1;

// Flags of a header.
constexpr std::uint64_t kWishesReport = 1u << 0;
constexpr std::uint64_t kWithheld = 1u << 1;
constexpr std::uint64_t kPassedOn = 1u << 2;

// Of a row of what is carried: the version, then flags.
constexpr std::uint64_t kIsReport = 1u << 0;
constexpr std::uint64_t kDelivered = 1u << 1;  // a report's
constexpr std::uint64_t kWantsReport = 1u << 2;
constexpr std::uint64_t kSegment = 1u << 3;
constexpr std::uint64_t kLastSegment = 1u << 4;
constexpr std::uint64_t kTotalSegments = 1u << 5;
constexpr std::uint64_t kKnownFlags =
    kIsReport | kDelivered | kWantsReport | kSegment | kLastSegment | kTotalSegments;

std::uint64_t flags_of(const Message& message) {
  std::uint64_t flags = message.wants_report ? kWantsReport : 0;
  if (!message.segment) return flags;
  flags |= kSegment;
  if (message.segment->last) flags |= kLastSegment;
  if (message.segment->total) flags |= kTotalSegments;
  return flags;
}

Message read_message(RowReader& in, std::uint64_t flags) {
  Message message;
  message.from = read_address(in);
  message.to = read_address(in);
  message.message_id = in.text("msgId cut short");
  message.application = in.text("appId cut short");
  message.priority = in.enumerator(messages::Priority::low, "unknown priority");
  message.wants_report = (flags & kWantsReport) != 0;
  if ((flags & kSegment) != 0) {
    Segment& segment = message.segment.emplace();
    segment.set = in.text("segment's set cut short");
    segment.number = in.integer<std::uint32_t>("wrong segment number");
    segment.last = (flags & kLastSegment) != 0;
    if ((flags & kTotalSegments) != 0)
      segment.total = in.integer<std::uint32_t>("wrong number of segments");
  }
  message.content = in.text("content cut short");
  return message;
}

Report read_report(RowReader& in, std::uint64_t flags) {
  Report report;
  report.from = read_address(in);
  report.to = read_address(in);
  report.message_id = in.text("msgId cut short");
  report.delivered = (flags & kDelivered) != 0;
  report.failure_cause = in.text("failure cause cut short");
  return report;
}

}  // namespace

void append_header(std::string& out, const Header& header) {
  base::ByteWriter to(out);
  to.varints(std::array<std::uint64_t, 15>{
      kVersion, number(header.kind), number(header.priority), number(header.state),
      number(header.cause),
      (header.wants_report ? kWishesReport : 0) | (header.withheld ? kWithheld : 0) |
          (header.passed_on ? kPassedOn : 0),
      number(header.device), header.accepted_s, header.expires_s, header.octets, header.key_low[0],
      header.key_low[1], header.key_high[0], header.key_high[1], header.content_hash});
  if (header.kind == Kind::segment_down) to.varint(header.ended() ? header.to_next : 0);
}

base::Result<Header> parse_header(std::string_view row) {
  RowReader in(row);
  base::Result<Header> result;
  Header& header = *result;
  in.require(in.varint("no version") == kVersion, "unknown version; a newer program wrote it");
  header.kind = in.enumerator(Kind::text_down, "unknown kind");
  header.priority = in.enumerator(messages::Priority::low, "unknown priority");
  header.state = in.enumerator(messages::State::failed, "unknown state");
  header.cause = in.enumerator(messages::Cause::rejected, "unknown cause");
  const std::uint64_t flags = in.varint("no flags");
  in.require((flags & ~(kWishesReport | kWithheld | kPassedOn)) == 0, "unknown flags");
  header.wants_report = (flags & kWishesReport) != 0;
  header.withheld = (flags & kWithheld) != 0;
  header.passed_on = (flags & kPassedOn) != 0;
  in.require(!header.withheld || !is_up(header.kind), "withheld upward");
  const bool is_handed = header.state == messages::State::handed;
  in.require(!header.passed_on || (is_handed && !is_up(header.kind)), "passed on by nobody");
  if (is_handed && !header.passed_on) header.state = messages::State::waiting;
  in.require(!header.wants_report || !messages::is_report(header.kind), "a report of a report");
  in.require(header.kind != Kind::text_down || (!header.wants_report && !header.withheld),
             "a text that is more than one");
  header.device = in.integer<core::DeviceNo>("wrong device");
  for (std::uint32_t* const value :
       {&header.accepted_s, &header.expires_s, &header.octets, &header.key_low[0],
        &header.key_low[1], &header.key_high[0], &header.key_high[1], &header.content_hash})
    *value = in.integer<std::uint32_t>("wrong number");
  if (header.kind == Kind::segment_down)
    header.to_next = in.integer<std::uint32_t>("wrong number of the whole");
  header.stored = header.needs_content();
  in.end();
  if (!in.ok()) return tl::unexpected(wrong("queue row", in.what_is_wrong()));
  return result;
}

void append_carried(std::string& out, const Carried& carried) {
  base::ByteWriter to(out);
  to.varint(kVersion);
  if (const auto* report = std::get_if<Report>(&carried)) {
    to.varint(kIsReport | (report->delivered ? kDelivered : 0));
    append_address(to, report->from);
    append_address(to, report->to);
    to.bytes(report->message_id);
    return to.bytes(report->failure_cause);
  }
  const Message& message = std::get<Message>(carried);
  to.varint(flags_of(message));
  append_address(to, message.from);
  append_address(to, message.to);
  to.bytes(message.message_id);
  to.bytes(message.application);
  to.varint(number(message.priority));
  if (message.segment) {
    to.bytes(message.segment->set);
    to.varint(message.segment->number);
    if (message.segment->total) to.varint(*message.segment->total);
  }
  to.bytes(message.content);
}

base::Result<Carried> parse_carried(std::string_view row) {
  RowReader in(row);
  in.require(in.varint("no version") == kVersion, "unknown version; a newer program wrote it");
  const std::uint64_t flags = in.varint("no flags");
  in.require((flags & ~kKnownFlags) == 0, "unknown flags");
  base::Result<Carried> result;
  if (in.ok() && (flags & kIsReport) != 0)
    *result = read_report(in, flags);
  else if (in.ok())
    *result = read_message(in, flags);
  in.end();
  if (!in.ok()) return tl::unexpected(wrong("message row", in.what_is_wrong()));
  return result;
}

void append_next_message(std::string& out, messages::MessageNo next) {
  base::ByteWriter to(out);
  to.varint(kVersion);
  to.varint(messages::number(next));
}

base::Result<messages::MessageNo> parse_next_message(std::string_view row) {
  RowReader in(row);
  in.require(in.varint("no version") == kVersion, "unknown version; a newer program wrote it");
  const messages::MessageNo next{in.varint("no number")};
  in.end();
  if (!in.ok()) return tl::unexpected(wrong("next message", in.what_is_wrong()));
  return next;
}

void put_changes(Batch& batch, const messages::Queue& queue, const messages::Changes& changes) {
  using messages::MessageNo;
  using messages::number;
  for (const MessageNo no : changes.headers) {
    batch.put_with(kQueue, number(no),
                   [&](std::string& out) { append_header(out, queue.headers.at(no)); });
  }
  for (const MessageNo no : changes.contents) {
    batch.put_with(kMessages, number(no),
                   [&](std::string& out) { append_carried(out, *queue.contents.find(no)); });
  }
  if (changes.next) {
    batch.put_with(kMeta, kNextMessage,
                   [&](std::string& out) { append_next_message(out, *changes.next); });
  }
  for (const MessageNo no : changes.places) {
    batch.put_with(kSegments, number(no),
                   [&](std::string& out) { append_place(out, queue.joining.place_of(no)); });
  }
  for (const MessageNo no : changes.tracking) {
    const messages::Tracked* const row = queue.tracking.find(no);
    if (row == nullptr)
      batch.erase(kTracking, number(no));
    else
      batch.put_with(kTracking, number(no), [&](std::string& out) { append_tracked(out, *row); });
  }
  for (const core::DeviceNo device : changes.transactions) {
    const auto all = queue.transactions.of(device);
    const auto key = static_cast<std::uint64_t>(device);
    if (all.empty()) {
      batch.erase(kTransactions, key);
      continue;
    }
    batch.put_with(kTransactions, key, [&](std::string& out) { append_transactions(out, all); });
  }
  for (const messages::DraftNo no : changes.drafts.kept) {
    batch.put_with(kDrafts, number(no),
                   [&](std::string& out) { append_draft(out, queue.drafts.at(no)); });
  }
  for (const messages::DraftNo no : changes.drafts.erased) batch.erase(kDrafts, number(no));
  for (const MessageNo no : changes.erased_places) batch.erase(kSegments, number(no));
  for (const MessageNo no : changes.erased_headers) batch.erase(kQueue, number(no));
  for (const MessageNo no : changes.erased_contents) batch.erase(kMessages, number(no));
}

}  // namespace msggw::storage
