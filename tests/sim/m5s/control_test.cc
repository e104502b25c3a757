// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/control.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <future>

#include "tests/sim/m5s/command.h"
#include "tests/sim/m5s/send.h"
#include "tests/sim/m5s/test_double.h"

namespace msggw::m5s {

namespace {

Command talk(const TestDouble& twin) {
  Command command;
  command.control = "http://127.0.0.1:" + std::to_string(twin.control_port());
  command.to = "d";
  command.text = "READ";
  command.wait = 30;
  return command;
}

void report(TestDouble& twin, const boost::json::value& message, const char* state) {
  boost::json::object body{{"oriAddr", message.at("destAddr")},
                           {"destAddr", message.at("oriAddr")},
                           {"msgId", message.at("msgId")},
                           {"delivSt", state}};
  CHECK(twin.ask("POST", "/msgs-msgdelivery/v1/deliver-report", boost::json::serialize(body))
            .status == 200);
}

}  // namespace

TEST_CASE("paths, methods and bodies that are wrong") {
  TestDouble twin;
  const auto status = [&](const char* method, const char* target, const char* body = "") {
    return twin.control(method, target, body).status;
  };
  CHECK(status("GET", "/nothing") == 404);
  CHECK(status("GET", "/messages/1") == 404);
  CHECK(status("GET", "/messages/x") == 404);
  CHECK(status("GET", "/messages/1?for=ever") == 400);
  CHECK(status("DELETE", "/send") == 405);
  CHECK(status("PATCH", "/faults") == 405);
  CHECK(status("GET", "/groups/g") == 405);
  CHECK(status("DELETE", "/groups/g") == 404);
  CHECK(status("DELETE", "/registrations/d") == 404);
  CHECK(status("GET", "/inbox?wait=301") == 400);
  CHECK(status("GET", "/journal?direction=up") == 400);
  CHECK(status("GET", "/journal?operation=fly") == 400);
  CHECK(status("PUT", "/groups/g", R"({"members":[1]})") == 400);
  CHECK(status("PUT", "/groups/g", "{}") == 400);
  CHECK(status("POST", "/restart", R"({"downMs":-1})") == 400);
  for (const char* wrong : {"{", "[]", "{}", R"({"to":"d","typo":1})", R"({"to":1})",
                            R"({"to":"d","storeFor":"soon"})"}) {
    CAPTURE(wrong);
    const auto answer = twin.control("POST", "/send", wrong);
    CHECK(answer.status == 400);
    CHECK(answer.json().at("detail").as_string().size() > 5);
  }
  CHECK(status("POST", "/send", R"({"to":"nobody","text":"x"})") == 404);
}

TEST_CASE("a tester sends to a group and sees who is registered") {
  TestGateway gateway;
  TestDouble twin;
  twin.put_device("d", gateway.port());
  twin.put_device("e", gateway.port());
  CHECK(twin.control("PUT", "/groups/g", R"({"members":["d","e"]})").status == 204);
  const auto sent =
      twin.control("POST", "/send", R"({"to":"g","toType":"GROUP","text":"x"})").json();
  CHECK(sent.at("messages").as_array().size() == 2);
  TestDouble::wait_for([&] { return gateway.count() == 2; }, "both members");
  const auto registered = twin.control("GET", "/registrations").json();
  CHECK(registered.at("devices").as_array().size() == 2);
  CHECK(registered.at("applicationServers").at(0).at("asSvcId") == "as-1@msgin5g.example");
  CHECK(twin.control("DELETE", "/registrations/e").status == 204);
  CHECK(twin.control("GET", "/registrations?after=d").json().at("devices").at(0).at("registered") ==
        false);
  CHECK(twin.control("GET", "/groups").json().at("g").as_array().size() == 2);
  const auto counters = twin.control("GET", "/counters").json();
  CHECK(counters.at("in").at("register").at("201") == 2);
  CHECK(counters.at("out").at("give-message").at("204") == 2);
  CHECK(counters.at("delivered") == 2);
  CHECK(twin.control("POST", "/reset").status == 204);
  CHECK(twin.control("GET", "/messages").json().at("messages").as_array().empty());
}

TEST_CASE("an inbox can be waited for") {
  TestDouble twin;
  auto waiting =
      std::async(std::launch::async, [&] { return twin.control("GET", "/inbox?wait=30").json(); });
  const auto none = twin.control("GET", "/inbox");
  CHECK(none.json().at("received") == 0);
  twin.control("POST", "/send",
               R"({"to":"as-1@msgin5g.example","toType":"AS","text":"note to self"})");
  const auto got = waiting.get();
  REQUIRE(got.at("entries").as_array().size() == 1);
  CHECK(got.at("entries").at(0).at("message").at("payload") == "note to self");
  CHECK(twin.control("GET", "/inbox?after=1").json().at("entries").as_array().empty());
}

TEST_CASE("the command sends, and its code is what became of it") {
  TestGateway gateway;
  TestDouble twin;
  twin.put_device("d", gateway.port());
  Command command = talk(twin);
  CHECK(send(command) == Exit::ok);
  CHECK(gateway.asked().at(0).body.at("payload") == "READ");
  command.base64 = true;
  CHECK(send(command) == Exit::ok);
  CHECK(gateway.asked().at(1).body.at("payload") == "UkVBRA==");
  command.report = true;
  for (const char* state : {kSuccess, kFailure}) {
    CAPTURE(state);
    const auto before = gateway.count();
    auto code = std::async(std::launch::async, [&] { return send(command); });
    TestDouble::wait_for([&] { return gateway.count() > before; }, "the message");
    report(twin, gateway.asked().at(before).body, state);
    CHECK(code.get() == (state == kSuccess ? Exit::ok : Exit::not_all));
  }
  gateway.answer_next({{404, {}, R"({"cause":"RECIPIENT_NOT_FOUND"})"}});
  CHECK(send(command) == Exit::not_all);
  command.to = "nobody";
  CHECK_THROWS_AS(send(command), std::runtime_error);
  command.control = "http://127.0.0.1:1";
  CHECK_THROWS_AS(send(command), std::runtime_error);
}

TEST_CASE("the command shows an inbox") {
  TestDouble twin;
  Command command = talk(twin);
  command.wait = 0;
  CHECK(show_inbox(command) == Exit::not_all);
  twin.control("POST", "/send", R"({"to":"as-1@msgin5g.example","toType":"AS","text":"x"})");
  CHECK(show_inbox(command) == Exit::ok);
}

TEST_CASE("base64") {
  CHECK(base64_of("") == "");
  CHECK(base64_of("f") == "Zg==");
  CHECK(base64_of("fo") == "Zm8=");
  CHECK(base64_of("foo") == "Zm9v");
  CHECK(base64_of(std::string_view("\xff\x00", 2)) == "/wA=");
}

}  // namespace msggw::m5s
