// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/message_layer.h"

#include <doctest/doctest.h>

#include <set>
#include <vector>

namespace msggw::coap {
namespace {

using namespace std::string_literals;
using Type = MessageType;

Peer peer(std::uint16_t port) {
  Peer made;
  made.port = port;
  return made;
}

Token token(char octet) {
  Token made;
  made.octets[0] = octet;
  made.size = 1;
  return made;
}

std::string written(Type type, std::uint16_t mid, std::uint8_t code, std::string_view token = {},
                    std::string_view payload = {}) {
  std::string out;
  append_datagram(out, type, mid, code, token, {}, payload);
  return out;
}

/// A layer whose time and way the test is.
struct Layer {
  explicit Layer(const MessageLayer::Limits& limits = {})
      : layer(limits,
              {.transmit = [this](const Peer& to,
                                  std::string_view octets) { sent.emplace_back(to, octets); },
               .may_repeat = [this](const Peer&, std::size_t) { return may_repeat; },
               .message = [this](const Peer&,
                                 const Datagram& in) { messages.push_back(in.message.code); },
               .ended =
                   [this](const Peer& of, const Token&, const MessageLayer::Subject& subject,
                          Ending how) {
                     ended.emplace_back(of.port, how);
                     if (subject) subjects.push_back(subject->number);
                   },
               .malformed = [this] { ++malformed; }}) {}

  std::uint16_t send(const Peer& to, char of = 't') {
    return layer.send(to, true, 0x45, token(of), {}, "payload", now);
  }
  void wait(int ms) {
    now += base::Duration{ms};
    layer.repeat(now);
  }
  /// What was sent last, and is forgotten.
  Datagram take() {
    REQUIRE(!sent.empty());
    taken = sent.back().second;
    sent.clear();
    return read_datagram(taken);
  }

