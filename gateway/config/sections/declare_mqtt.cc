// SPDX-License-Identifier: Apache-2.0
// The section [mqtt].
#include "gateway/config/sections/declare.h"

namespace msggw::config {

void declare_mqtt(config_language::OptionTable& table, mqtt::Options& mqtt) {
  table.section("mqtt",
                "Devices that speak MQTT 3.1.1 or 5, through a broker that the gateway is a client "
                "of. A device "
                "publishes to <topic_prefix>/<private id>/register and gets "
                "<topic_prefix>/<private id>/registration.");
  table.flag("enabled", mqtt.enabled, "Whether the gateway connects to a broker.");
  table.parsed("host", mqtt.host, mqtt::parse_broker_host,
               "Name or address of the broker; what begins with '/' is the path of a unix socket.");
  table.number("port", mqtt.port, 0, 65'535,
               "TCP port of the broker. Of no meaning for a unix socket.");
  table.text("client_id", mqtt.client_id,
             "MQTT client identifier. Gateways that share a broker need one each, or they push "
             "each other off.");
  table.optional_text("user", mqtt.user, "User name at the broker. Empty: none.");
  table.optional_secret("password", mqtt.password, config_language::Text::kMostOctets,
                        "Its password. Keep this file readable to the gateway alone.");
  table.optional_text("ca", mqtt.ca,
                      "PEM file with the certificates that may sign the broker's. Naming it makes "
                      "the connection TLS. Read again on SIGHUP, as certificate and key are.");
  table.optional_text("certificate", mqtt.certificate,
                      "PEM file with the gateway's own certificate, for a broker that asks for "
                      "one. Needs key and ca.");
  table.optional_text("key", mqtt.key, "PEM file with the private key of that certificate.");
  table.text("topic_prefix", mqtt.topic_prefix,
             "What all topics begin with; levels are parted by '/'.");
  table.optional_text("shared_group", mqtt.shared_group,
                      "Name of a shared subscription, the same at all gateways that divide the "
                      "devices of one broker "
                      "among them. Empty: this gateway gets them all.");
  table.time("keep_alive", mqtt.keep_alive, 5 * kSecond, 18 * kHour,
             "The longest silence towards the broker.");
  table.time("reconnect_first", mqtt.reconnect_first, kMillisecond, kHour,
             "Ceiling of the random wait before the first try to connect again. It doubles with "
             "each failure.");
  table.time("reconnect_most", mqtt.reconnect_most, kMillisecond, kHour,
             "The most that the ceiling grows to.");
  table.octets("max_payload_octets", mqtt.max_payload_octets, 64, 1 << 20,
               "The largest payload of a device. Above this the answer is PAYLOAD_TOO_LARGE.");
  table.number("max_open_requests", mqtt.max_open_requests, 1, 10'000'000,
               "Registrations that wait for their answer, in all. Above this a device is told to "
               "come back.");
  table.number("max_outgoing", mqtt.max_outgoing, 1, 10'000'000,
               "Publications handed to the MQTT library and not sent yet. Above this the gateway "
               "stops reading from "
               "the broker until they are gone.");
}

}  // namespace msggw::config
