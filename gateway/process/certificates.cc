// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/certificates.h"

#include <string>
#include <utility>
#include <vector>

#include "adapters/msgin5g/token_keys.h"
#include "adapters/wire/tls/contexts.h"
#include "gateway/base/text.h"
#include "gateway/config/language/config_error.h"

namespace msggw::process {

namespace {

/// A section that names TLS files.
struct Section {
  std::string name;
  std::string subject;  ///< as a person knows it
  tls::Options made;    ///< of it
};
using Sections = std::vector<Section>;

Section section(const std::string& name, tls::Options made) {
  return {name, "[" + name + "]", std::move(made)};
}

template <class Files>
tls::Options client_of(const Files& files) {
  return {.ca = files.ca, .certificate = files.certificate, .key = files.key};
}

template <class Files>
tls::Options listener_of(const Files& files) {
  return {.side = tls::Side::server,
          .ca = files.client_ca,
          .certificate = files.certificate,
          .key = files.key};
}

void add_msgin5g(const msgin5g::Options& msgin5g, Sections& all) {
  if (!msgin5g.enabled) return;
  if (!msgin5g.tls.certificate.empty())
    all.push_back(section("msgin5g.tls", listener_of(msgin5g.tls)));
  for (const msgin5g::ServerOptions& server : msgin5g.servers)
    all.push_back({"msgin5g", "MSGin5G Server " + server.name, client_of(server.http.tls)});
}

Sections of_gateway(const config::Config& config) {
  Sections all;
  if (config.mqtt.enabled && !config.mqtt.ca.empty())
    all.push_back(section("mqtt", client_of(config.mqtt)));
  if (config.sms.enabled) {
    for (const sms::SmscOptions& smsc : config.sms.all) {
      if (!smsc.ca.empty()) all.push_back({"sms", "SMSC " + smsc.name, client_of(smsc)});
    }
  }
  const coap_adapter::SecureOptions& secure = config.coap.secure;
  if (config.coap.enabled && (secure.udp || secure.tcp))
    all.push_back(section("coap.secure", listener_of(secure)));
  all.push_back(section("provisioning.tls", client_of(config.provisioning.http.tls)));
  add_msgin5g(config.msgin5g, all);
  return all;
}

Sections of_function(const config::Config& config) {
  return {section("pf.tls", listener_of(config.pf.tls))};
}

}  // namespace

void check_certificates(const config::Config& config, config::Purpose purpose,
                        const Origin& origin) {
  std::vector<std::string> problems;
  const bool function = purpose == config::Purpose::function;
  for (const auto& [name, subject, made] : function ? of_function(config) : of_gateway(config)) {
    const auto good = tls::check(made);
    if (good) continue;
    const std::string& detail = good.error().detail;  // "KEY: FILE: REASON"
    problems.push_back(origin.of(name, detail.substr(0, detail.find(':'))) + ": " + subject + " " +
                       base::printable(detail, 500));
  }
  const msgin5g::Options& msgin5g = config.msgin5g;
  if (!function && msgin5g.enabled && !msgin5g.token_keys.empty()) {
    if (const auto keys = msgin5g::load_token_keys(msgin5g.token_keys); !keys)
      problems.push_back(origin.of("msgin5g", "token_keys") + ": [msgin5g] " +
                         base::printable(keys.error().detail, 500));
  }
  if (!problems.empty()) throw config_language::ConfigError(std::move(problems));
}

}  // namespace msggw::process
