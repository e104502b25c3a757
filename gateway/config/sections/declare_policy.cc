// SPDX-License-Identifier: Apache-2.0
// The section [pf.policy].
#include "gateway/config/sections/declare.h"

namespace msggw::config {

void declare_policy(config_language::OptionTable& table, function::DefaultGrant& policy) {
  table.section(
      "pf.policy",
      "How Service IDs are made and what is told with them, unless the policy_file of [pf] "
      "says otherwise.");
  table.text(
      "service_id_template", policy.service_id_template,
      "New Service IDs. {id} is required and becomes 20 random lower-case letters and digits; "
      "{type} becomes "
      "ue, as, l3g or n3g by the type of endpoint. Service IDs given out before stay as they are.");
  table.list("server_service_ids", policy.server_service_ids, 256,
             "Service IDs of the MSGin5G Servers that an endpoint may use, the one to use first in "
             "front; at least one.");
  table.number("servers_told", policy.servers_told, 0, 256,
               "How many of them a response names. 0: all.");
  table.octets("segment_size", policy.segment_size, 0, 16 << 20,
               "Told in the service information as segmentSize: the largest piece of a message. 0: "
               "not told. A segmentSize in service_info takes the place of the default.");
  table.optional_text(
      "service_info", policy.service_info,
      "Service information for every response, a JSON object. Empty: the segment size "
      "alone.");
  table.time("lifetime", policy.lifetime, 0 * kMillisecond, 3'650 * 24 * kHour,
             "For how long servers and service information are good. Then the endpoint, or the "
             "gateway for it, asks again; its Service ID stays the same. 0s: for ever.");
}

}  // namespace msggw::config
