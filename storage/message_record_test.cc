// SPDX-License-Identifier: Apache-2.0
#include "storage/message_record.h"

#include <doctest/doctest.h>

#include <array>

namespace msggw::storage {
namespace {

using namespace messages;

Message whole_message() {
  Message message;
  message.from = {AddressType::as, "as-1@example"};
  message.to = {AddressType::ue, "ue-7@example"};
  message.message_id = "m-1";
  message.application = "metering";
  message.content = std::string("\0READ\xFF", 6);
  message.segment = Segment{"set", 2, 3, true};
  message.wants_report = true;
  message.priority = Priority::low;
  return message;
}

std::string row_of(const Carried& carried) {
  std::string row;
  append_carried(row, carried);
  return row;
}

TEST_CASE("what is carried comes back as it was") {
  Message plain;
  plain.message_id = "x";
  Message segment = whole_message();
  segment.segment = Segment{"set", 1, {}, false};
  Report report{{AddressType::ue, "ue-7"}, {AddressType::as, "as-1"}, "m-1", false, "EXPIRED"};
  Report good = report;
  good.delivered = true;
  good.failure_cause.clear();
  for (const Carried& carried :
       std::array<Carried, 5>{whole_message(), plain, segment, report, good}) {
    const auto back = parse_carried(row_of(carried));
    REQUIRE(back);
    CHECK(*back == carried);
  }
}

TEST_CASE("a header comes back as it was, and what was handed over waits again") {
  Header header;
  header.set_key({0x1234567890abcdef, 0xfedcba0987654321});
  header.content_hash = 0xffffffff;
  header.device = core::DeviceNo{0xfffffffe};
  header.accepted_s = 1'700'000'000;
  header.expires_s = 1'700'000'900;
  header.octets = 70'000;
  header.kind = Kind::message_down;
  header.priority = Priority::low;
  header.state = State::failed;
  header.cause = Cause::internal_error;
  header.wants_report = true;
  std::string row;
  append_header(row, header);
  const auto back = parse_header(row);
  REQUIRE(back);
  CHECK(back->key() == header.key());
  CHECK(back->content_hash == header.content_hash);
  CHECK(back->device == header.device);
  CHECK(back->accepted_s == header.accepted_s);
  CHECK(back->expires_s == header.expires_s);
  CHECK(back->octets == header.octets);
  CHECK(bool(back->kind == Kind::message_down));
  CHECK(bool(back->priority == Priority::low));
  CHECK(bool(back->state == State::failed));
  CHECK(bool(back->cause == Cause::internal_error));
  CHECK(bool(back->wants_report));
  CHECK(back->owes_report());
  CHECK(bool(back->stored));

  header.wants_report = false;
  row.clear();
  append_header(row, header);
  CHECK_FALSE(bool(parse_header(row)->stored));

  header.state = State::handed;
  header.cause = Cause::none;
  row.clear();
  append_header(row, header);
  const auto handed = parse_header(row);
  REQUIRE(handed);
  CHECK(bool(handed->state == State::waiting));
  CHECK(bool(handed->stored));
}

TEST_CASE("nobody is told of the end of a report") {
  Header header;
  header.kind = Kind::report_up;
  header.wants_report = true;
  std::string row;
  append_header(row, header);
  CHECK(parse_header(row).error().detail == "queue row: a report of a report");
}

TEST_CASE("what is withheld stays so, and nothing that goes up is") {
  Header header;
  header.kind = Kind::message_down;
  header.withheld = true;
  std::string row;
  append_header(row, header);
  const auto back = parse_header(row);
  REQUIRE(back);
  CHECK(bool{back->withheld});
  CHECK_FALSE(bool{back->wants_report});
  header.kind = Kind::message_up;
  row.clear();
  append_header(row, header);
  CHECK_FALSE(parse_header(row).has_value());
}

TEST_CASE("the next number comes back as it was") {
  std::string row;
  append_next_message(row, messages::MessageNo{5'000'000'000});
  CHECK(parse_next_message(row).value() == messages::MessageNo{5'000'000'000});
  CHECK_FALSE(parse_next_message(row + '\0'));
  CHECK_FALSE(parse_next_message({}));
}

TEST_CASE("a row that is cut short, longer or of another version is named as wrong") {
  std::string header_row;
  append_header(header_row, Header{});
  std::string carried_row = row_of(whole_message());
  for (std::size_t size = 0; size < header_row.size(); ++size)
    CHECK_FALSE(parse_header(std::string_view(header_row).substr(0, size)));
  for (std::size_t size = 0; size < carried_row.size(); ++size)
    CHECK_FALSE(parse_carried(std::string_view(carried_row).substr(0, size)));
  CHECK_FALSE(parse_header(header_row + '\0'));
  CHECK_FALSE(parse_carried(carried_row + '\0'));
  for (std::string* const row : {&header_row, &carried_row}) row->front() = 2;
  CHECK(parse_header(header_row).error().detail ==
        "queue row: unknown version; a newer program wrote it");
  CHECK(parse_carried(carried_row).error().detail ==
        "message row: unknown version; a newer program wrote it");
  CHECK(parse_carried(std::string_view("\x01\x40", 2)).error().detail ==
        "message row: unknown flags");
}

}  // namespace
}  // namespace msggw::storage
