// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/assigner.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "gateway/core/private_id.h"

namespace msggw::function {
namespace {

/// Gives the octets 0, 1, 2, ... (mod 251), so that every Service ID is predictable.
RandomSource counting() {
  return [next = std::uint8_t{0}](std::span<std::uint8_t> octets) mutable {
    for (auto& octet : octets) octet = next = static_cast<std::uint8_t>((next + 1) % 251);
  };
}

/// Gives the same octet for ever.
RandomSource stuck(std::uint8_t at) {
  return [at](std::span<std::uint8_t> octets) {
    for (auto& octet : octets) octet = at;
  };
}

/// One block of 1,024 octets serves 51 Service IDs: the first blocks are all zeros, then come zeros
/// and ones by turns of 20 octets, so the first fresh Service ID is made after some tries.
RandomSource zeros_then_ones(std::shared_ptr<int> blocks) {
  return [blocks](std::span<std::uint8_t> octets) {
    const int block = (*blocks)++;
    for (std::size_t i = 0; i < octets.size(); ++i) {
      octets[i] = block == 0 && i < 40 ? 0 : static_cast<std::uint8_t>(1 + (i / 20) % 30);
    }
  };
}

/// An assigner with one template, of rule 3.
struct Bench : Assigner {
  Bench(std::size_t most, const char* template_text, RandomSource random)
      : Assigner(most, ServiceIdMaker(std::move(random)), base::HashKey{1, 2}),
        pattern(template_text, 255) {}

  base::Result<Row> assign(std::string_view private_id, core::UeType type) {
    return Assigner::assign(private_id, type, pattern, RuleNo{3});
  }

