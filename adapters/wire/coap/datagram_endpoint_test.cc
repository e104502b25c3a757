// SPDX-License-Identifier: Apache-2.0
// Datagrams as they may come, and the answers that peers behind one address get.
#include <doctest/doctest.h>

#include "adapters/wire/coap/test_raw_peer.h"
#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test {
namespace {

constexpr Way kUdp{"coap", Transport::udp};
constexpr auto kCon = MessageType::confirmable;
constexpr auto kNon = MessageType::non_confirmable;
constexpr auto kAck = MessageType::acknowledgement;
constexpr auto kRst = MessageType::reset;

std::uint8_t wire(Code code) {
  return static_cast<std::uint8_t>(code);
}

RawMessage raw_post(std::uint16_t mid, std::string payload = {}) {
  return {
      kCon, 2, mid, "t" + std::to_string(mid), {{option::kUriPath, "echo"}}, std::move(payload)};
}

struct World {
  explicit World(const std::function<void(ServerOptions&)>& change = {})
      : options(server_of(kUdp)) {
    if (change) change(options);
    server.emplace(loop, options);
    device.emplace(loop, server->server().port());
  }

  Loop loop;
  ServerOptions options;
  std::optional<EchoServer> server;
  std::optional<RawPeer> device;
};

TEST_CASE("a datagram of any length is read, and judged as any other") {
  World world([](ServerOptions& options) { options.max_body_octets = 4'096; });
  for (const std::size_t octets : {1'100U, 1'153U, 1'400U, 4'096U}) {
    CAPTURE(octets);
    const auto mid = static_cast<std::uint16_t>(octets);
    const RawMessage answer = world.device->ask(raw_post(mid, std::string(octets, 'x')));
    CHECK(answer.code == wire(Code::created));
    CHECK(answer.mid == mid);
    CHECK(world.server->seen.back().body.size() == octets);
  }
  for (const std::size_t octets : {4'097U, 5'000U, 65'000U}) {
    CAPTURE(octets);
    const auto mid = static_cast<std::uint16_t>(octets);
    const RawMessage answer = world.device->ask(raw_post(mid, std::string(octets, 'x')));
    CHECK(answer.code == wire(Code::too_large));
    CHECK(answer.type == kAck);
    CHECK(answer.mid == mid);
    CHECK(number_of(answer.option(option::kSize1)) == 4'096);
  }
  CHECK(world.server->seen.size() == 4);
}

TEST_CASE("options of no octets, too long, twice and unknown, over UDP as over TCP") {
  World world;
  std::uint16_t mid = 0;
  const auto code_for = [&](std::vector<std::pair<std::uint16_t, std::string>> options) {
    return static_cast<Code>(world.device->ask({kCon, 1, ++mid, "t", std::move(options), {}}).code);
  };
  using namespace option;
  CHECK(code_for({{kUriPath, "echo"}, {kUriQuery, ""}}) == Code::content);
  CHECK(code_for({{kUriPath, "echo"}, {kUriQuery, "a"}, {kUriQuery, ""}}) == Code::content);
  CHECK(world.server->seen.back().target == "/echo?a&");
  CHECK(code_for({{kUriPath, "echo"}, {kUriQuery, std::string(255, 'q')}}) == Code::content);
  CHECK(code_for({{kUriPath, ""}}) == Code::content);
  CHECK(code_for({{kUriHost, "h"}, {kUriPort, "\x16\x33"}}) == Code::content);
  // Elective ones that cannot be read are as good as absent (RFC 7252 5.4.3).
  CHECK(code_for({{kContentFormat, "\x01\x32\x32"}}) == Code::content);
  CHECK(!world.server->seen.back().content_format.has_value());
  CHECK(code_for({{kContentFormat, "\x32"}, {kContentFormat, "\x3C"}}) == Code::content);
  CHECK(world.server->seen.back().content_format == kFormatJson);
  CHECK(code_for({{65'000, std::string(600, 'x')}}) == Code::content);
  // Critical ones are refused.
  CHECK(code_for({{kUriQuery, std::string(256, 'q')}}) == Code::bad_option);
  CHECK(code_for({{kUriPath, std::string(256, 'p')}}) == Code::bad_option);
  CHECK(code_for({{kUriHost, ""}}) == Code::bad_option);
  CHECK(code_for({{kUriHost, "a"}, {kUriHost, "b"}}) == Code::bad_option);
  CHECK(code_for({{kUriPort, "123"}}) == Code::bad_option);
  CHECK(code_for({{kAccept, "\x01\x32\x32"}}) == Code::bad_option);
  CHECK(code_for({{kBlock2, std::string(4, '\0')}}) == Code::bad_option);
  CHECK(code_for({{9, ""}}) == Code::bad_option);
  CHECK(code_for({{kProxyUri, "coap://h/"}}) == Code::proxying_not_supported);
  const RawMessage reset = world.device->ask({kNon, 1, ++mid, "t", {{9, ""}}, {}});
  CHECK(reset.type == kRst);  // nothing but that is said of a NON (RFC 7252 5.4.1)
  CHECK(reset.mid == mid);
}

TEST_CASE("odd codes and messages that nobody waits for") {
  World world;
  const auto ask = [&](RawMessage message) { return world.device->ask(message); };
  CHECK(ask({kCon, 0, 1, {}, {}, {}}).type == kRst);  // a ping
  CHECK(ask({kCon, 8, 2, "t", {}, {}}).code == wire(Code::method_not_allowed));
  CHECK(ask({kNon, 31, 3, "t", {}, {}}).code == wire(Code::method_not_allowed));
  for (const std::uint8_t code : {0x20, 0x45, 0x84, 0xA0, 0xC1, 0xE1}) {
    CAPTURE(code);
    const RawMessage reset = ask({kCon, code, 4, "t", {}, {}});
    CHECK(reset.type == kRst);
    CHECK(reset.mid == 4);
    CHECK(reset.code == 0);
    for (const MessageType type : {kNon, kAck, kRst})
      world.device->send({type, code, 5, "t", {}, {}});
  }
  const RawMessage next = ask(raw_post(6));  // and nothing came before it
  CHECK(next.mid == 6);
  CHECK(world.server->seen.size() == 1);
  CHECK(world.loop.metric("msggw_coap_refused_total{reason=\"malformed\"}") == 24);
}

TEST_CASE("devices behind one address do not wait for each other's acknowledgements") {
  World world([](ServerOptions& options) { options.piggyback_within = base::Duration{1}; });
  world.server->reply = Reply::later;
  for (const std::uint16_t mid : {1, 2, 3}) {
    const RawMessage empty = world.device->ask(raw_post(mid, "of " + std::to_string(mid)));
    CHECK(empty.type == kAck);
    CHECK(empty.code == 0);
  }
  world.server->answer_all();
  std::vector<RawMessage> answers;
  for (int at = 0; at < 3; ++at) answers.push_back(world.device->receive());
  for (std::size_t at = 0; at < 3; ++at) {
    CHECK(answers[at].type == kCon);
    CHECK(answers[at].token == "t" + std::to_string(at + 1));
    if (at > 0) world.device->send({kAck, 0, answers[at].mid, {}, {}, {}});
  }
  const RawMessage again = world.device->receive();  // the one that was not acknowledged
  CHECK(again.mid == answers[0].mid);
  CHECK(again.payload == "of 1");
}

TEST_CASE("an answer comes from the address that was asked, of either family") {
  struct Case {
    const char* bound;
    const char* asked;
  };
  for (const Case& one :
       {Case{"0.0.0.0", "127.0.0.2"}, Case{"::", "127.0.0.2"}, Case{"::", "[::1]"},
        Case{"::1", "[::1]"}, Case{"127.0.0.3", "127.0.0.3"}}) {
    CAPTURE(one.bound);
    CAPTURE(one.asked);
    World world([&](ServerOptions& options) {
      options.address = base::parse_numeric(one.bound).value();
      options.piggyback_within = base::Duration{1};
    });
    Client client(world.loop.io, {});
    CHECK(ask(world.loop, client, post(world.server->uri(one.asked))).has_value());
    world.server->reply = Reply::later;
    const auto later = ask(client, post(world.server->uri(one.asked)));
    REQUIRE(world.loop.until([&] { return !world.server->waiting.empty(); }));
    for (int turn = 0; turn < 3; ++turn) world.loop.turn();
    world.server->answer_all();
    REQUIRE(world.loop.until([&] { return later->result.has_value(); }));
    CHECK(later->result->has_value());
  }
}

TEST_CASE("the list of resources is cut, judged and filtered as it is asked for") {
  for (const Way& way : {kUdp, Way{"coap+tcp", Transport::tcp}}) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    Client client(loop.io, client_of(way));
    const auto whole = ask(loop, client, get(server.uri("127.0.0.1", "/.well-known/core")));
    REQUIRE(whole.has_value());
    CHECK(whole->payload == "</echo>;rt=\"test.echo\";ct=\"50 60\"");
    CHECK(whole->content_format == kFormatLinks);
    ClientRequest json = get(server.uri("127.0.0.1", "/.well-known/core"));
    json.accept = kFormatJson;
    CHECK(ask(loop, client, json)->code == Code::not_acceptable);
    ClientRequest wrong = post(server.uri("127.0.0.1", "/.well-known/core"), "");
    wrong.accept.reset();
    CHECK(ask(loop, client, wrong)->code == Code::method_not_allowed);
    CHECK(server.seen.empty());
  }
  World world;
  const auto list = [&](std::uint16_t mid, std::uint16_t number, std::string value) {
    RawMessage request{
        kCon, 1, mid, "t", {{option::kUriPath, ".well-known"}, {option::kUriPath, "core"}}, {}};
    request.options.emplace_back(number, std::move(value));
    return world.device->ask(request);
  };
  CHECK(list(1, option::kBlock2, "").payload == "</echo>;rt=\"test");
  CHECK(list(2, option::kBlock2, "\x10").payload == ".echo\";ct=\"50 60");
  CHECK(list(3, option::kBlock2, "\x60").code == wire(Code::bad_request));
  CHECK(list(4, option::kBlock2, "\x07").code == wire(Code::bad_request));
  CHECK(list(5, option::kUriQuery, "ct=60").payload.starts_with("</echo>"));
  CHECK(list(6, option::kUriQuery, "rt=other").payload.empty());
}

}  // namespace
}  // namespace msggw::coap::test
