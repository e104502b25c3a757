// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/control.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <future>

#include "tests/sim/smsc/control_client.h"
#include "tests/sim/smsc/phone.h"
#include "tests/sim/smsc/test_esme.h"
#include "tests/sim/smsc/test_smsc.h"

namespace msggw::smsc {

TEST_CASE("paths, methods and bodies that are wrong") {
  TestSmsc smsc;
  CHECK(smsc.call("GET", "/nothing").status == 404);
  CHECK(smsc.call("GET", "/messages/1").status == 404);
  CHECK(smsc.call("GET", "/campaigns/x").status == 404);
  const auto wrong_method = smsc.call("DELETE", "/options");
  CHECK(wrong_method.status == 405);
  CHECK(wrong_method.head.find("Allow: GET, PUT") != std::string::npos);
  CHECK(wrong_method.head.find("application/problem+json") != std::string::npos);
  CHECK(wrong_method.json.at("status") == 405);
  for (const char* target : {"/messages", "/links/cut", "/garbage", "/campaigns"}) {
    CAPTURE(target);
    for (const char* body : {"[]", "{", R"({"x":1})", R"({"how":"gently"})", R"({"octets":"f"})"}) {
      const auto answer = smsc.call("POST", target, body);
      CHECK(answer.status == 400);
      CHECK_FALSE(answer.json.at("detail").as_string().empty());
    }
  }
  CHECK(smsc.call("POST", "/messages", std::string(HttpServer::kMostBody + 1, ' ')).status == 413);
  CHECK(smsc.call("GET", "/phones/%zz").status == 400);
  CHECK(smsc.call("GET", "/journal?limit=-1").status == 400);
  CHECK(smsc.call("GET", "/journal?direction=up").status == 400);
  CHECK(smsc.call("GET", "/phones/1?wait=301").status == 400);
}

TEST_CASE("a web page of another site has no control") {
  TestSmsc smsc;
  const auto status = [&](const std::string& header) {
    return smsc.call("GET", "/options", {}, header).status;
  };
  for (const char* good : {"Host: 127.0.0.1\r\n", "Host: localhost:80\r\n", "Host: [::1]:1\r\n",
                           "Host: 10.0.0.1\r\nOrigin: http://10.0.0.1\r\n"}) {
    CAPTURE(good);
    CHECK(status(good) == 200);
  }
  for (const char* bad : {"Host: rebound.example\r\n", "Host: \r\n", "",
                          "Host: 127.0.0.1\r\nOrigin: http://evil.example\r\n",
                          "Host: 127.0.0.1\r\nOrigin: null\r\n"}) {
    CAPTURE(bad);
    CHECK(status(bad) == 403);
  }
}

TEST_CASE("what a message may be") {
  TestSmsc smsc;
  for (const char* body : {R"({"from":"+1","to":"2"})", R"({"from":"","to":"2","text":"x"})",
                           R"({"from":"+1","to":"123456789012345678901","text":"x"})",
                           R"({"from":"+1","to":"2","text":"x","octets":"00"})",
                           R"({"from":"+1","to":"2","text":"x","encoding":"morse"})",
                           R"({"from":"+1","to":"2","text":"ж","encoding":"gsm7"})",
                           R"({"from":"+1","to":"2","text":"x","order":[2]})",
                           R"({"from":"+1","to":"2","text":"x","order":[]})",
                           R"({"from":"+1","to":"2","text":"x","destTon":256})",
                           R"({"from":"+1","to":"2","text":"x","concatenation":"glue"})"}) {
    CAPTURE(body);
    CHECK(smsc.call("POST", "/messages", body).status == 400);
  }
  smsc.put_options(R"({"waitingMost":1})");
  CHECK(smsc.call("POST", "/messages", R"({"from":"+1","to":"2","text":"x"})").status == 202);
  CHECK(smsc.call("POST", "/messages", R"({"from":"+1","to":"2","text":"x"})").status == 503);
}

TEST_CASE("options at run time") {
  TestSmsc smsc;
  CHECK(smsc.get("/options").at("window") == 10);
  smsc.put_options(R"({"window":7,"idForm":"hex"})");
  CHECK(smsc.get("/options").at("window") == 7);
  CHECK(smsc.get("/options").at("idForm") == "hex");
  const auto wrong = smsc.call("PUT", "/options", R"({"window":8,"idForm":"roman"})");
  CHECK(wrong.status == 400);
  CHECK(smsc.get("/options").at("window") == 7);
}

TEST_CASE("journal, links, reset") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  esme.submit(2, "4670", "abc");
  esme.receive();
  const auto all = smsc.get("/journal");
  REQUIRE(all.at("entries").as_array().size() == 4);
  const auto submits = smsc.get("/journal?command=submit_sm&direction=in&account=gw");
  REQUIRE(submits.at("entries").as_array().size() == 1);
  const auto& entry = submits.at("entries").at(0);
  CHECK(entry.at("destination") == "4670");
  CHECK(entry.at("octets") == "616263");
  CHECK(entry.at("n") == 3);
  CHECK(smsc.get("/journal?since=3").at("entries").as_array().size() == 1);
  CHECK(smsc.get("/journal?limit=2").at("entries").as_array().size() == 2);
  CHECK(smsc.get("/journal?account=other").at("entries").as_array().empty());
  const auto links = smsc.get("/links");
  CHECK(links.at("links").at(0).at("mode") == "transceiver");
  CHECK(links.at("links").at(0).at("account") == "gw");
  CHECK(smsc.call("POST", "/reset").status == 204);
  CHECK(smsc.get("/journal").at("entries").as_array().empty());
  CHECK(smsc.counter("submits") == 0);
  CHECK(smsc.counter("phones") == 0);
  smsc.put_options(R"({"journalMost":2})");
  for (std::uint32_t i = 1; i <= 5; ++i) esme.send(0x15, i), esme.receive();
  const auto short_one = smsc.get("/journal");
  CHECK(short_one.at("entries").as_array().size() == 2);
  CHECK(short_one.at("lost") == 8);
  CHECK(short_one.at("entries").at(1).at("sequence") == 5);
}

