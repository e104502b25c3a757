// SPDX-License-Identifier: Apache-2.0
// What several sections say together, and all checks in turn.
#include "gateway/config/sections/check.h"

#include <algorithm>

#include "gateway/config/sections/check_parts.h"

namespace msggw::config {
namespace {

/// A port that something of this configuration listens on, on this machine.
struct Taken {
  std::string_view section;
  std::string_view key;
  std::string_view name;  ///< "section.key"
  boost::asio::ip::address address;
  std::uint16_t port;
};

bool collide(const Taken& a, const Taken& b) {
  return a.port != 0 && a.port == b.port &&
         (a.address == b.address || a.address.is_unspecified() || b.address.is_unspecified());
}

void check_taken(const std::vector<Taken>& taken, Findings& found) {
  for (auto later = taken.begin(); later != taken.end(); ++later) {
    const auto first = std::find_if(taken.begin(), later,
                                    [&](const Taken& other) { return collide(other, *later); });
    if (first == later) continue;
    found.push_back({later->section,
                     later->key,
                     std::to_string(later->port) + " is taken by [" + std::string(first->section) +
                         "] " + std::string(first->key) +
                         ", every listener needs a port of its own",
                     {first->name}});
  }
}

void check_ports(const Config& config, Findings& found) {
  const boost::asio::ip::address here = boost::asio::ip::address_v4::loopback();
  std::vector<Taken> udp;
  std::vector<Taken> tcp;
  if (config.coap.enabled) {
    const coap_adapter::Options& coap = config.coap;
    const Taken clear{"coap", "port", "coap.port", coap.address, coap.port};
    const Taken secure{"coap.secure", "port", "coap.secure.port", coap.address, coap.secure.port};
    if (coap.udp) udp.push_back(clear);
    if (coap.tcp) tcp.push_back(clear);
    if (coap.secure.udp) udp.push_back(secure);
    if (coap.secure.tcp) tcp.push_back(secure);
  }
  if (config.mqtt.enabled && config.mqtt.host.host && config.mqtt.host.host->is_loopback()) {
    tcp.push_back({"mqtt", "port", "mqtt.port", here, config.mqtt.port});
  }
  if (config.admin.enabled) {
    tcp.push_back({"admin", "port", "admin.port", config.admin.address, config.admin.port});
  }
  if (config.msgin5g.enabled) {
    tcp.push_back({"msgin5g", "port", "msgin5g.port", config.msgin5g.address, config.msgin5g.port});
  }
  const function::Options& pf = config.pf;
  tcp.push_back({"pf", "port", "pf.port", pf.address, pf.port});
  if (pf.admin_port != 0) {
    tcp.push_back({"pf", "admin_port", "pf.admin_port", here, pf.admin_port});
  }
  if (!pf.tls.certificate.empty()) {
    tcp.push_back({"pf", "tls_port", "pf.tls_port", pf.address, pf.tls_port});
  }
  if (pf.coap.enabled) {
    for (auto* taken : {&udp, &tcp}) {
      taken->push_back(
          {"pf.coap", "coap_port", "pf.coap.coap_port", pf.address, pf.coap.coap_port});
      taken->push_back(
          {"pf.coap", "coaps_port", "pf.coap.coaps_port", pf.address, pf.coap.coaps_port});
    }
  }
  check_taken(tcp, found);
  const std::size_t before = found.size();
  check_taken(udp, found);
  // A port that is taken twice is one mistake.
  for (std::size_t i = found.size(); i-- > before;) {
    const auto same = [&](const Finding& other) {
      return other.section == found[i].section && other.key == found[i].key;
    };
    if (std::any_of(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(before), same))
      found.erase(found.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

Findings check(const Config& config, Purpose purpose) {
  Findings found;
  check_ports(config, found);
  check_gateway(config.limits, found);
  check_mqtt(config.mqtt, purpose, found);
  check_sms(config.sms, purpose, found);
  check_msgin5g(config.msgin5g, purpose, found);
  check_provisioning(config, purpose, found);
  check_function(config, purpose, found);
  return found;
}

}  // namespace msggw::config
