// SPDX-License-Identifier: Apache-2.0
// Messages of devices, at a broker that the test plays.
#include <doctest/doctest.h>

#include "adapters/mqtt/test_scene.h"

namespace msggw::mqtt::test {

namespace {

using namespace std::string_literals;

/// A user property.
std::string user(const std::string& name, const std::string& value) {
  const auto counted = [](const std::string& text) {
    return std::string{0, static_cast<char>(text.size())} + text;
  };
  return "\x26" + counted(name) + counted(value);
}
std::string response(const std::string& topic, const std::string& correlation) {
  return "\x08"s + std::string{0, static_cast<char>(topic.size())} + topic + "\x09" +
         std::string{0, static_cast<char>(correlation.size())} + correlation;
}

}  // namespace

TEST_CASE("a message is acknowledged to the device and to the broker when it is durable") {
  Scene scene;
  scene.register_device();
  scene.world.commits = false;
  const int id =
      scene.publish("d/send", R"({"destAddr":{"addrType":"AS","addr":"as-7"},"appId":"meter",)"
                              R"("msgId":"m-1","delivStReqInd":true,"payload":"20.5"})");
  const int behind = scene.publish("d/status", "online");
  CHECK(scene.is_silent("d/ack"));
  CHECK(std::ranges::find(scene.acknowledged, id) == scene.acknowledged.end());
  CHECK(std::ranges::find(scene.acknowledged, behind) == scene.acknowledged.end());
  scene.world.commits = true;
  const Sent ack = scene.hear("d/ack");
  CHECK(ack.payload == R"({"msgId":"m-1","state":"accepted"})");
  CHECK((ack.flags & 1) == 0);  // not retained
  REQUIRE(scene.acknowledges(behind));
  CHECK(scene.acknowledged.back() == behind);
  CHECK(scene.acknowledged[scene.acknowledged.size() - 2] == id);
  const auto message = scene.up_message();
  CHECK(message.from == messages::Address{messages::AddressType::ue, "sid-0"});
  CHECK(message.to == messages::Address{messages::AddressType::as, "as-7"});
  CHECK(message.application == "meter");
  CHECK(message.content == "20.5");
  CHECK(message.wants_report);
}

TEST_CASE("plain content goes to the default, with what MQTT 5 says beside it") {
  Scene scene;
  scene.register_device();
  scene.publish("d/up", "\xFF\x00 octets"s, user("appId", "meter") + user("msgId", "7"));
  CHECK(scene.hear("d/ack").payload == R"({"msgId":"7","state":"accepted"})");
  const auto message = scene.up_message();
  CHECK(message.to.address == "as-1");
  CHECK(message.application == "meter");
  CHECK(message.message_id == "7");
  CHECK(message.content == "\xFF\x00 octets"s);

  scene.publish("d/up", "x", user("msgId", std::string(129, 'x')));
  const std::string wrong = scene.hear("d/ack").payload;
  CHECK(wrong.find("OPTIONAL_IE_INCORRECT") != std::string::npos);
  CHECK(wrong.find("user property msgId") != std::string::npos);
  scene.publish("d/up", std::string(64 * 1'024 + 1, 'x'), user("msgId", "8"));
  CHECK(scene.hear("d/ack").payload.starts_with(
      R"({"msgId":"8","state":"refused","cause":"PAYLOAD_TOO_LARGE")"));
}

TEST_CASE("content of the longest size is taken, however it is escaped") {
  constexpr std::size_t kMost = 64U * 1'024;
  struct Case {
    const char* written;
    std::size_t octets;  ///< that it stands for
  };
  Scene scene;
  scene.register_device();
  int number = 0;
  for (const auto& [written, octets] :
       {Case{"x", 1}, Case{R"(\n)", 1}, Case{R"(\u001f)", 1}, Case{R"(\u00e9)", 2},
        Case{"\xC3\xA9", 2}, Case{R"(\u20ac)", 3}, Case{R"(\ud83d\ude00)", 4}}) {
    CAPTURE(written);
    const auto body = [&, as = written](std::size_t times) {
      std::string text = R"({"msgId":")" + std::to_string(++number) + R"(","payload":")";
      for (std::size_t i = 0; i < times; ++i) text += as;
      return text + "\"}";
    };
    scene.publish("d/send", body(kMost / octets));
    CHECK(scene.hear("d/ack").payload.find("accepted") != std::string::npos);
    CHECK(scene.up_message().content.size() == kMost / octets * octets);
    scene.publish("d/send", body(kMost / octets + 1));
    CHECK(scene.hear("d/ack").payload.find("PAYLOAD_TOO_LARGE") != std::string::npos);
  }
}

TEST_CASE("what MQTT 5 says of a message's time is its lifetime, if it says none that is shorter") {
  struct Case {
    const char* lifetime;
    const char* expiry;  ///< the last of its four octets
    std::uint32_t seconds;
  };
  Scene scene;
  scene.register_device();
  for (const auto& [lifetime, expiry, seconds] :
       {Case{"", "", 604'800}, Case{"", "\x1E", 30}, Case{R"(,"lifetime":60)", "\x1E", 30},
        Case{R"(,"lifetime":20)", "\x1E", 20}, Case{R"(,"lifetime":20)", "", 20}}) {
    CAPTURE(lifetime);
    scene.publish("d/send", R"({"payload":"x")"s + lifetime + "}",
                  *expiry == 0 ? "" : "\x02\0\0\0"s + expiry);
    scene.hear("d/ack");
    const messages::Queue& queue = scene.messages().queue();
    const auto* const lane =
        queue.lanes.find({core::DeviceNo{0}, true, messages::Priority::normal});
    REQUIRE(lane != nullptr);
    const messages::Header& header = queue.headers.at(lane->head);
    CHECK(header.expires_s - header.accepted_s >= seconds);
    CHECK(header.expires_s - header.accepted_s <= seconds + 1);  // rounded up
    scene.up_message();
  }
}

TEST_CASE("the answer goes to the response topic too, and a refusal there alone") {
  Scene scene;
  scene.register_device();
  scene.publish("d/up", "x", user("msgId", "1") + response("msgin5g/d/answers/1", "c-1"));
  const Sent answer = scene.hear("d/answers/1");
  CHECK(answer.payload == R"({"msgId":"1","state":"accepted"})");
  CHECK(answer.properties == "\x09\x00\x03"s + "c-1");
  CHECK(scene.hear("d/ack").payload == R"({"msgId":"1","state":"accepted"})");
  scene.publish("d/send", "[]", response("msgin5g/d/answers/2", "c-2"));
  CHECK(scene.hear("d/answers/2").payload.find("INVALID_MSG_FORMAT") != std::string::npos);
  CHECK(scene.is_silent("d/ack"));
}

TEST_CASE("what the broker hands over again is one message, over connections and restarts") {
  Scene scene;
  scene.register_device();
  scene.world.commits = false;
  scene.publish("d/up", "20.5", {}, 2, 100);
  scene.is_silent("d/ack");
  scene.reconnect();
  scene.publish("d/up", "20.5", {}, 2 | 8, 100);
  scene.is_silent("d/ack");
  scene.world.commits = true;
  const std::string ack = scene.hear("d/ack").payload;
  REQUIRE(scene.acknowledges(100));
  // Durable, and the gateway dies before the broker hears of it.
  scene.restart();
  scene.publish("d/up", "20.5", {}, 2 | 8, 100);
  CHECK(scene.hear("d/ack").payload == ack);
  const auto first = scene.up_message();
  CHECK(first.content == "20.5");
  CHECK(scene.nothing_goes_up());
  // The same words, and no repetition.
  scene.publish("d/up", "20.5", {}, 2, 100);
  CHECK(scene.hear("d/ack").payload != ack);
  CHECK(scene.up_message().content == "20.5");
  scene.publish("d/up", "20.5", {}, 0);
  scene.publish("d/up", "20.5", {}, 0);
  scene.up_message();
  scene.up_message();
  CHECK(scene.nothing_goes_up());
  CHECK(scene.world.metric("msggw_messages_repeated_total") == 2);
}

TEST_CASE(
    "what waits for a Service ID is acknowledged when it is on disk, and outlives the process") {
  Scene scene([](Options& options) { options.topics_prove = true; });
  scene.world.provisioning = World::Provisioning::away;
  scene.world.message_limits.answer_within = base::Duration{60'000};
  scene.restart();
  scene.publish("d/register", "");
  scene.hear("d/registration");  // pending
  scene.world.commits = false;
  const int structured = scene.publish("d/send", R"({"msgId":"1","payload":"a"})");
  const int plain =
      scene.publish("d/up", "b", user("appId", "meter") + response("msgin5g/d/answers", "c"));
  scene.is_silent("d/ack");
  for (const int id : {structured, plain})
    CHECK(std::ranges::find(scene.acknowledged, id) == scene.acknowledged.end());
  scene.world.commits = true;
  REQUIRE(scene.acknowledges(structured));
  REQUIRE(scene.acknowledges(plain));
  CHECK(scene.world.metric("msggw_messages_drafts") == 2);
  CHECK(scene.nothing_goes_up());
  scene.restart();  // the broker has forgotten them
  CHECK(scene.is_silent("d/ack"));
  CHECK(scene.nothing_goes_up());
  scene.restart();  // they are kept again
  scene.world.provisioning = World::Provisioning::answers;
  scene.publish("d/register", "");
  CHECK(scene.hear("d/ack").payload == R"({"msgId":"1","state":"accepted"})");
  CHECK(scene.hear("d/answers").payload.find("accepted") != std::string::npos);
  CHECK(scene.up_message().content == "a");
  const auto message = scene.up_message();
  CHECK(message.content == "b");
  CHECK(message.application == "meter");
  CHECK(scene.nothing_goes_up());
  REQUIRE(scene.world.until([&] { return scene.world.metric("msggw_messages_drafts") == 0; }));
}

TEST_CASE("the same words once more, while the first wait for a Service ID, are another message") {
  Scene scene;
  scene.world.provisioning = World::Provisioning::away;
  scene.world.message_limits.answer_within = base::Duration{60'000};
  scene.restart();
  scene.publish("d/register", "");
  scene.hear("d/registration");
  REQUIRE(scene.acknowledges(scene.publish("d/up", "x", {}, 2, 100)));
  REQUIRE(scene.acknowledges(scene.publish("d/up", "x", {}, 2, 100)));
  scene.world.provisioning = World::Provisioning::answers;
  scene.publish("d/register", "");
  scene.up_message();
  scene.up_message();
  CHECK(scene.nothing_goes_up());
}

TEST_CASE("a msgId that is sent again is known, and with other content refused") {
  Scene scene;
  scene.register_device();
  for (int i = 0; i < 2; ++i) {
    scene.publish("d/send", R"({"msgId":"1","payload":"a"})");
    CHECK(scene.hear("d/ack").payload == R"({"msgId":"1","state":"accepted"})");
  }
  scene.publish("d/send", R"({"msgId":"1","payload":"b"})");
  CHECK(scene.hear("d/ack").payload.find("MSG_ID_REUSED") != std::string::npos);
  CHECK(scene.up_message().content == "a");
  CHECK(scene.nothing_goes_up());
}

TEST_CASE("a store that hangs is told, and the broker keeps the message") {
  Scene scene;
  scene.register_device();
  scene.world.commits = false;
  const int id = scene.publish("d/send", R"({"msgId":"1","payload":"a"})");
  CHECK(scene.hear("d/ack").payload.find("STORE_UNAVAILABLE") != std::string::npos);
  CHECK(std::ranges::find(scene.acknowledged, id) == scene.acknowledged.end());
  scene.world.commits = true;
  CHECK(scene.acknowledges(id));
}

TEST_CASE("wrong messages are refused with their cause, on the device's own topic") {
  Scene scene;
  scene.register_device();
  struct Case {
    const char* word;
    const char* body;
    const char* cause;
  };
  for (const auto& [word, body, cause] :
       {Case{"send", "", "INVALID_MSG_FORMAT"}, Case{"send", "{", "INVALID_MSG_FORMAT"},
        Case{"send", R"({"destAddr":{"addr":"x"}})", "MANDATORY_IE_MISSING"},
        Case{"send", R"({"destAddr":{"addrType":"BC","addr":"x"}})", "ADDR_TYPE_NOT_SUPPORTED"},
        Case{"report", "{}", "MANDATORY_IE_MISSING"},
        Case{"report", R"({"msgId":"1","delivSt":"OK"})", "DELIVERY_STATUS_NOT_SUPPORTED"}}) {
    CAPTURE(std::string(body));
    const int id = scene.publish("d/"s + word, body);
    const std::string ack = scene.hear("d/ack").payload;
    CHECK(ack.find(R"("state":"refused","cause":")"s + cause) != std::string::npos);
    CHECK(scene.acknowledges(id));
  }
  scene.publish("/send", "{}");
  CHECK(scene.hear("/registration").payload.find("MANDATORY_IE_MISSING") != std::string::npos);
  CHECK(scene.nothing_goes_up());
}

TEST_CASE("only a device that is registered here sends") {
  Scene scene;
  scene.publish("nobody/up", "x");
  CHECK(scene.hear("nobody/ack").payload.find("CONTEXT_NOT_FOUND") != std::string::npos);
  scene.register_device();
  scene.publish("d/deregister", "");
  scene.hear("d/registration");
  scene.publish("d/up", "x");
  CHECK(scene.hear("d/ack").payload.find("CONTEXT_NOT_FOUND") != std::string::npos);
  CHECK(scene.nothing_goes_up());
}

TEST_CASE("who may send depends on what the topic proves, and on what the operator allows") {
  const auto outcome = [](bool prove, bool open, core::Admission admission) {
    Scene scene([&](Options& options) {
      options.topics_prove = prove;
      options.open_messages = open;
      options.admission = admission;
    });
    scene.publish("d/register", "");
    if (scene.hear("d/registration").payload.find("refused") != std::string::npos)
      return "not registered"s;
    scene.publish("d/up", "x");
    const std::string ack = scene.hear("d/ack").payload;
    return ack.find("accepted") != std::string::npos        ? "sends"s
           : ack.find("POLICY_DENIED") != std::string::npos ? "may not send"s
                                                            : ack;
  };
  using core::Admission;
  CHECK(outcome(false, false, Admission::open) == "may not send");
  CHECK(outcome(false, true, Admission::open) == "sends");
  CHECK(outcome(true, false, Admission::open) == "sends");
  CHECK(outcome(true, false, Admission::known) == "not registered");
  CHECK(outcome(false, true, Admission::proven) == "not registered");
  CHECK(outcome(true, false, Admission::proven) == "sends");
}

TEST_CASE("without messages, and in a shared group, their topics are no requests") {
  for (const char* const group : {"", "g"}) {
    FakeSite site([&](Options& options) { options.shared_group = group; }, group[0] != 0);
    tcp::socket peer = site.broker.accept(site.world);
    site.open(peer, kConnack, "\1\1\1");
    REQUIRE(site.world.until([&] { return site.world.adapter->is_connected(); }));
    FakeBroker::say(peer, handed("msgin5g/d/up", 1, "x"));
    CHECK(site.world.until(
        [&] { return site.world.metric("msggw_mqtt_received_total{kind=\"other\"}") == 1; }));
  }
}

TEST_CASE("a flood of wrong messages is refused in silence above its limit") {
  Scene scene([](Options& options) { options.refusals_per_second = 1; });
  scene.register_device();
  for (int i = 0; i < 40; ++i) scene.publish("d/send", "}");
  REQUIRE(scene.world.until(
      [&] { return scene.world.metric("msggw_mqtt_refused_total{reason=\"malformed\"}") == 40; }));
  CHECK(scene.world.metric("msggw_mqtt_refusals_untold_total") >= 25);
  scene.publish("d/send", R"({"msgId":"1","payload":"a"})");
  while (scene.hear("d/ack").payload.find("accepted") == std::string::npos) {
  }
}

TEST_CASE("one device's refusals leave others theirs") {
  Scene scene([](Options& options) { options.refusals_per_second = 8; });
  for (const char* const id : {"d", "e"}) scene.register_device(id);
  constexpr int kWrong = 400;
  for (int i = 0; i < kWrong; ++i) scene.publish("d/send", "}");
  const auto refused = [&] {
    return scene.world.metric("msggw_mqtt_refused_total{reason=\"malformed\"}");
  };
  REQUIRE(scene.world.until([&] { return refused() == kWrong; }));
  CHECK(scene.world.metric("msggw_mqtt_refusals_untold_total") > kWrong - 80);
  scene.publish("e/send", "}");
  CHECK(scene.hear("e/ack").payload.starts_with(R"({"state":"refused")"));
}

TEST_CASE("one device's answers that wait for the broker leave others room") {
  Scene scene([](Options& options) { options.max_outgoing = 20; });
  for (const char* const id : {"d", "e"}) scene.register_device(id);
  const auto taken_in = [&](int count) {  // and nothing of it is acknowledged to the gateway
    return scene.world.until([&] {
      return scene.world.metric("msggw_messages_accepted_total{kind=\"message_up\"}") == count;
    });
  };
  constexpr int kMany = 400;
  for (int i = 0; i < kMany; ++i) scene.publish("d/up", std::to_string(i));
  REQUIRE(taken_in(kMany));
  scene.publish("e/up", "x", user("msgId", "of e"));
  REQUIRE(taken_in(kMany + 1));
  CHECK(scene.hear("e/ack").payload.starts_with(R"({"msgId":"of e","state":"accepted")"));
}

TEST_CASE("what the device may have waiting is limited, and it is told") {
  Scene scene;
  scene.world.message_limits.max_messages_per_device = 2;
  scene.restart();
  scene.register_device();
  for (const char* const id : {"1", "2", "3"}) scene.publish("d/up", "x", user("msgId", id));
  std::string refused;
  while (refused.find("refused") == std::string::npos) refused = scene.hear("d/ack").payload;
  CHECK(refused.starts_with(R"({"msgId":"3","state":"refused","cause":"DEVICE_QUEUE_FULL")"));
  CHECK(refused.ends_with(R"("retryAfter":10})"));
}

}  // namespace msggw::mqtt::test
