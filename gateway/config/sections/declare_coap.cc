// SPDX-License-Identifier: Apache-2.0
// The section [coap].
#include "gateway/config/sections/declare.h"

namespace msggw::config {

void declare_coap(config_language::OptionTable& table, coap_adapter::Options& coap) {
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

}  // namespace msggw::config
