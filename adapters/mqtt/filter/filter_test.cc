// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/filter/filter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace msggw::mqtt::filter {

namespace {

using namespace std::string_literals;

const std::string kConnack = "\x20\3\0\0\0"s;
/// As the library gets it: Receive Maximum and Retain Available always.
const std::string kPlainConnack = "\x20\x08\0\0\5\x21\xFF\xFF\x25\1"s;
const std::string kPublish = "\x32\7\0\1a\0\1\0x"s;

struct Bench {
  base::metrics::Registry registry;
  base::metrics::Counter& unusable = base::metrics::counter(registry, "msggw_x_total", "x");
  Filter filter;

  explicit Bench(Limits limits = {}) : filter(limits, unusable) { filter.begin(); }

  void from_broker(std::string_view octets) {
    const auto room = filter.room();
    REQUIRE(room.size() >= octets.size());
    std::copy(octets.begin(), octets.end(), room.begin());
    filter.received(octets.size());
  }
  /// What the library gets of it, and "!" and the reason behind if the connection ends.
  std::string to_library(std::size_t most = 64) {
    std::string out;
    while (true) {
      const auto run = filter.next(most);
      if (!run) return out + "!" + run.error().detail;
      if (run->packets == 0) return out;
      CHECK(run->packets <= most);
      out.append(run->octets);
    }
  }
  std::string through(std::string_view octets) {
    from_broker(octets);
    return to_library();
  }
  std::string to_broker() {
    const std::string octets(filter.to_broker());
    filter.written(octets.size());
    return octets;
  }
};

}  // namespace

TEST_CASE("packets pass whole, however they are cut") {
  const std::string stream = kConnack + kPublish + "\xD0\0"s + kPublish + "\x40\2\0\1"s;
  const std::string wanted = kPlainConnack + stream.substr(kConnack.size());
  for (std::size_t cut = 1; cut <= stream.size(); ++cut) {
    Bench bench;
    std::string got;
    for (std::size_t at = 0; at < stream.size(); at += cut)
      got += bench.through(std::string_view(stream).substr(at, cut));
    CHECK(got == wanted);
  }
}

TEST_CASE("a run has at most as many packets as asked for") {
  Bench bench;
  bench.through(kConnack);
  bench.from_broker(kPublish + kPublish + kPublish);
  CHECK(bench.filter.next(2)->packets == 2);
  CHECK(bench.filter.next(2)->octets == kPublish);
  CHECK(bench.filter.next(2)->packets == 0);
}

TEST_CASE("what is good before a wrong packet still passes") {
  Bench bench;
  CHECK(bench.through(kConnack + kPublish + "\xC0\0"s + kPublish) ==
        kPlainConnack + kPublish + "!PINGREQ which only a client may send");
  CHECK(bench.to_library() == "!PINGREQ which only a client may send");
  bench.filter.begin();
  CHECK(bench.through(kConnack) == kPlainConnack);
}

TEST_CASE("CONNACK is told to the library without what it cannot bear") {
  Bench bench({2U << 20, std::chrono::seconds(30)});
  const auto connack = [&](const std::string& list) {
    bench.filter.begin();
    return bench.through("\x20"s + static_cast<char>(3 + list.size()) + "\1\0"s +
                         static_cast<char>(list.size()) + list);
  };
  CHECK(connack("\x12\0\1i"s + "\x27\0\0\0\x64"s + "\x21\0\5\x25\0"s) ==
        "\x20\x08\1\0\5\x21\0\5\x25\0"s);
  CHECK(connack("\x13\0\5"s) == "\x20\x0B\1\0\x08\x21\xFF\xFF\x25\1\x13\0\5"s);
  CHECK(connack("\x13\0\0"s) == "\x20\x08\1\0\5\x21\xFF\xFF\x25\1"s);
  CHECK(connack("\x13\xFF\xFF"s) == "\x20\x08\1\0\5\x21\xFF\xFF\x25\1"s);
}

