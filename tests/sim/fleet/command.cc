// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/command.h"

#include <cstdio>
#include <stdexcept>

#include "tests/sim/fleet/campaign.h"
#include "tests/sim/fleet/coap_fleet.h"
#include "tests/sim/fleet/keys.h"
#include "tests/sim/fleet/mqtt_fleet.h"

namespace msggw::fleet {
namespace {

RunNames names_of(const Options& o) {
  const bool coap = !o.coap.empty();
  return {.protocol = coap ? "coap" : "mqtt",
          .peer = coap ? o.coap : o.mqtt,
          .devices = o.devices,
          .first = o.first,
          .rounds = o.rounds,
          .window = o.window,
          .lines = coap ? o.peers : o.connections};
}

}  // namespace

Exit run(Options options) {
  complete(options);
  if (!options.credentials_file.empty()) {
    const Ids ids(options);
    Keys(options.security, ids)
        .write(options.credentials_file, static_cast<std::uint32_t>(options.devices));
    return Exit::all_registered;
  }
  Campaign campaign(options);
  if (!options.coap.empty())
    CoapFleet(campaign).run();
  else
    MqttFleet(campaign).run();
  const Tally& tally = campaign.finish();
  if (options.json) {
    std::puts(to_json(names_of(options), tally).c_str());
  } else if (options.once.empty()) {
    std::fputs(to_text(names_of(options), tally).c_str(), stdout);
  }
  if (tally.answers() == 0 && tally.timeouts > 0) {
    throw std::runtime_error("not one answer from " + names_of(options).peer);
  }
  return tally.all_registered() ? Exit::all_registered : Exit::some_not;
}

}  // namespace msggw::fleet
