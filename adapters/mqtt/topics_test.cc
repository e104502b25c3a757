// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/topics.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace msggw::mqtt {

TEST_CASE("request topics are taken apart, everything else is not one") {
  const Topics topics("msgin5g", "");
  const auto parsed = topics.parse("msgin5g/00:1b:63:84:45:e6/register");
  REQUIRE(parsed);
  CHECK(parsed->kind == RequestKind::registration);
  CHECK(parsed->id == "00:1b:63:84:45:e6");
  CHECK(topics.parse("msgin5g/x/deregister")->kind == RequestKind::deregistration);
  CHECK(topics.parse("msgin5g/x/status")->kind == RequestKind::status);
  CHECK(topics.parse("msgin5g//register")->id.empty());
  for (const char* other :
       {"", "msgin5g", "msgin5g/", "msgin5g/register", "msgin5g/x/registration",
        "msgin5g/x/Register", "msgin5g/x/register/", "msgin5g/x/y/register", "msgin5/x/register",
        "/msgin5g/x/register", "msgin5gx/x/register", "$share/g/msgin5g/x/register"}) {
    CAPTURE(other);
    CHECK_FALSE(topics.parse(other));
  }
}

TEST_CASE("a prefix may have levels; the subscriptions carry it and the share") {
  const Topics topics("plant/7", "gws");
  REQUIRE(topics.subscriptions().size() == 3);
  CHECK(topics.subscriptions()[0].filter == "$share/gws/plant/7/+/register");
  // What ends a registration reaches whoever made it, and its status is no act of the device.
  CHECK(topics.subscriptions()[1].filter == "plant/7/+/deregister");
  CHECK(topics.subscriptions()[1].stored == protocol::Stored::never);
  CHECK(topics.subscriptions()[2].stored == protocol::Stored::always);
  CHECK(topics.registrations() == "plant/7/+/registration");
  CHECK(topics.parse_registration("plant/7/a b/registration") == "a b");
  for (const char* other :
       {"plant/7/a/b/registration", "plant/7/registration", "plant/7/a/register"})
    CHECK_FALSE(topics.parse_registration(other));
  CHECK(topics.parse("plant/7/x/register")->id == "x");
  std::string topic = "old";
  topics.write(GatewayTopic::registration, "a b", topic);
  CHECK(topic == "plant/7/a b/registration");
}

TEST_CASE(
    "with messages what devices send is subscribed to, and the gateway has topics of its own") {
  const Topics topics("msgin5g", "", false, true);
  REQUIRE(topics.subscriptions().size() == 6);
  for (std::size_t i = 3; i < 6; ++i)
    CHECK(topics.subscriptions()[i].stored == protocol::Stored::never);
  CHECK(topics.parse("msgin5g/x/send")->kind == RequestKind::send);
  CHECK(topics.parse("msgin5g/x/up")->kind == RequestKind::up);
  CHECK(topics.parse("msgin5g/x/report")->kind == RequestKind::report);
  std::string topic;
  for (const auto& [kind, wanted] : {std::pair{GatewayTopic::ack, "msgin5g/x/ack"},
                                     std::pair{GatewayTopic::down, "msgin5g/x/down"},
                                     std::pair{GatewayTopic::reports, "msgin5g/x/reports"}}) {
    topics.write(kind, "x", topic);
    CHECK(topic == wanted);
    CHECK_FALSE(topics.parse(topic));
  }
}

TEST_CASE("a prefix or a share that cannot be is a configuration error that names its key") {
  for (const char* prefix : {"", "/", "/a", "a/", "a/+", "#", "$SYS", "a\x01", "\xff"}) {
    CAPTURE(prefix);
    CHECK_THROWS_WITH_AS(Topics(prefix, ""), doctest::Contains("mqtt.topic_prefix"),
                         std::runtime_error);
  }
  CHECK_THROWS_AS(Topics(std::string(257, 'a'), ""), std::runtime_error);
  for (const char* group : {"a/b", "+", "#"}) {
    CHECK_THROWS_WITH_AS(Topics("p", group), doctest::Contains("mqtt.shared_group"),
                         std::runtime_error);
  }
}

TEST_CASE("one level of a topic") {
  CHECK(is_topic_level("00-1B"));
  CHECK(is_topic_level("d\xc3\xa9vice"));
  for (const char* text : {"", "a/b", "+49", "a#", "\x7f", "a\nb", "\xc3"}) {
    CAPTURE(text);
    CHECK_FALSE(is_topic_level(text));
  }
}

TEST_CASE("a response topic must not reach what is not the device's") {
  const Topics topics("msgin5g", "");
  const Topics open("msgin5g", "", true);
  for (const char* good : {"msgin5g/dev/answers", "msgin5g/dev/a/b"}) {
    CAPTURE(good);
    CHECK(topics.may_answer_to(good, "dev"));
    CHECK(open.may_answer_to(good, "dev"));
  }
  for (const char* beyond : {"answers/7", "/x", "msgin5gx/a", "homeassistant/lock/front/set"}) {
    CAPTURE(beyond);
    CHECK_FALSE(topics.may_answer_to(beyond, "dev"));
    CHECK(open.may_answer_to(beyond, "dev"));
  }
  for (const char* bad :
       {"", "a/+", "#", "$SYS/x", "$share/g/x", "a\x01", "\xff\xff", "msgin5g/other/registration",
        "msgin5g/dev", "msgin5g/dev/", "msgin5g/device/x", "msgin5g/dev/register",
        "msgin5g/dev/status", "msgin5g/other/deregister", "msgin5g/"}) {
    CAPTURE(bad);
    CHECK_FALSE(topics.may_answer_to(bad, "dev"));
    CHECK_FALSE(open.may_answer_to(bad, "dev"));
  }
  CHECK_FALSE(topics.may_answer_to("msgin5g//x", ""));
  CHECK(open.may_answer_to(std::string(Topics::kMostResponseTopicOctets, 'a'), "dev"));
  CHECK_FALSE(open.may_answer_to(std::string(Topics::kMostResponseTopicOctets + 1, 'a'), "dev"));
}

}  // namespace msggw::mqtt
