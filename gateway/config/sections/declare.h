// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/config/language/option.h"
#include "gateway/config/sections/config.h"

namespace msggw::config {

using config_language::When;

inline constexpr base::Duration kMillisecond{1};
inline constexpr base::Duration kSecond{1'000};
inline constexpr base::Duration kMinute{60'000};
inline constexpr base::Duration kHour{3'600'000};

/// Every option there is, pointing into `config`, which must stay in place as long as the table is
/// used.
config_language::OptionTable options_of(Config& config);

/// Those of an item of a list, as sections "smsc" and "server".
config_language::OptionTable options_of(sms::SmscOptions& smsc);
config_language::OptionTable options_of(msgin5g::ServerOptions& server);

// The sections, in the order of the manual.
void declare_gateway(config_language::OptionTable& table,
                     Config& config);  ///< [gateway], [log], [admin], [limits], [credentials]
void declare_coap(config_language::OptionTable& table, coap_adapter::Options& coap);
void declare_mqtt(config_language::OptionTable& table, mqtt::Options& mqtt);
void declare_sms(config_language::OptionTable& table, sms::Options& sms);
void declare_messages(config_language::OptionTable& table, MessagesOptions& messages);
void declare_msgin5g(config_language::OptionTable& table,
                     msgin5g::Options& msgin5g);  ///< [msgin5g...]
void declare_provisioning(config_language::OptionTable& table,
                          Config& config);  ///< [provisioning...]
void declare_function(config_language::OptionTable& table, function::Options& pf);  ///< [pf...]
void declare_policy(config_language::OptionTable& table, function::DefaultGrant& policy);

// Options of more than one section, for the section named last.

/// Of [provisioning.wire] and [pf.wire].
void declare_wire(config_language::OptionTable& table, protocol::WireLimits& wire);
/// Of one SMSC: they stand in [sms] and in each [[smsc]].
void declare_smsc(config_language::OptionTable& table, sms::SmscOptions& smsc);
/// Of one MSGin5G Server: they stand in [msgin5g.server] and in each [[server]].
void declare_server(config_language::OptionTable& table, msgin5g::ServerOptions& server);

}  // namespace msggw::config
