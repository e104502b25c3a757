// SPDX-License-Identifier: Apache-2.0
// Notifications of a server (RFC 7641), as datagrams.
#include <doctest/doctest.h>

#include "adapters/wire/coap/test_raw_peer.h"

namespace msggw::coap::test::notification_test {
namespace {

constexpr auto kCon = MessageType::confirmable;
constexpr auto kNon = MessageType::non_confirmable;
constexpr auto kAck = MessageType::acknowledgement;
constexpr auto kRst = MessageType::reset;

/// A server with one resource, which remembers who asked to observe it.
struct World {
  explicit World(const std::function<void(ServerOptions&)>& change = {}) {
    options.amplified_octets_per_source = 0;
    if (change) change(options);
    UnaskedEvents unasked;
    unasked.notified = [this](std::uint64_t subject, Ending how) {
      ended.emplace_back(subject, how);
    };
    unasked.pinged = [this](std::uint64_t subject, const Peer& peer, bool answered) {
      CHECK(peer == observer.peer);
      pinged.emplace_back(subject, answered);
    };
    server.emplace(
        loop.context, options,
        [this](Incoming& incoming, Response& out) {
          if (incoming.request.method == Method::post) {
            waiting.push_back(incoming.ticket);
            return Reply::later;
          }
          observed = incoming.request.observe;
          observer = observer_of(incoming.request);
          out.code = Code::content;
          out.observe = 1;
          return Reply::now;
        },
        unasked);
    device.emplace(loop, server->port());
  }

  RawMessage observe(std::string value = {}) {
    return device->ask({kCon,
                        1,
                        ++mid,
                        "tok",
                        {{option::kObserve, std::move(value)}, {option::kUriPath, "x"}},
                        {}});
  }
  Server::Notification notify(std::uint64_t subject, std::string payload = "p") {
    Response response;
    response.code = Code::content;
    response.observe = 0x012345;
    response.etag = "12345678";
    response.payload = std::move(payload);
    return server->notify(observer, subject, response);
  }
  void end(const RawMessage& notification, MessageType type) {
    device->send({type, 0, notification.mid, {}, {}, {}});
  }

