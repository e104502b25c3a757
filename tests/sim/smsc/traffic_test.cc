// SPDX-License-Identifier: Apache-2.0
// Messages, receipts and faults, as ESME and tester see them.
#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "tests/sim/smsc/test_esme.h"
#include "tests/sim/smsc/test_smsc.h"
#include "tests/sim/smsc/utf.h"

namespace msggw::smsc::traffic_test {
namespace {

constexpr std::uint32_t kResp = 0x80000000;
const char* const kHello = R"({"from":"+491701234567","to":"12345","text":"hello"})";

std::string state_of(TestSmsc& smsc, std::uint64_t id) {
  return std::string(smsc.get("/messages/" + std::to_string(id)).at("state").as_string());
}

}  // namespace

TEST_CASE("a message waits for a receiver, is sent and accepted") {
  TestSmsc smsc;
  const auto posted = smsc.post("/messages", kHello);
  CHECK(posted.at("parts") == 1);
  CHECK(state_of(smsc, 1) == "waiting");
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  const auto deliver = esme.expect(5);
  CHECK(source_of(deliver.body) == "491701234567");
  CHECK(deliver.body.substr(0, 3) == std::string("\0\1\1", 3));
  CHECK(short_message_of(deliver.body) == "hello");
  CHECK(state_of(smsc, 1) == "sent");
  esme.answer(deliver);
  smsc.wait_for([&] { return state_of(smsc, 1) == "accepted"; }, "accepted");
}

TEST_CASE("temporary errors are tried again, permanent ones are not") {
  Behaviour behaviour;
  behaviour.retry = Span(10);
  TestSmsc smsc(behaviour);
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  smsc.post("/messages", kHello);
  for (const std::uint32_t status : {0x64u, 0x14u, 0x58u, 0x08u})
    esme.answer(esme.expect(5), status);
  esme.answer(esme.expect(5), 0x65);
  smsc.wait_for([&] { return state_of(smsc, 1) == "rejected"; }, "rejected");
  const auto shown = smsc.get("/messages/1");
  CHECK(shown.at("attempts") == 5);
  CHECK(shown.at("statusName") == "ESME_RX_P_APPN");
  CHECK(esme.is_quiet());
  CHECK(smsc.counter("temporary") == 4);
  CHECK(smsc.counter("redelivered") == 4);
  CHECK(smsc.counter("messagesRefused") == 1);
}

TEST_CASE("messages cross the bind and the unbind, whose responses come behind them") {
  Behaviour behaviour;
  behaviour.crossing = 1;
  behaviour.retry = Span(10);
  TestSmsc smsc(behaviour);
  smsc.post("/messages", kHello);
  TestEsme esme(smsc.port());
  esme.send(9, 1, std::string("gw\0secret\0\0\x34\0\0\0", 15));
  const auto early = esme.expect(5);
  CHECK(esme.expect(0x80000009).status == 0);
  esme.answer(early);
  smsc.wait_for([&] { return state_of(smsc, 1) == "accepted"; }, "accepted");
  smsc.put_options(R"({"window":1})");
  smsc.post("/messages", kHello);
  smsc.post("/messages", kHello);
  const auto first = esme.expect(5);
  esme.answer(first, 0x64);  // comes again
  const auto second = esme.expect(5);
  esme.send(6, 2);
  CHECK(esme.is_quiet());  // the answer is still owed
  esme.answer(second, 0x04);
  CHECK(esme.expect(0x80000006).status == 0);
  CHECK(esme.is_closed());
  smsc.wait_for([&] { return state_of(smsc, 3) == "rejected"; }, "rejected");
  CHECK(state_of(smsc, 2) == "sent");
}

TEST_CASE("what a lost link had not answered is delivered again") {
  Behaviour behaviour;
  behaviour.retry = Span(10);
  TestSmsc smsc(behaviour);
  {
    TestEsme esme(smsc.port());
    REQUIRE(esme.bind() == 0);
    smsc.post("/messages", kHello);
    esme.expect(5);
  }
  TestEsme again(smsc.port());
  REQUIRE(again.bind() == 0);
  again.answer(again.expect(5));
  smsc.wait_for([&] { return state_of(smsc, 1) == "accepted"; }, "accepted");
  CHECK(smsc.counter("cutOff") == 1);
}

TEST_CASE("no answer in time: delivered again, the late answer is nobody's") {
  Behaviour behaviour;
  behaviour.retry = Span(0);
  behaviour.answer_within = Span(100);
  TestSmsc smsc(behaviour);
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  smsc.post("/messages", kHello);
  const auto first = esme.expect(5);
  const auto second = esme.expect(5);
  CHECK(second.sequence != first.sequence);
  esme.answer(second);
  esme.answer(first);
  smsc.wait_for([&] { return smsc.counter("unknownResponses") == 1; }, "the late answer");
  CHECK(state_of(smsc, 1) == "accepted");
}

TEST_CASE("the window is kept, and filled") {
  Behaviour behaviour;
  behaviour.window = 3;
  TestSmsc smsc(behaviour);
  for (int i = 0; i < 5; ++i) smsc.post("/messages", kHello);
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  const auto first = esme.expect(5);
  esme.expect(5);
  const auto third = esme.expect(5);
  CHECK(esme.is_quiet());
  esme.answer(third);  // in any order
  esme.answer(first);
  esme.expect(5);
  esme.expect(5);
}

TEST_CASE("accounts: who gets what") {
  TestSmsc smsc;
  TestEsme a(smsc.port()), b(smsc.port());
  REQUIRE(a.bind(9, "a") == 0);
  REQUIRE(b.bind(9, "b") == 0);
  for (int i = 0; i < 3; ++i) {
    smsc.post("/messages", R"({"from":"+1","to":"2","text":"x","account":"b"})");
    b.answer(b.expect(5));
  }
  CHECK(a.is_quiet());
  // Without an account, in turns.
  smsc.post("/messages", R"({"from":"+1","to":"2","text":"x"})");
  smsc.post("/messages", R"({"from":"+1","to":"2","text":"x"})");
  a.answer(a.expect(5));
  b.answer(b.expect(5));
}

TEST_CASE("all parts of a message go to one account, in the order asked for") {
  TestSmsc smsc;
  TestEsme a(smsc.port()), b(smsc.port());
  REQUIRE(a.bind(9, "a") == 0);
  REQUIRE(b.bind(9, "b") == 0);
  const std::string text(400, 'x');
  const auto posted =
      smsc.post("/messages",
                R"({"from":"+1","to":"2","reference":7,"order":[3,1,2,2],"text":")" + text + "\"}");
  CHECK(posted.at("parts") == 3);
  smsc.wait_for([&] { return smsc.counter("messagesSent") == 4; }, "all parts");
  TestEsme& taker = a.is_quiet() ? b : a;
  for (const char* header : {"050003070303", "050003070301", "050003070302", "050003070302"}) {
    const auto part = taker.expect(5);
    CHECK(to_hex(short_message_of(part.body).substr(0, 6)) == header);
    taker.answer(part);
  }
  CHECK(a.is_quiet());
  CHECK(b.is_quiet());
}

