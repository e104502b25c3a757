// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/passwords.h"

#include <doctest/doctest.h>

#include <string>

namespace msggw::mqtt::access {
namespace {

constexpr base::TimePoint kNow{std::chrono::seconds{1'800'000'000}};

TEST_CASE("what was right is remembered with what it was held against, for a while") {
  RightPasswords right;
  CHECK(right.grow_old(kNow));
  right.add(right.digest("a", "secret", "hash"));
  CHECK(right.has(right.digest("a", "secret", "hash")));
  CHECK_FALSE(right.has(right.digest("a", "secret", "hash2")));
  CHECK_FALSE(right.has(right.digest("a", "secrets", "hash")));
  CHECK_FALSE(right.has(right.digest("as", "ecret", "hash")));
  CHECK_FALSE(right.grow_old(kNow + RightPasswords::kHalf - base::Duration{1}));
  CHECK(right.grow_old(kNow + RightPasswords::kHalf));
  CHECK(right.has(right.digest("a", "secret", "hash")));  // and so for longer
  CHECK(right.grow_old(kNow + 2 * RightPasswords::kHalf));
  CHECK(right.grow_old(kNow + 3 * RightPasswords::kHalf));
  CHECK_FALSE(right.has(right.digest("a", "secret", "hash")));
}

TEST_CASE("no more are remembered than may be") {
  RightPasswords right;
  for (std::size_t i = 0; i < 3 * RightPasswords::kMostInHalf; ++i) right.add({i, i});
  CHECK(right.size() <= 2 * RightPasswords::kMostInHalf);
  CHECK(right.has({3 * RightPasswords::kMostInHalf - 1, 3 * RightPasswords::kMostInHalf - 1}));
}

TEST_CASE("an address tries so often, and all together take half of the time") {
  HashBudget budget(2);
  const base::Source one{1};
  std::uint32_t tries = 0;
  while (budget.allows(one, kNow)) ++tries;
  CHECK(tries == HashBudget::kPerSecond * 10);
  CHECK(budget.allows(base::Source{2}, kNow));
  CHECK(budget.allows(one, kNow + base::Duration{1'000}));

  budget.spent(one, base::Duration{500}, kNow);
  budget.spent(base::Source{2}, base::Duration{500}, kNow);
  CHECK_FALSE(budget.allows(base::Source{3}, kNow));
  CHECK(budget.allows(base::Source{3}, kNow + base::Duration{2'000}));
}

TEST_CASE("a clock that was set back keeps nobody out") {
  HashBudget budget(2);
  const base::Source one{1};
  while (budget.allows(one, kNow)) budget.spent(one, base::Duration{40}, kNow);
  CHECK_FALSE(budget.allows(one, kNow - base::Duration{100}));
  CHECK(budget.allows(one, kNow - base::Duration{3'600'000}));
}

TEST_CASE("what may be spent ahead no address spends alone") {
  HashBudget budget(2);
  const auto tries_of = [&](std::uint64_t source) {
    int tries = 0;
    for (; tries < 1'000 && budget.allows(base::Source{source}, kNow); ++tries)
      budget.spent(base::Source{source}, base::Duration{40}, kNow);
    return tries;
  };
  CHECK(tries_of(1) == 13);  // half of the time that there is
  CHECK(tries_of(2) == 6);   // half of the rest
  CHECK(tries_of(1) == 0);
  CHECK(tries_of(3) > 0);
  const base::TimePoint later = kNow + base::Duration{2'500};
  CHECK(budget.allows(base::Source{1}, later));
}

/// A broker of one thread that is asked all the time: how long it hashed for each side.
struct Hashed {
  base::Duration here{0};
  base::Duration others{0};
};
Hashed hash_all_the_time(bool from_here, bool from_others, base::Duration length) {
  constexpr base::Duration kTook{40};
  HashTime time;
  Hashed hashed;
  base::TimePoint now = kNow;
  for (std::uint64_t i = 0; now < kNow + length; ++i, now += base::Duration{1}) {
    for (const bool is_here : {true, false}) {
      const base::Source source{is_here ? i % 10 : 100 + i % 1'000};
      if (!(is_here ? from_here : from_others) || !time.allows(source, is_here, now)) continue;
      time.spent(source, is_here, kTook, now);
      now += kTook;
      (is_here ? hashed.here : hashed.others) += kTook;
    }
  }
  return hashed;
}

TEST_CASE("wherever they come from, all together take half of the time, and nobody all of that") {
  constexpr base::Duration kLength{60'000};
  constexpr base::Duration kAhead = HashBudget::kAtOnce;
  const Hashed both = hash_all_the_time(true, true, kLength);
  CHECK(both.here + both.others <= kLength / 2 + kAhead);
  CHECK(both.here >= kLength / 5);
  CHECK(both.others >= kLength / 5);
  const Hashed here = hash_all_the_time(true, false, kLength);
  CHECK(here.here <= kLength / 2 + kAhead);
  CHECK(here.here >= kLength * 2 / 5);
  const Hashed others = hash_all_the_time(false, true, kLength);
  CHECK(others.others <= kLength / 2 + kAhead);
  CHECK(others.others >= kLength * 2 / 5);
}

}  // namespace
}  // namespace msggw::mqtt::access
