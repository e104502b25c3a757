#include "adapters/sms/smpp/session.h"

#include <doctest/doctest.h>

#include <deque>

namespace msggw::smpp {
namespace {

using namespace std::chrono_literals;
using base::Errc;
using Kind = Event::Kind;

/// An ESME and an SMSC joined through strings.
struct Pair {
  explicit Pair(SessionOptions options = {})
      : esme(Role::esme, options, now), smsc(Role::smsc, options, now) {}

  static std::string take(Session& from) {
    std::string octets(from.output());
    from.written(octets.size());
    return octets;
  }
  static void note(Session& from, std::deque<Event>& events) {
    for (Event& event : from.take_events()) events.push_back(std::move(event));
  }
  void note_both() {
    note(esme, at_esme);
    note(smsc, at_smsc);
  }
  /// Until neither has more to say.
  void run() {
    while (!esme.output().empty() || !smsc.output().empty()) {
      smsc.received(take(esme), now);
      esme.received(take(smsc), now);
    }
    note_both();
  }
  void pass(base::Duration span) {
    now += span;
    esme.tick(now);
    smsc.tick(now);
    note_both();
  }
  Event next(std::deque<Event>& events, Kind kind) {
    REQUIRE(!events.empty());
    Event event = std::move(events.front());
    events.pop_front();
    REQUIRE(static_cast<int>(event.kind) == static_cast<int>(kind));
    return event;
  }
  void bind(Command command = Command::bind_transceiver) {
    REQUIRE(esme.bind(command, {"us", "secret", "", 0x34, {}}, now));
    run();
    const Event asked = next(at_smsc, Kind::bind_asked);
    CHECK(std::get<Bind>(asked.pdu.body).password == "secret");
    REQUIRE(smsc.answer_bind(asked.id, Status::ok, "smsc", now));
    run();
    CHECK(std::get<BindResponse>(next(at_esme, Kind::bound).pdu.body).system_id == "smsc");
  }
  base::Result<> submit(Ticket ticket) { return esme.send(Command::submit_sm, {}, ticket, now); }
  base::Result<> deliver(Ticket ticket) { return smsc.send(Command::deliver_sm, {}, ticket, now); }

