// SPDX-License-Identifier: Apache-2.0
// Checks of [mqtt].
#include "gateway/base/text.h"
#include "gateway/config/sections/check_parts.h"

namespace msggw::config {

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
  if (mqtt.admission == core::Admission::proven && !mqtt.topics_prove) {
    found.push_back({"mqtt",
                     "admission",
                     "\"proven\" serves nobody unless topics_prove is true, since the topic is all "
                     "that could prove who a device is",
                     {"mqtt.topics_prove"}});
  }
  if (mqtt.plugin_psks && mqtt.plugin_folder.empty())
    found.push_back(
        {"mqtt", "plugin_psks", "has no use without plugin_folder", {"mqtt.plugin_folder"}});
  check_pair("mqtt", mqtt.certificate, mqtt.key, found);
  if (!mqtt.certificate.empty() && mqtt.ca.empty()) {
    found.push_back({"mqtt",
                     "certificate",
                     "needs ca beside it, since without it there is no TLS",
                     {"mqtt.ca"}});
  }
  check_crl("mqtt", mqtt.crl, "ca", mqtt.ca, found);
  check_order("mqtt", "reconnect_first", mqtt.reconnect_first, "reconnect_most",
              mqtt.reconnect_most, "mqtt.reconnect_most", found);
  if (purpose == Purpose::gateway && mqtt.enabled) {
    check_file("mqtt", "ca", mqtt.ca, found);
    check_file("mqtt", "crl", mqtt.crl, found);
    check_file("mqtt", "certificate", mqtt.certificate, found);
    check_file("mqtt", "key", mqtt.key, found);
  }
}

}  // namespace msggw::config
