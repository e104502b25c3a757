// SPDX-License-Identifier: Apache-2.0
// One to many messages as a broker would hand them on, from arbitrary octets: five fields a
// message, each ended by 0x1e: topic (below the prefix if it does not begin with '/'), payload,
// response topic, correlation data, and letters for what happens then (c: commit, p: provision, r:
// refuse, t: time passes, d: the server has a message for the first device, u: it takes one). The
// first octet of the correlation data is the packet identifier too, with DUP if it is odd; the
// response topic stands for the list of properties as well.
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/mqtt/adapter.h"
#include "gateway/core/gateway.h"
#include "gateway/messages/server_side.h"
#include "gateway/messages/store_side.h"

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
  msggw::messages::Queue queue{{}, gateway.tables(), registry, {{1, 2}, {3, 4}}};
  msggw::messages::DeviceSide device_side{queue, policy()};
  msggw::messages::ServerSide server{queue};
  msggw::messages::StoreSide store{queue};
  msggw::mqtt::MqttAdapter adapter{
      {io, clock, registry}, options, {gateway.registrations(), &device_side}};
  msggw::base::TimePoint now = clock.now();
  unsigned provisioned = 0;

  World() { options.topics_prove = true; }

  static msggw::messages::Policy policy() {
    msggw::messages::Policy policy;
    policy.servers = {"s"};
    policy.default_recipient = msggw::messages::Address{msggw::messages::AddressType::as, "as"};
    return policy;
  }

  void play_messages(char what) {
    if (what == 'c' && store.has_changes()) {
      store.take_changes();
      store.committed();
    }
    if (what == 't') store.tick(now);
    if (what == 'd') {
      msggw::messages::Message message;
      message.to.address = "sid-0";
      message.message_id = "m";
      (void)server.deliver(msggw::messages::Role::n3g, message, {}, now);
    }
    if (what == 'u') {
      if (const auto next = server.next([](msggw::core::ProfileNo) { return true; }))
        server.accepted(next->no, now);
    }
    msggw::messages::Outbox out = std::exchange(store.outbox(), {});
    for (const auto& to : out.to_devices) adapter.answer(to.answer);
    for (const auto device : out.waited_for) adapter.waited_for(device);
  }

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
    play_messages(what);
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
    incoming.properties = incoming.response_topic;
    if (!incoming.correlation.empty()) {
      incoming.packet_id = static_cast<std::uint8_t>(incoming.correlation.front());
      incoming.again = (incoming.packet_id & 1) != 0;
    }
    const auto what = next_field(rest);
    world.adapter.receive(incoming);
    for (const char step : what.substr(0, 8)) world.then(step);
  }
  return 0;
}
