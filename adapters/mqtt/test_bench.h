// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/mqtt/protocol/properties.h"
#include "adapters/mqtt/session.h"

namespace msggw::mqtt::test {

inline const std::string kNewSession("\x20\3\0\0\0", 5);
inline const std::string kContinued("\x20\3\1\0\0", 5);
inline const std::string kOldConnack("\x20\2\0\0", 4);

/// A PUBLISH of QoS 1 to "a".
inline std::string publication(int id, int flags = 2) {
  return static_cast<char>(0x30 | flags) + std::string("\7\0\1a\0", 5) + static_cast<char>(id) +
         std::string("\0x", 2);
}
inline std::string puback(int id) {
  return std::string("\x40\2\0", 3) + static_cast<char>(id);
}

/// A session between a broker and a receiver that the test plays.
struct Bench {
  base::metrics::Registry registry;
  base::metrics::Counter& denied = base::metrics::counter(registry, "msggw_x_total", "x");
  std::vector<Incoming::Retained> received;
  std::vector<std::size_t> payloads;              ///< octets
  std::vector<std::pair<int, bool>> received_as;  ///< packet identifier and DUP
  std::vector<std::string> message_ids;           ///< the user property
  std::vector<std::pair<std::uint64_t, int>> answers;
  std::uint64_t number = 0;
  std::size_t most_octets = 0;
  Session session;
  base::TimePoint now{};

  explicit Bench(std::size_t most = 2U << 20, bool shared = false)
      : most_octets(most),
        session(
            {{"id", "", "", 30, 60, 1'024, static_cast<std::uint32_t>(most)}, {{"f"}}, shared},
            denied,
            [this](const Incoming& incoming) {
              received.push_back(incoming.retained);
              payloads.push_back(incoming.payload.size());
              received_as.emplace_back(incoming.packet_id, incoming.again);
              const auto id = protocol::user_property(incoming.properties, "msgId");
              message_ids.emplace_back(id.value_or("none"));
              return number;
            },
            [this](std::uint64_t tag, std::uint8_t reason) { answers.push_back({tag, reason}); }) {}

  /// What goes to the broker after its CONNACK and SUBACK.
  std::string open(const std::string& connack = kNewSession,
                   protocol::Version version = protocol::Version::mqtt5, int code = 1) {
    session.begin(version, now);
    to_broker();
    from_broker(connack);
    const std::string subscribe = to_broker();
    REQUIRE(subscribe.starts_with("\x82"));
    const std::string id = subscribe.substr(2, 2);
    const bool is_old = version == protocol::Version::mqtt311;
    from_broker((is_old ? "\x90\3" + id : "\x90\4" + id + '\0') + static_cast<char>(code));
    return to_broker();
  }
  void from_broker(std::string_view octets) {
    while (!octets.empty()) {
      const auto room = session.room();
      const std::size_t taken = std::min(room.size(), octets.size());
      std::copy_n(octets.begin(), taken, room.begin());
      session.received(taken);
      octets.remove_prefix(taken);
      while (session.deal(64, now) && !session.is_full()) {
      }
    }
  }
  std::string to_broker() {
    const std::string octets(session.to_broker());
    session.written(octets.size(), now);
    return octets;
  }
  bool publish(const std::string& topic, const std::string& payload, const std::string& correlation,
               bool retained, std::uint64_t tag = 0) {
    return session.publish({topic, payload, correlation, retained, tag});
  }
  bool is_ready() const { return session.phase() == Session::Phase::ready; }
};

}  // namespace msggw::mqtt::test
