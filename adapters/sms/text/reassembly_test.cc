// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/reassembly.h"

#include <doctest/doctest.h>

namespace msggw::sms_text {

namespace {

using Outcome = Added::Outcome;
using std::chrono::minutes;

constexpr base::TimePoint kStart{std::chrono::hours(480'000)};

ReceivedPart part(std::uint8_t sequence, std::uint8_t total, std::string_view data,
                  std::string_view sender = "+431", std::uint16_t reference = 1) {
  return {sender, "7000", ReferenceForm::udh8, reference, total, sequence, Alphabet::gsm7, data};
}

}  // namespace

TEST_CASE("parts in any order make one message") {
  Reassembly reassembly({}, {});
  CHECK(reassembly.add(part(3, 3, "c"), kStart).outcome == Outcome::waiting);
  CHECK(reassembly.add(part(1, 3, "a"), kStart).outcome == Outcome::waiting);
  const Added added = reassembly.add(part(2, 3, "b"), kStart);
  CHECK(added.outcome == Outcome::complete);
  CHECK(added.message.body == "abc");
  CHECK(added.message.is_text);
  CHECK(reassembly.incomplete() == 0);
  CHECK(reassembly.octets() == 0);
  CHECK(!reassembly.next_expiry());
  CHECK(reassembly.counters().completed == 1);
  CHECK(reassembly.counters().parts == 3);
  CHECK(reassembly.add(part(1, 1, "x"), kStart).message.body == "x");
}

TEST_CASE("a part that comes twice counts once") {
  Reassembly reassembly({}, {});
  CHECK(reassembly.add(part(1, 2, "a"), kStart).outcome == Outcome::waiting);
  CHECK(reassembly.add(part(1, 2, "a"), kStart).outcome == Outcome::duplicate);
  CHECK(reassembly.add(part(2, 2, "b"), kStart).message.body == "ab");
  CHECK(reassembly.counters().duplicates == 1);
}

TEST_CASE("a part that is there with other octets begins the next message of the reference") {
  Reassembly reassembly({}, {});
  CHECK(reassembly.add(part(1, 2, "ST"), kStart).outcome == Outcome::waiting);
  CHECK(reassembly.add(part(1, 2, "SH"), kStart).outcome == Outcome::waiting);
  CHECK(reassembly.incomplete() == 1);
  CHECK(reassembly.add(part(2, 2, "OP"), kStart).message.body == "SHOP");
  // Nothing of the old message is left, whichever of its parts was there, and in which alphabet.
  CHECK(reassembly.add(part(1, 3, "a"), kStart).outcome == Outcome::waiting);
  CHECK(reassembly.add(part(3, 3, "c"), kStart).outcome == Outcome::waiting);
  ReceivedPart octets = part(3, 3, "c");
  octets.alphabet = Alphabet::octets;
  CHECK(reassembly.add(octets, kStart).outcome == Outcome::waiting);
  CHECK(reassembly.add(part(1, 3, "A"), kStart).outcome == Outcome::waiting);
  CHECK(reassembly.add(part(2, 3, "B"), kStart).message.body == "ABc");
  CHECK(reassembly.counters().superseded == 2);
  CHECK(reassembly.counters().duplicates == 0);
  CHECK(reassembly.octets() == 0);
}

TEST_CASE("whatever differs in the key is another message") {
  Reassembly reassembly({}, {});
  ReceivedPart first = part(1, 2, "a", "ab", 1);
  first.recipient = "c";
  CHECK(reassembly.add(first, kStart).outcome == Outcome::waiting);
  ReceivedPart other = part(2, 2, "b", "a", 1);
  other.recipient = "bc";
  CHECK(reassembly.add(other, kStart).outcome == Outcome::waiting);
  for (int i = 0; i < 4; ++i) {
    ReceivedPart differs = part(2, 2, "b", "ab", 1);
    differs.recipient = "c";
    if (i == 0) differs.form = ReferenceForm::udh16;
    if (i == 1) differs.form = ReferenceForm::sar;
    if (i == 2) differs.reference = 0x101;
    if (i == 3) differs.total = 3;
    CHECK(reassembly.add(differs, kStart).outcome == Outcome::waiting);
  }
  CHECK(reassembly.incomplete() == 6);
}

TEST_CASE("impossible and oversized parts are refused") {
  ReassemblyOptions options;
  options.most_octets = 20'000;  // 5,000 of one sender
  Reassembly reassembly(options, {});
  CHECK(reassembly.add(part(0, 2, "a"), kStart).outcome == Outcome::refused);
  CHECK(reassembly.add(part(1, 0, "a"), kStart).outcome == Outcome::refused);
  CHECK(reassembly.add(part(3, 2, "a"), kStart).outcome == Outcome::refused);
  CHECK(reassembly.add(part(1, 2, std::string(2'500, 'a')), kStart).outcome == Outcome::refused);
  CHECK(reassembly.add(part(1, 25, "a"), kStart).outcome == Outcome::refused);
  CHECK(reassembly.counters().refused == 5);
  CHECK(reassembly.incomplete() == 0);
  // A part larger than the first, which is still to be known when it is too large.
  CHECK(reassembly.add(part(1, 3, "a"), kStart).outcome == Outcome::waiting);
  CHECK(reassembly.add(part(2, 3, std::string(5'000, 'b')), kStart).outcome == Outcome::refused);
  CHECK(reassembly.add(part(2, 3, std::string(4'000, 'b')), kStart).outcome == Outcome::waiting);
  CHECK(reassembly.octets() > 4'500);
  CHECK(reassembly.add(part(3, 3, "c"), kStart).outcome == Outcome::complete);
  CHECK(reassembly.octets() == 0);
}

TEST_CASE("the time-out runs from the last new part") {
  Reassembly reassembly({}, {});
  CHECK(reassembly.add(part(1, 3, "a"), kStart).outcome == Outcome::waiting);
  CHECK((reassembly.next_expiry() == kStart + minutes(5)));
  CHECK(reassembly.add(part(2, 3, "b"), kStart + minutes(4)).outcome == Outcome::waiting);
  CHECK(reassembly.add(part(2, 3, "b"), kStart + minutes(5)).outcome == Outcome::duplicate);
  CHECK((reassembly.next_expiry() == kStart + minutes(9)));
  reassembly.expire(kStart + minutes(9) - base::Duration(1));
  CHECK(reassembly.incomplete() == 1);
  // The last part comes too late: it begins a message of its own.
  CHECK(reassembly.add(part(3, 3, "c"), kStart + minutes(9)).outcome == Outcome::waiting);
  CHECK(reassembly.counters().expired == 1);
  CHECK(reassembly.incomplete() == 1);
  reassembly.expire(kStart + minutes(14));
  CHECK(reassembly.incomplete() == 0);
  CHECK(reassembly.octets() == 0);
}

TEST_CASE("at a limit nothing more begins, and all that has begun can end") {
  ReassemblyOptions options;
  options.most_messages = 4;
  options.most_per_sender = 2;
  Reassembly reassembly(options, {});
  const auto begin = [&](std::string_view sender, std::uint16_t reference) {
    return reassembly.add(part(1, 2, "a", sender, reference), kStart).outcome;
  };
  CHECK(begin("+431", 1) == Outcome::waiting);
  CHECK(begin("+431", 2) == Outcome::waiting);
  CHECK(begin("+431", 3) == Outcome::sender_full);
  CHECK(begin("+432", 1) == Outcome::waiting);
  CHECK(begin("+433", 1) == Outcome::waiting);
  CHECK(begin("+434", 1) == Outcome::full);
  CHECK(reassembly.counters().above_sender == 1);
  CHECK(reassembly.counters().above_messages == 1);
  CHECK(reassembly.take_dropped().empty());
  CHECK(reassembly.add(part(2, 2, "b", "+431", 1), kStart).message.body == "ab");
  CHECK(begin("+434", 1) == Outcome::waiting);
  CHECK(begin("+431", 3) == Outcome::full);
  reassembly.expire(kStart + minutes(5));
  CHECK(reassembly.counters().expired == 4);
  CHECK(reassembly.add(part(1, 2, "a", "+431", 3), kStart + minutes(5)).outcome ==
        Outcome::waiting);
}

TEST_CASE("the first part takes the room of all, and one sender a quarter of it at most") {
  ReassemblyOptions options;
  options.most_octets = 40'000;
  Reassembly reassembly(options, {});
  std::size_t begun = 0;
  for (int sender = 0; sender < 10; ++sender) {
    const std::string number = "+43" + std::to_string(sender);
    for (std::uint16_t reference = 0; reference < 20; ++reference) {
      const auto outcome = reassembly.add(part(7, 10, "a", number, reference), kStart).outcome;
      if (outcome == Outcome::waiting) ++begun;
      REQUIRE(reassembly.octets() <= options.most_octets);
    }
  }
  CHECK(begun == 14);  // three of each of the first four, and two of the next
  CHECK(reassembly.counters().above_octets == 5 * 20 + 18);
  CHECK(reassembly.counters().above_sender == 4 * 17);
  const std::string full(160, 'x');
  for (int sender = 0; sender < 4; ++sender) {
    const std::string number = "+43" + std::to_string(sender);
    for (std::uint16_t reference = 0; reference < 3; ++reference) {
      for (const std::uint8_t sequence : {1, 2, 3, 4, 5, 6, 8, 9}) {
        CHECK(reassembly.add(part(sequence, 10, full, number, reference), kStart).outcome ==
              Outcome::waiting);
      }
      CHECK(reassembly.add(part(10, 10, full, number, reference), kStart).outcome ==
            Outcome::complete);
    }
  }
  CHECK(reassembly.incomplete() == 2);
}

TEST_CASE("what was acknowledged before is taken whatever the limits") {
  ReassemblyOptions options;
  options.most_messages = 1;
  options.most_octets = 4'096;
  Reassembly reassembly(options, {});
  const std::string long_part(500, 'a');
  for (const std::uint16_t reference : {1, 2, 3}) {
    ReceivedPart kept = part(1, 9, long_part, "+431", reference);
    kept.is_acknowledged = true;
    CHECK(reassembly.add(kept, kStart).outcome == Outcome::waiting);
  }
  CHECK(reassembly.incomplete() == 3);
  CHECK(reassembly.add(part(1, 2, "a", "+432"), kStart).outcome == Outcome::full);
  reassembly.expire(kStart + minutes(5));
  CHECK(reassembly.octets() == 0);
}

TEST_CASE("a flood stays below every limit, and takes nothing from anybody") {
  ReassemblyOptions options;
  options.most_octets = 1'000'000;
  options.most_messages = 100;
  Reassembly reassembly(options, {});
  const std::string data(140, 'x');
  CHECK(reassembly.add(part(1, 2, "a", "+49151"), kStart).outcome == Outcome::waiting);
  for (unsigned i = 0; i < 20'000; ++i) {
    const std::string sender = "+" + std::to_string(i % 37);
    reassembly.add(part(static_cast<std::uint8_t>(1 + i % 200), 255, data, sender,
                        static_cast<std::uint16_t>(i % 1009)),
                   kStart + base::Duration(i));
    REQUIRE(reassembly.octets() <= options.most_octets);
    REQUIRE(reassembly.incomplete() <= options.most_messages);
  }
  CHECK(reassembly.counters().above_octets + reassembly.counters().above_messages > 0);
  CHECK(reassembly.counters().expired == 0);
  const auto later = kStart + base::Duration(20'000);
  CHECK(reassembly.add(part(2, 2, "b", "+49151"), later).message.body == "ab");
  reassembly.expire(kStart + minutes(60));
  CHECK(reassembly.octets() == 0);
}

TEST_CASE("a pair that the sender cut in two is whole again") {
  Reassembly reassembly({}, {});
  CHECK(reassembly.add(part(2, 2, "e!"), kStart).outcome == Outcome::waiting);
  CHECK(reassembly.add(part(1, 2, "a\x1B"), kStart).message.body == "a€!");
  ReceivedPart high = part(1, 2, "\xD8\x3D");
  ReceivedPart low = part(2, 2, std::string_view("\xDE\x00", 2));
  high.alphabet = low.alphabet = Alphabet::ucs2;
  CHECK(reassembly.add(high, kStart).outcome == Outcome::waiting);
  CHECK(reassembly.add(low, kStart).message.body == "😀");
}

TEST_CASE("parts in different alphabets are decoded each by its own") {
  Reassembly reassembly({}, {});
  ReceivedPart ucs2 = part(2, 2, "\x03\xA9");
  ucs2.alphabet = Alphabet::ucs2;
  CHECK(reassembly.add(part(1, 2, "a"), kStart).outcome == Outcome::waiting);
  const Added text = reassembly.add(ucs2, kStart);
  CHECK(text.message.body == "aΩ");
  CHECK(text.message.is_text);
  ReceivedPart octets = part(2, 2, "\xFF");
  octets.alphabet = Alphabet::octets;
  CHECK(reassembly.add(part(1, 2, "a"), kStart).outcome == Outcome::waiting);
  const Added data = reassembly.add(octets, kStart);
  CHECK(data.message.body == "a\xFF");
  CHECK(!data.message.is_text);
}

}  // namespace msggw::sms_text
