// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smpp/session.h"

#include <doctest/doctest.h>

#include "adapters/sms/smpp/test_session.h"

namespace msggw::smpp {
namespace {

using namespace std::chrono_literals;
using base::Errc;
using test::only;
using test::Pair;
using Kind = Event::Kind;

TEST_CASE("bind, messages both ways, unbind") {
  Pair p;
  CHECK(p.submit(1).error().code == Errc::refused);
  p.bind();
  CHECK(p.esme.state() == State::bound_trx);
  REQUIRE(p.submit(11));
  p.deliver();
  p.run();
  const Pdu submitted = p.next_in(Command::submit_sm);
  const Event delivered = p.next(Kind::request);
  p.pass(5s);  // answered when it is safely kept
  p.smsc.answer(submitted.header, Status::ok, MessageResponse{"id-1"});
  CHECK(p.esme.answer(delivered.id, Status::temporary_application_error, p.now));
  CHECK(!p.esme.answer(delivered.id, Status::temporary_application_error, p.now));
  p.run();
  const Event answered = p.next(Kind::answered);
  CHECK(answered.id == 11);
  CHECK(std::get<MessageResponse>(answered.pdu.body).message_id == "id-1");
  CHECK(p.next_in(response_to(Command::deliver_sm)).header.status ==
        Status::temporary_application_error);
  p.esme.unbind(p.now);
  p.run();
  CHECK(p.next(Kind::closed).reason == "unbound");
  CHECK_FALSE(p.esme.has_failed());
  CHECK(p.smsc.is_closed());
  CHECK(!p.esme.next_deadline());
}

TEST_CASE("a refused bind") {
  Pair p;
  REQUIRE(p.esme.bind(Command::bind_receiver, {}, p.now));
  CHECK(!p.esme.bind(Command::bind_receiver, {}, p.now));
  p.run();
  p.smsc.answer(p.next_in(Command::bind_receiver).header, Status::invalid_password);
  p.run();
  CHECK(p.next(Kind::bind_refused).pdu.header.status == Status::invalid_password);
  p.next(Kind::closed);
}

TEST_CASE("the bind says which way messages may go") {
  Pair tx;
  tx.bind(Command::bind_transmitter);
  CHECK(tx.submit(1));
  CHECK(tx.esme.send(Command::data_sm, {}, 2, tx.now));
  CHECK(tx.esme.send(Command::deliver_sm, {}, 3, tx.now).error().code == Errc::refused);
  tx.take();
  tx.put({{Command::deliver_sm, Status::ok, 9}, Message{}});
  CHECK(only(tx.take()).header ==
        Header{response_to(Command::deliver_sm), Status::invalid_bind_state, 9});
  Pair rx;
  rx.bind(Command::bind_receiver);
  CHECK(rx.submit(1).error().code == Errc::refused);
  rx.deliver();
  rx.run();
  rx.next(Kind::request);
}

TEST_CASE("what only an SMSC takes is refused") {
  Pair p;
  p.bind();
  p.put({{Command::submit_sm, Status::ok, 9}, Message{}});
  CHECK(only(p.take()).header ==
        Header{response_to(Command::submit_sm), Status::invalid_bind_state, 9});
  p.put({{Command::bind_receiver, Status::ok, 5}, Bind{}});
  CHECK(only(p.take()).header ==
        Header{response_to(Command::bind_receiver), Status::invalid_bind_state, 5});
}

TEST_CASE("windows on both sides") {
  Pair p({.window = 3, .most_unanswered = 2});
  p.bind();
  for (Ticket ticket = 1; ticket <= 3; ++ticket) REQUIRE(p.submit(ticket));
  CHECK(p.submit(4).error().code == Errc::overloaded);
  CHECK(p.esme.outstanding() == 3);
  for (int i = 0; i < 3; ++i) p.deliver();
  p.run();
  p.next(Kind::request);
  p.next(Kind::request);
  CHECK(p.events.empty());
  const Header first = p.next_in(Command::submit_sm).header;
  p.next_in(Command::submit_sm);
  p.next_in(Command::submit_sm);
  // The third is above the limit on unanswered ones.
  CHECK(p.next_in(response_to(Command::deliver_sm)).header.status == Status::queue_full);
  CHECK(p.esme.counters().refused_overload == 1);
  p.smsc.answer(first, Status::throttled);
  p.run();
  CHECK(p.next(Kind::answered).pdu.header.status == Status::throttled);
  CHECK(p.submit(4));
}

TEST_CASE("other windows and times count at once, also for what is under way") {
  Pair p({.window = 1, .most_unanswered = 1});
  p.bind();
  REQUIRE(p.submit(1));
  p.esme.limit_to({.window = 2, .most_unanswered = 2, .response_within = 20s, .enquire_after = 5s});
  CHECK(p.submit(2));
  CHECK(p.submit(3).error().code == Errc::overloaded);
  p.deliver();
  p.deliver();
  p.run();
  p.next(Kind::request);
  p.next(Kind::request);
  CHECK(p.esme.next_deadline() == p.now + 5s);
  p.pass(5s);
  CHECK(only(p.take()).header.command == Command::enquire_link);
  CHECK(p.esme.next_deadline() == p.now + 15s);
  p.esme.limit_to({.response_within = 6s});
  p.pass(1s);
  CHECK(p.next(Kind::unanswered).id == 1);
  CHECK(p.next(Kind::unanswered).id == 2);
  CHECK(p.events.empty());
}

TEST_CASE("time-outs, late and duplicate responses") {
  Pair p;
  p.bind();
  REQUIRE(p.submit(1));
  p.run();
  const Pdu request = p.next_in(Command::submit_sm);
  CHECK(p.esme.next_deadline() == p.now + 10s);
  p.pass(9'999ms);
  CHECK(p.events.empty());
  p.pass(1ms);
  CHECK(p.next(Kind::unanswered).id == 1);
  CHECK(p.esme.counters().timeouts == 1);
  p.smsc.answer(request.header, Status::ok, MessageResponse{"late"});
  p.smsc.answer(request.header, Status::ok, MessageResponse{"late"});
  p.run();
  CHECK(p.events.empty());
  CHECK(p.esme.counters().unknown_responses == 2);
  CHECK(p.esme.state() == State::bound_trx);
  // A response of another command does not answer the request.
  REQUIRE(p.submit(2));
  const auto sequence = only(p.take()).header.sequence;
  p.put({{response_to(Command::data_sm), Status::ok, sequence}, MessageResponse{}});
  CHECK(p.esme.outstanding() == 1);
  p.put({{Command::generic_nack, Status::invalid_command, sequence}, Empty{}});
  p.note();
  CHECK(p.next(Kind::answered).pdu.header.command == Command::generic_nack);
}

TEST_CASE("enquire_link keeps a silent session, and ends a dead one") {
  Pair p;
  p.bind();
  for (int i = 0; i < 5; ++i) {
    p.pass(30s);
    CHECK(only(p.esme.output()).header.command == Command::enquire_link);
    p.run();
  }
  CHECK(p.esme.state() == State::bound_trx);
  p.put({{Command::enquire_link, Status::ok, 7}, Empty{}});
  CHECK(only(p.take()).header == Header{response_to(Command::enquire_link), Status::ok, 7});
  p.pass(30s);
  p.pass(10s);  // nothing was carried over
  CHECK(p.next(Kind::closed).reason == "enquire_link was not answered");
  CHECK(p.esme.has_failed());
}

TEST_CASE("a bind that is not answered") {
  Pair p;
  REQUIRE(p.esme.bind(Command::bind_transmitter, {}, p.now));
  p.pass(10s);
  CHECK(p.next(Kind::closed).reason == "the bind was not answered");
}

TEST_CASE("an unbind waits for answers both ways, but not for ever") {
  Pair p;
  p.bind();
  REQUIRE(p.submit(1));
  p.deliver();
  p.run();
  const Pdu submitted = p.next_in(Command::submit_sm);
  const Event delivered = p.next(Kind::request);
  p.esme.unbind(p.now);
  CHECK(p.esme.output().empty());
  CHECK(p.submit(3).error().code == Errc::refused);
  p.esme.answer(delivered.id, Status::ok, p.now);
  p.run();
  CHECK(!p.smsc.is_closed());
  SUBCASE("answered") {
    p.smsc.answer(submitted.header, Status::ok, MessageResponse{"id"});
    p.run();
    p.next(Kind::answered);
    p.next(Kind::closed);
  }
  SUBCASE("never answered") {
    p.pass(10s);
    p.run();
    p.next(Kind::unanswered);
    p.next(Kind::closed);
  }
  CHECK(p.smsc.is_closed());
}

TEST_CASE("the SMSC's unbind waits for our answers, but not for ever") {
  Pair p;
  p.bind();
  p.deliver();
  p.smsc.send(Command::unbind);
  p.run();
  const Event delivered = p.next(Kind::request);
  CHECK(!p.smsc.is_closed());
  CHECK(p.submit(1).error().code == Errc::refused);
  p.deliver();  // the SMSC keeps it
  p.run();
  CHECK(p.next_in(response_to(Command::deliver_sm)).header.status ==
        Status::temporary_application_error);
  SUBCASE("answered") {
    p.esme.answer(delivered.id, Status::ok, p.now);
    CHECK(only(p.esme.output().substr(0, 17)).header.command == response_to(Command::deliver_sm));
  }
  SUBCASE("never answered") {
    p.pass(10s);
  }
  p.note();
  CHECK(p.next(Kind::closed).reason == "the peer has unbound");
  CHECK_FALSE(p.esme.has_failed());
  CHECK(p.esme.output().size() >= kHeaderOctets);
}

TEST_CASE("both unbind at once") {
  Pair p;
  p.bind();
  p.esme.unbind(p.now);
  p.smsc.send(Command::unbind);
  p.run();
  CHECK(p.esme.state() == State::closed);
  CHECK(p.smsc.is_closed());
}

TEST_CASE("a lost connection leaves no message without an end") {
  Pair p;
  p.bind();
  for (Ticket ticket = 1; ticket <= 3; ++ticket) REQUIRE(p.submit(ticket));
  p.deliver();
  p.run();
  const Event delivered = p.next(Kind::request);
  p.esme.cut(p.now);
  p.note();
  for (Ticket ticket = 1; ticket <= 3; ++ticket) CHECK(p.next(Kind::unanswered).id == ticket);
  p.next(Kind::closed);
  CHECK(!p.esme.answer(delivered.id, Status::ok, p.now));
  CHECK(p.esme.outstanding() == 0);
  CHECK_FALSE(p.esme.has_failed());
  p.esme.cut(p.now);
  p.esme.received("anything", p.now);
  CHECK(p.esme.take_events().empty());
}

TEST_CASE("sequence numbers count, and begin anew after the last one") {
  Pair p;
  p.bind();  // 1
  REQUIRE(p.submit(1));
  CHECK(only(p.take()).header.sequence == 2);
  CHECK(sequence_after(kMostSequence - 1) == kMostSequence);
  CHECK(sequence_after(kMostSequence) == 1);
}

TEST_CASE("what cannot be decoded is answered with the sequence where it is known") {
  Pair p;
  p.bind();
  std::string unknown = encode({{Command::enquire_link, Status::ok, 77}, Empty{}}).value();
  unknown[7] = '\x16';
  p.esme.received(unknown, p.now);
  CHECK(only(p.take()).header == Header{Command::generic_nack, Status::invalid_command, 77});
  std::string broken = encode({{Command::deliver_sm, Status::ok, 78}, Message{}}).value();
  broken.back() = '\x05';
  p.esme.received(broken, p.now);
  CHECK(only(p.take()).header ==
        Header{response_to(Command::deliver_sm), Status::invalid_message_length, 78});
  std::string query = encode({{Command::enquire_link, Status::ok, 79}, Empty{}}).value();
  query[7] = '\x03';
  p.esme.received(query, p.now);
  CHECK(only(p.take()).header ==
        Header{response_to(Command::query_sm), Status::invalid_command, 79});
  p.esme.received(std::string(4, '\0'), p.now);
  CHECK(only(p.take()).header == Header{Command::generic_nack, Status::invalid_command_length, 0});
  CHECK(p.esme.state() == State::closed);
  CHECK(p.esme.counters().faults == 3);
  CHECK(p.esme.counters().unsupported == 1);
}

TEST_CASE("a peer that reads nothing is closed") {
  Pair p({.most_output_octets = 1'000});
  p.bind();
  const std::string enquiry = encode({{Command::enquire_link, Status::ok, 1}, Empty{}}).value();
  for (int i = 0; i < 100; ++i) p.esme.received(enquiry, p.now);
  CHECK(p.esme.state() == State::closed);
  CHECK(p.esme.output().size() < 1'100);
}

}  // namespace
}  // namespace msggw::smpp
