// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/certificates.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "adapters/msgin5g/token_keys.h"
#include "adapters/wire/tls/contexts.h"
#include "gateway/base/text.h"
#include "gateway/config/language/config_error.h"

namespace msggw::process {

namespace {

using Sections = std::vector<TlsFiles>;

TlsFiles section(const std::string& name, tls::Options made) {
  return {name, "[" + name + "]", std::move(made)};
}

template <class Files>
tls::Options client_of(const Files& files) {
  return {.ca = files.ca, .crl = files.crl, .certificate = files.certificate, .key = files.key};
}

template <class Files>
tls::Options listener_of(const Files& files) {
  return {.side = tls::Side::server,
          .ca = files.client_ca,
          .crl = files.crl,
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

}  // namespace

Sections tls_files_of_gateway(const config::Config& config) {
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

Sections tls_files_of_function(const function::Options& pf) {
  if (pf.tls.certificate.empty()) return {};
  return {section("pf.tls", listener_of(pf.tls))};
}

namespace {

using Look = base::Result<> (*)(const tls::Options&);

std::vector<std::string> faults(const config::Config& config, config::Purpose purpose,
                                const Origin& origin, Look look) {
  std::vector<std::string> problems;
  const bool function = purpose == config::Purpose::function;
  for (const auto& [name, subject, made] :
       function ? tls_files_of_function(config.pf) : tls_files_of_gateway(config)) {
    const auto good = look(made);
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
  return problems;
}

void throw_if_any(std::vector<std::string> problems) {
  if (!problems.empty()) throw config_language::ConfigError(std::move(problems));
}

}  // namespace

std::vector<std::string> unusable_files(const config::Config& config, config::Purpose purpose,
                                        const Origin& origin) {
  return faults(config, purpose, origin, tls::check);
}

void check_certificates(const config::Config& config, config::Purpose purpose,
                        const Origin& origin) {
  throw_if_any(unusable_files(config, purpose, origin));
}

void check_usable_certificates(const config::Config& config, config::Purpose purpose,
                               const Origin& origin) {
  throw_if_any(faults(config, purpose, origin, tls::check_files));
}

tls::Day soon_from(const tls::Ending& ending) {
  tls::Day::duration soon = std::chrono::days{30};
  if (ending.use == "crl") soon = std::min(soon, (ending.until - ending.from) / 3);
  return ending.until - soon;
}

bool ends_soon(const tls::Ending& ending, tls::Day now) {
  return now >= soon_from(ending);
}

int days_left(const tls::Ending& ending, tls::Day now) {
  return static_cast<int>(std::chrono::floor<std::chrono::days>(ending.until - now).count());
}

std::vector<std::string> endings_soon(const std::vector<TlsFiles>& all, tls::Day now) {
  std::vector<std::string> sentences;
  for (const TlsFiles& files : all) {
    for (const tls::Ending& ending : tls::endings_of(files.made)) {
      if (!ends_soon(ending, now)) continue;
      const int days = days_left(ending, now);
      const std::string when = days < 0 ? "has ended" : "ends in " + std::to_string(days) + " days";
      sentences.push_back(files.subject + " " + ending.use + ": " +
                          base::printable(ending.file.native(), 300) + ": that of " +
                          ending.subject + " " + when + ", on " + tls::date_of(ending.until));
    }
  }
  return sentences;
}

}  // namespace msggw::process
