// SPDX-License-Identifier: Apache-2.0
// Messages that go in segments, and many of all kinds at servers that fail as they like.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "adapters/msgin5g/test_world.h"

namespace msggw::msgin5g {
namespace {

using test::problem;
using test::ScriptedServer;
using test::World;
using Answer = ScriptedServer::Answer;
using Names = std::vector<std::string>;

ScriptedServer::Script at(std::string message_id, std::int64_t segment, Answer other,
                          std::size_t times = 1) {
  return [=, left = times](const ScriptedServer::Request& request) mutable {
    const bool hit = left > 0 && request.message_id() == message_id && request.segment() == segment;
    if (hit) --left;
    return hit ? other : Answer{};
  };
}

TEST_CASE("segments go one after the other, and the next message after the last of them") {
  World world;
  ScriptedServer server(world.io);
  world.start(server);
  const auto device = world.add_device({"m5s-1"});
  world.send("long", "abcdefghi", device);
  world.send("short", "abc", device);
  REQUIRE(world.until_ended(2));
  CHECK(server.asked() == Names{"long/1", "long/2", "long/3", "short"});
  CHECK(world.metric("msggw_server_segmented_total") == 1);
}

TEST_CASE("a segment that is refused ends its message") {
  World world;
  ScriptedServer server(world.io);
  server.script = at("long", 2, problem(403, "NOT_TODAY"));
  world.start(server);
  const auto device = world.add_device({"m5s-1"});
  world.send("long", "abcdefghi", device);
  world.send("short", "abc", device);
  REQUIRE(world.until_ended(2));
  CHECK(server.asked() == Names{"long/1", "long/2", "short"});
  CHECK(world.failed("REFUSED") == 1);
}

TEST_CASE("after trouble in the middle the rest goes to the same server") {
  World world;
  ScriptedServer server(world.io);
  server.script = at("long", 2, {500, "", ""}, 2);
  world.start(server);
  const auto device = world.add_device({"m5s-1"});
  world.send("long", "abcdefghi", device);
  world.send("short", "abc", device);
  REQUIRE(world.until_ended(2));
  CHECK(server.asked() == Names{"long/1", "long/2", "long/2", "long/2", "long/3", "short"});
}

TEST_CASE("another server gets all segments, and another address of the server the rest") {
  for (const bool same_server : {true, false}) {
    CAPTURE(same_server);
    World world;
    ScriptedServer one(world.io);
    ScriptedServer two(world.io);
    one.script = at("long", 2, {.status = 503, .headers = {{"retry-after", "1000"}}});
    Options options;
    if (same_server) {
      options.servers = {World::server("m5s-1", {one.root(), two.root()})};
    } else {
      options.servers = {World::server("m5s-1", {one.root()}),
                         World::server("m5s-2", {two.root()})};
    }
    world.start(options);
    const auto device = world.add_device({"m5s-1", "m5s-2"});
    world.send("long", "abcdefghi", device);
    REQUIRE(world.until_ended(1));
    CHECK(one.asked() == Names{"long/1", "long/2"});
    CHECK(two.asked() ==
          (same_server ? Names{"long/2", "long/3"} : Names{"long/1", "long/2", "long/3"}));
  }
}

TEST_CASE("the size of a segment is the profile's, where that can be used") {
  World world;
  ScriptedServer server(world.io);
  Options options;
  options.servers = {World::server("m5s-1", {server.root()})};
  options.cutting.segment_octets = 10;
  world.start(options);
  const char* const infos[] = {R"({"segmentSize":5})",
                               R"({"segmentSize":3})",
                               R"({"segmentSize":-1})",
                               R"({"segmentSize":"5"})",
                               R"({})",
                               ""};
  for (const char* const info : infos)
    world.send(info, "0123456789", world.add_device({"m5s-1"}, info));
  REQUIRE(world.until_ended(6));
  CHECK(server.requests.size() == 7);  // the first in two, the others whole
}

/// Answers as they come, for one message or segment.
Answer any_answer(std::mt19937& random) {
  switch (random() % 12) {
    case 0: return {500, "", ""};
    case 1: return {.status = 503, .headers = {{"retry-after", "1"}}};
    case 2: return problem(404, "RECIPIENT_NOT_FOUND");
    case 3: return problem(400, "MANDATORY_IE_INCORRECT");
    case 4: return {.silence = true};
    case 5: return {200, "no JSON"};
    case 6: return {200, R"({"status":"DELY_FAILED"})"};
    case 7: return problem(404, "ORIGINATOR_NOT_FOUND");
    default: return {};
  }
}

bool refuses(const Answer& answer) {
  return answer.status == 400 || answer.status == 404 ||
         answer.body.find("DELY_FAILED") != std::string::npos;
}

/// What the servers were told and answered, in time: each message of a device ends once, with the
/// answers that say so, and the next one begins after that.
class Judge {
 public:
  void saw(const ScriptedServer::Request& request, const Answer& answer) {
    const std::string from(request.body.at("oriAddr").at("addr").as_string());
    const std::string id = request.message_id();
    std::string& current = current_[from];
    if (current != id) {
      CHECK_MESSAGE(!ended_[from + id], "a message that has ended is not sent again: " << id);
      CHECK_MESSAGE((current.empty() || ended_[from + current]),
                    "the one before has ended: " << id);
      CHECK(std::stoi(id) == ++last_[from]);  // in order, none left out
      current = id;
    }
    const bool last =
        request.segment() == 0 || request.body.at("segParams").as_object().contains("lastSegFlag");
    const bool accepted = !answer.silence && answer.status == 200 && answer.body.empty();
    if ((accepted && last) || refuses(answer)) ended_[from + id] = true;
    if (accepted && last) ++done;
    if (refuses(answer)) ++refused;
  }

