// SPDX-License-Identifier: Apache-2.0
// Messages as SMSCs would hand them on, from arbitrary octets: a stream of PDUs of which every
// message (submit_sm, deliver_sm, data_sm) goes to the adapter. The first octet of the input says
// how the adapter is configured, the sequence number of a PDU what happens after it: bit 0 commit,
// bit 1 provision, bit 2 refuse, bit 3 time passes.
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/sms/adapter.h"
#include "adapters/sms/smpp/framer.h"
#include "gateway/core/gateway.h"
#include "gateway/messages/store_side.h"

namespace {

namespace sms = msggw::sms;
namespace smpp = msggw::smpp;
using msggw::base::ensure;

sms::Options options_for(std::uint8_t choice) {
  sms::Options options;
  options.answer = "{serviceId}";
  options.answer_refused = "{cause} {detail}";
  options.keyword_status = "S";
  options.keyword_stop = "X";
  options.country_code = (choice & 1) != 0 ? "49" : "";
  options.max_open_requests = 3;
  options.max_partial_messages = 4;
  options.max_partial_octets = 4'096;
  options.max_outgoing = 4;
  options.max_early_receipts = 3;
  options.answer_unsent = "{cause}";
  options.routes.aliases = {{"a", {msggw::messages::AddressType::as, "as-a"}}};
  options.routes.services = {{"", 1, {msggw::messages::AddressType::as, "as-port"}}};
  options.routes.applications = {{1, "app"}};
  options.all.resize(2);
  options.all[0].default_coding = static_cast<msggw::sms_text::DefaultCoding>((choice >> 1) % 3);
  options.all[1].receipt_ids = static_cast<sms::IdWriting>((choice >> 3) & 3);
  return options;
}

msggw::messages::Policy policy() {
  msggw::messages::Policy policy;
  policy.servers = {"s"};
  policy.non_3gpp_recipient = msggw::messages::Address{msggw::messages::AddressType::as, "as"};
  return policy;
}

msggw::messages::Limits limits_of_messages() {
  msggw::messages::Limits limits;
  limits.max_messages_per_device = 3;
  limits.max_content_octets = 1'000;
  return limits;
}

struct World {
  explicit World(std::uint8_t choice) : options(options_for(choice)) {}

  msggw::base::Clock clock;
  msggw::base::metrics::Registry registry;
  msggw::core::Limits limits;
  sms::Options options;
  boost::asio::io_context io;
  msggw::core::Gateway gateway{limits, registry, {}};
  msggw::messages::Queue queue{limits_of_messages(), gateway.tables(), registry, {{1, 2}, {3, 4}}};
  msggw::messages::DeviceSide devices{queue, policy()};
  msggw::messages::StoreSide stored{queue};
  sms::SmsAdapter adapter{{io, clock, registry}, options, {gateway.registrations(), devices}};
  msggw::base::TimePoint now = clock.now();
  unsigned provisioned = 0;

  void then(std::uint32_t what) {
    if ((what & 1) != 0 && gateway.tables().has_changes())
      gateway.commits().committed(gateway.commits().take_changes().number);
    if ((what & 1) != 0 && stored.has_changes()) {
      stored.take_changes();
      stored.committed();
    }
    stored.tick(now);
    if ((what & 6) != 0) {
      while (const auto ask = gateway.journey().next_ask()) {
        if ((what & 4) != 0)
          gateway.journey().refused(ask->device, "POLICY_DENIED", "no", now);
        else
          gateway.journey().provisioned(ask->device,
                                        {"sid-" + std::to_string(provisioned++), {{"s"}, {}}}, now);
      }
    }
    if ((what & 8) != 0) gateway.turn().tick(now += std::chrono::seconds(60));
    for (const auto& [bearer, answer] : std::exchange(gateway.turn().outbox().answers, {}))
      adapter.answer(answer);
    for (const auto& decision : std::exchange(gateway.turn().outbox().decisions, {}))
      adapter.decided(decision.device);
    for (const auto& notice : std::exchange(gateway.turn().outbox().notices, {}))
      adapter.notice(notice.device, notice.first);
    for (const auto& [bearer, answer] : std::exchange(stored.outbox().to_devices, {}))
      adapter.answer(answer);
    adapter.end_turn(now);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  msggw::base::log::set_up(msggw::base::log::Level::error, msggw::base::log::Format::text);
  World world(data[0]);
  std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  smpp::Framer framer(4'096);
  for (auto step = framer.next(rest); step.status == smpp::Framer::Status::whole;
       step = framer.next(rest)) {
    const auto pdu = smpp::decode(step.pdu);
    if (!pdu) continue;
    if (const auto* message = std::get_if<smpp::Message>(&pdu->body))
      world.adapter.receive({sms::SmscNo{pdu->header.sequence & 1}, 0, {}}, *message);
    world.then(pdu->header.sequence);
  }
  for (std::uint32_t no = 0; no < world.gateway.tables().numbers(); ++no) {
    const auto& device = world.gateway.tables().device(msggw::core::DeviceNo{no});
    ensure(device.kind == msggw::core::PrivateIdKind::msisdn, "only numbers are recorded");
  }
  return 0;
}
