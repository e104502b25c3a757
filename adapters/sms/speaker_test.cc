// SPDX-License-Identifier: Apache-2.0
// Whose number it is: a claim, unless the SMSC is trusted for it.
#include "adapters/sms/speaker.h"

#include <doctest/doctest.h>

#include "adapters/sms/test_messages_world.h"

namespace msggw::sms::test {
namespace {

using smpp::Status;

constexpr const char* kNorth = "491701234567";
constexpr const char* kSouth = "436601234567";
constexpr const char* kElsewhere = "15551234567";

/// Two SMSCs: the first is trusted for +4917*, the second for +4366*.
struct TwoSmscs : MessagesWorld {
  explicit TwoSmscs(const std::function<void(Options&)>& change = {}) {
    add_smsc();
    add_smsc();
    options.keyword_status = "STATUS";
    options.keyword_stop = "STOP";
    for (const char* const pattern : {"+4917*", "+4366*"}) {
      SmscOptions one = options.smsc;
      one.name = pattern;
      one.addresses = {smscs[options.all.size()]->address()};
      one.trusted_numbers = {pattern};
      options.all.push_back(one);
    }
    if (change) change(options);
    start_as_configured();
    base::ensure(until([&] { return smscs[0]->bound() > 0 && smscs[1]->bound() > 0; }), "bound");
  }
  /// What the SMSC hears of a text of that phone.
  std::optional<Status> say(std::size_t smsc, const std::string& number, const std::string& text) {
    const std::uint64_t id = smscs[smsc]->deliver(mo(number, text));
    until([&] { return smscs[smsc]->answer_to(id).has_value(); });
    settle();
    return smscs[smsc]->answer_to(id);
  }
  bool is_registered(const std::string& number) const {
    const auto device = gateway.tables().find_private_id("+" + number);
    return device && gateway.tables().device(*device).binding(core::Bearer::sms).alive();
  }
  double not_served(const std::string& reason) const {
    return metric("msggw_not_served_total{bearer=\"sms\",reason=\"" + reason + "\"}");
  }
};

TEST_CASE("a number counts as proof at the SMSC that is trusted for it") {
  SmscOptions smsc;
  CHECK(is_trusted_for(smsc, "+491701234567"));
  smsc.trusted_numbers = {"+4917*", "+4366?1"};
  CHECK(is_trusted_for(smsc, "+491701234567"));
  CHECK(is_trusted_for(smsc, "+436621"));
  CHECK_FALSE(is_trusted_for(smsc, "+4366221"));
  CHECK_FALSE(is_trusted_for(smsc, "+49151"));
  smsc.trusted = false;
  CHECK_FALSE(is_trusted_for(smsc, "+491701234567"));
}

TEST_CASE("a number that one SMSC is trusted for is not spoken for by another") {
  TwoSmscs world;
  CHECK(world.say(1, kNorth, "STATUS") == Status::rejected_by_application);
  CHECK_FALSE(world.gateway.tables().find_private_id("+" + std::string(kNorth)));
  CHECK(world.say(0, kNorth, "STATUS") == Status::ok);
  CHECK(world.say(0, kNorth, "hello") == Status::ok);
  CHECK(world.sent_up().size() == 1);
  for (const char* const text : {"hello", "STOP", "STATUS"})
    CHECK(world.say(1, kNorth, text) == Status::rejected_by_application);
  CHECK(world.say(0, kSouth, "STOP") == Status::rejected_by_application);
  CHECK(world.sent_up().empty());
  CHECK(world.is_registered(kNorth));
  CHECK(world.not_served("credentials") == 5);
  CHECK(world.metric("msggw_sms_refused_total{reason=\"policy\"}") == 5);
}

TEST_CASE("a number that no SMSC is trusted for is a claim") {
  SUBCASE("which registers, and no more") {
    TwoSmscs world;
    CHECK(world.say(0, kElsewhere, "STATUS") == Status::ok);
    CHECK(world.is_registered(kElsewhere));
    CHECK(world.say(0, kElsewhere, "hello") == Status::rejected_by_application);
    CHECK(world.not_served("messages") == 1);
  }
  SUBCASE("which sends where the operator says so") {
    TwoSmscs world([](Options& options) { options.open_messages = true; });
    CHECK(world.say(1, kElsewhere, "STATUS") == Status::ok);
    CHECK(world.say(1, kElsewhere, "hello") == Status::ok);
    CHECK(world.sent_up().size() == 1);
  }
  SUBCASE("which is not served where all prove who they are") {
    TwoSmscs world([](Options& options) { options.admission = core::Admission::proven; });
    CHECK(world.say(0, kElsewhere, "STATUS") == Status::rejected_by_application);
    CHECK(world.say(0, kNorth, "STATUS") == Status::ok);
    CHECK(world.gateway.tables().devices() == 1);
    CHECK(world.not_served("unproven") == 1);
  }
}

TEST_CASE("the operator may let another SMSC speak for a number") {
  TwoSmscs world([](Options& options) { options.claims_despite_credentials = true; });
  CHECK(world.say(1, kNorth, "STATUS") == Status::ok);
  CHECK(world.is_registered(kNorth));
}

TEST_CASE("a device that has credentials is not spoken for by a number that proves nothing") {
  MessagesWorld world;
  world.options.smsc.trusted = false;
  world.options.open_messages = true;
  world.options.keyword_status = "STATUS";
  world.options.keyword_stop = "STOP";
  world.begin();
  REQUIRE(world.deliver(mo(kNorth, "STATUS")) == Status::ok);
  world.settle();
  REQUIRE(world.credentials.add(core::DeviceNo{0}, {.kind = credentials::Kind::certificate}));
  for (const char* const text : {"hello", "STOP", "STATUS", R"({"deviceType":"meter"})"})
    CHECK(world.deliver(mo(kNorth, text)) == Status::rejected_by_application);
  CHECK(world.deliver(mo(kSouth, "STATUS")) == Status::ok);
  CHECK(world.sent_up().empty());
  CHECK(world.gateway.tables().device(core::DeviceNo{0}).binding(core::Bearer::sms).alive());
}

}  // namespace
}  // namespace msggw::sms::test
