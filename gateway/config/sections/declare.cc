// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/sections/declare.h"

namespace msggw::config {

config_language::OptionTable options_of(Config& config) {
  config_language::OptionTable table;
  declare_gateway(table, config);
  declare_coap(table, config.coap);
  declare_mqtt(table, config.mqtt);
  declare_sms(table, config.sms);
  declare_messages(table, config.messages);
  declare_msgin5g(table, config.msgin5g);
  declare_provisioning(table, config);
  declare_function(table, config.pf);
  return table;
}

config_language::OptionTable options_of(sms::SmscOptions& smsc) {
  config_language::OptionTable table;
  table.section("smsc");
  table.taken(When::live);
  declare_smsc(table, smsc);
  return table;
}

config_language::OptionTable options_of(msgin5g::ServerOptions& server) {
  config_language::OptionTable table;
  table.section("server");
  table.taken(When::live);
  declare_server(table, server);
  return table;
}

}  // namespace msggw::config