TEST_CASE("octets as they are") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  smsc.post(
      "/messages",
      R"({"from":"Bank","to":"2","octets":"0500030101ff00","dataCoding":245,"esmClass":64,"sourceTon":5})");
  const auto deliver = esme.expect(5);
  CHECK(to_hex(short_message_of(deliver.body)) == "0500030101ff00");
  CHECK(to_hex(deliver.body).find("00050042616e6b00") == 0);
}

TEST_CASE("submit_sm: a message id, the phone has it, the receipt comes after the response") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  esme.submit(2, "4670", "to the phone", 1);
  const auto response = esme.expect(4 | kResp);
  const std::string id = id_of(response.body);
  CHECK_FALSE(id.empty());
  const auto receipt = esme.expect(5);
  CHECK(short_message_of(receipt.body).find("id:" + id + " ") == 0);
  CHECK(source_of(receipt.body) == "4670");
  esme.answer(receipt);
  const auto phone = smsc.get("/phones/+4670");
  CHECK(phone.at("messages").at(0).at("text") == "to the phone");
  CHECK(phone.at("messages").at(0).at("messageIds").at(0).as_string() == std::string_view(id));
  smsc.wait_for([&] { return smsc.counter("receiptsAccepted") == 1; }, "the receipt");
  CHECK(smsc.counter("receiptsOpen") == 0);
  esme.submit(3, "4670", "none asked for", 0);
  esme.expect(4 | kResp);
  CHECK(esme.is_quiet());
}

TEST_CASE("data_sm is a submit too") {
  TestSmsc smsc;
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  esme.send(0x103, 4, *from_hex("00000031000101343600000100042400026869"));
  CHECK_FALSE(id_of(esme.expect(0x103 | kResp).body).empty());
  CHECK(short_message_of(esme.expect(5).body).find("stat:DELIVRD") != std::string::npos);
  CHECK(smsc.get("/phones/46").at("messages").at(0).at("text") == "hi");
}

TEST_CASE("receipts before their responses") {
  Behaviour behaviour;
  behaviour.receipt_before_response = 1;
  TestSmsc smsc(behaviour);
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  esme.submit(2, "4670", "x", 1);
  const auto receipt = esme.expect(5);
  const auto response = esme.expect(4 | kResp);
  CHECK(short_message_of(receipt.body).find("id:" + id_of(response.body) + " ") == 0);
}

