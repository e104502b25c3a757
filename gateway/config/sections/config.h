// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/coap/options.h"
#include "adapters/mqtt/options.h"
#include "adapters/msgin5g/options.h"
#include "adapters/sms/options.h"
#include "gateway/base/address.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/core/limits.h"
#include "gateway/credentials/options.h"
#include "gateway/messages/limits.h"
#include "gateway/messages/policy.h"
#include "provisioning/client/options.h"
#include "provisioning/function/options.h"

namespace msggw::config {

/// The [gateway] section.
struct GatewayOptions {
  std::filesystem::path folder = "/var/lib/msggw";  ///< holds the device table
  std::size_t map_size = std::size_t{64} << 30;     ///< address space of the store, octets
  base::Duration watchdog_turn{50};                 ///< a longer turn of the loop is logged
};

/// The [admin] section: the operator's listener with /metrics, /healthz, /readyz and /api.
struct AdminOptions {
  bool enabled = true;
  boost::asio::ip::address address = boost::asio::ip::address_v4::loopback();
  std::uint16_t port = 8080;      ///< 0: any free one (tests)
  std::vector<base::Host> hosts;  ///< for /api, beside numeric addresses and localhost
};

/// The [log] section.
struct LogOptions {
  base::log::Level level = base::log::Level::info;
  base::log::Format format = base::log::Format::text;
  base::log::PrivateIds private_ids = base::log::PrivateIds::hashed;
};

/// The [messages] section.
struct MessagesOptions {
  messages::Policy policy;  ///< its servers are those of [[msgin5g.server]]
  messages::Limits limits;
};

/// Everything that an operator can set; the defaults are these initialisers. Built once at start
/// and not changed afterwards, so that any room may keep a reference to its part. etc/msggw.toml
/// explains every field.
struct Config {
  GatewayOptions gateway;
  core::Limits limits;
  credentials::Options credentials;
  coap_adapter::Options coap;
  mqtt::Options mqtt;
  sms::Options sms;  ///< `all` is filled by load(), empty in a default-constructed Config
  MessagesOptions messages;
  msgin5g::Options msgin5g;  ///< `servers` is filled by load() too
  client::Options provisioning;
  /// Http:// to a Provisioning Function that is not on loopback.
  bool provisioning_allow_cleartext = false;
  function::Options pf;
  AdminOptions admin;
  LogOptions log;
  /// Whether a secret is written in the configuration's file itself. No option; load() says it.
  bool file_holds_secrets = false;
};

/// What the configuration is loaded for, which decides what it must hold beyond being free of
/// errors.
enum class Purpose {
  look,      ///< reading settings beside a running gateway: no file that it names is touched
  gateway,   ///< `msggw run`: names a Provisioning Function; the gateway's key files are readable
  function,  ///< `msggw pf`: the key files of [pf.tls] are readable
};

}  // namespace msggw::config
