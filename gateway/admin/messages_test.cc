// SPDX-License-Identifier: Apache-2.0
// Messages through the API: lists, one with what it carries, removals; and what has happened.
#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "gateway/admin/test_site.h"
#include "gateway/core/standing.h"
#include "tests/support/events.h"

namespace msggw::admin {
namespace {

using test::contains;
using test::Site;

messages::Message message(const std::string& id, const std::string& content) {
  messages::Message message;
  message.from = {messages::AddressType::as, "as-1"};
  message.message_id = id;
  message.content = content;
  return message;
}

void add_provisioned(Site& site, const std::string& private_id) {
  REQUIRE(site.post("application/json", R"({"privateId":")" + private_id + "\"}").status == 201);
  site.until([&](core::Gateway& gateway) {
    const auto no = gateway.tables().find_private_id(private_id);
    return gateway.tables().device(*no).state == core::DeviceState::provisioned;
  });
}

TEST_CASE("a list says whose a message is, who it is from, how it stands; never what it carries") {
  Site site;
  add_provisioned(site, "meter");
  add_provisioned(site, "other");
  site.deliver("meter", message("m1", "SECRET"));
  site.deliver("meter", message("m2", "SECRET"));
  site.deliver("other", message("m3", "SECRET"));
  const auto all = site.call({}, "/api/v1/messages");
  CHECK(all.status == 200);
  CHECK(
      contains(all.body, R"("kind":"message_down","privateId":"meter","serviceId":"svc-meter",)"));
  CHECK(contains(all.body, R"("stage":"waiting","priority":"normal","delivStReqInd":false,)"));
  CHECK(contains(all.body, R"("msgId":"m1","oriAddr":{"addrType":"AS","addr":"as-1"},)"));
  CHECK(contains(all.body, R"("contentOctets":6)"));
  CHECK_FALSE(contains(all.body, "SECRET"));
  CHECK_FALSE(contains(all.body, "next"));
  const auto page = site.call({}, "/api/v1/messages?limit=2");
  CHECK(contains(page.body, "\"next\":3}"));
  CHECK(contains(site.call({}, "/api/v1/messages?limit=2&from=3").body, R"("msgId":"m3")"));
  const auto by_device = site.call({}, "/api/v1/messages?device=other&direction=down");
  CHECK(contains(by_device.body, R"("msgId":"m3")"));
  CHECK_FALSE(contains(by_device.body, R"("msgId":"m1")"));
  CHECK(contains(site.call({}, "/api/v1/messages?direction=up").body, R"({"messages":[]})"));
  const auto by_id = site.call({}, "/api/v1/messages?msgId=m2");
  CHECK(contains(by_id.body, R"("msgId":"m2")"));
  CHECK_FALSE(contains(by_id.body, R"("msgId":"m1")"));
  CHECK(site.call({}, "/api/v1/messages?device=nobody").status == 404);
  CHECK(site.call({}, "/api/v1/messages?stage=ended").status == 400);
  CHECK(site.call({"-X", "DELETE"}, "/api/v1/messages").status == 405);
  CHECK(site.call({}, "/api/v1/messages", "").status == 401);
}

TEST_CASE("of a message that is done its msgId is remembered for a while, and no more") {
  Site site;
  add_provisioned(site, "meter");
  const std::string long_id(50, 'x');
  site.deliver("meter", message("m1", "SECRET"));
  site.deliver("meter", message(long_id, "SECRET"));
  for (int i = 0; i < 2; ++i) {
    site.until([&](core::Gateway&) {
      site.device_side().reachable(core::DeviceNo{0}, core::Bearer::mqtt);
      const auto next = site.device_side().next(core::Bearer::mqtt);
      if (next) site.device_side().proven(next->no, base::Clock().now());
      return next.has_value();
    });
  }
  const std::string done = site.call({}, "/api/v1/messages?stage=done").body;
  CHECK(contains(done, R"("stage":"done")"));
  CHECK(contains(done, R"("msgId":"m1"})"));
  CHECK(contains(done, "\"msgId\":\"" + std::string(40, 'x') + "\"}"));
  CHECK(contains(site.call({}, "/api/v1/messages/1").body, R"("msgId":"m1"})"));
  const std::string by_id = site.call({}, "/api/v1/messages?stage=done&msgId=" + long_id).body;
  CHECK(contains(by_id, "\"number\":2,"));
  CHECK_FALSE(contains(by_id, "\"number\":1,"));
}

TEST_CASE("who removes a device is told what becomes of its messages") {
  Site site;
  add_provisioned(site, "meter");
  for (const char* const id : {"m1", "m2", "m3"}) {
    messages::Message waiting = message(id, "x");
    waiting.wants_report = id != std::string("m3");
    site.deliver("meter", waiting);
  }
  const auto by = [&](const std::string& what) {
    return site.call({"-X", "POST", "-H", "content-type: application/json", "-d", what},
                     "/api/v1/removals");
  };
  CHECK(contains(by(R"({"matching":"meter","preview":true})").body, R"("messagesEnding":3)"));
  const auto removed = site.call({"-X", "DELETE"}, "/api/v1/devices/meter");
  CHECK(removed.status == 202);
  CHECK(contains(removed.body, R"("messagesEnding":3)"));
  // The reports are not taken by any server here, so the row stays.
  site.until([](core::Gateway& gateway) {
    const auto standing = core::standing_of(gateway.tables(), core::DeviceNo{0});
    return standing && standing->stage == core::Stage::sending;
  });
  CHECK(contains(site.call({}, "/api/v1/devices/meter/why").body, "go up first"));
  const auto again = site.call({"-X", "DELETE"}, "/api/v1/devices/meter");
  CHECK(contains(again.body, R"("messagesSending":2)"));
  CHECK(contains(by(R"({"matching":"meter","preview":true,"forget":true})").body,
                 R"("messagesEnding":2)"));
  const auto forgotten = site.call({"-X", "POST"}, "/api/v1/devices/meter/forget");
  CHECK(contains(forgotten.body, R"("messagesEnding":2)"));
  site.until([](core::Gateway& gateway) { return gateway.tables().devices() == 0; });
  CHECK(contains(site.call({}, "/api/v1/messages").body, R"({"messages":[]})"));
}

TEST_CASE("one message: what it carries on request, as text or base64") {
  Site site;
  add_provisioned(site, "meter");
  site.deliver("meter", message("m1", "line 1\nline 2"));
  site.deliver("meter", message("m2", std::string("\x1b[31m\0", 6)));
  CHECK_FALSE(contains(site.call({}, "/api/v1/messages/1").body, "line"));
  CHECK(contains(site.call({}, "/api/v1/messages/1?content=true").body,
                 R"("content":"line 1\nline 2")"));
  CHECK(contains(site.call({}, "/api/v1/messages/2?content=true").body,
                 R"("contentBase64":"G1szMW0A")"));
  CHECK(site.call({}, "/api/v1/messages/3").status == 404);
  CHECK(site.call({}, "/api/v1/messages/1?contents=true").status == 400);
  CHECK(site.call({"-X", "POST"}, "/api/v1/messages/1").header("allow") == "GET, HEAD, DELETE");
}

TEST_CASE("a message is removed when that is durable, and who asked for a report gets one") {
  Site site;
  add_provisioned(site, "meter");
  auto wanted = message("m1", "x");
  wanted.wants_report = true;
  site.deliver("meter", wanted);
  const auto removed = site.call({"-X", "DELETE"}, "/api/v1/messages/1");
  CHECK(removed.status == 200);
  CHECK(removed.member("stage") == "failed");
  CHECK(removed.member("cause") == "REMOVED");
  CHECK(site.call({"-X", "DELETE"}, "/api/v1/messages/1").status == 404);
  for (const char* const failed : {"/api/v1/messages/1", "/api/v1/messages?stage=failed"})
    CHECK(contains(site.call({}, failed).body, R"("stage":"failed","cause":"REMOVED")"));
  const auto report = site.call({}, "/api/v1/messages?direction=up");
  CHECK(contains(report.body, R"("delivSt":"REPT_DELY_FAILED","failureCause":"REMOVED")"));
}

TEST_CASE("many are removed, a slice at a time, after a look; what is in hand stays") {
  Site site;
  add_provisioned(site, "meter");
  add_provisioned(site, "other");
  for (int i = 0; i < 150; ++i) site.deliver("meter", message("m" + std::to_string(i), "x"));
  site.deliver("other", message("m", "x"));
  site.until([&](core::Gateway& gateway) {
    site.device_side().reachable(*gateway.tables().find_private_id("meter"), core::Bearer::mqtt);
    return site.device_side().next(core::Bearer::mqtt).has_value();
  });
  const auto ask = [&](const std::string& body) {
    return site.post("application/json", body, "/api/v1/messages/removals");
  };
  CHECK(contains(ask(R"({"device":"meter","preview":true})").body,
                 R"({"selected":99,"inHand":1,"all":152,"next":101})"));
  const auto slice = ask(R"({"device":"meter","before":152})");
  CHECK(contains(slice.body, R"({"removed":99,"inHand":1,"all":152,"next":101})"));
  CHECK(contains(ask(R"({"device":"meter","first":101,"before":152})").body,
                 R"({"removed":50,"inHand":0,"all":152})"));
  CHECK(site.call({"-X", "DELETE"}, "/api/v1/messages/1").status == 409);
  CHECK(contains(site.call({}, "/api/v1/messages?device=other").body, R"("msgId":"m")"));
  CHECK(contains(ask(R"({"direction":"down","before":151})").body, R"("removed":0)"));
  CHECK(ask("{}").status == 400);
  CHECK(ask(R"({"device":"nobody"})").status == 404);
  CHECK(site.call({}, "/api/v1/messages/removals").status == 405);
}

TEST_CASE("the event of a removal names the device by its first Private ID") {
  const msggw::test::Events events;
  Site site;
  add_provisioned(site, "meter");
  REQUIRE(site.post("application/json", R"({"privateId":"meter","aliases":["m2"]})").status == 200);
  site.deliver("meter", message("m1", "x"));
  REQUIRE(site.post("application/json", R"({"device":"m2"})", "/api/v1/messages/removals").status ==
          200);
  CHECK(contains(events.text(), "messages_removed messages=1 private_id=meter operator="));
}

TEST_CASE("without a commit nothing is said to be removed") {
  Site site;
  add_provisioned(site, "meter");
  site.deliver("meter", message("m1", "x"));
  site.until([&](core::Gateway& gateway) { return !gateway.tables().durable_with(); });
  site.commits = false;
  auto removed = std::async(
      std::launch::async, [&] { return site.call({"-X", "DELETE"}, "/api/v1/messages/1").status; });
  site.until([&](core::Gateway&) { return !site.queue().headers.holds(messages::MessageNo{1}); });
  CHECK(removed.wait_for(std::chrono::seconds{0}) == std::future_status::timeout);
  site.commits = true;
  CHECK(removed.get() == 200);
}

TEST_CASE("the trace of a device, by any of its names, and of a message") {
  Site site;
  add_provisioned(site, "meter");
  site.deliver("meter", message("m1", "x"));
  const auto trace = [&](const std::string& of) { return site.call({}, "/api/v1/trace?of=" + of); };
  for (const char* of : {"meter", "svc-meter"}) {
    const auto of_device = trace(of);
    CHECK(of_device.status == 200);
    CHECK(of_device.member("privateId") == "meter");
    CHECK(contains(of_device.body, R"("full":false)"));
    CHECK(contains(of_device.body, R"("what":"added","privateId":"meter"})"));
    CHECK(contains(of_device.body, R"("what":"provisioned")"));
    CHECK(contains(of_device.body, R"("what":"taken_in","message":1,"kind":"message_down",)"));
  }
  const auto of_message = trace("m1");
  CHECK(contains(of_message.body, R"("messages":[{"number":1,)"));
  CHECK(contains(of_message.body, R"("msgId":"m1"})"));
  CHECK_FALSE(contains(of_message.body, "provisioned"));
  CHECK(contains(trace("nothing").body, R"("messages":[],"events":[])"));
  CHECK(site.call({}, "/api/v1/trace").status == 400);
}

TEST_CASE("what happened again and again, and nothing else meanwhile, is one line of the trace") {
  Site site;
  add_provisioned(site, "meter");
  site.deliver("meter", message("m1", "x"));
  for (int i = 0; i < 3; ++i) site.deliver("meter", message("m1", "x"));
  site.until([&](core::Gateway&) {
    const messages::MessageTrace& trace = site.queue().trace;
    return trace[trace.size() - 1].at != base::TimePoint{};
  });
  const auto trace = site.call({}, "/api/v1/trace?of=m1").body;
  CHECK(contains(trace, R"("times":3,"last":"2)"));
  CHECK(contains(trace, R"(Z","what":"repeated","message":1,"kind":"message_down",)"));
  CHECK(contains(trace, R"(Z","what":"taken_in","message":1,)"));
  std::size_t events = 0;
  for (std::size_t at = 0; (at = trace.find("\"what\"", at)) != std::string::npos; ++at) ++events;
  CHECK(events == 2);
}

TEST_CASE("what is remembered under a number is not said of the device that has it now") {
  Site site;
  add_provisioned(site, "meter");
  site.deliver("meter", message("m1", "x"));
  CHECK(site.call({"-X", "POST"}, "/api/v1/devices/meter/forget").status == 202);
  while (site.call({}, "/api/v1/devices/meter").status != 404) std::this_thread::yield();
  const auto second = [] { return core::to_seconds(base::Clock().now()); };
  for (const auto since = second(); second() == since;) std::this_thread::yield();
  add_provisioned(site, "other");
  REQUIRE(site.inside([](core::Gateway& gateway) {
    return gateway.tables().find_private_id("other") == core::DeviceNo{0};
  }));
  const auto trace = site.call({}, "/api/v1/trace?of=m1");
  CHECK(
      contains(trace.body, R"("what":"taken_in","message":1,"kind":"message_down","msgId":"m1"})"));
  CHECK_FALSE(contains(trace.body, "other"));
}

}  // namespace
}  // namespace msggw::admin
