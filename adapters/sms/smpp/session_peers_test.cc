// SPDX-License-Identifier: Apache-2.0
// SMSCs that are not as SMPP 3.4 has them, or no longer well.
#include "adapters/sms/smpp/session.h"

#include <doctest/doctest.h>

#include "adapters/sms/smpp/test_session.h"

namespace msggw::smpp {
namespace {

using namespace std::chrono_literals;
using test::only;
using test::Pair;
using Kind = Event::Kind;

TEST_CASE("an answer ends its request by its status, and what is odd in it is told once") {
  Pair p;
  p.bind();
  for (Ticket ticket = 1; ticket <= 3; ++ticket) {
    REQUIRE(p.submit(ticket));
    const auto sequence = only(p.take()).header.sequence;
    std::string odd =
        encode({{response_to(Command::submit_sm), Status::ok, sequence}, MessageResponse{"id"}})
            .value();
    odd.back() = 'x';
    p.esme.received(odd, p.now);
    p.note();
    if (ticket == 1) {
      const Event told = p.next(Kind::malformed);
      CHECK(told.id == 1);
      CHECK(told.pdu.header.command == response_to(Command::submit_sm));
      CHECK(told.pdu.flaw == Status::invalid_command_length);
    }
    const Event answered = p.next(Kind::answered);
    CHECK(answered.id == ticket);
    CHECK(std::get<MessageResponse>(answered.pdu.body).message_id == "idx");
  }
  CHECK(p.events.empty());
  CHECK(p.esme.counters().flaws == 3);
  CHECK(p.esme.counters().faults == 0);
}

TEST_CASE("a session that the SMSC does not take for bound is left") {
  Pair p;
  p.bind();
  SUBCASE("by the answer to a message") {
    REQUIRE(p.submit(1));
    REQUIRE(p.submit(2));
    p.run();
    p.smsc.answer(p.next_in(Command::submit_sm).header, Status::invalid_bind_state);
    p.run();
    CHECK(p.next(Kind::answered).pdu.header.status == Status::invalid_bind_state);
    CHECK_FALSE(p.esme.may_send());
    CHECK(p.events.empty());  // the other one may have been taken
    p.smsc.answer(p.next_in(Command::submit_sm).header, Status::ok, MessageResponse{"id"});
    p.run();
    CHECK(p.next(Kind::answered).id == 2);
  }
  SUBCASE("by the answer to enquire_link") {
    p.pass(30s);
    const auto sequence = only(p.take()).header.sequence;
    p.put({{response_to(Command::enquire_link), Status::invalid_bind_state, sequence}, Empty{}});
    p.run();
  }
  SUBCASE("by a generic_nack to enquire_link") {
    p.pass(30s);
    const auto sequence = only(p.take()).header.sequence;
    p.put({{Command::generic_nack, Status::invalid_bind_state, sequence}, Empty{}});
    p.run();
  }
  CHECK(p.next(Kind::closed).reason.find("ESME_RINVBNDSTS") != std::string::npos);
  CHECK(p.esme.has_failed());
  CHECK(p.smsc.is_closed());
}

TEST_CASE("what says nothing of the bind keeps the session") {
  Pair p;
  p.bind();
  p.pass(30s);
  const auto sequence = only(p.take()).header.sequence;
  p.put({{Command::generic_nack, Status::invalid_command, sequence}, Empty{}});
  REQUIRE(p.submit(1));
  p.run();
  p.smsc.answer(p.next_in(Command::submit_sm).header, Status::already_bound);
  p.run();
  p.next(Kind::answered);
  CHECK(p.esme.state() == State::bound_trx);
}

TEST_CASE("octets without sense do not prove that the SMSC is there") {
  Pair p;
  p.bind();
  std::string broken = encode({{Command::deliver_sm, Status::ok, 78}, Message{}}).value();
  broken.back() = '\x05';
  for (int i = 0; i < 4; ++i) {
    p.pass(10s);
    p.esme.received(broken, p.now);
  }
  p.note();
  CHECK(p.next(Kind::malformed).id == 0);
  CHECK(p.next(Kind::closed).reason == "enquire_link was not answered");
}

TEST_CASE("an SMSC that answers enquire_link but no message is left, one that is slow is not") {
  Pair p;
  p.bind();
  for (int round = 0; round < 3; ++round) {
    for (Ticket ticket = 0; ticket < 2; ++ticket) {
      REQUIRE(p.submit(ticket));
      p.run();
      p.next_in(Command::submit_sm);
      p.pass(10s);
      CHECK(p.next(Kind::unanswered).id == ticket);
    }
    REQUIRE(p.submit(2));
    p.run();
    p.smsc.answer(p.next_in(Command::submit_sm).header, Status::ok, MessageResponse{"id"});
    p.run();
    p.next(Kind::answered);
  }
  for (int round = 0; round < 3; ++round) {
    CHECK(p.events.empty());
    for (Ticket ticket = 0; ticket < 3; ++ticket) REQUIRE(p.submit(ticket));
    p.run();
    p.pass(10s);
    for (Ticket ticket = 0; ticket < 3; ++ticket) CHECK(p.next(Kind::unanswered).id == ticket);
  }
  CHECK(p.next(Kind::closed).reason == "message after message was not answered");
  CHECK(p.esme.has_failed());
}

TEST_CASE("an SMSC that answers everything, later than response_within, keeps its session") {
  Pair p;
  p.bind();
  Ticket ticket = 0;
  for (int second = 0; second < 120; ++second) {
    while (p.esme.outstanding() < 10) REQUIRE(p.submit(++ticket));
    p.run();
    // Each answer comes 12 s after its message.
    if (second % 10 == 2 && second > 10) {
      for (int i = 0; i < 10; ++i)
        p.smsc.answer(p.next_in(Command::submit_sm).header, Status::ok, MessageResponse{"id"});
      p.run();
    }
    p.pass(1s);
  }
  CHECK(p.esme.state() == State::bound_trx);
  CHECK(p.esme.counters().unknown_responses == 110);
}

TEST_CASE("late answers to one message after the other keep the session too") {
  Pair p;
  p.bind();
  for (Ticket ticket = 0; ticket < 10; ++ticket) {
    REQUIRE(p.submit(ticket));
    p.run();
    p.pass(10s);
    CHECK(p.next(Kind::unanswered).id == ticket);
    p.smsc.answer(p.next_in(Command::submit_sm).header, Status::ok, MessageResponse{"id"});
    p.run();
  }
  CHECK(p.esme.state() == State::bound_trx);
}

TEST_CASE("a message that comes before the answer to the bind waits for it") {
  constexpr int kMost = 16;
  Pair p({.most_unanswered = kMost});
  bool good = true;
  SUBCASE("which is good") {}
  SUBCASE("which is not") {
    good = false;
  }
  REQUIRE(p.esme.bind(Command::bind_transceiver, {}, p.now));
  p.run();
  const Header asked = p.next_in(Command::bind_transceiver).header;
  for (int i = 0; i < kMost; ++i) p.deliver();
  p.run();
  CHECK(p.events.empty());
  CHECK(p.smsc.in.empty());  // nothing is said to them yet
  p.deliver();
  p.run();
  CHECK(p.next_in(response_to(Command::deliver_sm)).header.status == Status::queue_full);
  CHECK(p.esme.counters().refused_overload == 1);
  p.smsc.answer(asked, good ? Status::ok : Status::bind_failed, BindResponse{});
  p.run();
  if (!good) {
    p.next(Kind::bind_refused);
    p.next(Kind::closed);
    return;
  }
  p.next(Kind::bound);
  for (int i = 0; i < kMost; ++i) CHECK(p.esme.answer(p.next(Kind::request).id, Status::ok, p.now));
  p.run();
  CHECK(p.next_in(response_to(Command::deliver_sm)).header.status == Status::ok);
}

TEST_CASE("a message that crosses our unbind comes again") {
  Pair p;
  p.bind();
  p.esme.unbind(p.now);
  p.put({{Command::deliver_sm, Status::ok, 9}, Message{}});
  const std::string out = p.take();
  CHECK(only(out.substr(0, kHeaderOctets)).header.command == Command::unbind);
  CHECK(only(out.substr(kHeaderOctets)).header ==
        Header{response_to(Command::deliver_sm), Status::temporary_application_error, 9});
}

}  // namespace
}  // namespace msggw::smpp
