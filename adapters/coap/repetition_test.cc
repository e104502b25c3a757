// SPDX-License-Identifier: Apache-2.0
// Retransmissions at each stage, separate responses, non-confirmable requests.
#include <doctest/doctest.h>

#include "adapters/coap/adapter.h"
#include "adapters/coap/test_world.h"

namespace msggw::coap_adapter::test::repetition_test {
namespace {

const std::string kRetransmissions = "msggw_coap_retransmissions_total";

Options with_piggyback(int milliseconds) {
  Options options;
  options.piggyback_within = base::Duration{milliseconds};
  return options;
}

std::string enrolled(Device& device, std::string_view private_id, int mid) {
  const Message answer = device.ask(request(kPost, "rd?ep=" + std::string(private_id), mid));
  REQUIRE(answer.code_text() == "2.01");
  return answer.location().substr(1);
}

Message acknowledgement_of(const Message& message) {
  Message ack;
  ack.type = kAck;
  ack.mid = message.mid;
  return ack;
}

TEST_CASE("a retransmission while the first is open is swallowed") {
  World world(with_piggyback(60'000));
  world.commits = false;
  Device device(world);
  const Message post = request(kPost, "rd?ep=a", 1);
  device.send(post);
  device.send(post);
  device.send(post);
  CHECK(device.nothing_comes());
  CHECK(world.metric(kRetransmissions) == 2);
  CHECK(world.metric("msggw_coap_open_exchanges") == 1);
  world.commits = true;
  CHECK(device.receive().code_text() == "2.01");
  CHECK(device.nothing_comes());
  CHECK(world.asks == 1);
}

TEST_CASE("the same MID with another token, or from another port, is another request") {
  World world(with_piggyback(60'000));
  world.commits = false;
  Device device(world);
  Device other(world);
  Message post = request(kPost, "rd?ep=a", 1);
  device.send(post);
  other.send(post);
  post.token = "other";
  device.send(post);
  CHECK(device.nothing_comes());
  CHECK(other.nothing_comes());
  CHECK(world.metric(kRetransmissions) == 0);
  CHECK(world.metric("msggw_coap_open_exchanges") == 3);
  world.commits = true;
  CHECK(other.receive().token == "T1");
  CHECK(device.receive().mid == 1);
  CHECK(device.receive().mid == 1);
}

TEST_CASE("another device behind the same address and port may use a MID again") {
  World world;
  Device nat(world);  // both devices' mapping: one address, one port
  const std::string handle = enrolled(nat, "a", 1);
  Message refresh = request(kPost, handle + "?lt=600", 2);
  refresh.token.clear();
  const Message refreshed = nat.ask(refresh);
  REQUIRE(refreshed.code_text() == "2.04");

  Message enrol = request(kPost, "rd?ep=b", 2);
  enrol.token.clear();
  const Message other = nat.ask(enrol);
  CHECK(other.code_text() == "2.01");
  CHECK(other.payload.find("\"b\"") != std::string::npos);
  CHECK(world.gateway.tables().devices() == 2);

  Message leave = request(kDelete, handle, 2);
  leave.token.clear();
  CHECK(nat.ask(leave).code_text() == "2.02");
  CHECK(nat.ask(request(kGet, handle, 3)).code_text() == "4.04");
  CHECK(world.metric(kRetransmissions) == 0);

  // Each is still told what it was told before, and nothing is done for it.
  CHECK(nat.ask(refresh).payload == refreshed.payload);
  CHECK(nat.ask(leave).code_text() == "2.02");
  CHECK(world.metric(kRetransmissions) == 2);
  CHECK(nat.ask(request(kGet, other.location().substr(1), 4)).code_text() == "2.05");
}

TEST_CASE("while one waits, another request under its MID is served too") {
  World world(with_piggyback(60'000));
  Device nat(world);
  const std::string handle = enrolled(nat, "c", 1);
  world.commits = false;
  const auto under_one_mid = [](int method, const std::string& uri) {
    Message message = request(method, uri, 2);
    message.token.clear();
    return message;
  };
  const Message a = under_one_mid(kPost, "rd?ep=a");
  const Message b = under_one_mid(kPost, "rd?ep=b");
  nat.send(a);
  nat.send(b);
  nat.send(a);
  nat.send(b);
  CHECK(nat.ask(under_one_mid(kGet, handle)).code_text() == "2.05");
  CHECK(nat.nothing_comes());
  CHECK(world.metric(kRetransmissions) == 2);
  CHECK(world.metric("msggw_coap_open_exchanges") == 2);
  Message empty;
  empty.mid = 2;
  for (const int type : {kAck, kRst}) {  // to nothing that was sent: neither request is hurt
    empty.type = type;
    nat.send(empty);
  }
  world.commits = true;
  const Message one = nat.receive();
  const Message two = nat.receive();
  CHECK(one.code_text() == "2.01");
  CHECK(two.code_text() == "2.01");
  CHECK(one.location() != two.location());
  CHECK(nat.nothing_comes());
  CHECK(world.gateway.tables().devices() == 3);
  CHECK(world.asks == 3);
}

TEST_CASE("the last blocks of two bodies under one MID are two requests") {
  World world;
  Device nat(world);
  const auto block = [](const std::string& ep, int mid, std::uint32_t number, bool more) {
    const std::string body = R"({"ueType":"NON_3GPP"})";
    Message message = request(kPost, "rd?ep=" + ep, mid, body.substr(number * 16, 16));
    message.token.clear();
    message.options.emplace_back(kContentFormat, uint_value(50));
    message.options.emplace_back(kBlock1, uint_value(number << 4 | (more ? 8U : 0U)));
    return message;
  };
  CHECK(nat.ask(block("a", 1, 0, true)).code_text() == "2.31");
  CHECK(nat.ask(block("b", 2, 0, true)).code_text() == "2.31");
  const Message a = nat.ask(block("a", 3, 1, false));
  const Message b = nat.ask(block("b", 3, 1, false));
  CHECK(a.code_text() == "2.01");
  CHECK(b.code_text() == "2.01");
  CHECK(a.location() != b.location());
  CHECK(nat.ask(block("a", 3, 1, false)).location() == a.location());
  CHECK(world.asks == 2);
}

TEST_CASE("a late answer is a separate, confirmable response") {
  World world(with_piggyback(20));
  world.commits = false;
  Device device(world);
  const Message post = request(kPost, "rd?ep=a", 7);
  const Message empty = device.ask(post);
  CHECK(empty.type == kAck);
  CHECK(empty.code == 0);
  CHECK(empty.mid == 7);
  CHECK(empty.token.empty());

  SUBCASE("and a retransmission before it gets the empty ACK again") {
    const Message again = device.ask(post);
    CHECK(again.type == kAck);
    CHECK(again.code == 0);
    CHECK(again.mid == 7);
  }
  world.commits = true;
  const Message answer = device.receive();
  CHECK(answer.type == kCon);
  CHECK(answer.code_text() == "2.01");
  CHECK(answer.token == "T7");
  CHECK(!answer.location().empty());
  device.send(acknowledgement_of(answer));
  CHECK(device.nothing_comes());

  // The request once more: answered again, and nothing is asked of the PF twice.
  CHECK(device.ask(post).code_text() == "2.01");
  CHECK(world.asks == 1);
}

TEST_CASE("a separate response that is not acknowledged is sent again") {
  World world(with_piggyback(0));
  Device device(world);
  CHECK(device.ask(request(kPost, "rd?ep=a", 7)).code == 0);
  const Message answer = device.receive();
  REQUIRE(answer.type == kCon);
  const Message again = device.receive();
  CHECK(again.type == kCon);
  CHECK(again.mid == answer.mid);
  CHECK(again.payload == answer.payload);
  device.send(acknowledgement_of(again));
}

TEST_CASE("a reset of a separate response ends it and harms nothing") {
  World world(with_piggyback(0));
  Device device(world);
  CHECK(device.ask(request(kPost, "rd?ep=a", 7)).code == 0);
  const Message answer = device.receive();
  REQUIRE(answer.type == kCon);
  Message reset = acknowledgement_of(answer);
  reset.type = kRst;
  device.send(reset);
  device.send(reset);
  CHECK(device.nothing_comes());
  CHECK(device.ask(request(kGet, answer.location().substr(1), 8)).code_text() == "2.05");
}

TEST_CASE("above the limit separate responses are sent once") {
  Options options = with_piggyback(0);
  options.max_separate_responses = 1;
  World world(options);
  Device device(world);
  CHECK(device.ask(request(kPost, "rd?ep=a", 1)).code == 0);
  const Message first = device.receive();
  CHECK(first.type == kCon);
  CHECK(device.ask(request(kPost, "rd?ep=b", 2)).code == 0);
  const Message second = device.receive();
  CHECK(second.type == kNon);
  CHECK(second.token == "T2");
  device.send(acknowledgement_of(first));
  CHECK(device.ask(request(kPost, "rd?ep=c", 3)).code == 0);
  CHECK(device.receive().type == kCon);
}

TEST_CASE("a non-confirmable request is answered by a non-confirmable response") {
  World world;
  Device device(world);
  Message post = request(kPost, "rd?ep=a", 1);
  post.type = kNon;
  SUBCASE("later") {}
  SUBCASE("at once") {
    enrolled(device, "a", 99);
  }
  const Message answer = device.ask(post);
  CHECK(answer.type == kNon);
  CHECK(answer.token == "T1");
  CHECK(answer.code_text() == "2.01");
}

TEST_CASE("a repeated non-confirmable request is carried out once") {
  World world(with_piggyback(0));
  world.commits = false;
  Device device(world);
  Message post = request(kPost, "rd?ep=a", 1);
  post.type = kNon;
  device.send(post);
  device.send(post);
  CHECK(device.nothing_comes());  // no empty ACK either
  world.commits = true;
  CHECK(device.receive().type == kNon);
  CHECK(device.nothing_comes());
}

TEST_CASE("a repeated DELETE gets the answer of the first") {
  World world;
  Device device(world);
  const std::string handle = enrolled(device, "a", 1);
  const Message leave = request(kDelete, handle, 2);
  const Message first = device.ask(leave);
  REQUIRE(first.code_text() == "2.02");
  const Message again = device.ask(leave);
  CHECK(again.code_text() == "2.02");
  CHECK(again.type == kAck);
  CHECK(world.metric(kRetransmissions) == 1);
  // A new message is a new request.
  CHECK(device.ask(request(kDelete, handle, 3)).code_text() == "4.04");

  // ... and what was remembered does not end the registration that came after it.
  const std::string next = enrolled(device, "a", 4);
  CHECK(device.ask(leave).code_text() == "2.02");
  CHECK(device.ask(request(kGet, next, 5)).code_text() == "2.05");
}

TEST_CASE("a repeated refresh gets the answer of the first") {
  World world;
  Device device(world);
  const std::string handle = enrolled(device, "a", 1);
  const Message refresh = request(kPost, handle + "?lt=600", 2);
  const Message first = device.ask(refresh);
  REQUIRE(first.code_text() == "2.04");
  REQUIRE(device.ask(request(kDelete, handle, 3)).code_text() == "2.02");
  const Message again = device.ask(refresh);
  CHECK(again.code_text() == "2.04");
  CHECK(again.payload == first.payload);
  CHECK(device.ask(request(kGet, handle, 4)).code_text() == "4.04");
}

TEST_CASE("No-Response is honoured, at once and later") {
  World world(with_piggyback(60'000));
  Device device(world);
  Message post = request(kPost, "rd?ep=a", 1);
  post.options.emplace_back(kNoResponse, uint_value(2));
  SUBCASE("confirmable: the empty ACK alone") {
    const Message later = device.ask(post);
    CHECK(later.type == kAck);
    CHECK(later.code == 0);
    post.mid = 2;
    const Message at_once = device.ask(post);
    CHECK(at_once.mid == 2);
    CHECK(at_once.code == 0);
  }
  SUBCASE("non-confirmable: nothing") {
    post.type = kNon;
    device.send(post);
    REQUIRE(world.until([&] { return world.asks == 1 && !world.gateway.tables().has_changes(); }));
    post.mid = 2;
    device.send(post);
    CHECK(device.nothing_comes());
  }
  CHECK(world.gateway.tables().devices() == 1);
}

}  // namespace
}  // namespace msggw::coap_adapter::test::repetition_test
