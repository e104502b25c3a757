// SPDX-License-Identifier: Apache-2.0
#include "gateway/loop/loop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>

namespace msggw::loop {

namespace {

/// A handler that always has more to do, and takes `each` for a part of it.
struct Busy {
  explicit Busy(std::chrono::microseconds takes) : each(takes) {}

  void work() {
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < each) {
    }
    ++parts;
    boost::asio::post(loop.io(), [this] { work(); });
  }
  /// The most parts in one of `turns` turns.
  int most_in(int turns) {
    int most = 0;
    loop.run([&] {
      most = std::max(most, parts);
      parts = 0;
      if (--turns < 0) loop.stop();
    });
    return most;
  }

  base::Clock clock;
  base::metrics::Registry metrics;
  Loop loop{"test", std::chrono::seconds(10), clock, metrics};
  std::chrono::microseconds each;
  int parts = 0;
};

}  // namespace

TEST_CASE("a turn ends, however much a handler has to do") {
  Busy busy(std::chrono::milliseconds(4));
  boost::asio::post(busy.loop.io(), [&] { busy.work(); });
  CHECK(busy.most_in(5) <= 4);  // one that ends the wait, and 10 ms
}

TEST_CASE("what is short shares a turn, up to a number") {
  Busy busy(std::chrono::microseconds(0));
  boost::asio::post(busy.loop.io(), [&] { busy.work(); });
  const int most = busy.most_in(20);
  CHECK(most > 1);
  CHECK(most <= Loop::kMostHandlers);
}

}  // namespace msggw::loop
