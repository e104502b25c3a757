// SPDX-License-Identifier: Apache-2.0
// The section [pf.policy].
#include "gateway/config/sections/declare.h"

namespace msggw::config {

void declare_policy(config_language::OptionTable& table, function::DefaultGrant& policy) {
  table.section("pf.policy");
  table.taken(When::live);
  table.text("service_id_template", policy.service_id_template);
  table.list("server_service_ids", policy.server_service_ids, 256);
  table.number("servers_told", policy.servers_told, 0, 256);
  table.octets("segment_size", policy.segment_size, 0, 16 << 20);
  table.optional_text("service_info", policy.service_info);
  table.time("lifetime", policy.lifetime, 0 * kMillisecond, 3'650 * 24 * kHour);
}

}  // namespace msggw::config
