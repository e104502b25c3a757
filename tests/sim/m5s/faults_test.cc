// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/faults.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace msggw::m5s {

namespace {

std::optional<Problem> add(Faults& faults, const char* text) {
  Fault fault;
  if (auto problem = read_fault(boost::json::parse(text).as_object(), 7, fault)) return problem;
  std::string name;
  return faults.add(std::move(fault), name);
}

Subject message(std::string from, std::string to,
                Operation operation = Operation::deliver_ue_message) {
  return {operation, std::move(from), std::move(to), "m", {}};
}

/// Which of `count` equal requests go wrong, as letters.
std::string fates(const char* text, int count) {
  Faults faults;
  REQUIRE_FALSE(add(faults, text));
  std::string out;
  for (int i = 0; i < count; ++i) {
    out += faults.on_request(message("d", "a")) != nullptr ? 'x' : '.';
  }
  return out;
}

}  // namespace

TEST_CASE("when a fault applies") {
  CHECK(fates(R"({"do":"drop","when":{"nth":[1,4]}})", 5) == "x..x.");
  CHECK(fates(R"({"do":"drop","when":{"nth":2}})", 4) == ".x..");
  CHECK(fates(R"({"do":"drop","when":{"from":2,"to":3}})", 5) == ".xx..");
  CHECK(fates(R"({"do":"drop","when":{"every":3}})", 7) == "..x..x.");
  const char* seeded = R"({"do":"drop","when":{"probability":0.5,"seed":3}})";
  const std::string some = fates(seeded, 200);
  CHECK(some == fates(seeded, 200));
  CHECK(some != fates(R"({"do":"drop","when":{"probability":0.5,"seed":4}})", 200));
  const auto hits = std::count(some.begin(), some.end(), 'x');
  CHECK(hits > 60);
  CHECK(hits < 140);
}

TEST_CASE("what a fault applies to") {
  Faults faults;
  REQUIRE_FALSE(add(faults, R"({"name":"f","do":"reset","match":{"from":"d*","to":"a",
      "operations":["deliver-ue-message","deliver-report"]}})"));
  REQUIRE_FALSE(add(faults, R"({"name":"s","do":"status","match":{"serviceId":"zz"}})"));
  REQUIRE_FALSE(
      add(faults, R"({"name":"o","do":"duplicate","match":{"operations":"give-message"}})"));
  CHECK(faults.on_request(message("d1", "a"))->name == "f");
  CHECK(faults.on_request(message("d1", "a", Operation::deliver_report))->name == "f");
  CHECK(faults.on_request(message("d1", "a", Operation::deliver_as_message)) == nullptr);
  CHECK(faults.on_request(message("e1", "a")) == nullptr);
  CHECK(faults.on_request(message("x", "zz"))->name == "s");
  CHECK(faults.on_request({Operation::register_bulk, "", "", "", {"b", "zz"}})->name == "s");
  CHECK(faults.on_request(message("x", "y", Operation::give_message))->name == "o");
  // what the double asks meets only what names it
  CHECK(faults.on_request(message("x", "zz", Operation::give_report)) == nullptr);
  const auto shown = faults.show().at("faults").as_array();
  CHECK(shown[0].at("matched") == 2);
  CHECK(shown[1].at("fired") == 2);
  CHECK(faults.remove("f"));
  CHECK_FALSE(faults.remove("f"));
}

TEST_CASE("mistakes in a fault are named") {
  Faults faults;
  for (const char* wrong :
       {R"({})", R"({"do":"explode"})", R"({"do":"delay"})", R"({"do":"drop","typo":1})",
        R"({"do":"drop","when":{"nth":0}})", R"({"do":"drop","when":{"nth":1,"every":2}})",
        R"({"do":"drop","when":{"probability":2}})", R"({"do":"status","status":99})",
        R"({"do":"drop","match":{"operations":"fly"}})", R"({"do":"drop","match":7})",
        R"({"do":"ack_status"})", R"({"do":"duplicate"})",
        R"({"do":"duplicate","match":{"operations":"register"}})",
        R"({"do":"reset","match":{"operations":"give-message"}})"}) {
    CAPTURE(wrong);
    const auto problem = add(faults, wrong);
    REQUIRE(problem);
    CHECK(problem->status == 400);
    CHECK(problem->detail.size() > 10);
  }
  CHECK_FALSE(add(faults, R"({"do":"drop","name":"n"})"));
  CHECK(add(faults, R"({"do":"drop","name":"n"})")->status == 409);
}

TEST_CASE("whether a request is carried out all the same") {
  const auto carried = [](const char* text) {
    Fault fault;
    REQUIRE_FALSE(read_fault(boost::json::parse(text).as_object(), 1, fault));
    return fault.carried_out;
  };
  CHECK(carried(R"({"do":"lost_ack"})"));
  CHECK(carried(R"({"do":"half"})"));
  CHECK_FALSE(carried(R"({"do":"reset"})"));
  CHECK_FALSE(carried(R"({"do":"status"})"));
  CHECK_FALSE(carried(R"({"do":"lost_ack","carriedOut":false})"));
}

}  // namespace msggw::m5s
