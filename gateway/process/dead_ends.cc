// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/dead_ends.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "gateway/base/address.h"
#include "gateway/broker/keeper.h"

namespace msggw::process {

namespace {

using Sentences = std::vector<std::string>;

/// TS 29.501 4.4.1: what comes behind an apiRoot, of every API that is asked for here.
constexpr std::array<std::string_view, 3> kApis = {"/msgin5g-provisioning", "/msgs-msgdelivery",
                                                   "/msgs-ueregistration"};

void look_at_root(const std::string& option, const base::Uri& root, Sentences& found) {
  const auto is_in = [&](std::string_view api) { return root.path.find(api) != std::string::npos; };
  if (std::none_of(kApis.begin(), kApis.end(), is_in)) return;
  found.push_back(option + " holds the path of an API, " + base::to_string(root) +
                  ", and the gateway puts that behind it once more: name the root alone");
}

/// What is delivered for a device waits for a bearer that may bring it.
void look_at_bearers(const config::Config& config, Sentences& found) {
  if (!config.msgin5g.enabled) return;
  const bool may_prove = config.coap.secure.udp || config.coap.secure.tcp;
  const bool coap = config.coap.enabled && (config.coap.open_messages || may_prove);
  const bool mqtt = config.mqtt.enabled && (config.mqtt.open_messages || config.mqtt.topics_prove);
  if (config.mqtt.enabled && !mqtt)
    found.push_back(
        "devices on MQTT can neither send messages nor get any, since topics_prove and "
        "open_messages of [mqtt] are false: set topics_prove if the broker lets each device use "
        "its own topics alone (docs/brokers.md), or open_messages");
  if (config.coap.enabled && !coap)
    found.push_back(
        "devices on CoAP can neither send messages nor get any, since a registration proves "
        "nothing there and open_messages of [coap] is false");
}

void look_at_plugin(const mqtt::Options& mqtt, Sentences& found) {
  if (!mqtt.enabled || mqtt.plugin_folder.empty()) return;
  if (const auto good = broker::Keeper::check_folder(mqtt.plugin_folder); !good)
    found.push_back(
        "the broker's plugin will let no device in, since plugin_folder of [mqtt] is of "
        "no use: " +
        good.error().detail);
}

void look_at_sizes(const config::Config& config, Sentences& found) {
  if (!config.msgin5g.enabled) return;
  const std::uint64_t content = config.messages.limits.max_content_octets;
  const auto& face = config.msgin5g.face.limits;
  const auto smaller = [&](const char* large, std::uint64_t has, const char* small,
                           std::uint64_t most) {
    if (has <= most) return;
    found.push_back(std::string(large) + " is " + std::to_string(has) + " octets, and " + small +
                    ", in which they must have room, is " + std::to_string(most));
  };
  if (config.coap.enabled)
    smaller("max_content_octets of [messages]", content, "max_message_octets of [coap]",
            config.coap.max_message_octets);
  smaller("content_octets of [msgin5g.limits]", face.content_octets,
          "body_octets of [msgin5g.limits]", face.body_octets);
}

}  // namespace

std::vector<std::string> dead_ends_of_gateway(const config::Config& config) {
  Sentences found;
  for (const base::Uri& root : config.provisioning.uris)
    look_at_root("uris of [provisioning]", root, found);
  if (config.msgin5g.enabled) {
    for (const msgin5g::ServerOptions& server : config.msgin5g.servers) {
      for (const base::Uri& root : server.uris)
        look_at_root("uris of the MSGin5G Server " + server.name, root, found);
    }
  }
  look_at_bearers(config, found);
  look_at_plugin(config.mqtt, found);
  look_at_sizes(config, found);
  return found;
}

}  // namespace msggw::process
