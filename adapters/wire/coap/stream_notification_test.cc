// SPDX-License-Identifier: Apache-2.0
// Notifications over TCP (RFC 8323 7), octet by octet.
#include <doctest/doctest.h>

#include "adapters/wire/coap/option_values.h"
#include "adapters/wire/coap/server.h"
#include "adapters/wire/coap/test_raw_stream.h"

namespace msggw::coap::test::stream_notification_test {
namespace {

using Endings = std::vector<std::pair<std::uint64_t, Ending>>;

/// A server over TCP with one resource, and a peer that observes it.
struct StreamWorld {
  explicit StreamWorld(const std::function<void(ServerOptions&)>& change = {}) {
    ServerOptions options;
    options.transport = Transport::tcp;
    options.number = 2;
    if (change) change(options);
    UnaskedEvents unasked;
    unasked.notified = [this](std::uint64_t subject, Ending how) {
      ended.emplace_back(subject, how);
    };
    server.emplace(
        loop.context, options,
        [this](Incoming& incoming, Response& out) {
          observer = observer_of(incoming.request);
          out.code = Code::content;
          out.observe = 1;
          return Reply::now;
        },
        unasked);
    peer.emplace(loop, server->port());
    std::string octets = csm();
    OptionWriter asked;
    asked.add(option::kObserve, {});
    asked.add(option::kUriPath, "x");
    append_frame(octets, 1, "tok", asked.octets(), {});
    peer->send(octets);
    REQUIRE(peer->receive_code() == 0x45);
  }
  Server::Notification notify(std::uint64_t subject, std::string payload = "p") {
    Response response;
    response.code = Code::content;
    response.observe = 7;
    response.payload = std::move(payload);
    return server->notify(observer, subject, response);
  }
  /// The peer is notified of that, and asked whether it has it.
  void expect(std::string_view payload) {
    const auto frame = peer->receive();
    REQUIRE(frame);
    const WireMessage message = read_frame(*frame, 1 << 20).message;
    CHECK(message.code == 0x45);
    CHECK(message.token.view() == "tok");
    CHECK(frame->ends_with(payload));
    CHECK(peer->receive_code() == signal::kPing);
  }
  void pong() {
    std::string octets;
    append_frame(octets, signal::kPong, {}, {}, {});
    peer->send(octets);
  }
  bool has_ended(std::size_t times) {
    return loop.until([&] { return ended.size() == times; });
  }

  Loop loop;
  std::optional<Server> server;
  std::optional<RawStream> peer;
  Observer observer;
  Endings ended;
};

TEST_CASE("a notification over TCP is acknowledged by the Pong behind it, in their order") {
  StreamWorld world;
  CHECK(world.notify(7, "first").whole);
  world.notify(8, "second");
  world.expect("first");
  world.expect("second");
  CHECK(world.ended.empty());
  world.pong();
  REQUIRE(world.has_ended(1));
  world.pong();
  REQUIRE(world.has_ended(2));
  CHECK(world.ended == Endings{{7, Ending::acknowledged}, {8, Ending::acknowledged}});
  world.pong();  // to nothing
  for (int turn = 0; turn < 5; ++turn) world.loop.turn();
  world.notify(9, "third");
  world.expect("third");
  CHECK(world.ended.size() == 2);
}

TEST_CASE("what a peer was told when its connection ended has not come, nor what comes later") {
  StreamWorld world;
  world.notify(7);
  world.expect("p");
  world.peer->shut();
  REQUIRE(world.has_ended(1));
  world.notify(8);
  CHECK(world.ended.size() == 1);  // not in the call
  REQUIRE(world.has_ended(2));
  CHECK(world.ended == Endings{{7, Ending::timed_out}, {8, Ending::timed_out}});
}

TEST_CASE("a peer that answers no Ping is given up with its connection") {
  StreamWorld world([](ServerOptions& options) {
    options.ack_timeout = base::Duration{5};
    options.max_retransmit = 1;
  });
  world.notify(7);
  world.expect("p");
  REQUIRE(world.has_ended(1));
  CHECK(world.ended == Endings{{7, Ending::timed_out}});
  CHECK(world.peer->receive_code() == -1);
}

TEST_CASE("a peer that answers no Ping holds no more than so many notifications") {
  StreamWorld world;
  for (int i = 0; i < 64; ++i) world.server->forget(world.observer, world.notify(7));
  for (int i = 0; i < 64; ++i) world.expect("p");
  world.notify(8, "one too many");
  REQUIRE(world.has_ended(1));
  CHECK(world.ended == Endings{{8, Ending::timed_out}});
  world.pong();
  for (int turn = 0; turn < 5; ++turn) world.loop.turn();
  world.notify(9, "room again");
  world.expect("room again");
}

TEST_CASE("of a notification that is forgotten nothing is told, and the next Pong is not its") {
  StreamWorld world;
  const auto first = world.notify(7);
  world.notify(8);
  world.server->forget(world.observer, first);
  world.expect("p");
  world.expect("p");
  world.pong();
  world.pong();
  REQUIRE(world.has_ended(1));
  CHECK(world.ended == Endings{{8, Ending::acknowledged}});
}

TEST_CASE("the end of an observation is told once, without a Ping") {
  StreamWorld world;
  Response gone;
  gone.code = Code::not_found;
  world.server->end_observation(world.observer, gone);
  CHECK(world.peer->receive_code() == 0x84);
  world.notify(7);
  world.expect("p");
}

}  // namespace
}  // namespace msggw::coap::test::stream_notification_test
