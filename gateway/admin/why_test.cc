// SPDX-License-Identifier: Apache-2.0
// Why a device is not where it should be: that each sentence is true of what it is said of.
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "gateway/admin/test_site.h"
#include "gateway/core/server_walk.h"

namespace msggw::admin::why_test {
namespace {

using test::contains;
using test::Site;

base::TimePoint now() {
  return base::Clock().now();
}

messages::Message message(const std::string& id, const std::string& content) {
  messages::Message message;
  message.from = {messages::AddressType::as, "as-1"};
  message.message_id = id;
  message.content = content;
  return message;
}

std::string told(const Site& site, const std::string& private_id = "meter") {
  return site.call({}, "/api/v1/devices/" + private_id + "/why").body;
}

/// A device and the server "m5s", which the gateway knows and at which it registers devices.
struct Served {
  Site site;
  std::optional<core::ServerWalk> walk;

  Served() {
    REQUIRE(site.post("application/json", R"({"privateId":"meter"})").status == 201);
    site.until([](core::Gateway& gateway) {
      return gateway.tables().devices_in(core::DeviceState::provisioned) == 1;
    });
    site.inside([&](core::Gateway& gateway) {
      gateway.server_registrations().begin();
      walk.emplace(gateway.tables(), std::chrono::hours{24}, now());
      site.status().servers[0].service_id = "m5s";
      return 0;
    });
  }
  void show_up() {
    site.inside([](core::Gateway& gateway) {
      core::RegisterRequest request;
      request.bearer = core::Bearer::coap;
      request.private_id = "meter";
      return gateway.registrations().register_device(request, now()).has_value();
    });
  }
  /// What the server's adapter is given to do is done so.
  template <class Work>
  void at_server(const Work& work) {
    site.until([&](core::Gateway& gateway) {
      auto& door = gateway.server_registrations();
      auto task = door.next();
      if (!task) task = walk->next([](core::ProfileNo) { return true; }, now());
      if (task) work(door, *task);
      return task.has_value();
    });
    until_dated();
  }
  /// What has happened has its time.
  void until_dated() {
    site.until([](core::Gateway& gateway) {
      const core::DeviceTrace& trace = gateway.tables().trace;
      return trace[trace.size() - 1].at != base::TimePoint{};
    });
  }
  void server_is(bool up) {
    site.inside([&](core::Gateway&) {
      site.status().servers[0].addresses[0].up = up;
      site.status().servers[0].addresses[0].reason = up ? "" : "refused";
      return 0;
    });
  }
};

constexpr const char* kAway = "(https://m5s.example: refused)";

TEST_CASE("a device without a Service ID, and then one that sleeps, in sentences and facts") {
  Site site;
  site.answers = false;
  REQUIRE(site.post("application/json", R"({"privateId":"meter"})").status == 201);
  const auto why = [&](const std::string& id) {
    return site.call({}, "/api/v1/devices/" + id + "/why");
  };
  CHECK(contains(why("meter").body,
                 "It has no Service ID: no Provisioning Function answers "
                 "(https://pf.example: cannot connect)"));
  site.until([](core::Gateway& gateway) {
    const auto ask = gateway.journey().next_ask();
    if (ask)
      gateway.journey().failed(ask->device, base::Duration{5'000}, base::Clock().now(), "HTTP 500");
    return ask.has_value();
  });
  const auto waits = why("meter");
  CHECK(contains(waits.body, "tried in vain once; last tried at "));
  CHECK(contains(waits.body, ": HTTP 500; next try at "));
  CHECK(contains(waits.body, R"("provisioning":{"purpose":"service_id","stage":"backing_off",)"));
  site.answers = true;
  CHECK(site.call({"-X", "POST"}, "/api/v1/devices/meter/reprovision").status == 200);
  site.until([](core::Gateway& gateway) {
    return gateway.tables().devices_in(core::DeviceState::provisioned) == 1;
  });
  site.deliver("meter", message("m1", "x"));
  site.deliver("meter", message("m2", "x"));
  const auto asleep = why("meter");
  CHECK(contains(asleep.body, "It is not registered with this gateway over any protocol"));
  CHECK(contains(asleep.body,
                 "2 for it wait (normal priority), in order behind message 1, until the device "
                 "registers; one that proves nothing at that (CoAP) does not get what waits now, "
                 "unless coap.claim_inherits is set; last heard of at "));
  CHECK(contains(asleep.body, R"("messages":2,)"));
  CHECK(contains(asleep.body, R"("first":1,"for":"device")"));
  CHECK(why("nobody").status == 404);
  CHECK(site.call({"-X", "POST"}, "/api/v1/devices/meter/why").status == 405);
}

TEST_CASE("on the way to a Service ID while a Provisioning Function answers") {
  Site site;
  site.answers = false;
  site.inside([&](core::Gateway&) {
    site.status().provisioning_functions[0].up = true;
    return 0;
  });
  REQUIRE(site.post("application/json", R"({"privateId":"meter"})").status == 201);
  CHECK(
      contains(told(site), "It has no Service ID: its turn has not come; 1 device is on the way."));
  const auto no =
      site.inside([](core::Gateway& gateway) { return gateway.journey().next_ask()->device; });
  CHECK(contains(told(site), "the Provisioning Function has been asked and has not answered yet."));
  site.inside([&](core::Gateway& gateway) {
    gateway.journey().refused(no, "POLICY_DENIED", "not here", now());
    return 0;
  });
  site.until([](core::Gateway& gateway) {
    return gateway.tables().devices_in(core::DeviceState::refused) == 1;
  });
  CHECK(contains(told(site), "the Provisioning Function refused it at "));
  CHECK(contains(told(site), ": POLICY_DENIED: not here. It is asked for again when it shows up"));
  CHECK(site.call({"-X", "POST"}, "/api/v1/devices/meter/suspend").status == 200);
  CHECK(contains(told(site), "It is suspended by the operator"));
}

TEST_CASE("a removal: not released, refused, forgotten") {
  Served served;
  served.site.answers = false;
  CHECK(served.site.call({"-X", "DELETE"}, "/api/v1/devices/meter").status == 202);
  CHECK(contains(told(served.site),
                 "It is being removed, and its Service ID is still to be released; "
                 "no Provisioning Function answers"));
  const auto no = served.site.inside([](core::Gateway& gateway) {
    const auto device = gateway.journey().next_ask()->device;
    gateway.journey().refused(device, "NOT_AUTHORIZED", "not yours", now());
    return device;
  });
  CHECK(contains(told(served.site), "which the Provisioning Function refused at "));
  CHECK(contains(told(served.site), ": NOT_AUTHORIZED: not yours; tried in vain once"));
  served.site.inside([&](core::Gateway& gateway) {
    gateway.journey().failed(no, {}, now());
    return 0;
  });
}

TEST_CASE("registered here, or not, and at the server, or not") {
  Served served;
  CHECK(contains(told(served.site), "over any protocol, so it is not registered at its MSGin5G"));
  served.show_up();
  CHECK(contains(told(served.site),
                 "It is not registered at its MSGin5G Server: its turn has not come yet."));
  served.server_is(false);
  const std::string away =
      std::string("It is not registered at its MSGin5G Server: that does not ") + "answer " +
      kAway + ". It is tried when it does.";
  CHECK(contains(told(served.site), away));
  served.at_server([](auto& door, const auto& task) { door.failed(task, "HTTP 503"); });
  CHECK(contains(told(served.site), away));  // that is why, whatever was before
  served.server_is(true);
  CHECK(contains(told(served.site), "the server did not take it at "));
  CHECK(contains(told(served.site), ": HTTP 503. It is tried again in its turn."));
  served.at_server([](auto& door, const auto& task) { door.refused(task, "NOT_ALLOWED", now()); });
  CHECK(contains(told(served.site), "it was refused there at "));
  CHECK(contains(told(served.site), ": NOT_ALLOWED. It is tried again in its turn."));
  served.site.inside([](core::Gateway& gateway) {
    gateway.server_registrations().lost(core::DeviceNo{0});
    return 0;
  });
  served.until_dated();
  CHECK(contains(told(served.site), "it was no longer there at "));
  served.at_server([](auto& door, const auto& task) { door.registered(task); });
  CHECK(contains(told(served.site), R"("It is registered at its MSGin5G Server.")"));
  served.server_is(false);
  CHECK(
      contains(told(served.site), std::string("It is registered at its MSGin5G Server, which does "
                                              "not answer now ") +
                                      kAway + "."));
}

TEST_CASE("a message for the server waits while that is away") {
  Served served;
  served.show_up();
  served.site.inside([&](core::Gateway&) {
    messages::SendRequest request;
    request.to = messages::Address{messages::AddressType::as, "as-1"};
    request.message_id = "up";
    return served.site.device_side().send(request, now()).has_value();
  });
  served.site.until([&](core::Gateway&) { return !served.site.queue().durable_with(); });
  const std::string waits =
      "1 from it waits (normal priority): message 1, which waits until its MSGin5G Server takes "
      "messages";
  CHECK(contains(told(served.site), waits + ".\""));
  served.server_is(false);
  CHECK(contains(told(served.site), waits + "; that does not answer now " + kAway + ".\""));
}

TEST_CASE("a message that the server has had: since when, and what it said of it") {
  Served served;
  served.show_up();
  served.site.inside([&](core::Gateway&) {
    messages::SendRequest request;
    request.to = messages::Address{messages::AddressType::as, "as-1"};
    request.message_id = "up";
    return served.site.device_side().send(request, now()).has_value();
  });
  served.site.until([&](core::Gateway&) { return !served.site.queue().durable_with(); });
  const auto dated = [&](messages::Happening what) {
    served.site.until([&](core::Gateway&) {
      const messages::MessageTrace& trace = served.site.queue().trace;
      const messages::MessageEvent& last = trace[trace.size() - 1];
      return last.what == what && last.at != base::TimePoint{};
    });
  };
  served.site.until([&](core::Gateway&) {
    return served.site.server_side().next([](core::ProfileNo) { return true; }).has_value();
  });
  dated(messages::Happening::handed);
  CHECK(contains(told(served.site),
                 "message 1, which the MSGin5G Server has been given and has not answered; "
                 "given at 2"));
  served.site.inside([&](core::Gateway&) {
    return served.site.server_side().rests(messages::MessageNo{1}, now(), "no answer within 5 s");
  });
  dated(messages::Happening::came_back);
  const std::string text = told(served.site);
  CHECK(contains(text, "message 1, which goes again when its turn comes; it came back at 2"));
  CHECK(contains(text, "Z: no answer within 5 s; tried in vain once while others passed.\""));
}

TEST_CASE("a message for a device: what is waited for, and what makes that vain") {
  Served served;
  served.show_up();
  served.site.deliver("meter", message("m1", "x"));
  CHECK(contains(told(served.site),
                 "message 1, in vain: nothing over which the device is registered may bring it "
                 "messages (see open_messages of [coap]"));
  served.site.inside([&](core::Gateway&) {
    served.site.device_side().carry(core::Bearer::coap);
    return 0;
  });
  CHECK(contains(told(served.site),
                 "message 1, until the device GETs or observes its inbox; last heard of at "));
}

TEST_CASE("a message that the device's network has taken over, and tells nothing of") {
  Served served;
  served.show_up();
  messages::DeviceSide& side = served.site.device_side();
  served.site.inside([&](core::Gateway& gateway) {
    return side.reachable(*gateway.tables().find_private_id("meter"), core::Bearer::sms);
  });
  served.site.deliver("meter", message("m1", "x"));
  served.site.until([&](core::Gateway&) {
    const auto next = side.next(core::Bearer::sms);
    if (!next) return false;
    const messages::MessageNo no = next->no;
    side.track(no, core::Bearer::sms, "id 1");
    side.passed_on(no);
    return true;
  });
  const std::string why = told(served.site);
  CHECK(contains(why, "Its network has accepted, and has not said yet what became of: 1 for it."));
  CHECK(contains(why, R"("waiting":[],"passedOn":1})"));
  CHECK(
      contains(served.site.call({}, "/api/v1/messages?device=meter").body, R"("stage":"handed")"));
}

TEST_CASE("what the gateway itself tells a phone, and what a phone wrote that is no message yet") {
  Served served;
  CHECK_FALSE(contains(told(served.site), "kept"));
  served.site.inside([&](core::Gateway& gateway) {
    const auto device = *gateway.tables().find_private_id("meter");
    served.site.status().kept_of = [](core::DeviceNo) { return Status::Kept{2, 1}; };
    return served.site.device_side()
        .tell(device, message("answer", "hello"), std::chrono::hours{1}, now())
        .has_value();
  });
  served.site.until([&](core::Gateway&) {
    return served.site.queue().batches.committed == served.site.queue().batches.last;
  });
  const std::string why = told(served.site);
  CHECK(contains(why,
                 "1 for it waits (what the gateway itself tells it): message 1, until an SMSC is "
                 "bound that takes messages."));
  CHECK(contains(why, R"("priority":"high","texts":true,"messages":1,)"));
  CHECK(contains(why,
                 "2 texts that it has written wait for room at the gateway; 1 long message of it "
                 "lacks parts, which its SMSC has still to bring (sms.partial_timeout)."));
  CHECK(contains(why, R"("kept":{"texts":2,"longMessages":1})"));
}

TEST_CASE("a broker that is away is told of devices that are registered over it") {
  Served served;
  served.show_up();
  served.site.inside([&](core::Gateway&) {
    served.site.status().broker_connected = false;
    served.site.status().broker_reason = "connection refused";
    return 0;
  });
  CHECK_FALSE(contains(told(served.site), "broker"));
  served.site.inside([](core::Gateway& gateway) {
    core::RegisterRequest request;
    request.bearer = core::Bearer::mqtt;
    request.private_id = "meter";
    return gateway.registrations().register_device(request, now()).has_value();
  });
  CHECK(contains(told(served.site),
                 "The broker is not connected (connection refused): nothing goes to the device or "
                 "comes from it over MQTT."));
}

TEST_CASE("servers that this gateway does not know, and a gateway without any") {
  Served served;
  served.site.answers = false;
  REQUIRE(served.site.post("application/json", R"({"privateId":"other"})").status == 201);
  served.site.until([](core::Gateway& gateway) {
    const auto ask = gateway.journey().next_ask();
    if (ask) gateway.journey().provisioned(ask->device, {"svc-other", {{"m5s-9"}, ""}, {}}, now());
    return ask.has_value();
  });
  CHECK(
      contains(told(served.site, "other"),
               "Its MSGin5G Servers (m5s-9) are none that this gateway knows, so messages that it "
               "sends are refused with UNKNOWN_SERVER."));
  served.show_up();
  served.site.inside([&](core::Gateway&) {
    served.site.status().servers.clear();
    return 0;
  });
  CHECK(
      contains(told(served.site), "This gateway has no MSGin5G Servers and carries no messages."));
  const std::string other = told(served.site, "other");
  CHECK(contains(other, "It is not registered with this gateway over any protocol.\""));
  CHECK_FALSE(contains(other, "UNKNOWN_SERVER"));
}

}  // namespace
}  // namespace msggw::admin::why_test
