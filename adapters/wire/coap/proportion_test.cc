// SPDX-License-Identifier: Apache-2.0
// What an address may get that nobody has shown to be at (RFC 7252 11.3, RFC 9175).
#include "adapters/wire/coap/proportion.h"

#include <doctest/doctest.h>

#include "adapters/wire/coap/test_raw_peer.h"
#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test {
namespace {

using namespace std::chrono_literals;

Peer peer_at(std::uint8_t last, std::uint16_t port = 1) {
  Peer peer;
  peer.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, last};
  peer.port = port;
  return peer;
}

RawMessage post(std::uint16_t mid, const std::string& echo = {}) {
  RawMessage message{MessageType::confirmable, 2, mid, "t", {{option::kUriPath, "echo"}}, "{}"};
  if (!echo.empty()) message.options.emplace_back(option::kEcho, echo);
  return message;
}

TEST_CASE("three times as much as was asked goes at any rate, more only within the allowance") {
  Proportion proportion(100, 64);
  const base::TimePoint now{1h};
  for (int i = 0; i < 10'000; ++i) CHECK(proportion.allows(peer_at(1), 20, 3 * 48 - 28, now));
  std::size_t more = 0;
  while (proportion.allows(peer_at(1), 20, 3 * 48 - 28 + 50, now)) ++more;
  CHECK(more == 20);                                                    // ten seconds of 100 octets
  CHECK_FALSE(proportion.allows(peer_at(1, 2), 20, 3 * 48 + 22, now));  // another port
  CHECK(proportion.allows(peer_at(2), 20, 3 * 48 + 22, now));           // another address
  CHECK(proportion.allows(peer_at(1), 20, 3 * 48 + 22, now + 1s));
  CHECK_FALSE(proportion.allows_again(peer_at(1), 4, now));  // small, but asked for by nobody
  CHECK(proportion.allows_again(peer_at(2), 950 - 28, now));
  CHECK_FALSE(proportion.allows_again(peer_at(2), 950 - 28, now));
  Proportion boundless(0, 64);
  for (int i = 0; i < 100; ++i) CHECK(boundless.allows(peer_at(1), 20, 60'000, now));
}

TEST_CASE("an Echo is of its address, and of a while") {
  const Proportion proportion(100, 64);
  const base::TimePoint now{10h};
  Response whole;
  whole.code = Code::created;
  whole.location = "rd/x";
  whole.max_age_s = 7;
  whole.content_format = kFormatJson;
  whole.payload = "body";
  const Response answer = proportion.short_of(peer_at(1), whole, now);
  CHECK(answer.code == Code::created);
  CHECK(answer.location == "rd/x");
  CHECK(answer.max_age_s == 7);
  CHECK(answer.payload.empty());
  CHECK_FALSE(answer.content_format.has_value());
  CHECK(proportion.is_proof(peer_at(1), answer.echo, now));
  CHECK(proportion.is_proof(peer_at(1, 9), answer.echo, now + 5min));
  CHECK_FALSE(proportion.is_proof(peer_at(1), answer.echo, now + 10min));
  CHECK_FALSE(proportion.is_proof(peer_at(2), answer.echo, now));
  CHECK_FALSE(proportion.is_proof(peer_at(1), "", now));
  CHECK_FALSE(proportion.is_proof(peer_at(1), "12345678", now));
  CHECK_FALSE(Proportion(100, 64).is_proof(peer_at(1), answer.echo, now));
  whole.code = Code::content;  // without its content it would be a lie
  CHECK(proportion.short_of(peer_at(1), whole, now).code == Code::unauthorized);
}

TEST_CASE("a flood gets short answers, and who sends the Echo back gets them whole") {
  Loop loop;
  ServerOptions options = server_of({"coap", Transport::udp});
  options.amplified_octets_per_source = 100;
  EchoServer server(loop, options);
  RawPeer device(loop, server.server().port());
  server.content = std::string(600, 'x');
  const auto get = [](std::uint16_t mid, std::string echo = {}) {
    RawMessage message = post(mid, echo);
    message.code = 1;
    message.payload.clear();
    return message;
  };
  CHECK(device.ask(get(1)).payload == server.content);
  RawMessage answer;
  for (std::uint16_t mid = 2; mid < 10; ++mid) answer = device.ask(get(mid));
  CHECK(static_cast<Code>(answer.code) == Code::unauthorized);
  CHECK(answer.payload.empty());
  const std::string echo = answer.option(option::kEcho);
  CHECK(echo.size() == Proportion::kEchoOctets);
  for (std::uint16_t mid = 10; mid < 20; ++mid)
    CHECK(device.ask(get(mid, echo)).payload == server.content);
  CHECK(static_cast<Code>(device.ask(get(20, "12345678")).code) == Code::unauthorized);
  CHECK(loop.metric("msggw_coap_answers_shortened_total") > 1);
  // What is in proportion is never short.
  CHECK(device.ask(post(21)).payload == "{}");
}

TEST_CASE("an answer that comes later, and one that is repeated, are in proportion too") {
  Loop loop;
  ServerOptions options = server_of({"coap", Transport::udp});
  options.amplified_octets_per_source = 1;
  EchoServer server(loop, options);
  RawPeer device(loop, server.server().port());
  server.content = std::string(600, 'x');
  RawMessage get = post(1);
  get.code = 1;
  get.payload.clear();
  server.reply = Reply::later;
  device.send(get);
  REQUIRE(loop.until([&] { return !server.waiting.empty(); }));
  server.answer_all();
  CHECK(device.receive().payload.empty());
  CHECK(device.ask(get).payload.empty());
}

TEST_CASE("what nobody acknowledges is repeated within the allowance alone") {
  Loop loop;
  ServerOptions options = server_of({"coap", Transport::udp});
  options.amplified_octets_per_source = 1;
  options.piggyback_within = 1ms;
  EchoServer server(loop, options);
  RawPeer device(loop, server.server().port());
  server.reply = Reply::later;
  CHECK(device.ask(post(1)).code == 0);  // the ACK
  server.answer_all();
  CHECK(device.receive().payload == "{}");
  REQUIRE(loop.until([&] { return loop.metric("msggw_coap_answers_shortened_total") == 1; }));
  RawMessage message;
  CHECK_FALSE(device.poll(message));
}

}  // namespace
}  // namespace msggw::coap::test
