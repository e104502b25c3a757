// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/relay.h"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

namespace msggw::m5s::relay_test {

namespace {

/// A relay with its registry and a clock that only the test moves.
struct Bench {
  explicit Bench(const RelayOptions& options = {}) : relay(options, registry) {
    registry.add_own("own");
  }

  void there(const std::string& id, GatewayKind kind = GatewayKind::n3g) {
    Registration one;
    one.service_id = id;
    one.kind = kind;
    one.target = *base::parse_uri("http://gw:80/root");
    one.lifetime = std::chrono::seconds(600);
    registry.put(one, now);
    relay.is_there(id, now);
  }
  Relay::Ack send(const std::string& to, const std::string& id, bool stores = true,
                  bool report = false) {
    Message message;
    message.from = {"AS", "own"};
    message.to = {"UE", to};
    message.id = id;
    message.stores = stores;
    message.payload = "content of " + id;
    if (report) message.wants_report = true;
    return relay.accept(message, now);
  }
  Relay::Ack report(const std::string& from, const std::string& id) {
    return relay.accept(Report{{"UE", from}, {"AS", "own"}, id, kSuccess}, now);
  }
  void answer(const Relay::Outgoing& to, unsigned status, Fields fields = {},
              std::string body = {}) {
    const Response response{status, std::move(fields), std::move(body)};
    relay.answered(to.record, &response, now);
  }
  std::vector<Relay::Outgoing> take() { return relay.take(now); }
  State state(const Relay::Ack& ack) { return relay.records().find(ack.records.at(0))->state; }

