// SPDX-License-Identifier: Apache-2.0
// Who is served: every operation asks.
#include <doctest/doctest.h>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test {
namespace {

Options with_admission(core::Admission admission) {
  Options options = InboxWorld::options();
  options.admission = admission;
  return options;
}

TEST_CASE("messages are for devices that prove who they are, unless open_messages is true") {
  Options options = InboxWorld::options();
  options.open_messages = false;
  InboxWorld world(options);
  InboxDevice device(world, "a");
  for (const Message& asked :
       {device.request_for(kPost, "msg", "{}"), device.request_for(kPost, "up", "x"),
        device.request_for(kGet, "inbox"), device.request_for(kPost, "report", "{}")}) {
    const Message answer = device.ask(asked);
    CHECK(answer.code_text() == "4.03");
    CHECK(answer.payload.find("open_messages") != std::string::npos);
  }
  CHECK(world.metric("msggw_coap_refused_total{reason=\"not_admitted\"}") == 4);
  CHECK(world.messages->queue().lanes.all().messages == 0);
  CHECK(device.ask(request(kGet, device.handle(), device.next_mid())).code_text() == "2.05");
  CHECK(device.ask(request(kPost, device.handle(), device.next_mid())).code_text() == "2.04");
  CHECK(device.ask(request(kDelete, device.handle(), device.next_mid())).code_text() == "2.02");
}

TEST_CASE("where devices prove who they are, nothing is served without a proof") {
  InboxWorld world(with_admission(core::Admission::proven));
  Device device(world, world.port());
  const std::string handle = "rd/AAAAAAAAAAAAAAAAAAAAAA";
  int mid = 0;
  for (const Message& asked :
       {request(kPost, "rd?ep=a", ++mid), request(kGet, handle, ++mid),
        request(kPost, handle, ++mid), request(kDelete, handle, ++mid),
        request(kPost, handle + "/msg", ++mid), request(kGet, handle + "/inbox", ++mid)}) {
    const Message answer = device.ask(asked);
    CHECK(answer.code_text() == "4.03");
    CHECK(answer.payload == "devices prove who they are here");
  }
  CHECK(world.gateway.tables().devices() == 0);
}

TEST_CASE("where only known devices are served, a stranger is refused and leaves nothing") {
  InboxWorld world(with_admission(core::Admission::known));
  core::RegisterRequest added;
  added.bearer = core::Bearer::coap;
  added.private_id = "a";
  world.gateway.registrations().register_device(added, world.clock.now());
  InboxDevice device(world, "a");
  CHECK(device.ask(device.request_for(kPost, "up", "x")).code_text() == "2.04");
  const Message answer = device.ask(request(kPost, "rd?ep=b", device.next_mid()));
  CHECK(answer.code_text() == "4.03");
  CHECK(answer.payload == "only devices that the operator added are served");
  CHECK(world.gateway.tables().devices() == 1);
}

TEST_CASE("a device that is given credentials is not spoken for in the clear from then on") {
  InboxWorld world;
  InboxDevice device(world, "a");
  InboxDevice other(world, "b");
  CHECK(device.observe().code_text() == "2.05");
  REQUIRE(world.credentials.add(core::DeviceNo{0},
                                {.kind = credentials::Kind::certificate, .name = "a.example"}));
  const Message claimed = device.ask(request(kPost, "rd?ep=a", device.next_mid()));
  CHECK(claimed.code_text() == "4.03");
  CHECK(claimed.payload == "this Private ID is not served here");
  // Its handle is answered as one that there is not.
  const std::string none = "rd/AAAAAAAAAAAAAAAAAAAAAA";
  struct Case {
    int method;
    const char* below;
    const char* body;
  };
  for (const auto& [method, below, body] :
       {Case{kGet, "", ""}, Case{kPost, "", ""}, Case{kPost, "?ep=a", ""}, Case{kPost, "?ep=b", ""},
        Case{kPost, "/msg", "{}"}, Case{kPost, "/up", "x"}, Case{kGet, "/inbox", ""},
        Case{kGet, "/inbox?after=0", ""}, Case{kPost, "/report", "{}"}, Case{kDelete, "", ""}}) {
    CAPTURE(below);
    const Message answer =
        device.ask(request(method, device.handle() + below, device.next_mid(), body));
    const Message of_none = device.ask(request(method, none + below, device.next_mid(), body));
    CHECK(answer.code_text() == "4.04");
    CHECK(answer.payload == of_none.payload);
    CHECK(answer.options == of_none.options);
  }
  CHECK(world.metric("msggw_not_served_total{bearer=\"coap\",reason=\"credentials\"}") == 11);
  // Who observed before gets nothing more, and hears that it is over.
  world.deliver("sid-0", "m1", "secret");
  const Message ended = device.receive();
  CHECK(ended.code_text() == "4.04");
  CHECK(ended.payload.find("secret") == std::string::npos);
  CHECK(other.ask(request(kGet, other.handle(), other.next_mid())).code_text() == "2.05");

  world.restart([](Options& options) { options.claims_despite_credentials = true; });
  CHECK(device.ask(request(kGet, device.handle(), device.next_mid())).code_text() == "2.05");
  CHECK(device.get().payload.find("secret") != std::string::npos);
}

TEST_CASE("a phone number is refused alike, known or not, in each of its spellings") {
  InboxWorld world;
  core::RegisterRequest phone;
  phone.bearer = core::Bearer::sms;
  phone.private_id = "+491701234567";
  phone.ue_type = core::UeType::legacy_3gpp;
  world.gateway.registrations().register_device(phone, world.clock.now());
  world.settle();
  Device device(world, world.port());
  int mid = 0;
  for (const char* const number :
       {"+491701234567", "tel:+491701234567", "tel:+49-170-1234567", "+49 (170) 1234567",
        "TEL:+491701234567", "+491709999999", "tel:+491709999999"}) {
    CAPTURE(number);
    const Message answer = device.ask(request(kPost, std::string("rd?ep=") + number, ++mid));
    CHECK(answer.code_text() == "4.03");
    CHECK(answer.payload == "this Private ID is not served here");
  }
  CHECK(world.metric("msggw_not_served_total{bearer=\"coap\",reason=\"kind\"}") == 7);
  CHECK(world.gateway.tables().device(core::DeviceNo{0}).binding(core::Bearer::coap).alive() ==
        false);
}

TEST_CASE("a phone number comes over CoAP where it has been joined, or the operator says so") {
  InboxWorld world;
  InboxDevice device(world, "00-1B-63-84-45-E6");
  REQUIRE(world.gateway.operations().add_alias(core::DeviceNo{0}, "+491701234567"));
  CHECK(device.ask(request(kPost, "rd?ep=+491701234567", device.next_mid())).code_text() == "2.01");
  CHECK(device.ask(request(kPost, "rd?ep=+491709999999", device.next_mid())).code_text() == "4.03");
  world.restart([](Options& options) { options.private_id_kinds = {core::PrivateIdKind::msisdn}; });
  CHECK(device.ask(request(kPost, "rd?ep=+491709999999", device.next_mid())).code_text() == "2.01");
  CHECK(device.ask(request(kPost, "rd?ep=00-1B-63-00-00-00", device.next_mid())).code_text() ==
        "4.03");
}

TEST_CASE("a handle of a device that may not come here any more is answered as none") {
  Options options = InboxWorld::options();
  options.private_id_kinds.push_back(core::PrivateIdKind::msisdn);
  InboxWorld world(options);
  InboxDevice device(world, "+491701234567");
  CHECK(device.ask(request(kGet, device.handle(), device.next_mid())).code_text() == "2.05");
  world.restart([](Options& changed) { changed.private_id_kinds = core::all_but_numbers(); });
  CHECK(device.ask(request(kGet, device.handle(), device.next_mid())).code_text() == "4.04");
  CHECK(device.get().code_text() == "4.04");
}

TEST_CASE("who guesses handles of messages is slowed down as anywhere") {
  Options options = InboxWorld::options();
  options.wrong_handles_per_address = 1;
  InboxWorld world(options);
  InboxDevice device(world, "a");
  std::map<std::string, int> codes;
  for (int i = 0; i < 5; ++i) {
    for (const char* const below : {"msg", "up", "report"})
      ++codes[device
                  .ask(request(kPost, std::string("rd/AAAAAAAAAAAAAAAAAAAAAA/") + below,
                               device.next_mid(), "{}"))
                  .code_text()];
  }
  CHECK(codes["4.04"] == 10);
  CHECK(codes["4.29"] == 5);
  CHECK(device.get().code_text() == "2.05");
}

TEST_CASE("without messages their resources are not there") {
  World world;
  Device device(world);
  const Message registered = device.ask(request(kPost, "rd?ep=a", 1));
  const std::string handle = registered.location().substr(1);
  CHECK(device.ask(request(kGet, handle + "/inbox", 2)).code_text() == "4.04");
  CHECK(device.ask(request(kPost, handle + "/up", 3, "x")).code_text() == "4.04");
}

TEST_CASE("a device that is suspended is told so") {
  InboxWorld world;
  InboxDevice device(world, "a");
  REQUIRE(world.gateway.operations().suspend(core::DeviceNo{0}, world.clock.now()));
  CHECK(device.get().code_text() == "4.03");
  const Message answer = device.ask(device.request_for(kPost, "up", "x"));
  CHECK(answer.code_text() == "4.03");
  CHECK(answer.payload.starts_with("POLICY_DENIED: "));
}

}  // namespace
}  // namespace msggw::coap_adapter::test
