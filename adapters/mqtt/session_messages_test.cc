// SPDX-License-Identifier: Apache-2.0
// What a session does for messages, and with long ones.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "adapters/mqtt/test_bench.h"

namespace msggw::mqtt::test::session_messages_test {

using namespace std::chrono_literals;
using namespace std::string_literals;
using protocol::Version;

TEST_CASE("what is of use for a moment is answered at the end, and not sent over the next one") {
  Bench bench;
  bench.open(kContinued);
  bench.session.publish({"stays", "x", "", false, 7});
  bench.session.publish({"goes", "x", "", false, 8, "", true});
  CHECK(bench.to_broker().find("goes") != std::string::npos);
  bench.session.give_up({base::Errc::unavailable, "x"});
  bench.session.let_go();
  CHECK(bench.answers == std::vector<std::pair<std::uint64_t, int>>{{8, Session::kNotSent}});
  CHECK(bench.denied.Value() == 0);
  const std::string again = bench.open(kContinued);
  CHECK(again.find("stays") != std::string::npos);
  CHECK(again.find("goes") == std::string::npos);
}

TEST_CASE("what a message is known by reaches its receiver") {
  Bench bench;
  bench.open(kContinued);
  bench.from_broker("\x3A\7\0\1a\0\x09\0x"s);                   // QoS 1, DUP
  bench.from_broker("\x30\x11\0\1a\x0C\x26\0\5msgId\0\2m7x"s);  // QoS 0
  CHECK(bench.received_as == std::vector<std::pair<int, bool>>{{9, true}, {0, false}});
  CHECK(bench.message_ids == std::vector<std::string>{"none", "m7"});
}

TEST_CASE("large packets up to the limit, and none above") {
  constexpr std::size_t kMost = 200'000;
  Bench bench(kMost);
  bench.open();
  const auto of_octets = [](std::size_t octets) {
    const std::size_t body = octets - 4;
    std::string packet = "\x30"s;
    for (std::size_t rest = body, i = 0; i < 3; rest >>= 7, ++i)
      packet.push_back(static_cast<char>((rest & 0x7F) | (i < 2 ? 0x80 : 0)));
    return packet + "\0\1a\0"s + std::string(body - 4, 'x');
  };
  bench.from_broker(of_octets(kMost));
  CHECK(bench.received.size() == 1);
  CHECK(bench.session.room().size() == Session::kReadOctets);
  bench.from_broker(std::string_view(of_octets(kMost + 1)).substr(0, 100));
  CHECK(bench.session.error().detail == "PUBLISH of 200001 octets; at most 200000 were asked for");
}

TEST_CASE("of MQTT 3.1.1 what is too long is cut, and what is behind it is heard") {
  constexpr std::size_t kMost = 70'000;
  for (const std::size_t more : {std::size_t{1}, std::size_t{1} << 20}) {
    Bench bench(kMost);
    bench.open(kOldConnack, Version::mqtt311);
    bench.now += 25s;
    bench.session.tick(bench.now);
    CHECK(bench.to_broker() == "\xC0\0"s);  // PINGREQ
    const std::size_t body = kMost - 4 + more;
    std::string packet = "\x32"s;
    for (std::size_t rest = body, i = 0; i < 3; rest >>= 7, ++i)
      packet.push_back(static_cast<char>((rest & 0x7F) | (i < 2 ? 0x80 : 0)));
    packet += "\0\1a\0\7"s + std::string(body - 5, 'x');
    for (std::size_t at = 0; at < packet.size(); at += packet.size() / 10) {
      bench.now += more > kMost ? 10s : 1s;
      bench.session.tick(bench.now);
      bench.from_broker(std::string_view(packet).substr(at, packet.size() / 10));
    }
    CHECK(bench.payloads == std::vector<std::size_t>{kMost - 4 - 5});
    bench.from_broker("\xD0\0\x32\6\0\1a\0\x8x"s);
    CHECK(bench.payloads == std::vector<std::size_t>{kMost - 4 - 5, 1});
    CHECK(bench.to_broker() == puback(7) + puback(8));
    CHECK(bench.is_ready());
  }
  Bench bench(kMost);
  bench.open(kOldConnack, Version::mqtt311);
  bench.from_broker("\x90\xFF\xFF\x7F"s);
  CHECK(bench.session.error().code == base::Errc::too_large);
}

}  // namespace msggw::mqtt::test::session_messages_test
