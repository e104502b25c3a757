// SPDX-License-Identifier: Apache-2.0
// What [provisioning.wire] and [pf.wire] may say.
#include "gateway/config/sections/declare.h"

namespace msggw::config {

void declare_wire(config_language::OptionTable& table, protocol::WireLimits& wire) {
  table.octets("body_octets", wire.body_octets, 256, 1 << 20, "The largest body.");
  table.octets("private_id_octets", wire.private_id_octets, 8, 255, "The longest Private ID.");
  table.octets("info_octets", wire.info_octets, 0, 1 << 20,
               "The longest information of a request, as compact JSON.");
  table.octets("service_id_octets", wire.service_id_octets, 8, 255, "The longest Service ID.");
  table.number("server_service_ids", wire.server_service_ids, 1, 256,
               "Server Service IDs in one response.");
  table.octets("service_info_octets", wire.service_info_octets, 0, 1 << 20,
               "The longest service information of a response, as compact JSON.");
  table.number("bulk_items", wire.bulk_items, 1, 4'096, "Requests in one bulk request.");
  table.octets("bulk_octets", wire.bulk_octets, 4'096, 64 << 20,
               "The largest body of a bulk request or its answer.");
}

}  // namespace msggw::config
