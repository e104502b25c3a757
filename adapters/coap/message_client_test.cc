// SPDX-License-Identifier: Apache-2.0
// Messages with a real peer, by the command lines of docs/devices.md.
#include <doctest/doctest.h>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

struct Client {
  std::string run(const std::string& arguments, const std::string& below) {
    return run_client(world, arguments + " 'coap://127.0.0.1:" + std::to_string(world.port()) +
                                 "/" + device.handle() + "/" + below + "'");
  }
  double done() const { return world.metric("msggw_messages_done_total{kind=\"message_down\"}"); }

  InboxWorld world;
  InboxDevice device{world, "a"};
};

TEST_CASE("coap-client sends") {
  Client client;
  CHECK(contains(
      client.run("-m post -t json -e '{\"destAddr\":{\"addrType\":\"AS\",\"addr\":\"as-1\"},"
                 "\"appId\":\"meters\",\"msgId\":\"m1\",\"delivStReqInd\":true,"
                 "\"payload\":\"21.5\"}'",
                 "msg"),
      R"({"msgId":"m1"})"));
  CHECK(contains(client.run("-m post -t text -e 21.5", "up?app=meters"), R"({"msgId":")"));
  CHECK(contains(client.run("-m post -b 64 -t text -e " + std::string(1'000, 'x'), "up"),
                 R"({"msgId":")"));
  const auto up = client.world.messages->take_up();
  REQUIRE(up.size() == 3);
  CHECK(std::get<messages::Message>(up[0]).content == "21.5");
  CHECK(std::get<messages::Message>(up[1]).application == "meters");
  CHECK(std::get<messages::Message>(up[2]).content == std::string(1'000, 'x'));
}

TEST_CASE("coap-client polls, proves and reports") {
  Client client;
  client.world.deliver("sid-0", "m1", "OPEN");
  client.world.deliver("sid-0", "m2", std::string(2'500, 'x'));
  client.world.deliver("sid-0", "m3", "CLOSE");
  client.world.settle();
  const std::string first = client.run("-v 6 -m get", "inbox");
  CHECK(contains(first, R"("payload":"OPEN")"));
  const auto etag = first.find("ETag:0x");
  REQUIRE(etag != std::string::npos);
  CHECK(contains(client.run("-m get", "inbox?after=" + first.substr(etag + 7, 16)),
                 std::string(2'500, 'x')));
  CHECK(contains(client.run("-v 6 -m post -t json -e "
                            "'{\"msgId\":\"m2\",\"delivSt\":\"REPT_DELY_SUCCESS\"}'",
                            "report"),
                 "2.04"));
  CHECK(contains(client.run("-m get -A 0", "inbox"), "CLOSE"));
  CHECK(client.done() == 2);
}

TEST_CASE("coap-client observes, and its acknowledgements are the proof") {
  Client client;
  for (const char* const id : {"m1", "m2", "m3"}) client.world.deliver("sid-0", id, id);
  client.world.settle();
  const std::string output = client.run("-s 1 -m get", "inbox");
  for (const char* const id : {"m1", "m2", "m3"})
    CHECK(contains(output, "\"payload\":\"" + std::string(id) + "\""));
  CHECK(client.done() == 3);
  client.world.turn();
  CHECK(client.world.metric("msggw_coap_observations") == 0);  // it says good-bye
}

TEST_CASE("coap-client fetches the rest of a notification that comes in blocks") {
  Client client;
  client.world.deliver("sid-0", "m1", std::string(2'500, 'x'));
  client.world.settle();
  CHECK(contains(client.run("-s 1 -m get", "inbox"), std::string(2'500, 'x')));
  CHECK(client.done() == 0);
}

}  // namespace
}  // namespace msggw::coap_adapter::test
