// SPDX-License-Identifier: Apache-2.0
// A broker's octets into a session. The input is a list of connections, parted by
// "\xff\xff\xff\xff\xff"; the gateway publishes between reads of 1 to 256 octets (the first octet
// says how many), and acknowledges what it received later; each publication is answered at most
// once. Every fourth connection is one of MQTT 3.1.1. What the session writes is read back: it
// must be whole packets that a client may send, within the broker's window.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "adapters/mqtt/session.h"

namespace {

using namespace msggw::mqtt;
using protocol::Type;
constexpr std::string_view kNextConnection = "\xff\xff\xff\xff\xff";

struct Gateway {
  msggw::base::metrics::Registry registry;
  msggw::base::metrics::Counter& denied =
      msggw::base::metrics::counter(registry, "msggw_x_total", "x");
  std::uint64_t received = 0;
  msggw::base::TimePoint now{};
  Session session{
      {{"id", "user", "password", 30, 3'600, 1'024, 4'096},
       {{"msgin5g/+/register"}, {"msgin5g/+/status", protocol::Stored::for_new_session}}},
      denied,
      [this](const Incoming& incoming) { return receive(incoming); },
      [this](std::uint64_t tag, std::uint8_t) {
        if (unanswered.erase(tag) != 1) std::abort();
      }};
  std::uint64_t tags = 0;
  std::set<std::uint64_t> unanswered;

  void publish(Outgoing message) {
    if (!session.has_room()) return;
    message.tag = ++tags;
    unanswered.insert(message.tag);
    session.publish(message);
  }

  std::uint64_t receive(const Incoming& incoming) {
    if (session.has_room())
      publish({std::string(incoming.topic), std::string(incoming.payload),
               std::string(incoming.correlation), true});
    return ++received;
  }

  void read_back() {
    std::string_view rest = session.to_broker();
    while (!rest.empty()) {
      const auto header = protocol::read_header(rest, 1U << 20);
      if (!header || !*header || (*header)->total() > rest.size()) std::abort();
      switch ((*header)->type) {
        case Type::connect:
        case Type::subscribe:
        case Type::unsubscribe:
        case Type::publish:
        case Type::puback:
        case Type::pingreq:
        case Type::disconnect: break;
        default: std::abort();
      }
      rest.remove_prefix((*header)->total());
    }
    session.written(session.to_broker().size(), now);
  }

  /// False: the connection is over.
  bool take(std::string_view octets) {
    while (!octets.empty() && !session.is_full()) {
      const auto room = session.room();
      if (room.empty()) std::abort();
      const std::size_t taken = std::min(room.size(), octets.size());
      std::copy_n(octets.begin(), taken, room.begin());
      session.received(taken);
      octets.remove_prefix(taken);
      while (session.deal(64, now) && !session.is_full()) {
      }
      if (session.phase() == Session::Phase::closed) break;
    }
    if (session.has_room()) {
      publish({"topic", "payload of the gateway", "c"});
      std::string properties;
      protocol::append_message_expiry(properties, 30);
      protocol::append_user_property(properties, "msgId", "m");
      publish({"of a moment", "x", {}, false, 0, properties, true});
      received % 2 == 0 ? session.watch("w") : session.unwatch("w");
    }
    if (received > 1) session.settle(received - 1);
    session.tick(now += std::chrono::seconds(1));
    read_back();
    return session.phase() != Session::Phase::closed && !session.is_full();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Gateway gateway;
  if (size == 0) return 0;
  const std::size_t step = std::size_t{data[0]} + 1;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (int connections = 0; connections < 8; ++connections) {
    std::string_view stream = rest.substr(0, rest.find(kNextConnection));
    rest.remove_prefix(std::min(rest.size(), stream.size() + kNextConnection.size()));
    const bool old = connections % 4 == 3;
    gateway.session.begin(old ? protocol::Version::mqtt311 : protocol::Version::mqtt5, gateway.now);
    gateway.read_back();
    while (!stream.empty() && gateway.take(stream.substr(0, step)))
      stream.remove_prefix(std::min(step, stream.size()));
    gateway.session.give_up({msggw::base::Errc::unavailable, "over"});
    gateway.session.let_go();
    gateway.read_back();
    if (rest.empty()) break;
  }
  return 0;
}
