// SPDX-License-Identifier: Apache-2.0
// POST /rd by somebody else, who knows the Private ID, or by the device that has restarted.
#include <doctest/doctest.h>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test {
namespace {

using CoapMessage = test::Message;

constexpr const char* kTakenOver = "msggw_registrations_taken_over_total";

Options with_inheritance() {
  Options options = InboxWorld::options();
  options.claim_inherits = true;
  return options;
}

std::string code_of(InboxDevice& device, int method, const std::string& below) {
  return device.ask(device.request_for(method, below)).code_text();
}

TEST_CASE(
    "a stranger who knows the Private ID learns nothing of what waited, and the device notices") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", "secret");
  world.settle();
  InboxDevice stranger(world, "a");
  CHECK(stranger.handle() != device.handle());
  const CoapMessage empty = stranger.get();
  CHECK(empty.code_text() == "2.05");
  CHECK(empty.payload.empty());
  CHECK_FALSE(empty.option(kEtag));
  CHECK(stranger.observe().payload.empty());
  CHECK(stranger.nothing_comes());
  CHECK(stranger.report(R"({"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})").code_text() == "4.04");
  CHECK(world.metric(kTakenOver) == 1);
  CHECK(world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 0);

  CHECK(device.get().code_text() == "4.04");
  CHECK(device.ask(request(kPost, device.handle(), 900)).code_text() == "4.04");
  CHECK(code_of(device, kPost, "up") == "4.04");

  world.deliver("sid-0", "m2", "since then");
  const CoapMessage notification = stranger.receive();
  CHECK(id_in(notification) == "m2");
  stranger.acknowledge(notification);
  CHECK(stranger.nothing_comes());
}

TEST_CASE("what the stranger was not given he cannot have by registering once more") {
  InboxWorld world;
  InboxDevice device(world, "a");
  InboxDevice stranger(world, "a");
  InboxDevice owner(world, "a");
  world.deliver("sid-0", "m1", "secret");
  world.settle();
  for (int again = 0; again < 3; ++again) {
    InboxDevice once_more(world, "a");
    CHECK(once_more.get().payload.empty());
  }
  CHECK(owner.get().code_text() == "4.04");
}

TEST_CASE(
    "with claim_inherits who registers gets what waited; the old handle is dead all the same") {
  InboxWorld world(with_inheritance());
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", "for whoever it is");
  world.settle();
  InboxDevice rebooted(world, "a");
  CHECK(id_in(rebooted.get()) == "m1");
  CHECK(device.get().code_text() == "4.04");
}

TEST_CASE("an observation ends with 4.04, and what was under way in it is withheld") {
  InboxWorld world;
  InboxDevice device(world, "a");
  device.observe();
  world.deliver("sid-0", "m1", "1");
  const CoapMessage notification = device.receive();
  CHECK(id_in(notification) == "m1");
  InboxDevice stranger(world, "a");
  const CoapMessage end = device.receive();
  CHECK(end.token == "obs");
  CHECK(end.code_text() == "4.04");
  device.acknowledge(notification);
  CHECK(device.nothing_comes());
  CHECK(world.metric("msggw_coap_observations") == 0);
  CHECK(stranger.get().payload.empty());
}

TEST_CASE("a GET that waits is ended with 4.04") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.messages->commits = false;
  world.deliver("sid-0", "m1", "1");
  device.send(device.request_for(kGet, "inbox"));
  CHECK(device.nothing_comes());
  InboxDevice stranger(world, "a");
  CHECK(device.receive().code_text() == "4.04");
  world.messages->commits = true;
  world.settle();
  CHECK(stranger.get().payload.empty());
}

TEST_CASE("the same request once more takes nothing over, also when its answer is forgotten") {
  InboxWorld world;
  Device socket(world, world.port());
  const CoapMessage post = request(kPost, "rd?ep=a", 7);
  const std::string handle = socket.ask(post).location();
  world.deliver("sid-0", "m1", "1");
  world.settle();
  CHECK(socket.ask(post).location() == handle);
  world.restart();
  CHECK(socket.ask(post).location() == handle);
  CHECK(world.metric(kTakenOver) == 0);
  CHECK(id_in(socket.ask(request(kGet, handle.substr(1) + "/inbox", 8))) == "m1");

  SUBCASE("another Message ID is another request") {
    CHECK(socket.ask(request(kPost, "rd?ep=a", 9)).location() != handle);
  }
  SUBCASE("another token") {
    CoapMessage other = post;
    other.token = "other";
    CHECK(socket.ask(other).location() != handle);
  }
  SUBCASE("another content") {
    CHECK(socket.ask(request(kPost, "rd?ep=a&lt=600", 7)).location() != handle);
  }
  SUBCASE("another port") {
    Device elsewhere(world, world.port());
    CHECK(elsewhere.ask(post).location() != handle);
  }
  CHECK(world.metric(kTakenOver) == 1);
}

TEST_CASE("of two claims that wait for the Service ID each is told its own handle") {
  InboxWorld world;
  world.provisioning = msggw::test::Service::Provisioning::away;
  Device device(world, world.port());
  Device stranger(world, world.port());
  device.send(request(kPost, "rd?ep=a", 1));
  CHECK(device.nothing_comes());
  stranger.send(request(kPost, "rd?ep=a", 1));
  CHECK(stranger.nothing_comes());
  world.provisioning = msggw::test::Service::Provisioning::answers;
  const std::string first = device.receive().location().substr(1);
  const std::string second = stranger.receive().location().substr(1);
  CHECK(first != second);
  CHECK(device.ask(request(kGet, first, 2)).code_text() == "4.04");
  CHECK(stranger.ask(request(kGet, second, 2)).code_text() == "2.05");
}

TEST_CASE("the new handle is told when it is durable, and the old one is dead before that") {
  InboxWorld world;
  InboxDevice device(world, "a");
  Device stranger(world, world.port());
  world.commits = false;
  stranger.send(request(kPost, "rd?ep=a", 1));
  CHECK(stranger.nothing_comes());
  CHECK(device.get().code_text() == "4.04");
  world.commits = true;
  CHECK(stranger.receive().code_text() == "2.01");
}

TEST_CASE("a device that keeps its handle keeps its messages over a restart of either side") {
  InboxWorld world;
  InboxDevice device(world, "a");
  world.deliver("sid-0", "m1", "1");
  world.restart();
  Device rebooted(world, world.port());
  CHECK(rebooted.ask(request(kPost, device.handle(), 1)).code_text() == "2.04");
  CHECK(id_in(rebooted.ask(request(kGet, device.handle() + "/inbox", 2))) == "m1");
  CHECK(world.metric(kTakenOver) == 0);
}

}  // namespace
}  // namespace msggw::coap_adapter::test