  int done = 0;
  int refused = 0;

 private:
  std::map<std::string, std::string> current_;
  std::map<std::string, bool> ended_;
  std::map<std::string, int> last_;
};

TEST_CASE("whatever servers answer, each message ends once, and those of a device in order") {
  constexpr std::size_t kDevices = 8;
  constexpr std::size_t kEach = 6;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    messages::Limits limits;
    limits.most_tries = 1'000;  // nothing may end but by an answer
    World world(limits);
    std::mt19937 random(seed);
    Judge judge;
    std::deque<ScriptedServer> servers;
    for (int i = 0; i < 3; ++i) {
      servers.emplace_back(world.io).script = [&](const auto& request) {
        const Answer answer = any_answer(random);
        judge.saw(request, answer);
        return answer;
      };
    }
    Options options;
    options.servers = {World::server("m5s-1", {servers[0].root(), servers[1].root()}),
                       World::server("m5s-2", {servers[2].root()})};
    for (ServerOptions& server : options.servers) server.http.request_timeout = base::Duration{500};
    options.probe_first = base::Duration{1};
    options.probe_most = base::Duration{5};
    options.retry_after_most = base::Duration{5};
    world.start(options);
    std::vector<std::uint32_t> devices;
    for (std::size_t i = 0; i < kDevices; ++i) {
      devices.push_back(
          world.add_device(i % 2 == 0 ? Names{"m5s-1", "m5s-2"} : Names{"m5s-2", "m5s-1"}));
    }
    for (std::size_t number = 1; number <= kEach; ++number) {
      for (const std::uint32_t device : devices)
        world.send(std::to_string(number), std::string(1 + random() % 12, 'x'), device);
    }
    REQUIRE(world.until_ended(kDevices * kEach));
    CHECK(world.ended() == kDevices * kEach);
    CHECK(judge.done == world.messages.metric("msggw_messages_done_total{kind=\"message_up\"}"));
    CHECK(judge.done + judge.refused == int{kDevices * kEach});
    CHECK(world.messages.queue().lanes.all().messages == 0);
    CHECK(world.adapter->idle());
  }
}

}  // namespace
}  // namespace msggw::msgin5g
