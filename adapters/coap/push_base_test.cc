// SPDX-License-Identifier: Apache-2.0
// Whose base is pushed to, and how long.
#include "adapters/coap/test_pushed.h"

namespace msggw::coap_adapter::test {
namespace {

using CoapMessage = test::Message;

TEST_CASE("a registration says where it is pushed to, and a base that is not used is not there") {
  Options options = InboxWorld::options();
  for (const char* const network : {"192.0.2.0/24", "224.0.0.0/4", "ff00::/8", "fe80::/10"})
    options.push_networks.push_back(base::Network::parse(network).value());
  InboxWorld world(options);
  Device device(world, world.port());
  int mid = 0;
  const auto registers = [&](const std::string& base) {
    return device.ask(request(kPost, "rd?ep=a&base=" + base, ++mid));
  };
  struct Case {
    const char* base;
    const char* kept;  ///< null: none
  };
  for (const auto& [base, kept] : std::vector<Case>{
           {"coap://127.0.0.1:9999", "coap://127.0.0.1:9999"},
           {"coap://127.0.0.1", "coap://127.0.0.1"},
           {"coap://127.0.0.1:5683/x/", "coap://127.0.0.1/x/"},
           {"coap://[::ffff:127.0.0.1]:9", "coap://[::ffff:127.0.0.1]:9"},
           {"coap://192.0.2.7:9", "coap://192.0.2.7:9"},
           {"coap://192.0.3.7:9", nullptr},
           {"coap://127.0.0.2:9", nullptr},
           {"coap://localhost:9", nullptr},
           {"coaps://127.0.0.1:9", nullptr},
           {"coap+tcp://127.0.0.1:9", nullptr},
           {"http://127.0.0.1:9", nullptr},
           {"mqtt://127.0.0.1:9", nullptr},
           {"coap://0.0.0.0:9", nullptr},
           {"coap://224.0.1.187", nullptr},
           {"coap://[::ffff:224.0.1.187]", nullptr},
           {"coap://[ff02::fd]", nullptr},
           {"coap://[fe80::1]", nullptr},
       }) {
    const CoapMessage answer = registers(base);
    CAPTURE(std::string(base));
    CAPTURE(answer.payload);
    CHECK(answer.code_text() == "2.01");
    const bool is_there = answer.payload.find("\"base\":") != std::string::npos;
    CHECK(is_there == (kept != nullptr));
    if (kept != nullptr)
      CHECK(answer.payload.find("\"base\":\"" + std::string(kept) + '"') != std::string::npos);
  }
  for (const char* const wrong :
       {"", "x", "coap://", "coap://127.0.0.1:0", "coap://127.0.0.1:99999", "coap://127.1",
        "coap://127.0.0.1?x", "coap://u@127.0.0.1"}) {
    CAPTURE(wrong);
    CHECK(registers(wrong).code_text() == "4.00");
  }
  CHECK(device.ask(request(kPost, "rd?ep=a&base=coap://127.0.0.1&base=coap://127.0.0.1", ++mid))
            .code_text() == "4.00");
}

TEST_CASE("a base lasts until the registration ends or another one says otherwise") {
  InboxWorld world(InboxWorld::options(), Kept::lmdb);
  Pushed device(world);
  const auto is_pushed = [&] {
    const std::string body = device.asks.ask(request(kGet, device.handle, ++device.mid)).payload;
    return body.find("\"base\"") != std::string::npos;
  };
  CHECK(is_pushed());
  CHECK(device.refresh().code_text() == "2.04");
  CHECK(is_pushed());
  CHECK(device.refresh("?base=coap://localhost").code_text() == "2.04");
  CHECK_FALSE(is_pushed());
  CHECK(device.refresh("?base=" + device.base()).code_text() == "2.04");
  CHECK(is_pushed());
  SUBCASE("it ends") {
    device.asks.ask(request(kDelete, device.handle, ++device.mid));
    world.deliver("sid-0", "m1", "1");
    world.settle();
    CHECK(device.listens.nothing_comes());
  }
  SUBCASE("another registration has none") {
    const CoapMessage answer = device.asks.ask(request(kPost, "rd?ep=a", ++device.mid));
    device.handle = answer.location().substr(1);
    CHECK_FALSE(is_pushed());
  }
}

TEST_CASE("a refresh that gives another base is a sign of life there") {
  InboxWorld world;
  Pushed device(world);
  world.deliver("sid-0", "m1", "1");
  device.empty(device.listens.receive(), kRst);
  REQUIRE(world.until([&] { return pushes(world, "reset") == 1; }));
  Device moved(world, world.port());
  device.refresh("?base=coap://127.0.0.1:" + std::to_string(moved.port()));
  CHECK(id_in(moved.receive()) == "m1");
  CHECK_FALSE(device.listens.poll());
}

TEST_CASE("a handle that is no longer enough for messages is not enough for pushes") {
  InboxWorld world;
  Pushed device(world);
  world.restart([](Options& options) { options.open_messages = false; });
  world.deliver("sid-0", "m1", "1");
  world.settle();
  CHECK(device.refresh().code_text() == "2.04");
  CHECK(device.listens.nothing_comes());
}

TEST_CASE("a take-over takes the base too, and what was under way is withheld") {
  InboxWorld world;
  Pushed device(world);
  world.deliver("sid-0", "m1", "1");
  const CoapMessage push = device.listens.receive();
  Pushed stranger(world);
  CHECK(stranger.listens.nothing_comes());
  device.answer(push, kChanged);  // too late: it is withheld
  CHECK(device.listens.nothing_comes());
  world.deliver("sid-0", "m2", "2");
  CHECK(id_in(stranger.listens.receive()) == "m2");
  CHECK(device.listens.nothing_comes());
}

}  // namespace
}  // namespace msggw::coap_adapter::test
