// SPDX-License-Identifier: Apache-2.0
#include "provisioning/tester/journal.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace msggw::tester {
namespace {

base::TimePoint at(int ms) {
  return base::TimePoint(base::Duration(ms));
}

std::vector<std::uint64_t> numbers(const Journal& journal, const Filter& filter) {
  std::vector<std::uint64_t> found;
  journal.visit(filter, [&](const Entry& entry) { found.push_back(entry.number); });
  return found;
}

TEST_CASE("every item of a bulk request has its entry") {
  Journal journal(10);
  const std::array<Subject, 2> two{{{"a", core::UeType::as}, {"b", core::UeType::msgin5g_ue}}};
  CHECK(journal.arrived({base::Scheme::https, Operation::bulk, "gw-1", two}, "slow", at(5)) == 1);
  CHECK(journal.arrived({base::Scheme::coap, Operation::other, "", {}}, "", at(6)) == 3);
  journal.answered(2, 201, "as-1@x", at(9));
  std::vector<Entry> all;
  journal.visit({}, [&](const Entry& entry) { all.push_back(entry); });
  REQUIRE(all.size() == 3);
  CHECK(all[0].exchange == all[1].exchange);
  CHECK(all[1].exchange != all[2].exchange);
  CHECK(all[0].status == 0);
  CHECK(all[1].status == 201);
  CHECK(all[1].service_id == "as-1@x");
  CHECK(all[1].took == base::Duration{4});
  CHECK(all[1].fault == "slow");
}

TEST_CASE("the oldest give way, and a late answer to one of them hurts nobody") {
  Journal journal(3);
  for (int i = 0; i < 5; ++i) journal.arrived({}, "", at(i));
  CHECK(journal.size() == 3);
  CHECK(journal.lost() == 2);
  CHECK(numbers(journal, {}) == std::vector<std::uint64_t>{3, 4, 5});
  journal.answered(1, 200, "x", at(9));
  journal.answered(6, 200, "x", at(9));
  CHECK(numbers(journal, {.status = 200}).empty());
  journal.clear();
  CHECK(journal.lost() == 0);
  CHECK(journal.arrived({}, "", at(9)) == 6);
}

TEST_CASE("filters, and pages by number") {
  Journal journal(100);
  const std::array<Subject, 1> meter{{{"001b638445e6", core::UeType::non_3gpp}}};
  const std::array<Subject, 1> phone{{{"+4477009", core::UeType::legacy_3gpp}}};
  journal.arrived({base::Scheme::http, Operation::provision, "gw-1", meter}, "", at(1));
  journal.arrived({base::Scheme::coaps, Operation::message, "gw-2", phone}, "late", at(2));
  journal.arrived({base::Scheme::http, Operation::release, "gw-1", meter}, "", at(3));
  journal.answered(1, 201, "n3g-7@x", at(4));
  using Numbers = std::vector<std::uint64_t>;
  CHECK(numbers(journal, {.private_id = "001b*"}) == Numbers{1, 3});
  CHECK(numbers(journal, {.gateway = "gw-2"}) == Numbers{2});
  CHECK(numbers(journal, {.service_id = "n3g-*"}) == Numbers{1});
  CHECK(numbers(journal, {.fault = "late"}) == Numbers{2});
  CHECK(numbers(journal, {.channel = base::Scheme::http}) == Numbers{1, 3});
  CHECK(numbers(journal, {.operation = Operation::release}) == Numbers{3});
  CHECK(numbers(journal, {.status = 201}) == Numbers{1});
  CHECK(numbers(journal, {.status = 0}) == Numbers{2, 3});
  CHECK(numbers(journal, {.after = 1, .limit = 1}) == Numbers{2});
  CHECK(numbers(journal, {.after = 3}).empty());
}

}  // namespace
}  // namespace msggw::tester