  std::vector<std::pair<Peer, std::string>> sent;
  std::vector<std::uint8_t> messages;
  std::vector<std::pair<std::uint16_t, Ending>> ended;
  std::vector<std::uint64_t> subjects;
  int malformed = 0;
  bool may_repeat = true;
  std::string taken;
  base::TimePoint now{};
  MessageLayer layer;
};
using Ends = std::vector<std::pair<std::uint16_t, Ending>>;

TEST_CASE("a confirmable message is repeated with growing pauses and times out once") {
  Layer one;
  const auto mid = one.send(peer(1));
  const std::string octets = one.sent.at(0).second;
  CHECK(read_datagram(octets).type == Type::confirmable);
  std::vector<base::TimePoint> times{one.now};
  while (const auto due = one.layer.next_due()) {
    one.now = *due;
    const auto before = one.sent.size();
    one.layer.repeat(one.now);
    if (one.sent.size() > before) times.push_back(one.now);
  }
  CHECK(one.sent.size() == 5);  // MAX_RETRANSMIT and the first
  for (const auto& [to, again] : one.sent) CHECK(again == octets);
  const auto first = times[1] - times[0];
  CHECK(first >= base::Duration{2'000});
  CHECK(first <= base::Duration{3'000});
  for (std::size_t at = 2; at < times.size(); ++at)
    CHECK(times[at] - times[at - 1] == (times[at - 1] - times[at - 2]) * 2);
  CHECK(one.now - times[0] <= base::Duration{93'000});
  CHECK(one.ended == Ends{{1, Ending::timed_out}});
  one.layer.received(peer(1), written(Type::acknowledgement, mid, 0));
  CHECK(one.ended.size() == 1);
  CHECK(one.layer.unacknowledged() == 0);
}

TEST_CASE("what may not go out once more ends as if it had") {
  Layer one;
  one.may_repeat = false;
  one.send(peer(1));
  const base::TimePoint sent = one.now;
  while (const auto due = one.layer.next_due()) one.layer.repeat(one.now = *due);
  CHECK(one.sent.size() == 1);
  CHECK(one.now - sent >= base::Duration{62'000});
  CHECK(one.ended == Ends{{1, Ending::timed_out}});
}

TEST_CASE("each ends in one way: by an ACK, an answer on it, or a reset, of its peer alone") {
  Layer one;
  const auto a = one.send(peer(1));
  const auto b = one.send(peer(2));
  const auto c = one.send(peer(3), 'c');
  for (const Type type : {Type::acknowledgement, Type::reset})
    one.layer.received(peer(9), written(type, a, 0));
  CHECK(one.ended.empty());
  for (int again = 0; again < 2; ++again) {
    one.layer.received(peer(1), written(Type::acknowledgement, a, 0));
    one.layer.received(peer(2), written(Type::reset, b, 0));
  }
  CHECK(one.ended == Ends{{1, Ending::acknowledged}, {2, Ending::reset}});
  // Of another request: it is as if it had not come.
  one.layer.received(peer(3), written(Type::acknowledgement, c, 0x44, "x"));
  CHECK(one.messages.empty());
  CHECK(one.layer.unacknowledged() == 1);
  one.layer.received(peer(3), written(Type::acknowledgement, c, 0x45, "c"));
  CHECK(one.ended.back().second == Ending{Ending::acknowledged, Code::content});
  CHECK(one.messages == std::vector<std::uint8_t>{0x45});
  one.wait(100'000);
  CHECK(one.ended.size() == 3);
}

TEST_CASE("nothing waits for anything: many to one address, one of them never acknowledged") {
  Layer one;
  std::set<std::uint16_t> mids;
  for (int at = 0; at < 100; ++at) mids.insert(one.send(peer(1)));
  CHECK(mids.size() == 100);
  CHECK(one.sent.size() == 100);
}

TEST_CASE("a peer gets no Message ID twice within 65536 messages") {
  Layer one;
  std::set<std::uint16_t> mids;
  for (int at = 0; at < 65'536; ++at)
    mids.insert(one.layer.send(peer(1), false, 0x45, token('t'), {}, {}, one.now));
  CHECK(mids.size() == 65'536);
}

TEST_CASE("above the limit messages go out once") {
  Layer one({.max_unacknowledged = 1});
  const auto mid = one.send(peer(1));
  CHECK(one.take().type == Type::confirmable);
  one.send(peer(2));
  CHECK(one.take().type == Type::non_confirmable);
  one.layer.received(peer(1), written(Type::acknowledgement, mid, 0));
  one.send(peer(2));
  CHECK(one.take().type == Type::confirmable);
}

TEST_CASE("what is forgotten is not repeated and has no ending; what is concluded has one") {
  Layer one;
  one.layer.forget(peer(1), one.send(peer(1)));
  one.layer.conclude(peer(2), one.send(peer(2)));
  one.sent.clear();
  one.wait(100'000);
  CHECK(one.sent.empty());
  CHECK(one.ended == Ends{{2, Ending::acknowledged}});
}

TEST_CASE("what is no message: silence for what is not confirmable, a reset for what is") {
  struct Case {
    std::string octets;
    bool is_reset;
    int malformed = 1;
  };
  const Case cases[] = {
      {"", false},
      {"\x40\x01\x00"s, false},
      {"\x80\x01\x00\x07"s, false},  // version 2
      {"\x00\x01\x00\x07"s, false},  // version 0
      {"\x49\x01\x00\x07"
       "123456789"s,
       true},                        // a token of 9 octets
      {"\x44\x01\x00\x07"s, true},   // a token that is cut off
      {"\x40\x00\x00\x07x"s, true},  // an empty message with something behind
      {"\x41\x00\x00\x07x"s, true},
      {written(Type::confirmable, 7, 0), true, 0},  // a ping
      {written(Type::confirmable, 7, 0x21), true},  // reserved classes
      {written(Type::confirmable, 7, 0xE1), true},
      {written(Type::non_confirmable, 7, 0x21), false},
      {written(Type::non_confirmable, 7, 0), false},
      {written(Type::acknowledgement, 7, 1), false},  // a request on an ACK
      {written(Type::acknowledgement, 7, 0xE1), false},
      {written(Type::reset, 7, 1), false},
      {written(Type::reset, 7, 0x45), false},
      {written(Type::reset, 7, 0), false, 0},
      {written(Type::acknowledgement, 7, 0), false, 0},
  };
  for (const Case& one : cases) {
    CAPTURE(one.octets);
    Layer layer;
    layer.layer.received(peer(1), one.octets);
    CHECK(layer.messages.empty());
    CHECK(layer.malformed == one.malformed);
    REQUIRE(layer.sent.size() == (one.is_reset ? 1 : 0));
    if (one.is_reset) CHECK(layer.sent[0].second == written(Type::reset, 7, 0));
  }
}

}  // namespace
}  // namespace msggw::coap
