// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/desk.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <string>
#include <vector>

#include "provisioning/function/desk_bench.h"

namespace msggw::function {
namespace {

using base::Scheme;
using core::UeType;

std::string request(const std::string& private_id, const std::string& type = "NON_3GPP",
                    const std::string& more = "") {
  return R"({"ueType":")" + type + R"(","privateId":")" + private_id + "\"" + more + "}";
}
std::string cause(const Reply& reply) {
  return text_in(object_of(reply), "cause");
}
std::string service_id(const Reply& reply) {
  return text_in(object_of(reply), "serviceId");
}

struct Item {
  unsigned status;
  std::string cause;
  std::string service_id;
};
std::vector<Item> items_of(const Reply& reply) {
  std::vector<Item> items;
  const auto body = object_of(reply);
  for (const auto& value : body.at("responses").as_array()) {
    const auto& item = value.as_object();
    const auto* problem = item.if_contains("problem");
    const auto* response = item.if_contains("response");
    REQUIRE((problem == nullptr) != (response == nullptr));
    items.push_back({static_cast<unsigned>(item.at("status").as_int64()),
                     problem == nullptr ? "" : text_in(problem->as_object(), "cause"),
                     response == nullptr ? "" : text_in(response->as_object(), "serviceId")});
  }
  return items;
}

Gateways gateways() {
  return Gateways({{.name = "meters",
                    .token = "m",
                    .ue_types = {UeType::non_3gpp},
                    .private_ids = {"meter-*", "001b63*"}},
                   {.name = "all", .certificate = "gw-all"}});
}
constexpr Proof kMeters{.authorization = "Bearer m"};
const std::vector<std::string> kNamesOfAll = {"gw-all"};
const Proof kAll{.certificate = kNamesOfAll};

TEST_CASE("bulk: each item has its own status, in order, all with one commit") {
  DeskBench bench;
  const std::string known = service_id(bench.ask(request("known")));
  const std::string body = R"({"requests":[)" + request("a") + "," + request("known", "AS") + "," +
                           request("") + "," + request("a") + ",7," + request("00-1B-63-84-45-E6") +
                           "," + request("001b638445e6") + "]}";
  const Call call = DeskBench::call(Scheme::http, Method::post, {Target::Kind::bulk, "bulk"}, body);
  Answer answer = bench.desk().handle(call);
  CHECK(answer.due != kNow);
  bench.commit();
  CHECK(bench.desk().handle(call).due == kNow);  // all durable now, by one commit
  CHECK(answer.reply.status == 200);
  CHECK(answer.reply.location.empty());
  const auto items = items_of(answer.reply);
  REQUIRE(items.size() == 7);
  const unsigned statuses[] = {201, 200, 400, 200, 400, 201, 200};
  for (std::size_t i = 0; i < items.size(); ++i) {
    CAPTURE(i);
    CHECK(items[i].status == statuses[i]);
  }
  CHECK(items[1].service_id == known);
  CHECK(items[3].service_id == items[0].service_id);
  CHECK(items[6].service_id == items[5].service_id);
  CHECK(items[2].cause == "MANDATORY_IE_INCORRECT");
  CHECK(items[4].cause == "INVALID_MSG_FORMAT");
  CHECK(bench.metrics().find(R"(msggw_pf_bulk_items_total{status="201"} 2)") != std::string::npos);
}

TEST_CASE("bulk: quota, overload, policy and gateway are judged item by item") {
  PolicyOptions policy = policy_of({});
  policy.rules.push_back({.name = "no", .private_ids = {"bad-*"}, .allow = false, .reason = "bad"});
  policy.rules.push_back({.name = "two", .private_ids = {"two-*"}, .quota = 2});
  const auto of = [](std::initializer_list<const char*> ids) {
    std::string body;
    for (const char* id : ids) body += (body.empty() ? "" : ",") + request(id);
    return R"({"requests":[)" + body + "]}";
  };
  SUBCASE("policy and quota") {
    DeskBench bench(policy);
    const auto items = items_of(bench.bulk(of({"two-1", "bad-1", "two-2", "two-3", "x"})));
    CHECK(items[0].status == 201);
    CHECK(items[1].cause == "POLICY_DENIED");
    CHECK(items[2].status == 201);
    CHECK(items[3].cause == "QUOTA_EXCEEDED");
    CHECK(items[4].status == 201);
  }
  SUBCASE("overload") {
    DeskBench bench(policy, Gateways(), DeskBench::default_options(), 2);
    const Reply reply = bench.bulk(of({"a", "b", "c", "a"}));
    const auto items = items_of(reply);
    CHECK(items[0].status == 201);
    CHECK(items[1].status == 201);
    CHECK(items[2].status == 503);
    CHECK(items[2].cause == "NF_CONGESTION");
    CHECK(items[3].status == 503);  // known, but not durable, so it would have to wait too
    CHECK(reply.retry_after.count() == 1);
    CHECK(reply.body.find(R"("retryAfter":1)") != std::string::npos);
  }
  SUBCASE("gateway") {
    DeskBench bench(policy, gateways());
    const auto items = items_of(bench.bulk(of({"meter-1", "lamp-1", "meter-2"}), kMeters));
    CHECK(items[0].status == 201);
    CHECK(items[1].status == 403);
    CHECK(items[1].cause == "GATEWAY_NOT_AUTHORIZED");
    CHECK(items[2].status == 201);
  }
}

TEST_CASE("bulk: what is wrong with the body as a whole") {
  DeskBench bench;
  CHECK(cause(bench.bulk("{")) == "INVALID_MSG_FORMAT");
  CHECK(cause(bench.bulk("{}")) == "MANDATORY_IE_MISSING");
  CHECK(cause(bench.bulk(R"({"requests":[]})")) == "MANDATORY_IE_INCORRECT");
  CHECK(cause(bench.bulk(R"({"requests":{}})")) == "MANDATORY_IE_INCORRECT");
  std::string many = request("a");
  for (int i = 0; i < 256; ++i) many += "," + request("a");
  CHECK(bench.bulk(R"({"requests":[)" + many + "]}").status == 413);
  CHECK(bench.ledger().assignments() == 0);
}

TEST_CASE("bulk is a matter of HTTP; elsewhere, and for GET and DELETE, it is a Private ID") {
  DeskBench bench;
  const Target target{Target::Kind::old_bulk, "bulk"};
  const auto at = [&](Scheme scheme, Method method) {
    return bench.settle(DeskBench::call(scheme, method, target, R"({"requests":[]})"));
  };
  const Reply refused = at(Scheme::coap, Method::post);
  CHECK(refused.status == 405);
  CHECK(refused.body.find("HTTP") != std::string::npos);
  CHECK(at(Scheme::coaps_tcp, Method::post).status == 405);
  CHECK(at(Scheme::https, Method::other).allow == "POST, GET, HEAD, DELETE");
  CHECK(at(Scheme::http, Method::get).status == 404);
  REQUIRE(bench.ask(request("bulk")).status == 201);
  CHECK(at(Scheme::http, Method::get).status == 200);
  CHECK(at(Scheme::coap, Method::get).status == 200);
  CHECK(at(Scheme::http, Method::del).status == 204);
}

TEST_CASE("a gateway is kept to what it may ask for, whatever the method") {
  DeskBench bench(policy_of({}), gateways());
  REQUIRE(bench.ask(request("meter-as", "AS"), kAll).status == 201);
  REQUIRE(bench.ask(request("lamp-1"), kAll).status == 201);
  const auto refused = [](const Reply& reply) {
    return reply.status == 403 && cause(reply) == "GATEWAY_NOT_AUTHORIZED";
  };
  CHECK(bench.ask(request("meter-1"), kMeters).status == 201);
  CHECK(bench.ask(request("00:1B:63:84:45:E6"), kMeters).status == 201);
  CHECK(refused(bench.ask(request("meter-1", "AS"), kMeters)));
  CHECK(refused(bench.ask(request("lamp-1"), kMeters)));
  CHECK(refused(bench.ask(request("lamp-2"), kMeters)));
  CHECK(refused(bench.item(Method::get, "lamp-1", kMeters)));
  CHECK(refused(bench.item(Method::get, "nobody", kMeters)));
  CHECK(refused(bench.item(Method::get, "meter-as", kMeters)));
  CHECK(refused(bench.item(Method::del, "lamp-1", kMeters)));
  CHECK(refused(bench.item(Method::del, "meter-as", kMeters)));
  CHECK(bench.item(Method::get, "meter-1", kMeters).status == 200);
  CHECK(bench.item(Method::del, "meter-1", kMeters).status == 204);
  CHECK(bench.item(Method::get, "meter-1", kMeters).status == 404);
  // The others are there still.
  CHECK(bench.item(Method::get, "lamp-1", kAll).status == 200);
  CHECK(bench.item(Method::get, "meter-as", kAll).status == 200);
  for (const Binding& binding : kBindings) {
    CAPTURE(name_of(binding));
    CHECK(refused(bench.ask(binding, request("lamp-9"), kMeters)));
    CHECK(bench.ask(binding, request("meter-9"), kMeters).status ==
          (&binding == kBindings ? 201 : 200));
  }
  CHECK(bench.metrics().find(R"(msggw_pf_gateways_refused_total{reason="not_authorized"} 14)") !=
        std::string::npos);
}

TEST_CASE("a bulk request takes a bounded part of a turn, however many rules there are") {
  PolicyOptions policy = policy_of({});
  for (int i = 0; i < 1'000; ++i)
    policy.rules.push_back(
        {.name = "r" + std::to_string(i), .private_ids = {"never-*-" + std::to_string(i)}});
  std::string body = R"({"requests":[)";
  for (int i = 0; i < 256; ++i) body += (i == 0 ? "" : ",") + request("d" + std::to_string(i));
  body += "]}";
  const Call call = DeskBench::call(Scheme::http, Method::post, {Target::Kind::bulk, {}}, body);
  DeskBench bench(policy);
  Desk::Begun begun = bench.desk().begin(call);
  REQUIRE(begun.bulk);
  int parts = 1;
  std::optional<Answer> answer;
  for (; !answer; ++parts) answer = bench.desk().go_on(*begun.bulk, {});
  CHECK(parts == 64);  // 4 of 256 each
  CHECK(answer->due != kNow);
  bench.commit();
  CHECK(bench.settle(call).body.size() == answer->reply.body.size());  // known now: 200, not 201

  DeskBench without_rules;
  CHECK_FALSE(without_rules.desk().begin(call).bulk);
}

TEST_CASE("a gateway that is taken out during its bulk request is refused the rest") {
  PolicyOptions policy = policy_of({});
  for (int i = 0; i < 1'000; ++i)
    policy.rules.push_back({.name = "r" + std::to_string(i), .private_ids = {"x"}});
  std::string body = R"({"requests":[)";
  for (int i = 0; i < 5; ++i) body += (i == 0 ? "" : ",") + request("d" + std::to_string(i));
  body += "]}";
  DeskOptions options = DeskBench::default_options();
  options.allow_unknown_gateways = false;
  DeskBench bench(policy, gateways(), options);
  const Call call =
      DeskBench::call(Scheme::http, Method::post, {Target::Kind::bulk, {}}, body, kAll);
  Desk::Begun begun = bench.desk().begin(call);
  REQUIRE(begun.bulk);
  bench.desk().set_gateways(Gateways(std::vector<GatewayOptions>{}));
  const auto answer = bench.desk().go_on(*begun.bulk, kAll);
  REQUIRE(answer);
  CHECK(answer->reply.body.find("\"status\":201") != std::string::npos);
  CHECK(answer->reply.body.find("\"status\":401") != std::string::npos);
}

TEST_CASE("whoever is not known may ask only if that is allowed, or nobody is told apart") {
  const Proof wrong{.authorization = "Bearer x"};
  const std::vector<std::string> names = {"stranger"};
  const Proof stranger{.certificate = names};
  {
    DeskBench bench(policy_of({}), gateways());
    CHECK(bench.ask(request("a")).status == 201);
    const Reply refused = bench.ask(request("b"), wrong);  // a wrong proof is worse than none
    CHECK(refused.status == 401);
    CHECK(refused.challenge == Challenge::invalid);
  }
  DeskOptions options = DeskBench::default_options();
  options.allow_unknown_gateways = false;
  DeskBench bench(policy_of({}), gateways(), options);
  const Reply refused = bench.ask(request("a"));
  CHECK(refused.status == 401);
  CHECK(cause(refused) == "GATEWAY_UNKNOWN");
  CHECK(refused.challenge == Challenge::missing);
  CHECK(bench.ask(request("a"), wrong).challenge == Challenge::invalid);
  CHECK(bench.ask(request("a"), stranger).status == 401);
  CHECK(bench.item(Method::get, "a").status == 401);
  CHECK(bench.item(Method::del, "a").status == 401);
  CHECK(bench.bulk(R"({"requests":[)" + request("a") + "]}").status == 401);
  for (const Binding& binding : kBindings) CHECK(bench.ask(binding, request("a")).status == 401);
  CHECK(bench.ask(request("a"), kAll).status == 201);
  CHECK(bench.ask(request("meter-1"), kMeters).status == 201);
  // Nobody is asked who they are by whoever looks after the process.
  CHECK(bench.settle(DeskBench::call(Scheme::http, Method::get, {Target::Kind::health, {}}, {}))
            .status == 200);
  bench.desk().set_gateways(Gateways(std::vector<GatewayOptions>{{.name = "new", .token = "n"}}));
  CHECK(bench.ask(request("a"), kAll).status == 401);
  CHECK(bench.ask(request("a"), {.authorization = "Bearer n"}).status == 200);
  // Nobody on the list is not the same as no list.
  bench.desk().set_gateways(Gateways(std::vector<GatewayOptions>{}));
  CHECK(bench.ask(request("a")).status == 401);
  bench.desk().set_gateways(Gateways());
  CHECK(bench.ask(request("a")).status == 200);
}

TEST_CASE("the policy decides on new and known endpoints, by who asks and with what information") {
  PolicyOptions policy = policy_of({});
  policy.rules.push_back(
      {.name = "from-all", .gateways = {"all"}, .allow = false, .reason = "why"});
  policy.rules.push_back({.name = "acme", .info = {{"vendor", "Acme*"}}});
  policy.rules.back().grant.service_id_template = "acme-{id}";
  DeskBench bench(policy, gateways());
  const Reply acme = bench.ask(request("1", "AS", R"(,"info":{"vendor":"Acme Ltd"})"));
  CHECK(service_id(acme).starts_with("acme-"));
  CHECK(service_id(bench.ask(request("1"))) == service_id(acme));
  CHECK(service_id(bench.ask(request("2"))).starts_with("n3g-"));
  for (const char* id : {"1", "3"}) {
    const Reply denied = bench.ask(request(id), kAll);
    CHECK(denied.status == 403);
    CHECK(cause(denied) == "POLICY_DENIED");
    CHECK(text_in(object_of(denied), "detail") == "why");
  }
  CHECK(cause(bench.item(Method::get, "1", kAll)) == "POLICY_DENIED");
  CHECK(bench.item(Method::get, "3", kAll).status == 404);
  CHECK(bench.item(Method::get, "1").status == 200);
  CHECK(bench.item(Method::del, "1", kAll).status == 204);  // no matter of the policy

  bench.desk().set_policy(Policy(policy_of({}), {}));
  CHECK(bench.ask(request("3"), kAll).status == 201);
}

TEST_CASE("an answer does not depend on what happens to the assignment afterwards") {
  DeskBench bench;
  const std::string body = request("a");
  const auto post = [&] {
    return bench.desk().handle(
        DeskBench::call(Scheme::coap, Method::post, {Target::Kind::collection, {}}, body));
  };
  const Answer made = post();
  const Answer gone = bench.desk().handle(
      DeskBench::call(Scheme::http, Method::del, {Target::Kind::item, "a"}, {}));
  const Answer anew = post();
  CHECK(made.reply.status == 201);
  CHECK(gone.reply.status == 204);
  CHECK(anew.reply.status == 201);
  CHECK(made.due == anew.due);
  CHECK(service_id(made.reply) != service_id(anew.reply));
  bench.commit();
  CHECK(service_id(post().reply) == service_id(anew.reply));
}

TEST_CASE("encodings that are not ours, and who reads a body") {
  DeskBench bench;
  Call call = DeskBench::call(Scheme::coap, Method::post, {Target::Kind::collection, {}}, "{}");
  CHECK(bench.desk().reads_body_of(call));
  call.body_encoding.reset();
  CHECK(bench.settle(call).status == 415);
  CHECK_FALSE(bench.desk().reads_body_of(call));
  call.body_encoding = protocol::Encoding::cbor;
  call.wanted.reset();
  const Reply refused = bench.settle(call);
  CHECK(refused.status == 406);
  CHECK(refused.encoding == protocol::Encoding::cbor);
  CHECK_FALSE(bench.desk().reads_body_of(call));
  call.wanted = protocol::Encoding::json;
  call.target.kind = Target::Kind::bulk;
  CHECK_FALSE(bench.desk().reads_body_of(call));  // over CoAP
  call.target.kind = Target::Kind::unknown;
  CHECK_FALSE(bench.desk().reads_body_of(call));
  call.target.kind = Target::Kind::message;
  CHECK(bench.desk().reads_body_of(call));
  call.proof.psk_identity = "revoked";
  CHECK_FALSE(bench.desk().reads_body_of(call));
}

}  // namespace
}  // namespace msggw::function
