// SPDX-License-Identifier: Apache-2.0
// The sections [coap] and [mqtt].
#include "gateway/config/declare.h"

namespace msggw::config {
namespace {

void declare_coap(OptionTable& table, coap_adapter::Options& coap) {
  table.section("coap",
                "Devices that speak CoAP over UDP (RFC 7252). They register as at a resource "
                "directory (RFC 9176): "
                "POST /rd?ep=<private id>.");
  table.flag("enabled", coap.enabled, "Whether the gateway listens for CoAP.");
  table.numeric("address", coap.address,
                "Address to listen on, numeric: \"0.0.0.0\" is every IPv4, \"::\" every IPv6 "
                "address of the machine.");
  table.number("port", coap.port, 0, 65'535, "UDP port. 0 takes any free one.");
  table.number("max_idle_sessions", coap.max_idle_sessions, 1, 100'000,
               "Peers that are remembered with nothing outstanding. Each datagram costs a scan of "
               "them all, so more "
               "is slower; a device that was forgotten is not disturbed.");
  table.number("max_open_exchanges", coap.max_open_exchanges, 1, 10'000'000,
               "Requests that wait for their answer, in all. Above this a request is answered 5.03 "
               "at once.");
  table.number(
      "max_remembered_answers", coap.max_remembered_answers, 0, 10'000'000,
      "Answers kept for repeating when a device sends its request again (RFC 7252 section 4.5).");
  table.octets(
      "max_body_octets", coap.max_body_octets, 64, 1 << 20,
      "The largest request body, over all blocks. Above this the answer is 4.13 with Size1.");
  table.number("max_partial_bodies", coap.max_partial_bodies, 1, 100'000,
               "Request bodies that arrive block by block (RFC 7959) at a time. Above this the one "
               "that waited longest gives way.");
  table.number("max_separate_responses", coap.max_separate_responses, 0, 1'000'000,
               "Separate responses within 93 seconds that are repeated until the device "
               "acknowledges them. Those above are sent once.");
  table.octets("receive_buffer_octets", coap.receive_buffer_octets, 4'096, 1 << 30,
               "Receive buffer of the socket. The system's default loses bursts of 250 datagrams. "
               "The kernel "
               "grants at most net.core.rmem_max.");
  table.time("piggyback_within", coap.piggyback_within, 0 * kMillisecond, 2 * kSecond,
             "An answer ready within this time rides on the acknowledgement; a later one is a "
             "separate response (RFC 7252 section 5.2.2). Devices send a request again after two "
             "seconds without an acknowledgement.");
}

}  // namespace

void declare_adapters(OptionTable& table, Config& config) {
  declare_coap(table, config.coap);

  mqtt::Options& mqtt = config.mqtt;
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
  table.optional_secret("password", mqtt.password, Text::kMostOctets,
                        "Its password. Keep this file readable to the gateway alone.");
  table.optional_text("ca", mqtt.ca,
                      "PEM file with the certificates that may sign the broker's. Naming it makes "
                      "the connection TLS.");
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
