// SPDX-License-Identifier: Apache-2.0
// A broker's octets through the filter and libmosquitto, as the gateway puts them together. The
// input is a list of connections, parted by "\xff\xff\xff\xff\xff"; the gateway publishes between
// reads of 1 to 256 octets (the first octet says how many). What the filter lets pass the library
// must take.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "adapters/mqtt/filter/filter.h"
#include "adapters/mqtt/link.h"

namespace {

using namespace msggw::mqtt;
constexpr std::string_view kNextConnection = "\xff\xff\xff\xff\xff";

struct Gateway {
  msggw::base::metrics::Registry registry;
  msggw::base::metrics::Counter& denied =
      msggw::base::metrics::counter(registry, "msggw_x_total", "x");
  Options options;
  std::size_t received = 0;
  Link link{options,
            {"msgin5g/+/register", "msgin5g/+/status"},
            denied,
            [this](const Incoming& incoming) { receive(incoming); }};
  filter::Filter filter{{link.most_packet_octets(), options.keep_alive}, denied};
  std::vector<char> carrier = std::vector<char>(64U << 10);

  void receive(const Incoming& incoming) {
    received += incoming.topic.size() + incoming.payload.size();
    if (link.has_room()) link.publish("t", incoming.payload, incoming.correlation, true);
  }

  void carry() {
    while (const std::size_t octets = link.give(carrier)) {
      filter.sent({carrier.data(), octets});
      if (!filter.has_answer()) continue;
      if (const auto run = filter.next(1)) link.take(run->octets);
    }
    filter.written(filter.to_broker().size());
  }

  /// False: the connection is over.
  bool take(std::string_view octets) {
    const auto room = filter.room();
    std::copy(octets.begin(), octets.end(), room.begin());
    filter.received(octets.size());
    while (true) {
      const auto run = filter.next(64);
      if (!run) {
        link.give_up(run.error().detail, 0x82);
        return false;
      }
      if (run->packets == 0) break;
      link.take(run->octets);
    }
    if (link.has_room()) link.publish("topic", "payload of the gateway", "c", false);
    carry();
    if (link.phase() != Link::Phase::closed) return true;
    const bool known = link.reason().find("SUBACK for what") != std::string::npos ||
                       link.reason().find("refuses the subscription") != std::string::npos;
    if (known) return false;
    std::fprintf(stderr, "the library closes: %s\n", link.reason().c_str());
    std::abort();
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
    gateway.filter.begin();
    gateway.link.connect();
    gateway.carry();
    while (!stream.empty() && gateway.take(stream.substr(0, step)))
      stream.remove_prefix(std::min(step, stream.size()));
    gateway.link.disconnect();
    if (rest.empty()) break;
  }
  return 0;
}
