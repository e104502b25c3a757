// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/headers.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

namespace msggw::messages {
namespace {

Header header_with(std::uint64_t key, std::uint32_t expires_s = 1'000) {
  Header header;
  header.set_key({key, ~key});
  header.expires_s = expires_s;
  return header;
}

TEST_CASE("numbers ascend, and a header is found by its number and, in the window, by its key") {
  Headers headers;
  const MessageNo first = headers.add(header_with(7));
  const MessageNo second = headers.add(header_with(8));
  CHECK(number(second) == number(first) + 1);
  CHECK_FALSE(headers.in_window({7, ~7ULL}));
  headers.enter_window(first);
  headers.enter_window(second);
  CHECK(headers.in_window({7, ~7ULL}) == first);
  CHECK_FALSE(headers.in_window({7, 7}));
  CHECK(headers.window() == 2);
  headers.leave_window(first);
  CHECK_FALSE(headers.in_window({7, ~7ULL}));
  CHECK(headers.holds(first));
  headers.erase(second);
  CHECK_FALSE(headers.in_window({8, ~8ULL}));
  CHECK_FALSE(headers.holds(second));
  CHECK(headers.find(MessageNo{0}) == nullptr);
  CHECK(headers.find(MessageNo{~0ULL}) == nullptr);
  CHECK(headers.size() == 1);
}

TEST_CASE("what is restored keeps its number, whatever lies between, and new ones come behind") {
  Headers headers;
  CHECK(headers.restore(MessageNo{5}, header_with(1)));
  CHECK(headers.restore(MessageNo{5'000'000'000}, header_with(2)));
  CHECK_FALSE(headers.restore(MessageNo{5'000'000'000}, header_with(3)));
  CHECK_FALSE(headers.restore(MessageNo{6}, header_with(3)));
  CHECK(number(headers.add(header_with(4))) == 5'000'000'001);
  headers.enter_window(MessageNo{5'000'000'000});
  CHECK(headers.in_window({2, ~2ULL}) == MessageNo{5'000'000'000});
  CHECK(headers.first_from(MessageNo{0}) == MessageNo{5});
  CHECK(headers.first_from(MessageNo{6}) == MessageNo{5'000'000'000});
  headers.erase(MessageNo{5});
  CHECK(headers.first_from(MessageNo{0}) == MessageNo{5'000'000'000});
  headers.continue_at(MessageNo{6'000'000'000});
  CHECK(number(headers.add(header_with(9))) == 6'000'000'000);
}

TEST_CASE("what expires is taken in ascending order, once, unless it is reminded of") {
  Headers headers;
  CHECK(headers.next_expiry_s() == Headers::kNever);
  const MessageNo late = headers.add(header_with(1, 30));
  const MessageNo soon = headers.add(header_with(2, 10));
  Header ended = header_with(3, 5);
  ended.state = State::done;
  headers.add(ended);
  CHECK(headers.next_expiry_s() == 10);
  CHECK(headers.take_expired(9, 10).empty());
  CHECK(headers.take_expired(10, 10) == std::vector{soon});
  CHECK(headers.next_expiry_s() == 30);
  headers.at(soon).expires_s = 20;
  headers.remind(soon);
  CHECK(headers.next_expiry_s() == 20);
  CHECK(headers.take_expired(30, 10) == std::vector{late, soon});
  CHECK(headers.next_expiry_s() == Headers::kNever);
}

TEST_CASE("a great many that expire at once come in portions") {
  Headers headers;
  for (std::uint64_t i = 0; i < 5'000; ++i) headers.add(header_with(i, 10));
  std::size_t taken = 0;
  while (headers.next_expiry_s() <= 10) {
    const auto some = headers.take_expired(10, 100);
    REQUIRE_FALSE(some.empty());
    CHECK(some.size() <= 1'124);
    for (const MessageNo no : some) headers.erase(no);
    taken += some.size();
  }
  CHECK(taken == 5'000);
  CHECK(headers.size() == 0);
}

TEST_CASE("against a map, at random: numbers, keys and ends") {
  Headers headers;
  std::map<std::uint64_t, std::uint64_t> model;  // number -> key
  std::mt19937_64 random(7);
  for (int step = 0; step < 200'000; ++step) {
    if (model.size() < 3'000 || random() % 2 == 0) {
      const std::uint64_t key = random();
      const MessageNo no = headers.add(header_with(key));
      headers.enter_window(no);
      model.emplace(number(no), key);
    } else {
      const auto first = headers.first_from(MessageNo{random() % number(headers.next())});
      const auto expected = first ? model.find(number(*first)) : model.begin();
      REQUIRE(expected != model.end());
      CHECK(headers.in_window({expected->second, ~expected->second}) == MessageNo{expected->first});
      headers.erase(MessageNo{expected->first});
      model.erase(expected);
    }
    if (step % 50'000 != 0) continue;
    CHECK(headers.size() == model.size());
    CHECK(headers.window() == model.size());
  }
  for (const auto& [no, key] : model) CHECK(headers.in_window({key, ~key}) == MessageNo{no});
}

}  // namespace
}  // namespace msggw::messages