TEST_CASE("answers pass without properties") {
  Bench bench;
  bench.through(kConnack);
  CHECK(bench.through("\x40\x08\0\1\x10\4\x1F\0\1x"s) == "\x40\3\0\1\x10"s);
  CHECK(bench.through("\x90\x08\0\1\4\x1F\0\1x\x87"s) == "\x90\4\0\1\0\x87"s);
}

TEST_CASE("a publication that the library does not take is acknowledged and kept from it") {
  Bench bench;
  bench.through(kConnack);
  bench.filter.sent("\x40"s);  // the library is in the midst of a packet
  CHECK(bench.through(kPublish + "\x32\7\0\1\n\0\2\0x"s + kPublish) == kPublish + kPublish);
  CHECK(bench.through("\x30\5\0\1\n\0x"s).empty());
  CHECK(bench.unusable.Value() == 2);
  CHECK(bench.to_broker() == "\x40\3\0\2\x83"s);
  bench.filter.sent("\2\0\1"s);
  CHECK(bench.to_broker() == "\x40\2\0\1"s);
}

TEST_CASE("a publication too large for the broker is not sent, and the library hears of it") {
  Bench bench;
  bench.through("\x20\x08\0\0\5\x27\0\0\0\x0A"s);
  const std::string large = "\x32\x09\0\1a\0\2\0xxx"s;
  bench.filter.sent(kPublish + large + "\x82\x0Axxxxxxxxxx"s + kPublish);
  CHECK(bench.to_broker() == kPublish + "\x82\x0Axxxxxxxxxx"s + kPublish);
  REQUIRE(bench.filter.has_answer());
  CHECK(bench.to_library() == "\x40\3\0\2\x95"s);
  CHECK_FALSE(bench.filter.has_answer());
  bench.filter.begin();
  bench.through(kConnack);
  bench.filter.sent(large);
  CHECK(bench.to_broker() == large);
}

TEST_CASE("large packets up to the limit, and none above") {
  constexpr std::size_t kMost = 200'000;
  Bench bench({kMost, std::chrono::seconds(30)});
  bench.through(kConnack);
  const auto publication = [](std::size_t octets) {
    const std::size_t body = octets - 4;
    std::string packet = "\x30"s;
    for (std::size_t rest = body, i = 0; i < 3; rest >>= 7, ++i)
      packet.push_back(static_cast<char>((rest & 0x7F) | (i < 2 ? 0x80 : 0)));
    return packet + "\0\1a\0"s + std::string(body - 4, 'x');
  };
  const std::string good = publication(kMost);
  std::string got;
  for (std::size_t at = 0; at < good.size();) {
    const auto room = bench.filter.room();
    const std::size_t octets = std::min(room.size(), good.size() - at);
    CHECK(octets > 0);
    std::copy_n(good.begin() + static_cast<std::ptrdiff_t>(at), octets, room.begin());
    bench.filter.received(octets);
    at += octets;
    got += bench.to_library();
  }
  CHECK(got == good);
  CHECK(bench.through(std::string_view(publication(kMost + 1)).substr(0, 100)) ==
        "!PUBLISH of 200001 octets; at most 200000 were asked for");
}

TEST_CASE("what goes to the broker is bounded and keeps its order") {
  Bench bench;
  bench.through(kConnack);
  std::string wanted;
  while (!bench.filter.is_full()) {
    bench.filter.sent(kPublish);
    wanted += kPublish;
  }
  CHECK(wanted.size() < Filter::kMostOutgoing + kPublish.size());
  std::string got;
  while (!bench.filter.to_broker().empty()) {
    const auto octets = bench.filter.to_broker().substr(0, 100'000);
    got.append(octets);
    bench.filter.written(octets.size());
  }
  CHECK(got == wanted);
}

}  // namespace msggw::mqtt::filter