  Registry registry;
  Relay relay;
  Instant now{1'000'000};
};

}  // namespace

TEST_CASE("a message goes to the gateway that registered its recipient") {
  Bench bench;
  bench.there("n", GatewayKind::n3g);
  bench.there("l", GatewayKind::l3g);
  const auto first = bench.send("n", "1");
  CHECK_FALSE(first.problem);
  CHECK_FALSE(first.status);
  bench.send("l", "2");
  const auto out = bench.take();
  REQUIRE(out.size() == 2);
  const auto& to_n = out[0].subject.to == "n" ? out[0] : out[1];
  const auto& to_l = out[0].subject.to == "n" ? out[1] : out[0];
  CHECK(base::to_string(to_n.at) == "http://gw/root/msgg-n3gdelivery/v1/deliver-message");
  CHECK(base::to_string(to_l.at) == "http://gw/root/msgg-l3gdelivery/v1/deliver-message");
  CHECK(boost::json::parse(to_n.body) ==
        boost::json::parse(R"({"oriAddr":{"addrType":"AS","addr":"own"},"msgId":"1",
            "destAddr":{"addrType":"UE","addr":"n"},"payload":"content of 1"})"));
  bench.answer(to_n, 204);
  CHECK(bench.state(first) == State::delivered);
  CHECK(bench.relay.counters().delivered == 1);
}

TEST_CASE("one request is under way for each pair, in the order they came") {
  Bench bench;
  bench.there("d");
  bench.there("e");
  bench.send("d", "1");
  bench.send("d", "2");
  bench.send("e", "3");
  auto out = bench.take();
  REQUIRE(out.size() == 2);
  CHECK(out[0].subject.message_id == "1");
  CHECK(out[1].subject.message_id == "3");
  bench.send("d", "4");
  CHECK(bench.take().empty());  // 1 is under way
  bench.answer(out[1], 204);
  CHECK(bench.take().empty());
  bench.answer(out[0], 503);
  CHECK(bench.take().empty());  // 2 does not overtake 1
  bench.now += Span(1'000);
  out = bench.take();
  REQUIRE(out.size() == 1);
  CHECK(out[0].subject.message_id == "1");
  CHECK(out[0].attempt == 2);
  bench.answer(out[0], 204);
  out = bench.take();
  REQUIRE(out.size() == 1);
  CHECK(out[0].subject.message_id == "2");
}

TEST_CASE("what is temporary is tried again with the same msgId, and Retry-After is kept") {
  Bench bench;
  bench.there("d");
  const auto ack = bench.send("d", "1");
  for (const unsigned status : {0u, 429u, 500u, 503u}) {
    CAPTURE(status);
    const auto out = bench.take();
    REQUIRE(out.size() == 1);
    CHECK(out[0].subject.message_id == "1");
    if (status == 0) {
      bench.relay.answered(out[0].record, nullptr, bench.now);
    } else {
      bench.answer(out[0], status, {{"retry-after", "7"}});
    }
    const Span wait(status == 0 ? 1'000 : 7'000);
    CHECK(bench.relay.next_due() <= bench.now + wait);
    bench.now += wait - Span(1);
    CHECK(bench.take().empty());
    bench.there("d");  // a registration does not make it shorter
    CHECK(bench.take().empty());
    bench.now += Span(1);
  }
  CHECK(bench.state(ack) == State::waiting);
  CHECK(bench.relay.counters().again == 4);
}

TEST_CASE("a message that is refused ends, and who asked for a report gets one") {
  Bench bench;
  bench.there("d");
  const auto ack = bench.send("d", "1", true, true);
  bench.answer(bench.take().at(0), 403, {}, R"({"cause":"NO_SUCH_THING"})");
  CHECK(bench.state(ack) == State::failed);
  bench.take();
  const auto inbox = bench.relay.inboxes().list("own", 0);
  REQUIRE(inbox.at("entries").as_array().size() == 1);
  const auto& report = inbox.at("entries").as_array()[0].at("report");
  CHECK(report.at("delivSt") == kFailure);
  CHECK(report.at("failureCause") == "NO_SUCH_THING");
  CHECK(report.at("msgId") == "1");
  // and may be sent again under its msgId
  CHECK(bench.send("d", "1").records.size() == 1);
}

TEST_CASE("who is away gets it later, if it may be stored") {
  Bench bench;
  CHECK(bench.send("d", "0").problem->cause == "RECIPIENT_NOT_FOUND");
  bench.there("d");
  bench.registry.remove("d", bench.now);
  const auto refused = bench.send("d", "1", false);
  CHECK(refused.status == "DELY_FAILED");
  CHECK(refused.cause == "RECIPIENT_NOT_REGISTERED");
  const auto stored = bench.send("d", "2");
  CHECK(stored.status == "DELY_STORED");
  CHECK(bench.send("d", "2").records.empty());  // a repetition
  CHECK(bench.state(stored) == State::stored);
  CHECK(bench.take().empty());
  bench.now += Span(60'000);
  bench.there("d");
  CHECK(bench.take().at(0).subject.message_id == "2");
}

TEST_CASE("a device that its gateway calls away gets it at its next registration") {
  Bench bench;
  bench.there("d");
  const auto stored = bench.send("d", "1");
  bench.send("d", "2");
  bench.answer(bench.take().at(0), 404, {}, R"({"cause":"RECIPIENT_NOT_REACHABLE"})");
  CHECK(bench.take().empty());
  CHECK(bench.state(stored) == State::stored);
  bench.now += Span(60'000);
  CHECK(bench.take().empty());
  bench.there("d");
  CHECK(bench.take().at(0).subject.message_id == "1");
  Bench other;
  other.there("d");
  const auto failed = other.send("d", "1", false);
  other.answer(other.take().at(0), 404, {}, R"({"cause":"RECIPIENT_NOT_REACHABLE"})");
  CHECK(other.state(failed) == State::failed);
}

TEST_CASE("time ends what waits") {
  Bench bench;
  bench.there("d");
  bench.registry.remove("d", bench.now);
  const auto ack = bench.send("d", "1", true, true);
  bench.take();
  REQUIRE(bench.relay.next_due());
  CHECK(*bench.relay.next_due() == bench.now + Span(3'600'000));
  bench.now += Span(3'600'000);
  bench.take();
  CHECK(bench.state(ack) == State::expired);
  CHECK(bench.relay.inboxes().received("own") == 1);
  Message late;
  late.from = {"AS", "own"};
  late.to = {"UE", "d"};
  late.id = "2";
  late.expires = bench.now;
  CHECK(bench.relay.accept(late, bench.now).cause == "EXPIRED");
}

TEST_CASE("a report goes back to who sent the message") {
  Bench bench;
  bench.there("d");
  bench.there("e");
  const auto ack = bench.send("d", "1", true, true);
  bench.answer(bench.take().at(0), 204);
  CHECK_FALSE(bench.report("d", "1").problem);
  bench.take();
  CHECK(bench.relay.records().find(ack.records.at(0))->report->state == kSuccess);
  CHECK(bench.relay.inboxes().received("own") == 1);
  // between devices: to the gateway of the other
  CHECK_FALSE(bench.relay.accept(Report{{"UE", "d"}, {"UE", "e"}, "9", kFailure, "why"}, bench.now)
                  .problem);
  const auto out = bench.take();
  REQUIRE(out.size() == 1);
  CHECK(base::to_string(out[0].at) == "http://gw/root/msgg-n3gdelivery/v1/deliver-report");
  CHECK(boost::json::parse(out[0].body).at("failureCause") == "why");
  CHECK(bench.report("nobody", "1").problem->cause == "ORIGINATOR_NOT_REGISTERED");
  CHECK(bench.relay.accept(Report{{"UE", "d"}, {"UE", "nobody"}, "9", kSuccess}, bench.now)
            .problem->cause == "RECIPIENT_NOT_FOUND");
}

TEST_CASE("each member of a group has its own request") {
  Bench bench;
  bench.there("d");
  bench.there("e");
  bench.registry.set_group("g", {"d", "e", "own"});
  Message message;
  message.from = {"AS", "own"};
  message.to = {"GROUP", "g"};
  message.id = "1";
  const auto ack = bench.relay.accept(message, bench.now);
  CHECK(ack.records.size() == 2);
  CHECK_FALSE(ack.status);
  const auto out = bench.take();
  REQUIRE(out.size() == 2);
  CHECK(boost::json::parse(out[0].body).at("destAddr").at("addrType") == "UE");
  const auto again = bench.relay.accept(message, bench.now);  // a repetition
  CHECK(again.records.empty());
  CHECK_FALSE(again.status);
  message.id = "2";
  bench.registry.remove("d", bench.now);
  message.stores = true;
  CHECK_FALSE(bench.relay.accept(message, bench.now).status);
  bench.registry.remove("e", bench.now);
  message.id = "3";
  CHECK(bench.relay.accept(message, bench.now).status == "DELY_STORED");
  message.id = "4";
  message.stores = false;
  CHECK(bench.relay.accept(message, bench.now).status == "DELY_FAILED");
  message.to.id = "nobody";
  CHECK(bench.relay.accept(message, bench.now).problem->status == 404);
  message.to = {"TOPIC", "t"};
  CHECK(bench.relay.accept(message, bench.now).problem->cause == "ADDR_TYPE_NOT_SUPPORTED");
}

TEST_CASE("an Application Server with a target is asked there") {
  Bench bench;
  bench.there("d");
  ApplicationServer server;
  server.service_id = "as";
  server.target = *base::parse_uri("http://as:81/in");
  bench.registry.add(server);
  Message message;
  message.from = {"UE", "d"};
  message.to = {"AS", "as"};
  message.id = "1";
  CHECK_FALSE(bench.relay.accept(message, bench.now).problem);
  const auto out = bench.take();
  REQUIRE(out.size() == 1);
  CHECK(base::to_string(out[0].at) == "http://as:81/in/deliver-message");
  CHECK(boost::json::parse(out[0].body).at("stoAndFwInd") == false);
}

TEST_CASE("a repetition is acknowledged and goes nowhere, other content under its msgId does") {
  Bench bench;
  bench.there("d");
  CHECK(bench.send("d", "1").records.size() == 1);
  const auto again = bench.send("d", "1");
  CHECK(again.records.empty());
  CHECK_FALSE(again.problem);
  CHECK(bench.relay.counters().repeated == 1);
  Message other;
  other.from = {"AS", "own"};
  other.to = {"UE", "d"};
  other.id = "1";
  other.payload = "something else";
  CHECK(bench.relay.accept(other, bench.now).records.size() == 1);
}

TEST_CASE("who is not registered may not send, unless all may") {
  Message message;
  message.from = {"UE", "stranger"};
  message.to = {"AS", "own"};
  message.id = "1";
  Bench bench;
  const auto refused = bench.relay.accept(message, bench.now);
  REQUIRE(refused.problem);
  CHECK(refused.problem->status == 404);
  CHECK(refused.problem->param == "/oriAddr/addr");
  RelayOptions open;
  open.open = true;
  Bench other(open);
  CHECK_FALSE(other.relay.accept(message, other.now).problem);
}

TEST_CASE("too much that waits is refused with a time") {
  RelayOptions options;
  options.most_waiting = 2;
  Bench bench(options);
  bench.there("d");
  bench.send("d", "1");
  bench.send("d", "2");
  const auto refused = bench.send("d", "3");
  REQUIRE(refused.problem);
  CHECK(refused.problem->status == 503);
  CHECK(refused.problem->retry_after_s > 0);
}

TEST_CASE("segments are passed on as they come, or put together and cut again") {
  Message first;
  first.from = {"AS", "own"};
  first.to = {"UE", "d"};
  first.id = "1";
  first.is_segment = true;
  first.payload = "abcdef";
  first.segment = SegmentPlace{"s", 2, 1, {}};
  Message second = first;
  second.payload = "ghij";
  second.segment = SegmentPlace{"s", {}, 2, true};
  Bench passes;
  passes.there("d");
  passes.relay.accept(second, passes.now);
  CHECK(boost::json::parse(passes.take().at(0).body).at("segParams") ==
        boost::json::parse(R"({"segId":"s","segNumb":2,"lastSegFlag":true})"));
  RelayOptions options;
  options.segment_octets = 8;
  Bench cuts(options);
  cuts.there("d");
  CHECK(cuts.relay.accept(second, cuts.now).records.empty());
  const auto ack = cuts.relay.accept(first, cuts.now);
  REQUIRE(ack.records.size() == 2);
  CHECK(boost::json::parse(cuts.take().at(0).body).at("payload") == "abcdefgh");
}

TEST_CASE("of what has ended the latest are remembered") {
  Bench bench;
  for (std::size_t i = 0; i < Records::kMostEnded + 10; ++i) {
    Message message;
    message.from = {"AS", "own"};
    message.to = {"AS", "own"};
    message.id = std::to_string(i);
    bench.relay.accept(message, bench.now);
    bench.take();
  }
  CHECK(bench.relay.records().find(10) == nullptr);
  CHECK(bench.relay.records().find(11) != nullptr);
  CHECK(bench.relay.records().not_ended() == 0);
  CHECK(bench.relay.inboxes().list("own", 0).at("entries").as_array().size() ==
        Inboxes::kMostEntries);
}

}  // namespace msggw::m5s::relay_test