TEST_CASE("a long poll ends with a message, or in time") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  esme.submit(2, "4670", "old");
  esme.receive();
  auto poll =
      std::async(std::launch::async, [&] { return smsc.get("/phones/%2B4670?after=1&wait=60"); });
  CHECK(poll.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout);
  esme.submit(3, "4671", "another phone's");
  esme.submit(4, "4670", "new");
  const auto got = poll.get();
  CHECK(got.at("messages").as_array().size() == 1);
  CHECK(got.at("messages").at(0).at("text") == "new");
  CHECK(smsc.get("/phones/4670?after=2&wait=1").at("messages").as_array().empty());
}

TEST_CASE("what stands before a Service ID") {
  CHECK(text_after("MSGin5G Service ID: a@b c", "Service ID: ") == "a@b");
  CHECK(text_after("Service ID: a@b", "Service ID: ") == "a@b");
  CHECK(text_after("Service ID: ", "Service ID: ").empty());
  CHECK(text_after("hello", "Service ID: ").empty());
}

TEST_CASE("a phone asks and is answered") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  PhoneCommand command;
  command.control = "http://127.0.0.1:" + std::to_string(smsc.control_port());
  command.from = "+491701234567";
  command.to = "12345";
  command.once = true;
  command.wait = 60;
  auto phone = std::async(std::launch::async, [&] { return run(command); });
  const auto deliver = esme.expect(5);
  CHECK(short_message_of(deliver.body) == "hello");
  esme.answer(deliver);
  esme.submit(2, "491701234567", "wait a moment");
  esme.submit(3, "491701234567", "MSGin5G Service ID: l3g-1.example");
  CHECK(phone.get() == Exit::ok);
}

TEST_CASE("where the control is may be said with its scheme and without") {
  for (const char* const text : {"h:1", "http://h:1", "http://h:1/"})
    CHECK(control_address(text) == "h:1");
  CHECK(control_address("http://[::1]:80/smsc/v1") == "[::1]:80");
  CHECK_THROWS_AS(control_address("https://h:1"), std::runtime_error);
}

TEST_CASE("a phone without an answer, and one without an SMSC") {
  TestSmsc smsc;
  PhoneCommand command;
  command.control = "127.0.0.1:" + std::to_string(smsc.control_port());
  command.from = "+1";
  command.to = "2";
  command.wait = 0.1;
  CHECK(run(command) == Exit::not_all);
  command.from = std::string(30, '1');
  CHECK_THROWS_AS(run(command), std::runtime_error);
  command.control = "http://127.0.0.1:1";
  CHECK_THROWS_AS(run(command), std::runtime_error);
}

}  // namespace msggw::smsc