  base::TimePoint now{base::Duration{1'700'000'000'000}};
  Session esme;
  Session smsc;
  std::deque<Event> at_esme;
  std::deque<Event> at_smsc;
};

void put(Session& to, const Pdu& pdu, base::TimePoint now) {
  to.received(encode(pdu).value(), now);
}

Pdu only(std::string_view octets) {
  Framer framer;
  const auto step = framer.next(octets);
  REQUIRE(step.status == Framer::Status::whole);
  CHECK(octets.empty());
  return decode(step.pdu).value();
}

TEST_CASE("bind, messages both ways, unbind") {
  Pair p;
  CHECK(p.submit(1).error().code == Errc::refused);
  p.bind();
  CHECK(p.esme.state() == State::bound_trx);
  CHECK(p.smsc.state() == State::bound_trx);
  REQUIRE(p.submit(11));
  REQUIRE(p.deliver(22));
  p.run();
  const Event submitted = p.next(p.at_smsc, Kind::request);
  const Event delivered = p.next(p.at_esme, Kind::request);
  CHECK(submitted.pdu.header.command == Command::submit_sm);
  p.pass(5s);  // answered when it is safely kept
  CHECK(p.smsc.answer(submitted.id, Status::ok, "id-1", p.now));
  CHECK(!p.smsc.answer(submitted.id, Status::ok, "id-1", p.now));
  CHECK(p.esme.answer(delivered.id, Status::temporary_application_error, "", p.now));
  p.run();
  const Event answered = p.next(p.at_esme, Kind::answered);
  CHECK(answered.id == 11);
  CHECK(std::get<MessageResponse>(answered.pdu.body).message_id == "id-1");
  const Event refused = p.next(p.at_smsc, Kind::answered);
  CHECK(refused.id == 22);
  CHECK(refused.pdu.header.status == Status::temporary_application_error);
  p.esme.unbind(p.now);
  p.run();
  CHECK(p.next(p.at_esme, Kind::closed).reason == "unbound");
  CHECK(p.next(p.at_smsc, Kind::closed).reason == "the peer has unbound");
  CHECK(!p.esme.next_deadline());
}

TEST_CASE("a refused bind") {
  Pair p;
  REQUIRE(p.esme.bind(Command::bind_receiver, {}, p.now));
  CHECK(!p.esme.bind(Command::bind_receiver, {}, p.now));
  p.run();
  p.smsc.answer_bind(p.next(p.at_smsc, Kind::bind_asked).id, Status::invalid_password, "", p.now);
  p.run();
  CHECK(p.next(p.at_esme, Kind::bind_refused).pdu.header.status == Status::invalid_password);
  p.next(p.at_esme, Kind::closed);
  p.next(p.at_smsc, Kind::closed);
}

TEST_CASE("a system ID that does not fit refuses the bind, on both sides alike") {
  Pair p;
  REQUIRE(p.esme.bind(Command::bind_receiver, {}, p.now));
  p.run();
  p.smsc.answer_bind(p.next(p.at_smsc, Kind::bind_asked).id, Status::ok, std::string(16, 'x'),
                     p.now);
  p.run();
  CHECK(p.esme.state() == State::closed);
  CHECK(p.smsc.state() == State::closed);
}

TEST_CASE("the bind says which way messages may go") {
  Pair tx;
  tx.bind(Command::bind_transmitter);
  CHECK(tx.submit(1));
  CHECK(tx.deliver(1).error().code == Errc::refused);
  CHECK(tx.esme.send(Command::deliver_sm, {}, 1, tx.now).error().code == Errc::refused);
  Pair rx;
  rx.bind(Command::bind_receiver);
  CHECK(rx.submit(1).error().code == Errc::refused);
  CHECK(rx.deliver(1));
  rx.run();
  put(rx.smsc, {{Command::submit_sm, Status::ok, 9}, Message{}}, rx.now);
  CHECK(only(rx.smsc.output()).header ==
        Header{response_to(Command::submit_sm), Status::invalid_bind_state, 9});
  put(tx.smsc, {{Command::bind_receiver, Status::ok, 5}, Bind{}}, tx.now);
  CHECK(only(tx.smsc.output()).header.status == Status::already_bound);
  CHECK(tx.smsc.counters().refused_state == 1);
}

TEST_CASE("windows on both sides") {
  Pair p({.window = 3, .most_unanswered = 2});
  p.bind();
  for (Ticket ticket = 1; ticket <= 3; ++ticket) REQUIRE(p.submit(ticket));
  CHECK(p.submit(4).error().code == Errc::overloaded);
  CHECK(p.esme.outstanding() == 3);
  for (Ticket ticket = 1; ticket <= 3; ++ticket) REQUIRE(p.deliver(ticket));
  p.run();
  // The third is above the limit on unanswered ones.
  const Event throttled = p.next(p.at_esme, Kind::request);
  (void)throttled;
  p.next(p.at_esme, Kind::request);
  const Event third = p.next(p.at_esme, Kind::answered);
  CHECK(third.id == 3);
  CHECK(third.pdu.header.status == Status::throttled);
  p.next(p.at_smsc, Kind::request);
  p.next(p.at_smsc, Kind::request);
  CHECK(p.next(p.at_smsc, Kind::answered).pdu.header.status == Status::queue_full);
  CHECK(p.esme.counters().refused_overload == 1);
  CHECK(p.submit(4));
}

TEST_CASE("time-outs, late and duplicate responses") {
  Pair p;
  p.bind();
  REQUIRE(p.submit(1));
  p.run();
  const Event request = p.next(p.at_smsc, Kind::request);
  CHECK(p.esme.next_deadline() == p.now + 10s);
  p.pass(9'999ms);
  CHECK(p.at_esme.empty());
  p.pass(1ms);
  CHECK(p.next(p.at_esme, Kind::unanswered).id == 1);
  CHECK(p.esme.counters().timeouts == 1);
  p.smsc.answer(request.id, Status::ok, "late", p.now);
  const std::string late = Pair::take(p.smsc);
  p.esme.received(late, p.now);
  p.esme.received(late, p.now);
  p.note_both();
  CHECK(p.at_esme.empty());
  CHECK(p.esme.counters().unknown_responses == 2);
  CHECK(p.esme.state() == State::bound_trx);
  // A response of another command does not answer the request.
  REQUIRE(p.submit(2));
  const auto sequence = only(Pair::take(p.esme)).header.sequence;
  put(p.esme, {{response_to(Command::data_sm), Status::ok, sequence}, MessageResponse{}}, p.now);
  CHECK(p.esme.outstanding() == 1);
  put(p.esme, {{Command::generic_nack, Status::invalid_command, sequence}, Empty{}}, p.now);
  p.note_both();
  CHECK(p.next(p.at_esme, Kind::answered).pdu.header.command == Command::generic_nack);
}

TEST_CASE("enquire_link keeps a silent session, and ends a dead one") {
  Pair p;
  p.bind();
  for (int i = 0; i < 5; ++i) {
    p.pass(30s);
    p.run();
  }
  CHECK(p.esme.counters().enquiries_out + p.smsc.counters().enquiries_out >= 5);
  CHECK(p.esme.state() == State::bound_trx);
  p.pass(30s);
  p.pass(10s);  // nothing was carried over
  CHECK(p.next(p.at_esme, Kind::closed).reason == "enquire_link was not answered");
}

TEST_CASE("binds that do not come or are not answered") {
  Pair p;
  p.pass(10s);
  CHECK(p.next(p.at_smsc, Kind::closed).reason == "no bind in time");
  REQUIRE(p.esme.bind(Command::bind_transmitter, {}, p.now));
  p.pass(10s);
  CHECK(p.next(p.at_esme, Kind::closed).reason == "the bind was not answered");
}

TEST_CASE("an unbind waits for answers both ways, but not for ever") {
  Pair p;
  p.bind();
  REQUIRE(p.submit(1));
  REQUIRE(p.deliver(2));
  p.run();
  const Event submitted = p.next(p.at_smsc, Kind::request);
  const Event delivered = p.next(p.at_esme, Kind::request);
  p.esme.unbind(p.now);
  CHECK(p.esme.output().empty());
  CHECK(p.submit(3).error().code == Errc::refused);
  p.esme.answer(delivered.id, Status::ok, "", p.now);
  p.run();
  CHECK(p.smsc.state() == State::bound_trx);
  SUBCASE("answered") {
    p.smsc.answer(submitted.id, Status::ok, "id", p.now);
    p.run();
    p.next(p.at_esme, Kind::answered);
    p.next(p.at_esme, Kind::closed);
  }
  SUBCASE("never answered") {
    p.pass(10s);  // esme: the message has timed out, so it unbinds
    p.run();
    p.next(p.at_esme, Kind::unanswered);
    CHECK(p.smsc.state() == State::unbinding);  // waits for its owner's answer
    p.pass(10s);
    p.run();
    CHECK(p.smsc.state() == State::closed);
    p.next(p.at_esme, Kind::closed);
  }
}

TEST_CASE("both unbind at once") {
  Pair p;
  p.bind();
  p.esme.unbind(p.now);
  p.smsc.unbind(p.now);
  p.run();
  CHECK(p.esme.state() == State::closed);
  CHECK(p.smsc.state() == State::closed);
}

TEST_CASE("a lost connection leaves no message without an end") {
  Pair p;
  p.bind();
  for (Ticket ticket = 1; ticket <= 3; ++ticket) REQUIRE(p.submit(ticket));
  REQUIRE(p.deliver(9));
  p.run();
  const Event delivered = p.next(p.at_esme, Kind::request);
  p.esme.cut(p.now);
  p.note_both();
  for (Ticket ticket = 1; ticket <= 3; ++ticket)
    CHECK(p.next(p.at_esme, Kind::unanswered).id == ticket);
  p.next(p.at_esme, Kind::closed);
  CHECK(!p.esme.answer(delivered.id, Status::ok, "", p.now));
  CHECK(p.esme.outstanding() == 0);
  p.esme.cut(p.now);
  p.esme.received("anything", p.now);
  CHECK(p.esme.take_events().empty());
}

TEST_CASE("sequence numbers wrap and skip those that wait") {
  Pair p;
  p.bind();
  p.esme.set_next_sequence(1);
  REQUIRE(p.submit(1));
  CHECK(only(Pair::take(p.esme)).header.sequence == 1);
  p.esme.set_next_sequence(kMostSequence);
  REQUIRE(p.submit(2));
  CHECK(only(Pair::take(p.esme)).header.sequence == kMostSequence);
  REQUIRE(p.submit(3));
  CHECK(only(Pair::take(p.esme)).header.sequence == 2);
}

TEST_CASE("what cannot be decoded is answered with the sequence where it is known") {
  Pair p;
  p.bind();
  std::string unknown = encode({{Command::enquire_link, Status::ok, 77}, Empty{}}).value();
  unknown[7] = '\x16';
  p.esme.received(unknown, p.now);
  CHECK(only(Pair::take(p.esme)).header ==
        Header{Command::generic_nack, Status::invalid_command, 77});
  std::string broken = encode({{Command::deliver_sm, Status::ok, 78}, Message{}}).value();
  broken.back() = '\x05';
  p.esme.received(broken, p.now);
  CHECK(only(Pair::take(p.esme)).header ==
        Header{response_to(Command::deliver_sm), Status::invalid_message_length, 78});
  std::string query = encode({{Command::enquire_link, Status::ok, 79}, Empty{}}).value();
  query[7] = '\x03';
  p.esme.received(query, p.now);
  CHECK(only(Pair::take(p.esme)).header ==
        Header{response_to(Command::query_sm), Status::invalid_command, 79});
  p.esme.received(std::string(4, '\0'), p.now);
  CHECK(only(Pair::take(p.esme)).header ==
        Header{Command::generic_nack, Status::invalid_command_length, 0});
  CHECK(p.esme.state() == State::closed);
  CHECK(p.esme.counters().faults == 3);
  CHECK(p.esme.counters().unsupported == 1);
}

TEST_CASE("an unreadable answer ends its request") {
  Pair p;
  p.bind();
  REQUIRE(p.submit(5));
  const auto sequence = only(Pair::take(p.esme)).header.sequence;
  std::string broken =
      encode({{response_to(Command::submit_sm), Status::ok, sequence}, MessageResponse{"id"}})
          .value();
  broken.back() = 'x';
  p.esme.received(broken, p.now);
  p.note_both();
  CHECK(p.next(p.at_esme, Kind::unanswered).id == 5);
}

TEST_CASE("a peer that reads nothing is closed") {
  Pair p({.most_output_octets = 1'000});
  p.bind();
  const std::string enquiry = encode({{Command::enquire_link, Status::ok, 1}, Empty{}}).value();
  for (int i = 0; i < 100; ++i) p.smsc.received(enquiry, p.now);
  CHECK(p.smsc.state() == State::closed);
  CHECK(p.smsc.output().size() < 1'100);
}

}  // namespace
}  // namespace msggw::smpp
