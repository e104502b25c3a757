// SPDX-License-Identifier: Apache-2.0
// One to many messages as a broker would hand them on, from arbitrary octets: five fields a
// message, each ended by 0x1e: topic (below the prefix if it does not begin with '/'), payload,
// response topic, correlation data, and a letter for what happens then (c: commit, p: provision, r:
// refuse, t: time passes).
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/mqtt/adapter.h"
#include "gateway/core/gateway.h"

namespace {

std::string_view next_field(std::string_view& rest) {
  const std::size_t end = rest.find('\x1e');
  const auto field = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return field;
}

struct World {
  msggw::base::Clock clock;
  msggw::base::metrics::Registry registry;
  msggw::core::Limits limits;
  msggw::mqtt::Options options;
  boost::asio::io_context io;
  msggw::core::Gateway gateway{limits, registry, {}};
  msggw::mqtt::MqttAdapter adapter{{io, clock, registry}, options, gateway.registrations()};
  msggw::base::TimePoint now = clock.now();
  unsigned provisioned = 0;

  void then(char what) {
    if (what == 'c' && gateway.tables().has_changes())
      gateway.commits().committed(gateway.commits().take_changes().number);
    if (what == 'p' || what == 'r') {
      while (const auto ask = gateway.journey().next_ask()) {
        if (what == 'r')
          gateway.journey().refused(ask->device, "POLICY_DENIED", "no", now);
        else
          gateway.journey().provisioned(ask->device,
                                        {"sid-" + std::to_string(provisioned++), {{"s"}, {}}}, now);
      }
    }
    if (what == 't') gateway.turn().tick(now += std::chrono::seconds(60));
    const auto answers = std::exchange(gateway.turn().outbox().answers, {});
    const auto notices = std::exchange(gateway.turn().outbox().notices, {});
    for (const auto& [bearer, answer] : answers) adapter.answer(answer);
    for (const auto& notice : notices) adapter.notice(notice.device, notice.first);
    adapter.end_turn(now);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const auto topic = next_field(rest);
    msggw::mqtt::Incoming incoming;
    const std::string below = "msgin5g/" + std::string(topic);
    incoming.topic = topic.starts_with('/') ? topic.substr(1) : std::string_view(below);
    incoming.payload = next_field(rest);
    incoming.response_topic = next_field(rest);
    incoming.correlation = next_field(rest);
    const auto what = next_field(rest);
    world.adapter.receive(incoming);
    for (const char step : what.substr(0, 8)) world.then(step);
  }
  return 0;
}
