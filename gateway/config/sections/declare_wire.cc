// SPDX-License-Identifier: Apache-2.0
// What [provisioning.wire] and [pf.wire] may say.
#include "gateway/config/sections/declare.h"

namespace msggw::config {

void declare_wire(config_language::OptionTable& table, protocol::WireLimits& wire) {
  table.octets("body_octets", wire.body_octets, 256, 1 << 20);
  table.octets("private_id_octets", wire.private_id_octets, 8, 255);
  table.octets("info_octets", wire.info_octets, 0, 1 << 20);
  table.octets("service_id_octets", wire.service_id_octets, 8, 255);
  table.number("server_service_ids", wire.server_service_ids, 1, 256);
  table.octets("service_info_octets", wire.service_info_octets, 0, 1 << 20);
  table.number("bulk_items", wire.bulk_items, 1, 4'096);
  table.octets("bulk_octets", wire.bulk_octets, 4'096, 64 << 20);
}

}  // namespace msggw::config
