// SPDX-License-Identifier: Apache-2.0
// What goes to an address before anybody has shown to be there: little, and a ping.
#include <doctest/doctest.h>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test {
namespace {

using CoapMessage = test::Message;

constexpr int kEcho = 252;

/// Nothing goes beyond three octets for one, and what is not acknowledged ends soon.
Options strict() {
  Options options = InboxWorld::options();
  options.amplified_octets_per_source = 1;
  options.ack_timeout = base::Duration{5};
  options.max_retransmit = 1;
  return options;
}

bool is_ping(const CoapMessage& message) {
  return message.type == kCon && message.code == 0 && message.token.empty();
}

double held_back(const InboxWorld& world) {
  return world.metric("msggw_coap_notifications_total{end=\"held_back\"}");
}

/// A device, its registration, and the octets of all that it has sent and got.
struct Silent {
  explicit Silent(InboxWorld& of) : world(of), device(of, of.port()) {}

  void send(const CoapMessage& message) {
    const std::string octets = encode(message);
    sent += octets.size();
    device.send_octets(octets);
  }
  /// All that comes until nothing is to be waited for.
  std::vector<CoapMessage> take_all() {
    std::vector<CoapMessage> all;
    for (int quiet = 0; quiet < 40; ++quiet) {
      world.turn();
      while (auto message = device.poll()) {
        got += encode(*message).size();
        all.push_back(*std::move(message));
        quiet = 0;
      }
    }
    return all;
  }

  InboxWorld& world;
  Device device;
  std::size_t sent = 0;
  std::size_t got = 0;
};

TEST_CASE("an observer is pinged before its first notification") {
  InboxWorld world(strict());
  InboxDevice device(world, "a");
  device.observe();
  world.deliver("sid-0", "m1", std::string(900, 'x'));
  const CoapMessage ping = device.receive();
  REQUIRE(is_ping(ping));
  int answer = kRst;
  SUBCASE("it answers") {}
  SUBCASE("it answers as some do, which RFC 7252 does not have") {
    answer = kAck;
  }
  device.end(ping, answer);
  const CoapMessage first = device.receive();
  CHECK(id_in(first) == "m1");
  device.acknowledge(first);
  world.deliver("sid-0", "m2", "2");
  CHECK(id_in(device.receive()) == "m2");  // not again
  CHECK(held_back(world) == 0);
}

TEST_CASE("an observer that does not answer gets nothing, and its message waits") {
  InboxWorld world(strict());
  InboxDevice device(world, "a");
  device.observe();
  world.deliver("sid-0", "m1", std::string(900, 'x'));
  REQUIRE(is_ping(device.receive()));
  REQUIRE(world.until([&] { return held_back(world) == 1; }));
  CHECK(device.nothing_comes());
  world.turn();
  CHECK(world.metric("msggw_coap_observations") == 0);
  CHECK(world.metric("msggw_messages_waiting") == 1);
}

TEST_CASE("who tries all Message IDs for somebody else has not answered for him") {
  Options options = strict();
  options.ack_timeout = base::Duration{60'000};
  InboxWorld world(options);
  InboxDevice device(world, "a");
  device.observe();
  world.deliver("sid-0", "m1", std::string(900, 'x'));
  const CoapMessage ping = device.receive();
  REQUIRE(is_ping(ping));
  const auto guess = [&](int from, int to) {
    for (int wrong = from; wrong <= to; ++wrong) {
      CoapMessage other = ping;
      other.mid = static_cast<std::uint16_t>(ping.mid + wrong);
      device.end(other, kRst);
      if (wrong % 64 == 0) world.turn();
    }
    world.turn();
  };
  SUBCASE("some wrong ones are repetitions") {
    guess(1, 255);
    device.end(ping, kRst);
    CHECK(id_in(device.receive()) == "m1");
  }
  SUBCASE("so many are guesses") {
    guess(1, 256);
    device.end(ping, kRst);
    REQUIRE(world.until([&] { return held_back(world) == 1; }));
    CHECK(device.nothing_comes());
  }
}

TEST_CASE("who polls is pinged before he gets more than three times what he asked") {
  InboxWorld world(strict());
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", std::string(900, 'x'));
  world.settle();
  device.send(device.request_for(kGet, "inbox"));
  const CoapMessage ping = device.receive();
  REQUIRE(is_ping(ping));
  SUBCASE("he answers") {
    device.end(ping, kRst);
    CHECK(id_in(device.receive()) == "m1");
  }
  SUBCASE("he knows Echo and no ping") {
    world.clock.skip(base::Duration{2'000});
    CoapMessage refused = device.receive();
    while (is_ping(refused)) refused = device.receive();
    CHECK(refused.code_text() == "4.01");
    CHECK(refused.payload.empty());
    REQUIRE(refused.option(kEcho));
    CoapMessage answer = device.ask(
        InboxDevice::with(device.request_for(kGet, "inbox"), kEcho, *refused.option(kEcho)));
    while (is_ping(answer)) answer = device.receive();
    CHECK(id_in(answer) == "m1");
    CHECK_FALSE(device.get("?after=" + after_of(answer)).option(kEtag));
  }
}

TEST_CASE("what is short is answered at once") {
  InboxWorld world(strict());
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", "1");
  world.settle();
  const CoapMessage answer =
      device.ask(InboxDevice::with(device.request_for(kGet, "inbox"), kAccept, uint_value(0)));
  CHECK(answer.payload == "1");
}

TEST_CASE("whose address stands on a datagram gets three octets for one at most") {
  InboxWorld world(strict());
  InboxDevice owner(world, "a");
  for (int i = 0; i < 20; ++i)
    world.deliver("sid-0", "m" + std::to_string(i), std::string(900, 'x'));
  world.settle();
  Silent victim(world);
  const auto of_inbox = [&](int mid) { return request(kGet, owner.handle() + "/inbox", mid); };
  SUBCASE("by observations") {
    for (int mid = 1; mid <= 20; ++mid) {
      CoapMessage get = InboxDevice::with(of_inbox(mid), kObserve, "");
      get.token = std::string(1, static_cast<char>('a' + mid));
      victim.send(get);
    }
  }
  SUBCASE("by polls") {
    for (int mid = 1; mid <= 20; ++mid) {
      victim.send(of_inbox(mid));
      world.turn();
    }
    world.clock.skip(base::Duration{2'000});
  }
  SUBCASE("by a base") {
    const std::string base = "&base=coap://127.0.0.1:" + std::to_string(victim.device.port());
    victim.send(request(kPost, "rd?ep=a" + base, 1));
    world.turn();
    world.deliver("sid-0", "m", std::string(900, 'x'));
  }
  const auto all = victim.take_all();
  CHECK(!all.empty());
  CHECK(victim.got <= 3 * victim.sent);
  for (const CoapMessage& message : all) CHECK(message.payload.size() < 200);
}

}  // namespace
}  // namespace msggw::coap_adapter::test