TEST_CASE("a response that waits for its receipt does not wait for receivers that are gone") {
  Behaviour behaviour;
  behaviour.receipt_before_response = 1;
  behaviour.window = 1;
  TestSmsc smsc(behaviour);
  TestEsme transmitter(smsc.port());
  REQUIRE(transmitter.bind(2) == 0);
  {
    TestEsme receiver(smsc.port());
    REQUIRE(receiver.bind(1) == 0);
    transmitter.submit(2, "4670", "x", 1);
    receiver.expect(5);
    transmitter.expect(4 | kResp);
    transmitter.submit(3, "4670", "x", 1);  // the window is full
    CHECK(transmitter.is_quiet());
  }
  CHECK(transmitter.expect(4 | kResp).sequence == 3);
}

TEST_CASE("receipts: lost, never, delayed, to whom") {
  TestSmsc smsc;
  TestEsme transmitter(smsc.port());
  REQUIRE(transmitter.bind(2) == 0);
  smsc.put_options(R"({"receiptLoss":1})");
  transmitter.submit(1, "4670", "x", 1);
  transmitter.expect(4 | kResp);
  smsc.put_options(R"({"receiptLoss":0,"receipts":"never"})");
  transmitter.submit(2, "4670", "x", 1);
  transmitter.expect(4 | kResp);
  smsc.put_options(R"({"receipts":"asked","receiptDelay":"50ms","receiptForm":"tlv"})");
  transmitter.submit(3, "4670", "x", 1);
  const std::string id = id_of(transmitter.expect(4 | kResp).body);
  TestEsme other(smsc.port()), receiver(smsc.port());
  REQUIRE(other.bind(1, "other") == 0);
  REQUIRE(receiver.bind(1) == 0);  // it has waited for one
  const auto receipt = receiver.expect(5);
  CHECK(short_message_of(receipt.body).empty());
  CHECK(receipt.body.find(id) != std::string::npos);
  CHECK(other.is_quiet());
  CHECK(smsc.counter("receiptsLost") == 1);
}

TEST_CASE("jitter changes their order") {
  Behaviour behaviour;
  behaviour.receipt_jitter = Span(300);
  behaviour.seed = 5;
  behaviour.window = 100;
  TestSmsc smsc(behaviour);
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  std::vector<std::string> ids, receipts;
  for (std::uint32_t i = 0; i < 20; ++i) esme.submit(i + 1, "4670", "x", 1);
  while (ids.size() < 20 || receipts.size() < 20) {
    const auto pdu = esme.receive();
    if (pdu.command == (4 | kResp)) {
      ids.push_back(id_of(pdu.body));
    } else {
      const std::string text = short_message_of(pdu.body);
      receipts.push_back(text.substr(3, text.find(' ') - 3));
    }
  }
  CHECK(ids != receipts);
  CHECK(std::set(ids.begin(), ids.end()) == std::set(receipts.begin(), receipts.end()));
}

TEST_CASE("a campaign with answers, receipts and a rate") {
  Behaviour behaviour;
  behaviour.window = 50;
  behaviour.journal_most = 0;
  TestSmsc smsc(behaviour);
  TestEsme esme(smsc.port());
  REQUIRE(esme.bind() == 0);
  const auto started = smsc.post(
      "/campaigns", R"({"count":200,"to":"12345","text":"hi","rate":5000,"expectAnswer":true})");
  CHECK(started.at("id") == 1);
  std::uint32_t sequence = 100, receipts = 0;
  std::set<std::string> numbers;
  while (numbers.size() < 200 || receipts < 200) {
    const auto pdu = esme.receive();
    if (pdu.command != 5) continue;
    esme.answer(pdu);
    if (short_message_of(pdu.body) == "hi") {
      numbers.insert(source_of(pdu.body));
      esme.submit(++sequence, source_of(pdu.body), "Service ID: x", 1);
    } else {
      ++receipts;
    }
  }
  smsc.wait_for([&] { return smsc.get("/campaigns/1").at("state") == "done"; }, "the end");
  const auto report = smsc.get("/campaigns/1");
  CHECK(report.at("accepted") == 200);
  CHECK(report.at("answers") == 200);
  CHECK(report.at("receiptsAccepted") == 200);
  CHECK(smsc.counter("phones") == 0);  // a campaign's are counted, not kept
}

TEST_CASE("a campaign survives the loss of its link") {
  Behaviour behaviour;
  behaviour.retry = Span(10);
  TestSmsc smsc(behaviour);
  smsc.post("/campaigns", R"({"count":25,"to":"12345"})");
  {
    TestEsme esme(smsc.port());
    REQUIRE(esme.bind() == 0);
    for (int i = 0; i < 15; ++i) {
      const auto deliver = esme.expect(5);
      if (i < 7) esme.answer(deliver);
    }
  }
  TestEsme again(smsc.port());
  REQUIRE(again.bind() == 0);
  for (int i = 0; i < 18; ++i) again.answer(again.expect(5));
  smsc.wait_for([&] { return smsc.get("/campaigns/1").at("state") == "done"; }, "the end");
  CHECK(smsc.get("/campaigns/1").at("accepted") == 25);
}

}  // namespace msggw::smsc::traffic_test
