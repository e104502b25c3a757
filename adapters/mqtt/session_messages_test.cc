// SPDX-License-Identifier: Apache-2.0
// What a session does for messages.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "adapters/mqtt/protocol/properties.h"
#include "adapters/mqtt/session.h"

namespace msggw::mqtt {

namespace {

using namespace std::string_literals;
using protocol::Version;

/// A session that a broker of MQTT 5 has taken up again; the test plays both sides.
struct Bench {
  base::metrics::Registry registry;
  base::metrics::Counter& denied = base::metrics::counter(registry, "msggw_x_total", "x");
  std::vector<std::pair<int, bool>> received;  ///< packet identifier and DUP
  std::vector<std::string> message_ids;
  std::vector<std::pair<std::uint64_t, int>> answers;
  Session session{
      {{"id", "", "", 30, 60, 1'024, 1U << 16}, {{"f"}}, false},
      denied,
      [this](const Incoming& incoming) {
        received.emplace_back(incoming.packet_id, incoming.again);
        const auto id = protocol::user_property(incoming.properties, "msgId");
        message_ids.emplace_back(id.value_or("none"));
        return std::uint64_t{0};
      },
      [this](std::uint64_t tag, std::uint8_t reason) { answers.emplace_back(tag, reason); }};

  Bench() { open(); }
  /// What goes to the broker after its CONNACK and SUBACK.
  std::string open() {
    session.begin(Version::mqtt5, {});
    to_broker();
    from_broker("\x20\3\1\0\0"s);
    from_broker("\x90\4"s + to_broker().substr(2, 2) + "\0\1"s);
    return to_broker();
  }
  void from_broker(const std::string& octets) {
    std::copy(octets.begin(), octets.end(), session.room().begin());
    session.received(octets.size());
    session.deal(64, {});
  }
  std::string to_broker() {
    std::string octets(session.to_broker());
    session.written(octets.size(), {});
    return octets;
  }
};

}  // namespace

TEST_CASE("what is of use for a moment is answered at the end, and not sent over the next one") {
  Bench bench;
  bench.session.publish({"stays", "x", "", false, 7});
  bench.session.publish({"goes", "x", "", false, 8, "", true});
  CHECK(bench.to_broker().find("goes") != std::string::npos);
  bench.session.give_up({base::Errc::unavailable, "x"});
  bench.session.let_go();
  CHECK(bench.answers == std::vector<std::pair<std::uint64_t, int>>{{8, Session::kNotSent}});
  CHECK(bench.denied.Value() == 0);
  const std::string again = bench.open();
  CHECK(again.find("stays") != std::string::npos);
  CHECK(again.find("goes") == std::string::npos);
}

TEST_CASE("what a message is known by reaches its receiver") {
  Bench bench;
  bench.from_broker("\x3A\7\0\1a\0\x09\0x"s);                   // QoS 1, DUP
  bench.from_broker("\x30\x11\0\1a\x0C\x26\0\5msgId\0\2m7x"s);  // QoS 0
  CHECK(bench.received == std::vector<std::pair<int, bool>>{{9, true}, {0, false}});
  CHECK(bench.message_ids == std::vector<std::string>{"none", "m7"});
}

}  // namespace msggw::mqtt