  ServiceIdTemplate pattern;
};

Bench make(RandomSource random = system_random(), std::size_t most = 1'000'000,
           const char* pattern = "{type}-{id}@example.org") {
  return {most, pattern, std::move(random)};
}

std::string canonical(const char* spelling) {
  return core::PrivateId::parse(spelling).value().text();
}

TEST_CASE("a Private ID keeps its Service ID whatever spelling or ueType asks") {
  auto assigner = make();
  const auto row = assigner.assign(canonical("00-1B-63-84-45-E6"), core::UeType::non_3gpp);
  REQUIRE(row);
  const std::string service_id(assigner.record(*row).service_id);
  CHECK(service_id.starts_with("n3g-"));
  CHECK(service_id.ends_with("@example.org"));
  CHECK(service_id.size() == 4 + ServiceIdTemplate::kIdLength + 12);
  for (const char* spelling : {"00:1b:63:84:45:e6", "001b.6384.45e6", "001B638445E6"}) {
    const auto again = assigner.find(canonical(spelling));
    REQUIRE(again);
    CHECK(*again == *row);
  }
  CHECK_FALSE(assigner.find(canonical("00-1B-63-84-45-E7")));
  CHECK(assigner.size() == 1);
}

TEST_CASE("Service IDs name the ueType of the first request") {
  auto assigner = make(system_random(), 100, "{type}.{id}.{type}");
  const auto prefix = [&](const char* private_id, core::UeType type) {
    const std::string id(assigner.record(assigner.assign(private_id, type).value()).service_id);
    CHECK(id.substr(0, id.find('.')) == id.substr(id.rfind('.') + 1));
    return id.substr(0, id.find('.'));
  };
  CHECK(prefix("a", core::UeType::non_3gpp) == "n3g");
  CHECK(prefix("b", core::UeType::legacy_3gpp) == "l3g");
  CHECK(prefix("c", core::UeType::msgin5g_ue) == "ue");
  CHECK(prefix("d", core::UeType::as) == "as");
}

TEST_CASE("random characters are letters and digits and come equally often") {
  ServiceIdMaker maker(system_random());
  const ServiceIdTemplate pattern("{id}", 255);
  std::vector<int> seen(256);
  constexpr int kIds = 3'600;
  for (int i = 0; i < kIds; ++i) {
    for (const char c : maker.make(pattern, core::UeType::as))
      ++seen[static_cast<unsigned char>(c)];
  }
  int symbols = 0;
  for (int c = 0; c < 256; ++c) {
    const bool wanted = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    CHECK((seen[static_cast<std::size_t>(c)] > 0) == wanted);
    if (!wanted) continue;
    ++symbols;
    // 2,000 expected, standard deviation 44: ten of them
    CHECK(seen[static_cast<std::size_t>(c)] > 1'560);
    CHECK(seen[static_cast<std::size_t>(c)] < 2'440);
  }
  CHECK(symbols == 36);
}

TEST_CASE("each rule has its own template, and what it has given is remembered as its own") {
  Assigner assigner(10, ServiceIdMaker(system_random()), base::HashKey{1, 2});
  const ServiceIdTemplate first("a-{id}", 255);
  const ServiceIdTemplate second("b-{type}-{id}", 255);
  const auto a = assigner.assign("1", core::UeType::as, first, kDefaultRule).value();
  const auto b = assigner.assign("2", core::UeType::as, second, RuleNo{7}).value();
  CHECK(assigner.record(a).service_id.starts_with("a-"));
  CHECK(assigner.record(a).rule == kDefaultRule);
  CHECK(assigner.record(b).service_id.starts_with("b-as-"));
  CHECK(assigner.record(b).rule == RuleNo{7});
}

TEST_CASE("a Service ID that one rule has given is taken for all") {
  Assigner assigner(10, ServiceIdMaker(stuck(7)), base::HashKey{1, 2});
  const ServiceIdTemplate first("{id}", 255);
  const ServiceIdTemplate second("{id}", 255);
  REQUIRE(assigner.assign("1", core::UeType::as, first, kDefaultRule));
  CHECK_FALSE(assigner.assign("2", core::UeType::as, second, RuleNo{7}));
}

TEST_CASE("a Service ID that is taken is not given again") {
  auto assigner = make(zeros_then_ones(std::make_shared<int>(0)));
  // The constructor of the maker tries the template once, which uses up the first twenty zeros.
  const auto first = assigner.assign("a", core::UeType::as);
  const auto second = assigner.assign("b", core::UeType::as);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(assigner.record(*first).service_id == "as-aaaaaaaaaaaaaaaaaaaa@example.org");
  CHECK(assigner.record(*second).service_id != assigner.record(*first).service_id);
  CHECK(assigner.collisions() == 1);
}

TEST_CASE("a random source that repeats itself ends in an error, not in two devices with one ID") {
  auto assigner = make(stuck(7));
  REQUIRE(assigner.assign("a", core::UeType::as));
  const auto second = assigner.assign("b", core::UeType::as);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == base::Errc::unavailable);
  CHECK(assigner.collisions() == Assigner::kTries);
  CHECK_FALSE(assigner.find("b"));
  CHECK(assigner.size() == 1);
}

TEST_CASE("a released Service ID stays taken until its row is reclaimed") {
  auto assigner = make(stuck(7), 2);
  const auto row = assigner.assign("a", core::UeType::as).value();
  assigner.retire(row);
  CHECK_FALSE(assigner.find("a"));
  CHECK(assigner.size() == 0);
  CHECK(assigner.record(row).private_id == "a");
  CHECK_FALSE(assigner.assign("b", core::UeType::as));
  assigner.reclaim(row);
  const auto next = assigner.assign("b", core::UeType::as);
  REQUIRE(next);
  CHECK(*next == row);                               // the place is used again
  CHECK(assigner.number(*next) == AssignmentNo{2});  // the number is not
}

TEST_CASE("the limit counts what is in use") {
  auto assigner = make(system_random(), 2);
  const auto a = assigner.assign("a", core::UeType::as).value();
  REQUIRE(assigner.assign("b", core::UeType::as));
  const auto third = assigner.assign("c", core::UeType::as);
  REQUIRE_FALSE(third);
  CHECK(third.error().code == base::Errc::refused);
  assigner.retire(a);
  CHECK_FALSE(assigner.assign("c", core::UeType::as));  // its block is still held
  assigner.reclaim(a);
  CHECK(assigner.assign("c", core::UeType::as));
}

TEST_CASE("restored rows are found, and new numbers go on behind them") {
  auto assigner = make(counting());
  REQUIRE(assigner.restore(AssignmentNo{3}, {core::UeType::as, "a", "service-a"}));
  REQUIRE(assigner.restore(AssignmentNo{9},
                           {core::UeType::non_3gpp, "b", "service-b", RuleNo{4'000'000'000}}));
  const auto a = assigner.find("a");
  REQUIRE(a);
  CHECK(assigner.record(*a) == AssignmentRecord{core::UeType::as, "a", "service-a"});
  const auto b = assigner.find("b");
  REQUIRE(b);
  CHECK(assigner.record(*b).rule == RuleNo{4'000'000'000});
  const auto c = assigner.assign("c", core::UeType::as).value();
  CHECK(assigner.number(c) == AssignmentNo{10});
  CHECK(assigner.last_number() == AssignmentNo{10});
}

TEST_CASE("a store with one Private ID or Service ID twice is refused") {
  auto assigner = make();
  REQUIRE(assigner.restore(AssignmentNo{1}, {core::UeType::as, "a", "s"}));
  CHECK_FALSE(assigner.restore(AssignmentNo{2}, {core::UeType::as, "a", "t"}));
  CHECK_FALSE(assigner.restore(AssignmentNo{2}, {core::UeType::as, "b", "s"}));
}

TEST_CASE("many assignments stay apart") {
  auto assigner = make();
  std::set<std::string> service_ids;
  constexpr int kMany = 20'000;
  for (int i = 0; i < kMany; ++i) {
    const auto row = assigner.assign("device-" + std::to_string(i), core::UeType::non_3gpp);
    REQUIRE(row);
    service_ids.emplace(assigner.record(*row).service_id);
  }
  CHECK(service_ids.size() == kMany);
  for (int i = 0; i < kMany; i += 97) {
    const std::string private_id = "device-" + std::to_string(i);
    const auto row = assigner.find(private_id);
    REQUIRE(row);
    CHECK(assigner.record(*row).private_id == private_id);
  }
}

TEST_CASE("a template that cannot work is refused when the program starts") {
  const auto try_it = [](std::string_view pattern, std::size_t most = 255) {
    const ServiceIdTemplate made(pattern, most);
  };
  CHECK_NOTHROW(try_it("{id}"));
  CHECK_NOTHROW(try_it("sip:{type}{id}@a.b"));
  for (const char* bad : {"", "no placeholder", "{type}", "{id}{id}", "{ID}", "{id", "id}", "{id}}",
                          "{{id}", "{id}{mac}", "a b{id}", "{id}\n", "{id}\xff"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(try_it(bad), std::runtime_error);
  }
  CHECK_NOTHROW(try_it("{id}", 20));
  CHECK_THROWS_AS(try_it("{id}", 19), std::runtime_error);
  CHECK_NOTHROW(try_it("{type}{id}", 23));
  CHECK_THROWS_AS(try_it("{type}{id}", 22), std::runtime_error);
}

}  // namespace
}  // namespace msggw::function
