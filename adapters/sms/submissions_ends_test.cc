// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/submissions.h"

#include <doctest/doctest.h>

#include "adapters/sms/test_submissions.h"
#include "tests/support/events.h"

namespace msggw::sms::submissions_ends_test {

namespace sms = msggw::sms;
namespace smpp = msggw::smpp;
using World = sms::test::SubmissionsWorld;
using sms::test::long_text;
using namespace std::chrono_literals;

TEST_CASE("each end of a message that is not sent has one event and its own label") {
  sms::Options options;
  options.max_parts = 2;
  World world(options);
  msggw::test::Events events;
  const auto told = [&](const std::string& event, const std::string& end) {
    CHECK(events.count("sms_") == 1);
    CHECK(events.text().find(event + " smsc=smsc to=+4915112345678 reason=") != std::string::npos);
    CHECK(world.ends(end) == 1);
    for (const char* other : {"sent", "expired", "refused", "unanswered", "unsendable"})
      CHECK(world.ends(other) == (other == end ? 1 : 0));
  };
  SUBCASE("refused") {
    world.add(long_text(300));
    const auto first = world.next();
    const auto second = world.next();
    world.answer(first->ticket, smpp::Status::invalid_destination);
    world.answer(second->ticket, smpp::Status::invalid_destination);
    told("sms_refused", "refused");
    CHECK(events.count("ESME_RINVDSTADR") == 1);
  }
  SUBCASE("refused by a generic_nack") {
    world.add("hello");
    const smpp::Pdu nack{{smpp::Command::generic_nack, smpp::Status::invalid_command, 1},
                         smpp::Empty{}};
    CHECK_FALSE(world.submissions->answered(sms::SmscNo{}, world.next()->ticket, nack, world.now));
    told("sms_refused", "refused");
  }
  SUBCASE("never answered") {
    world.add("hello");
    while (const auto submit = world.next())
      world.submissions->unanswered(submit->ticket, world.now);
    told("sms_unanswered", "unanswered");
  }
  SUBCASE("expired while it waits") {
    world.add("hello");
    world.pass(world.options.outgoing_lifetime);
    told("sms_expired", "expired");
    CHECK(events.count("the last said") == 0);
  }
  SUBCASE("expired after \"later\", again and again") {
    world.add("hello");
    for (int i = 0; i < 100; ++i) {
      while (const auto submit = world.next())
        world.answer(submit->ticket, smpp::Status::system_error);
      world.pass(60s);
    }
    told("sms_expired", "expired");
    CHECK(events.count("the last said ESME_RSYSERR, ") == 1);
  }
  SUBCASE("too long") {
    world.add(long_text(400));
    CHECK_FALSE(world.next());
    told("sms_unsendable", "unsendable");
  }
  SUBCASE("no PDU can be made of it") {
    world.add("hello");
    world.submissions->unsendable(world.next()->ticket, "source_addr has 30 octets", world.now);
    CHECK_FALSE(world.next());
    told("sms_unsendable", "unsendable");
  }
}

}  // namespace msggw::sms::submissions_ends_test
