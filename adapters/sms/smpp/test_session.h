// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/sms/smpp/session.h"
#include "adapters/sms/smpp/test_peer.h"

namespace msggw::smpp::test {

/// The session and an SMSC joined through strings.
struct Pair {
  explicit Pair(SessionOptions options = {}) : esme(options) {}

  std::string take() {
    std::string octets(esme.output());
    esme.written(octets.size());
    return octets;
  }
  void note() {
    for (Event& event : esme.take_events()) events.push_back(std::move(event));
  }
  /// Until neither has more to say.
  void run() {
    while (true) {
      smsc.received(take());
      const std::string octets = smsc.take_output();
      if (octets.empty()) break;
      esme.received(octets, now);
    }
    note();
  }
  void pass(base::Duration span) {
    now += span;
    esme.tick(now);
    note();
  }
  Event next(Event::Kind kind) {
    REQUIRE(!events.empty());
    Event event = std::move(events.front());
    events.pop_front();
    REQUIRE(static_cast<int>(event.kind) == static_cast<int>(kind));
    return event;
  }
  Pdu next_in(Command command) {
    REQUIRE(!smsc.in.empty());
    Pdu pdu = std::move(smsc.in.front());
    smsc.in.pop_front();
    REQUIRE(pdu.header.command == command);
    return pdu;
  }
  void bind(Command command = Command::bind_transceiver) {
    REQUIRE(esme.bind(command, {"us", "secret", "", 0x34, {}}, now));
    run();
    const Pdu asked = next_in(command);
    CHECK(std::get<Bind>(asked.body).password == "secret");
    smsc.answer(asked.header, Status::ok, BindResponse{"smsc", 0x34});
    run();
    CHECK(std::get<BindResponse>(next(Event::Kind::bound).pdu.body).system_id == "smsc");
  }
  base::Result<> submit(Ticket ticket) { return esme.send(Command::submit_sm, {}, ticket, now); }
  void deliver() { smsc.send(Command::deliver_sm, Message{}); }
  void put(const Pdu& pdu) { esme.received(encode(pdu).value(), now); }

  base::TimePoint now{base::Duration{1'700'000'000'000}};
  Session esme;
  SmscSession smsc;
  std::deque<Event> events;
};

inline Pdu only(std::string_view octets) {
  Framer framer;
  const auto step = framer.next(octets);
  REQUIRE(step.status == Framer::Status::whole);
  CHECK(octets.empty());
  return decode(step.pdu).value();
}

}  // namespace msggw::smpp::test
