// SPDX-License-Identifier: Apache-2.0
// An SMSC that is away for longer than some messages live, with many that wait.
#include <doctest/doctest.h>

#include <map>

#include "adapters/sms/downlink.h"
#include "adapters/sms/test_downlink.h"
#include "tests/support/heap.h"

namespace msggw::sms::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kMessages = 20'000;
#else
constexpr std::size_t kMessages = 100'000;
#endif
constexpr std::size_t kPhones = 200;
constexpr std::size_t kPerSecond = 5'000;
/// As gateway/messages/README.md has it, and a lane of each phone.
constexpr std::size_t kOctetsEach = 64;
constexpr std::size_t kOctetsOfLane = 200;

/// What the store takes of the heap, by a copy.
std::size_t octets_of(storage::MemoryStore& store) {
  const std::size_t before = msggw::test::heap_octets();
  std::vector<std::map<std::uint64_t, std::string>> copy(storage::gateway_tables().size());
  for (std::size_t table = 0; table < copy.size(); ++table) {
    const auto loaded =
        store.load(storage::TableNo{static_cast<std::uint8_t>(table)},
                   [&](std::uint64_t key, std::string_view row) { copy[table].emplace(key, row); });
    base::ensure(loaded.has_value(), "the memory store loads");
  }
  return msggw::test::heap_octets() - before;
}

/// Does not keep what it was sent, only how much.
void drain(TestSmsc& smsc, std::size_t& count) {
  count += smsc.received.size();
  smsc.received.clear();
}

TEST_CASE(
    "an SMSC that is away for more than an hour: memory is flat, what is left goes in order") {
  DownlinkWorld world;
  world.options.smsc.rate = kPerSecond;
  world.options.smsc.burst = 100;
  world.options.smsc.window = 200;
  world.message_limits.down_lifetime = std::chrono::hours{1};
  world.message_limits.cache_octets = std::size_t{1} << 20;
  for (std::size_t phone = 0; phone < kPhones; ++phone)
    world.enter("4915" + std::to_string(100'000'000 + phone));
  CHECK(world.reports().empty());  // what they have written goes up
  world.smsc().answers = true;
  world.smsc().close();
  world.smsc().cut();
  REQUIRE(world.until([&] { return !world.adapter->is_connected(); }));

  const std::size_t store_before = octets_of(world.store);
  const std::size_t before = msggw::test::heap_octets();
  std::size_t number = 0;
  const auto deliver = [&](bool wants_report) {
    for (std::size_t i = 0; i < kMessages / 2; ++i, ++number) {
      auto message = world.message("m" + std::to_string(number), std::string(100, 'x'),
                                   "sid-" + std::to_string(number % kPhones));
      message.wants_report = wants_report;
      world.deliver(std::move(message));
      if (i % 500 == 0) world.turn();
    }
    world.settle();
  };
  deliver(true);
  world.clock.skip(std::chrono::minutes{40});
  deliver(false);
  const std::size_t after = msggw::test::heap_octets();
  const std::size_t grown = after - before - (octets_of(world.store) - store_before);
  CHECK(world.messages->queue().lanes.all().messages == kMessages);
  CHECK(world.rows(storage::kTracking) == 0);
  CHECK(grown <
        kMessages * kOctetsEach + kPhones * kOctetsOfLane + world.message_limits.cache_octets);

  world.clock.skip(std::chrono::minutes{30});
  std::size_t expired = 0;
  REQUIRE(world.until(
      [&] {
        for (const auto& carried : world.messages->take_up()) {
          const auto* const report = std::get_if<messages::Report>(&carried);
          if (report != nullptr && report->failure_cause == "EXPIRED") ++expired;
        }
        return expired == kMessages / 2;
      },
      std::chrono::seconds(120)));

  world.smsc().open();
  std::size_t sent = 0;
  REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
  const base::TimePoint began = world.clock.now();
  REQUIRE(world.until(
      [&] {
        drain(world.smsc(), sent);
        return sent == kMessages / 2;
      },
      std::chrono::seconds(120)));
  const auto took = world.clock.now() - began;
  CHECK(took >= std::chrono::milliseconds{(kMessages / 2 - 500) * 1'000 / kPerSecond});
  world.settle();
  CHECK(world.messages->queue().lanes.all().messages == 0);
  CHECK(world.brought("accepted") == kMessages / 2);
}

TEST_CASE("what has waited goes at the rate of its SMSC, also where all senders want a report") {
  constexpr std::size_t kEach = 20;
  constexpr std::size_t kCount = 20 * kEach;
  DownlinkWorld world;
  world.patience = std::chrono::milliseconds{0};
  world.options.smsc.rate = 100;
  world.options.smsc.burst = 100;
  world.options.smsc.window = 20;
  for (std::size_t phone = 0; phone < kCount / kEach; ++phone)
    world.enter("4915" + std::to_string(100'000'000 + phone));
  CHECK(world.reports().empty());
  world.smsc().answers = true;
  world.smsc().close();
  world.smsc().cut();
  REQUIRE(world.until([&] { return !world.adapter->is_connected(); }));
  for (std::size_t i = 0; i < kCount; ++i)
    world.deliver(world.message("m" + std::to_string(i), "x", "sid-" + std::to_string(i / kEach)));
  world.settle();
  world.smsc().open();
  REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
  const auto& received = world.smsc().received;
  const base::TimePoint began = world.clock.now();
  base::TimePoint ended = began;
  std::size_t told = 0;
  REQUIRE(world.until([&] {
    for (; told < received.size(); ++told)
      world.receipt("id" + std::to_string(told + 1), "DELIVRD", received[told].destination.text);
    if (told < kCount) ended = world.clock.now();
    world.clock.skip(base::Duration{5});
    return world.brought("delivered") == kCount;
  }));
  CHECK(received.size() == kCount);
  CHECK(ended - began >= std::chrono::milliseconds{(kCount - 120) * 1'000 / 100});
  CHECK(ended - began <= std::chrono::milliseconds{kCount * 1'100 / 100});
}

}  // namespace
}  // namespace msggw::sms::test