  Loop loop;
  ServerOptions options;
  std::optional<Server> server;
  std::optional<RawPeer> device;
  std::optional<std::uint32_t> observed;
  Observer observer;
  std::vector<Ticket> waiting;
  std::vector<std::pair<std::uint64_t, Ending>> ended;
  std::vector<std::pair<std::uint64_t, bool>> pinged;
  std::uint16_t mid = 0;
};
using Ends = std::vector<std::pair<std::uint64_t, Ending>>;

TEST_CASE("Observe comes to the handler, and goes out in answers and notifications") {
  World world;
  const RawMessage answer = world.observe();
  CHECK(world.observed == 0);
  CHECK(answer.option(option::kObserve) == "\x01");
  CHECK(world.observer.token.view() == "tok");
  const auto sent = world.notify(7);
  CHECK(sent.whole);
  const RawMessage notification = world.device->receive();
  CHECK(notification.type == kCon);
  CHECK(notification.mid == sent.mid);
  CHECK(notification.token == "tok");
  CHECK(notification.option(option::kObserve) == "\x01\x23\x45");
  CHECK(notification.option(option::kEtag) == "12345678");
  CHECK(notification.payload == "p");
  world.observe("\x01");
  CHECK(world.observed == 1);
  // Too long: as if it were unknown, and it is elective.
  CHECK(world.observe("1234").code == 0x45);
  CHECK_FALSE(world.observed);
}

TEST_CASE("each notification ends in one way, which is told with what it was about") {
  World world([](ServerOptions& options) {
    options.ack_timeout = base::Duration{5};
    options.max_retransmit = 1;
  });
  world.observe();
  world.notify(1);
  world.end(world.device->receive(), kAck);
  REQUIRE(world.loop.until([&] { return world.ended.size() == 1; }));
  world.notify(2);
  world.end(world.device->receive(), kRst);
  REQUIRE(world.loop.until([&] { return world.ended.size() == 2; }));
  world.notify(3);
  REQUIRE(world.loop.until([&] { return world.ended.size() == 3; }));
  CHECK(world.ended == Ends{{1, Ending::acknowledged}, {2, Ending::reset}, {3, Ending::timed_out}});
  const RawMessage first = world.device->receive();
  CHECK(world.device->receive().mid == first.mid);
  world.end(first, kAck);
  world.notify(4);
  world.end(world.device->receive(), kAck);
  REQUIRE(world.loop.until([&] { return world.ended.size() == 4; }));
  CHECK(world.ended.back().first == 4);
}

TEST_CASE("an answer on the acknowledgement of a notification is told, if it is to that") {
  World world;
  world.observe();
  world.notify(1);
  const RawMessage notification = world.device->receive();
  world.device->send({kAck, 0x86, notification.mid, "other", {}, {}});  // to something else
  world.device->send({kAck, 0x86, notification.mid, "tok", {}, {}});
  REQUIRE(world.loop.until([&] { return world.ended.size() == 1; }));
  CHECK(world.ended == Ends{{1, {Ending::acknowledged, Code::not_acceptable}}});
}

TEST_CASE("nothing is told of a notification that was forgotten, and it is not repeated") {
  World world([](ServerOptions& options) { options.ack_timeout = base::Duration{5}; });
  world.observe();
  const auto sent = world.notify(1);
  world.server->forget(world.observer, sent);
  world.server->forget(world.observer, sent);
  const RawMessage first = world.device->receive();
  world.end(first, kAck);
  world.notify(2);
  const RawMessage second = world.device->receive();
  CHECK(second.mid != first.mid);
  world.end(second, kAck);
  REQUIRE(world.loop.until([&] { return !world.ended.empty(); }));
  CHECK(world.ended == Ends{{2, Ending::acknowledged}});
}

TEST_CASE("what is too long for one message is told as the first of its blocks") {
  World world;
  world.observe();
  const auto sent = world.notify(1, std::string(1'025, 'x'));
  CHECK_FALSE(sent.whole);
  const RawMessage notification = world.device->receive();
  CHECK(notification.payload.size() == 1'024);
  CHECK(number_of(notification.option(option::kBlock2)) == 0xE);
  CHECK(notification.option(option::kEtag) == "12345678");
}

TEST_CASE("notifications that wait do not take the room of separate responses") {
  World world([](ServerOptions& options) {
    options.max_separate_responses = 1;
    options.piggyback_within = base::Duration{0};
  });
  world.observe();
  for (std::uint64_t subject = 0; subject < 5; ++subject) {
    world.notify(subject);
    CHECK(world.device->receive().type == kCon);
  }
  for (const MessageType type : {kCon, kNon}) {
    const RawMessage post{kCon, 2, ++world.mid, "t", {{option::kUriPath, "x"}}, {}};
    CHECK(world.device->ask(post).code == 0);  // the empty ACK
    Response response;
    response.code = Code::changed;
    world.server->answer(world.waiting.back(), response);
    CHECK(world.device->receive().type == type);
  }
}

TEST_CASE("whoever answers a ping, or what came unasked, is proven to be there for a while") {
  World world([](ServerOptions& options) {
    options.amplified_octets_per_source = 1;
    options.ack_timeout = base::Duration{5};
    options.max_retransmit = 1;
  });
  world.observe();
  CHECK_FALSE(world.server->is_proven(world.observer.peer));
  bool answers = true;
  SUBCASE("a ping") {
    world.server->ping(world.observer.peer, 5);
    const RawMessage ping = world.device->receive();
    CHECK(ping.type == kCon);
    CHECK(ping.code == 0);
    CHECK(ping.token.empty());
    SUBCASE("as RFC 7252 has it") {
      world.end(ping, kRst);
    }
    SUBCASE("as some do") {
      world.end(ping, kAck);
    }
    SUBCASE("not at all") {
      answers = false;
    }
    REQUIRE(world.loop.until([&] { return !world.pinged.empty(); }));
    CHECK(world.pinged == std::vector<std::pair<std::uint64_t, bool>>{{5, answers}});
  }
  SUBCASE("a notification") {
    world.notify(1);
    world.end(world.device->receive(), kAck);
    REQUIRE(world.loop.until([&] { return !world.ended.empty(); }));
  }
  CHECK(world.server->is_proven(world.observer.peer) == answers);
  Peer other = world.observer.peer;
  ++other.port;
  CHECK_FALSE(world.server->is_proven(other));
  other = world.observer.peer;
  other.local[15] ^= 1;
  CHECK(world.server->is_proven(other) == answers);
  world.loop.clock.skip(std::chrono::minutes{10});
  CHECK_FALSE(world.server->is_proven(world.observer.peer));
}

TEST_CASE("where there is no limit nobody need be proven") {
  World world;
  world.observe();
  CHECK(world.server->is_proven(world.observer.peer));
}

TEST_CASE("the end of an observation is an error, once") {
  World world;
  world.observe();
  Response ended;
  refuse(ended, Code::not_found, "gone");
  world.server->end_observation(world.observer, ended);
  const RawMessage told = world.device->receive();
  CHECK(told.type == kNon);
  CHECK(told.code == 0x84);
  CHECK(told.token == "tok");
}

TEST_CASE("over TCP there are no notifications") {
  World world([](ServerOptions& options) { options.transport = Transport::tcp; });
  world.notify(1);
  world.server->forget({}, {});
  CHECK(world.server->is_proven({}));
}

}  // namespace
}  // namespace msggw::coap::test::notification_test
