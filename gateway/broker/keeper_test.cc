// SPDX-License-Identifier: Apache-2.0
#include "gateway/broker/keeper.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "gateway/broker/test_keeper.h"
#include "gateway/credentials/password.h"

namespace msggw::broker::keeper_test {
namespace {

using credentials::Kind;
using keepers::World;

const std::string kKey = "0123456789abcdef";

TEST_CASE_FIXTURE(World, "what there is at the start, and what changes, is the broker's") {
  const std::string hash = credentials::hash_password("secret", {credentials::kLeastLog2Cost});
  add(0, {.kind = Kind::password, .secret = hash, .not_before_s = 5, .not_after_s = 100});
  begin();
  REQUIRE(find("d-0").size() == 1);
  CHECK(find("d-0").front() == mqtt::access::Grant{0, Kind::password, hash, 5, 110, {"d-0"}});
  CHECK(reading.login() == mqtt::access::Login{"msggw", "hash", "msgin5g"});

  const auto psk = add(1, {.kind = Kind::psk, .name = "psk", .secret = kKey});
  add(1, {.kind = Kind::certificate, .name = "cn"});
  settle();
  REQUIRE(find("psk").size() == 1);
  CHECK(find("psk").front().secret == kKey);
  CHECK(find("cn").size() == 1);
  CHECK(operators.remove(core::DeviceNo{1}, psk));
  settle();
  CHECK(find("psk").empty());
  store.gone(core::DeviceNo{1});
  settle();
  CHECK(find("cn").empty());
  CHECK(find("d-0").size() == 1);
}

TEST_CASE_FIXTURE(World, "PSKs stay here unless they are wanted there") {
  add(0, {.kind = Kind::psk, .secret = kKey});
  begin(false);
  CHECK(find("d-0").empty());
  add(0, {.kind = Kind::certificate});
  settle();
  CHECK(find("d-0").size() == 1);
}

TEST_CASE_FIXTURE(World, "more than fits in one list, and than is owed at a time") {
  const auto all = add_many(3 * Keeper::kAtOnce);
  begin();
  const std::string generation = keeper->generation();
  for (const std::size_t i : {std::size_t{0}, Keeper::kAtOnce, 3 * Keeper::kAtOnce - 1})
    CHECK(find("name-" + std::to_string(i)).size() == 1);
  for (const auto no : all) book.erase(no);
  settle();
  CHECK(keeper->generation() == generation);
  CHECK(find("name-0").empty());
  CHECK(find("name-" + std::to_string(3 * Keeper::kAtOnce - 1)).empty());
  const auto others = add_many(Keeper::kMostOwed + 1);
  store.take_changes();
  keeper->durable({}, others);
  CHECK_FALSE(keeper->is_current());  // though of all that it owed nothing is left
  CHECK(current.Value() == 0);
  turn_until([&] { return keeper->generation() != generation; });
  CHECK(current.Value() == 1);
  CHECK(keeper->is_current());
  CHECK(find("name-" + std::to_string(Keeper::kMostOwed)).size() == 1);
}

TEST_CASE_FIXTURE(World, "what is gone goes first") {
  const auto all = add_many(3 * Keeper::kAtOnce);
  begin();
  keeper->durable({}, all);
  REQUIRE(find("name-7").size() == 1);
  book.erase(all[7]);
  keeper->durable({}, store.take_changes());
  turn_until([this] { return find("name-7").empty(); });
  CHECK_FALSE(keeper->is_current());
  settle();
  CHECK(find("name-8").size() == 1);
}

TEST_CASE_FIXTURE(World, "more than is owed at a time while a generation is made current") {
  const std::vector too_many(Keeper::kMostOwed + 1, add(0, {.kind = Kind::certificate}));
  begin();
  const std::string generation = keeper->generation();
  keeper->durable({}, too_many);
  keeper->end_turn(clock.now());
  const auto is_made = [&] { return reading.look() && reading.generation() != generation; };
  for (int i = 0; i < 10'000 && !is_made(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  CHECK(keeper->generation() == generation);  // nobody has heard of the other yet
  keeper->durable({}, too_many);
  turn_until([&] { return keeper->generation() != generation; });
  CHECK(current.Value() == 0);
  CHECK_FALSE(keeper->is_current());
  turn_until([&] { return keeper->is_current(); });
  CHECK(current.Value() == 1);
}

TEST_CASE_FIXTURE(World, "a Private ID that is gone goes first, whatever else is owed") {
  const auto all = add_many(3 * Keeper::kAtOnce);
  add(3, {.kind = Kind::certificate});
  REQUIRE(gateway.operations().add_alias(core::DeviceNo{3}, "meter-x"));
  commit();
  begin();
  const std::vector<std::string> both{"d-3", "meter-x"};
  const std::vector<std::string> one{"d-3"};
  REQUIRE(find("d-3").front().ids == both);
  const auto take_away = [this] {
    REQUIRE(gateway.operations().remove_alias(core::DeviceNo{3}, "meter-x"));
    commit();
    keeper->durable({core::DeviceNo{3}}, {});
  };
  SUBCASE("many changes") {
    const double before = rows.Value();
    keeper->durable({}, all);
    take_away();
    turn_until([&] { return find("d-3").front().ids == one; });
    CHECK(rows.Value() <= before + Keeper::kAtOnce);
  }
  SUBCASE("more than is kept") {
    const std::string generation = keeper->generation();
    take_away();
    keeper->durable({}, std::vector(Keeper::kMostOwed + 1, all[0]));
    turn_until([&] { return find("d-3").front().ids == one; });
    CHECK(keeper->generation() == generation);
  }
  settle();
  CHECK(find("d-3").front().ids == one);
}

TEST_CASE_FIXTURE(World, "what is gone is told when the broker has it") {
  const auto one = add(0, {.kind = Kind::certificate});
  begin();
  CHECK(keeper->has_told_gone());
  keeper->durable({}, {one});
  keeper->end_turn(clock.now());
  CHECK(keeper->has_told_gone());  // what is under way takes nothing away
  book.erase(one);
  keeper->durable({}, store.take_changes());
  CHECK_FALSE(keeper->has_told_gone());
  turn_until([this] { return keeper->has_told_gone(); });
  CHECK(find("d-0").empty());
}

TEST_CASE_FIXTURE(World, "nothing is said before it is durable") {
  add(0, {.kind = Kind::certificate});
  Options options;
  options.folder = folder.path();
  options.login = {"msggw", "hash", "msgin5g"};
  keeper.emplace(context, options, book, gateway.tables());
  const auto turn = [this] {
    for (int i = 0; i < 50; ++i) {
      keeper->end_turn(clock.now());
      io.restart();
      io.run_for(std::chrono::milliseconds{1});
    }
  };
  turn();
  CHECK(keeper->generation().empty());
  settle();
  CHECK(find("d-0").size() == 1);
  const auto second = add(1, {.kind = Kind::certificate});
  keeper->durable({core::DeviceNo{1}}, {second});
  turn();
  CHECK(find("d-1").empty());
  settle();
  CHECK(find("d-1").size() == 1);
}

TEST_CASE_FIXTURE(World, "a device is written anew when it has other Private IDs, and then alone") {
  add(0, {.kind = Kind::certificate});
  begin();
  const double before = rows.Value();
  keeper->durable({core::DeviceNo{0}}, {});
  CHECK(keeper->is_current());
  REQUIRE(gateway.operations().add_alias(core::DeviceNo{0}, "meter-x"));
  keeper->durable({core::DeviceNo{0}}, {});
  CHECK_FALSE(keeper->is_current());
  commit();
  turn_until([this] { return keeper->is_current(); });
  CHECK(rows.Value() == before + 1);
  REQUIRE(find("d-0").size() == 1);
  CHECK(find("d-0").front().ids == std::vector<std::string>{"d-0", "meter-x"});
}

TEST_CASE_FIXTURE(World, "many changes make a new generation, and the old one has them meanwhile") {
  const auto all = add_many(2 * Keeper::kAtOnce * Keeper::kRowsPerChange);
  const std::vector some(all.begin() + 4, all.begin() + 4 + Keeper::kAtOnce);
  store.take_changes();
  begin();
  const std::string generation = keeper->generation();
  double written = rows.Value();
  for (std::uint64_t i = 0; i < Keeper::kMostChanges / Keeper::kAtOnce; ++i) {
    CHECK(keeper->generation() == generation);
    keeper->durable({}, some);
    written += static_cast<double>(some.size());
    turn_until([&] { return rows.Value() == written; });
  }
  book.erase(all[3]);
  keeper->durable({}, store.take_changes());
  turn_until([&] { return find("name-3").empty(); });
  CHECK(keeper->generation() == generation);
  // However much changes meanwhile, it is not for ever.
  keeper->durable({}, some);
  for (double before = rows.Value(); keeper->generation() == generation; before = rows.Value()) {
    turn_until([&] { return rows.Value() != before; });
    // A turn is as short as ever.
    CHECK(rows.Value() - before <= Keeper::kAtOnce + Keeper::kAtOnce / Keeper::kRowsPerChange);
    keeper->durable({}, some);
  }
  const auto most = all.size() + all.size() / Keeper::kRowsPerChange + 2 * Keeper::kAtOnce;
  CHECK(rows.Value() - written <= static_cast<double>(most));
  settle();
  CHECK(find("name-3").empty());
  CHECK(find("name-4").size() == 1);
}

TEST_CASE_FIXTURE(World, "what goes wrong there is tried again, and whole") {
  add(0, {.kind = Kind::certificate});
  const auto other = add(1, {.kind = Kind::certificate});
  store.take_changes();
  ::chmod(folder.path().c_str(), 0770);
  Options options;
  options.folder = folder.path();
  options.login = {"msggw", "hash", "msgin5g"};
  keeper.emplace(context, options, book, gateway.tables());
  auto& failures = base::metrics::counter(registry, "msggw_broker_access_failures_total",
                                          "Times that they could not be written");
  turn_until([&] { return failures.Value() > 0; });
  CHECK_FALSE(keeper->is_current());
  CHECK(keeper->has_tried());
  CHECK_FALSE(keeper->trouble().empty());
  book.erase(other);
  keeper->durable({}, store.take_changes());
  clock.skip(base::Duration{60'000});
  turn_until([&] { return failures.Value() > 1; });
  CHECK_FALSE(keeper->has_told_gone());  // what the broker has it knew of
  CHECK_FALSE(keeper->is_done());
  ::chmod(folder.path().c_str(), 0700);
  clock.skip(base::Duration{60'000});
  turn_until([&] { return keeper->has_told_gone(); });
  turn_until([&] { return keeper->is_current(); });
  CHECK(find("d-0").size() == 1);
  CHECK(find("d-1").empty());
}

/// What an operator does who empties the folder while the gateway runs.
void make_folder_anew(const std::filesystem::path& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  ::chmod(folder.c_str(), 0700);
}

TEST_CASE_FIXTURE(World, "a folder that is made anew is written anew, and a removal is in it") {
  const auto first = add(0, {.kind = Kind::certificate});
  add(1, {.kind = Kind::certificate});
  begin();
  CHECK(find("d-0").size() == 1);
  auto& failures = base::metrics::counter(registry, "msggw_broker_access_failures_total",
                                          "Times that they could not be written");
  make_folder_anew(folder.path());
  book.erase(first);
  keeper->durable({}, store.take_changes());
  turn_until([&] { return failures.Value() > 0; });
  CHECK_FALSE(keeper->trouble().empty());
  CHECK_FALSE(keeper->has_told_gone());
  clock.skip(base::Duration{60'000});
  turn_until([&] { return keeper->is_current(); });
  CHECK(keeper->has_told_gone());
  CHECK(keeper->trouble().empty());
  CHECK(find("d-0").empty());
  CHECK(find("d-1").size() == 1);
}

TEST_CASE_FIXTURE(World, "a folder that is made anew is noticed though nothing changes") {
  add(0, {.kind = Kind::certificate});
  begin();
  const std::string before = keeper->generation();
  clock.skip(Keeper::kLookEvery);
  turn_until([&] { return keeper->is_current(); });
  CHECK(keeper->generation() == before);  // all is as it was
  make_folder_anew(folder.path());
  for (int i = 0; i < 100 && keeper->generation() == before; ++i) {
    clock.skip(Keeper::kLookEvery);
    keeper->end_turn(clock.now());
    io.restart();
    io.run_for(std::chrono::milliseconds{10});
  }
  turn_until([&] { return keeper->is_current(); });
  CHECK(keeper->generation() != before);
  CHECK(find("d-0").size() == 1);
}

}  // namespace
}  // namespace msggw::broker::keeper_test
