// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/origins.h"

#include <doctest/doctest.h>

#include <map>

namespace base = msggw::base;
namespace sms = msggw::sms;

namespace {

/// The window of duplicates, which outlives the process and knows whole seconds.
struct Window {
  std::map<std::pair<std::string, std::uint64_t>, base::TimePoint> taken;

  bool take(sms::Origins& origins, base::TimePoint unsure, base::TimePoint now,
            const std::string& said = "a", std::uint64_t content = 1) {
    const std::string origin =
        origins
            .of(said, content, {now, unsure}, now,
                [&](const std::string& of) {
                  const auto found = taken.find({of, content});
                  return found == taken.end() ? std::nullopt : std::optional(found->second);
                })
            .name;
    const auto second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    return taken.emplace(std::pair(origin, content), base::TimePoint(second)).second;
  }
};

constexpr base::TimePoint at(std::int64_t ms) {
  return base::TimePoint{base::Duration{1'000'000 + ms}};
}

}  // namespace

TEST_CASE("what is said again over one bind is new each time") {
  sms::Origins origins;
  Window window;
  for (int i = 0; i < 100; ++i) CHECK(window.take(origins, at(300), at(400 + i)));
  for (int i = 0; i < 100; ++i) CHECK(window.take(origins, at(300), at(5'000 + i)));
}

TEST_CASE("what was taken in before the bind is known once, also by another process") {
  Window window;
  sms::Origins before;
  CHECK(window.take(before, at(0), at(500)));
  CHECK(window.take(before, at(0), at(600)));
  sms::Origins after;
  CHECK_FALSE(window.take(after, at(700), at(800)));
  CHECK(window.take(after, at(700), at(900)));
  CHECK(window.take(after, at(700), at(9'000)));
  CHECK_FALSE(window.take(after, at(10'000), at(10'100)));
}

TEST_CASE("another text, and another sender, is never taken for it") {
  Window window;
  sms::Origins origins;
  CHECK(window.take(origins, at(0), at(500)));
  CHECK(window.take(origins, at(700), at(800), "a", 2));
  CHECK(window.take(origins, at(700), at(800), "b", 1));
  CHECK_FALSE(window.take(origins, at(700), at(800)));
}
