// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/exchanges.h"

#include <doctest/doctest.h>

namespace msggw::coap::exchanges_test {
namespace {

constexpr base::TimePoint kNow{base::Duration{1'000'000}};

MessageId message(std::uint16_t mid, char token = 't', std::uint16_t port = 1) {
  MessageId id;
  id.peer.port = port;
  id.mid = mid;
  id.token.octets[0] = token;
  id.token.size = 1;
  return id;
}

/// The same address, port, MID and token, and another request.
MessageId other(MessageId id, std::uint64_t content, Method method = Method::get) {
  id.content = content;
  id.method = method;
  return id;
}

Ticket open(Exchanges& exchanges, const MessageId& id, bool confirmable = true,
            base::TimePoint now = kNow) {
  const Ticket ticket = exchanges.next_ticket();
  Exchange exchange;
  exchange.id = id;
  exchange.confirmable = confirmable;
  REQUIRE(exchanges.open(exchange, now));
  return ticket;
}

TEST_CASE("an exchange is found by its message until it is closed by its ticket") {
  Exchanges exchanges(10, base::Duration{1'000});
  const auto one = open(exchanges, message(1));
  const auto two = open(exchanges, message(2));
  CHECK(one != two);
  REQUIRE(exchanges.find(message(1)) != nullptr);
  CHECK(exchanges.find(message(1, 'u')) == nullptr);
  CHECK(exchanges.find(message(1, 't', 2)) == nullptr);
  CHECK(exchanges.close(one)->id == message(1));
  CHECK(!exchanges.close(one).has_value());
  CHECK(exchanges.find(message(1)) == nullptr);
  CHECK(exchanges.find(message(2)) != nullptr);
  CHECK(exchanges.size() == 1);
}

TEST_CASE("a message is the same whatever the peer has shown of itself meanwhile") {
  MessageId again = message(1);
  again.unproved_octets = 20;
  Exchanges exchanges(10, base::Duration{1'000});
  open(exchanges, message(1));
  CHECK(exchanges.find(again) != nullptr);
}

TEST_CASE("requests under one MID are told apart by what they ask for") {
  Exchanges exchanges(10, base::Duration{1'000});
  const MessageId get = message(1);
  const MessageId another = other(get, 7);
  const MessageId leave = other(get, 0, Method::remove);
  const auto first = open(exchanges, get);
  CHECK(exchanges.find(another) == nullptr);
  CHECK(exchanges.find(leave) == nullptr);
  const auto second = open(exchanges, another);
  CHECK(exchanges.size() == 2);
  CHECK(exchanges.close(first)->id == get);
  CHECK(exchanges.find(get) == nullptr);
  REQUIRE(exchanges.find(another) != nullptr);
  CHECK(exchanges.close(second)->id == another);

  RememberedAnswers answers(2);
  Response response;
  response.payload = "one";
  answers.remember(get, true, response, kNow);
  CHECK(answers.find(another, kNow) == nullptr);
  CHECK(answers.find(leave, kNow) == nullptr);
  response.payload = "two";
  answers.remember(another, true, response, kNow);
  CHECK(answers.find(get, kNow)->payload == "one");
  CHECK(answers.find(another, kNow)->payload == "two");
  response.payload = "three";
  answers.remember(leave, true, response, kNow);  // no more of them than before
  CHECK(answers.find(get, kNow) == nullptr);
  CHECK(answers.find(leave, kNow)->payload == "three");
}

TEST_CASE("a full table refuses, and the ticket is not given out again") {
  Exchanges exchanges(1, base::Duration{1'000});
  open(exchanges, message(1));
  const auto refused = exchanges.next_ticket();
  Exchange exchange;
  exchange.id = message(2);
  CHECK(!exchanges.open(exchange, kNow));
  CHECK(exchanges.next_ticket() != refused);
  CHECK(!exchanges.close(refused).has_value());
}

TEST_CASE("confirmable exchanges fall due in order, each once, closed ones not") {
  Exchanges exchanges(10, base::Duration{1'000});
  CHECK(!exchanges.next_due().has_value());
  const auto gone = open(exchanges, message(1));
  open(exchanges, message(2), false);
  open(exchanges, message(3), true, kNow + base::Duration{10});
  exchanges.close(gone);
  CHECK(exchanges.next_due() == kNow + base::Duration{1'010});
  CHECK(exchanges.take_unacknowledged(kNow + base::Duration{1'009}) == nullptr);
  Exchange* due = exchanges.take_unacknowledged(kNow + base::Duration{1'010});
  REQUIRE(due != nullptr);
  CHECK(due->id == message(3));
  CHECK(exchanges.take_unacknowledged(kNow + base::Duration{9'999}) == nullptr);
  CHECK(!exchanges.next_due().has_value());
}

TEST_CASE("answers are remembered for the lifetime of their exchange") {
  RememberedAnswers answers(2);
  Response response;
  response.payload = "one";
  answers.remember(message(1), true, response, kNow);
  answers.remember(message(2), false, response, kNow);
  CHECK(answers.find(message(3), kNow) == nullptr);
  REQUIRE(answers.find(message(1), kNow) != nullptr);
  CHECK(answers.find(message(1), kNow)->payload == "one");
  CHECK(answers.find(message(2), kNow + base::Duration{144'999}) != nullptr);
  CHECK(answers.find(message(2), kNow + base::Duration{145'000}) == nullptr);
  CHECK(answers.find(message(1), kNow + base::Duration{246'999}) != nullptr);
  CHECK(answers.find(message(1), kNow + base::Duration{247'000}) == nullptr);
}

TEST_CASE("the oldest answer gives way") {
  RememberedAnswers answers(2);
  Response response;
  for (const char* text : {"one", "two", "three"}) {
    response.payload = text;
    answers.remember(message(static_cast<std::uint16_t>(text[0])), true, response, kNow);
  }
  // "two" and "three" begin with the same letter: one message, answered twice.
  REQUIRE(answers.find(message('t'), kNow) != nullptr);
  CHECK(answers.find(message('t'), kNow)->payload == "three");
  CHECK(answers.find(message('o'), kNow) == nullptr);
  response.payload = "four";
  answers.remember(message('f'), true, response, kNow);
  CHECK(answers.find(message('t'), kNow)->payload == "three");
  answers.remember(message('x'), true, response, kNow);
  CHECK(answers.find(message('t'), kNow) == nullptr);

  RememberedAnswers none(0);
  none.remember(message(1), true, response, kNow);
  CHECK(none.find(message(1), kNow) == nullptr);
}

}  // namespace
}  // namespace msggw::coap::exchanges_test
