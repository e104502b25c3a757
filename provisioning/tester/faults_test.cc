// SPDX-License-Identifier: Apache-2.0
#include "provisioning/tester/faults.h"

#include <doctest/doctest.h>

#include <array>

namespace msggw::tester {
namespace {

Seen seen(std::span<const Subject> subjects, base::Scheme channel = base::Scheme::http,
          Operation operation = Operation::provision) {
  return {channel, operation, "gw-1", subjects};
}

const std::array<Subject, 1> kMeter{{{"001b638445e6", core::UeType::non_3gpp}}};
const std::array<Subject, 1> kPhone{{{"+447700900123", core::UeType::legacy_3gpp}}};

Fault fault(std::string name, Kind kind = Kind::drop) {
  Fault made;
  made.name = std::move(name);
  made.action.kind = kind;
  return made;
}

std::vector<std::uint64_t> hits(Faults& faults, unsigned requests) {
  std::vector<std::uint64_t> numbers;
  for (unsigned i = 1; i <= requests; ++i) {
    if (faults.on_request(seen(kMeter))) numbers.push_back(i);
  }
  return numbers;
}

TEST_CASE("a fault without conditions is every request's fate") {
  Faults faults;
  REQUIRE(faults.add(fault("all")));
  CHECK(hits(faults, 3) == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(faults.entries()[0].fired == 3);
}

TEST_CASE("each condition narrows") {
  const auto fires = [](const Match& match, const Seen& request) {
    Faults faults;
    Fault one = fault("one");
    one.match = match;
    REQUIRE(faults.add(one));
    return faults.on_request(request).has_value();
  };
  CHECK(fires({.channels = {base::Scheme::http}}, seen(kMeter)));
  CHECK_FALSE(fires({.channels = {base::Scheme::coap, base::Scheme::https}}, seen(kMeter)));
  CHECK(fires({.operations = {Operation::provision}}, seen(kMeter)));
  CHECK_FALSE(fires({.operations = {Operation::bulk}}, seen(kMeter)));
  CHECK(fires({.ue_types = {core::UeType::legacy_3gpp}}, seen(kPhone)));
  CHECK_FALSE(fires({.ue_types = {core::UeType::legacy_3gpp}}, seen(kMeter)));
  CHECK(fires({.private_id = "001b*"}, seen(kMeter)));
  CHECK_FALSE(fires({.private_id = "001b*"}, seen(kPhone)));
  CHECK(fires({.gateway = "gw-?"}, seen(kMeter)));
  CHECK_FALSE(fires({.gateway = "gw-2"}, seen(kMeter)));
  CHECK_FALSE(fires({.private_id = "*"}, seen({})));
}

TEST_CASE("one item of a bulk request meets all conditions, or none does") {
  const std::array<Subject, 2> both{kMeter[0], kPhone[0]};
  Faults faults;
  Fault one = fault("one");
  one.match.ue_types = {core::UeType::legacy_3gpp};
  one.match.private_id = "001b*";
  REQUIRE(faults.add(one));
  CHECK_FALSE(faults.on_request(seen(both)));
}

TEST_CASE("requests are chosen by number") {
  const auto chosen = [](When when) {
    Faults faults;
    Fault one = fault("one");
    one.when = std::move(when);
    REQUIRE(faults.add(one));
    return hits(faults, 10);
  };
  using Numbers = std::vector<std::uint64_t>;
  CHECK(chosen({.nth = {3, 7, 12}}) == Numbers{3, 7});
  CHECK(chosen({.from = 9}) == Numbers{9, 10});
  CHECK(chosen({.from = 2, .to = 4}) == Numbers{2, 3, 4});
  CHECK(chosen({.every = 4}) == Numbers{4, 8});
  CHECK(chosen({.from = 3, .to = 8, .every = 3}) == Numbers{5, 8});
  CHECK(chosen({.probability = 0.0}).empty());
}

TEST_CASE("the same seed gives the same fates, about as many as asked for") {
  const auto drawn = [](std::uint64_t seed) {
    Faults faults;
    Fault one = fault("one");
    one.when = {.probability = 0.25, .seed = seed};
    REQUIRE(faults.add(one));
    return hits(faults, 4'000);
  };
  CHECK(drawn(7) == drawn(7));
  CHECK(drawn(7) != drawn(8));
  CHECK(drawn(7).size() > 850);
  CHECK(drawn(7).size() < 1'150);
}

TEST_CASE("the first that applies decides, but all count") {
  Faults faults;
  Fault second = fault("second", Kind::reset);
  second.when.nth = {1};
  REQUIRE(faults.add(second));
  Fault third = fault("third", Kind::half);
  third.when.nth = {2};
  REQUIRE(faults.add(third));
  REQUIRE(faults.add(fault("rest", Kind::drop)));
  CHECK(faults.on_request(seen(kMeter))->action.kind == Kind::reset);
  CHECK(faults.on_request(seen(kMeter))->action.kind == Kind::half);
  CHECK(faults.on_request(seen(kMeter))->action.kind == Kind::drop);
  for (const auto& entry : faults.entries()) CHECK(entry.matched == 3);
}

TEST_CASE("names are unique, given where there is none, and bounded in number") {
  Faults faults;
  CHECK(faults.add(fault("a")).value() == "a");
  CHECK(faults.add(fault("a")).error().code == base::Errc::incorrect);
  CHECK(faults.add(fault("fault-1")).value() == "fault-1");
  CHECK(faults.add(fault("")).value() == "fault-2");
  CHECK(faults.remove("a"));
  CHECK_FALSE(faults.remove("a"));
  while (faults.entries().size() < Faults::kMostFaults) REQUIRE(faults.add(fault("")));
  CHECK(faults.add(fault("")).error().code == base::Errc::overloaded);
}

}  // namespace
}  // namespace msggw::tester
