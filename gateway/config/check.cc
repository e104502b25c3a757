// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/check.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "gateway/base/text.h"
#include "gateway/config/check_parts.h"
#include "gateway/config/units.h"

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
    udp.push_back({"coap", "port", "coap.port", config.coap.address, config.coap.port});
  }
  if (config.mqtt.enabled && config.mqtt.host.host && config.mqtt.host.host->is_loopback()) {
    tcp.push_back({"mqtt", "port", "mqtt.port", here, config.mqtt.port});
  }
  if (config.admin.enabled) {
    tcp.push_back({"admin", "port", "admin.port", config.admin.address, config.admin.port});
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

template <class Time>
void check_order(std::string_view section, std::string_view low_key, Time low,
                 std::string_view high_key, Time high, std::string_view high_name,
                 Findings& found) {
  if (low <= high) return;
  found.push_back({section,
                   low_key,
                   print_duration(low) + " is more than " + std::string(high_key) + ", which is " +
                       print_duration(high),
                   {high_name}});
}

void check_durations(const Config& config, Findings& found) {
  const core::Limits& limits = config.limits;
  check_order("limits", "min_lifetime", limits.min_lifetime, "default_lifetime",
              limits.default_lifetime, "limits.default_lifetime", found);
  check_order("limits", "default_lifetime", limits.default_lifetime, "max_lifetime",
              limits.max_lifetime, "limits.max_lifetime", found);
  check_order("limits", "provisioning_backoff_first", limits.provisioning_backoff_first,
              "provisioning_backoff_most", limits.provisioning_backoff_most,
              "limits.provisioning_backoff_most", found);
  check_order("mqtt", "reconnect_first", config.mqtt.reconnect_first, "reconnect_most",
              config.mqtt.reconnect_most, "mqtt.reconnect_most", found);
  if (config.sms.enabled) {
    check_order("sms", "reconnect_first", config.sms.reconnect_first, "reconnect_most",
                config.sms.reconnect_most, "sms.reconnect_most", found);
  }
  check_order("provisioning", "probe_first", config.provisioning.probe_first, "probe_most",
              config.provisioning.probe_most, "provisioning.probe_most", found);
}

void check_mqtt(const mqtt::Options& mqtt, Purpose purpose, Findings& found) {
  const std::string& prefix = mqtt.topic_prefix;
  if (prefix.find_first_of("+#") != std::string::npos || prefix.starts_with('$') ||
      prefix.starts_with('/') || prefix.ends_with('/') || prefix.find("//") != std::string::npos) {
    found.push_back(
        {"mqtt", "topic_prefix",
         "'" + base::printable(prefix) +
             "' cannot begin topics, allowed are levels parted by '/', none of them empty, without "
             "'+', '#' or a '$' in front"});
  }
  if (mqtt.shared_group.find_first_of("/+#") != std::string::npos) {
    found.push_back({"mqtt", "shared_group",
                     "'" + base::printable(mqtt.shared_group) +
                         "' holds '/', '+' or '#', which is not allowed"});
  }
  if (mqtt.user.empty() && !mqtt.password.empty()) {
    found.push_back({"mqtt", "password", "needs a user beside it", {"mqtt.user"}});
  }
  if (mqtt.host.host && mqtt.port == 0) {
    found.push_back(
        {"mqtt", "port", "0 is not a port of a broker, allowed are 1 to 65535", {"mqtt.host"}});
  }
  if (!mqtt.host.host && !mqtt.ca.empty()) {
    found.push_back(
        {"mqtt", "ca", "has no use, there is no TLS over a unix socket", {"mqtt.host"}});
  }
  check_pair("mqtt", mqtt.certificate, mqtt.key, found);
  if (!mqtt.certificate.empty() && mqtt.ca.empty()) {
    found.push_back({"mqtt",
                     "certificate",
                     "needs ca beside it, since without it there is no TLS",
                     {"mqtt.ca"}});
  }
  if (purpose == Purpose::gateway && mqtt.enabled) {
    check_file("mqtt", "ca", mqtt.ca, found);
    check_file("mqtt", "certificate", mqtt.certificate, found);
    check_file("mqtt", "key", mqtt.key, found);
  }
}

}  // namespace

void check_pair(std::string_view section, const std::filesystem::path& certificate,
                const std::filesystem::path& key, Findings& found) {
  if (certificate.empty() == key.empty()) return;
  if (key.empty()) {
    found.push_back({section, "certificate", "needs key beside it"});
  } else {
    found.push_back({section, "key", "needs certificate beside it"});
  }
}

void check_file(std::string_view section, std::string_view key, const std::filesystem::path& file,
                Findings& found) {
  if (file.empty()) return;
  std::error_code error;
  std::string reason;
  if (std::filesystem::is_directory(file, error)) {
    reason = "it is a folder";
  } else if (access(file.c_str(), R_OK) != 0) {
    reason = std::strerror(errno);
  } else {
    return;
  }
  found.push_back(
      {section, key, "'" + base::printable(file.native(), 200) + "' cannot be read: " + reason});
}

Findings check(const Config& config, Purpose purpose) {
  Findings found;
  check_ports(config, found);
  check_durations(config, found);
  check_mqtt(config.mqtt, purpose, found);
  check_sms(config.sms, purpose, found);
  check_provisioning(config, purpose, found);
  check_function(config, purpose, found);
  return found;
}

}  // namespace msggw::config
