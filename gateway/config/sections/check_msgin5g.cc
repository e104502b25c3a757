// SPDX-License-Identifier: Apache-2.0
// Checks of [msgin5g...], and of one MSGin5G Server.
#include <algorithm>

#include "gateway/base/text.h"
#include "gateway/config/sections/check_parts.h"

namespace msggw::config {
namespace {

constexpr std::string_view kSection = "msgin5g";
constexpr std::string_view kServer = "msgin5g.server";
constexpr std::string_view kTls = "msgin5g.tls";

void check_token_keys(const msgin5g::Options& msgin5g, Findings& found) {
  const bool has_keys = !msgin5g.token_keys.empty();
  if (has_keys && (!msgin5g.token.empty() || !msgin5g.token_file.empty())) {
    found.push_back({kSection,
                     "token_keys",
                     "stands beside token, only one of them is allowed",
                     {"msgin5g.token", "msgin5g.token_file"}});
  }
  if (has_keys && msgin5g.token_audiences.empty()) {
    found.push_back({kSection,
                     "token_audiences",
                     "is empty, and a token for anybody would do; name what tokens for this "
                     "gateway have as aud",
                     {"msgin5g.token_keys"}});
  }
  if (!has_keys && !(msgin5g.token_audiences.empty() && msgin5g.token_issuers.empty())) {
    found.push_back({kSection,
                     msgin5g.token_audiences.empty() ? "token_issuers" : "token_audiences",
                     "needs token_keys beside it",
                     {"msgin5g.token_keys"}});
  }
}

void check_forms(const msgin5g::Options& msgin5g, Findings& found) {
  if (const auto path = base::parse_path(msgin5g.face.path_prefix); !path)
    found.push_back({kSection, "path", path.error().detail});
  for (const std::string& app : msgin5g.base64_apps) {
    const auto& others = msgin5g.text_apps;
    if (std::find(others.begin(), others.end(), app) == others.end()) continue;
    found.push_back({kSection,
                     "base64_apps",
                     "'" + base::printable(app) + "' is one of text_apps too",
                     {"msgin5g.text_apps"}});
  }
  check_order(kSection, "probe_first", msgin5g.probe_first, "probe_most", msgin5g.probe_most,
              "msgin5g.probe_most", found);
  check_pair(kTls, msgin5g.tls.certificate, msgin5g.tls.key, found);
  if (msgin5g.tls.certificate.empty() && !msgin5g.tls.client_ca.empty()) {
    found.push_back(
        {kTls, "client_ca", "needs certificate beside it", {"msgin5g.tls.certificate"}});
  }
  check_crl(kTls, msgin5g.tls.crl, "client_ca", msgin5g.tls.client_ca, found);
  if (msgin5g.tls.client_ca.empty() && !msgin5g.face.client_names.empty()) {
    found.push_back({kSection,
                     "client_names",
                     "needs client_ca in [msgin5g.tls], or nobody would have a name",
                     {"msgin5g.tls.client_ca"}});
  }
  check_token_keys(msgin5g, found);
}

void check_listener(const msgin5g::Options& msgin5g, Findings& found) {
  if (const auto why = why_not_open(msgin5g); !why.empty()) {
    found.push_back({kSection,
                     "address",
                     "'" + msgin5g.address.to_string() + "' " + std::string(why),
                     {"msgin5g.tls.client_ca", "msgin5g.tls.certificate", "msgin5g.token",
                      "msgin5g.token_file", "msgin5g.token_keys", "msgin5g.allow_cleartext"}});
  }
  if (msgin5g.registration == msgin5g::Registration::server && !msgin5g.target_uri.root &&
      msgin5g.address.is_unspecified()) {
    found.push_back({kSection,
                     "target_uri",
                     "is the listener's own, and servers cannot be told to reach '" +
                         msgin5g.address.to_string() + "'",
                     {"msgin5g.address"}});
  }
  check_file(kSection, "token_keys", msgin5g.token_keys, found);
  check_file(kTls, "certificate", msgin5g.tls.certificate, found);
  check_file(kTls, "key", msgin5g.tls.key, found);
  check_file(kTls, "client_ca", msgin5g.tls.client_ca, found);
  check_file(kTls, "crl", msgin5g.tls.crl, found);
}

/// What asks for access tokens; a secret may still stand in its file.
void check_token(std::string_view section, const msgin5g::TokenOptions& token, bool allow_cleartext,
                 Findings& found) {
  const bool has_secret = !token.client_secret.empty() || !token.client_secret_file.empty();
  if (has_secret && token.client_id.empty())
    found.push_back({section, "client_secret", "needs client_id beside it"});
  if (!token.endpoint.uri) {
    if (!token.client_id.empty())
      found.push_back({section, "client_id", "is for a token endpoint; name it, in token_uri"});
    return;
  }
  if (auto wrong = cleartext_wrong(*token.endpoint.uri, allow_cleartext); !wrong.empty()) {
    found.push_back({section,
                     "token_uri",
                     "'" + base::to_string(*token.endpoint.uri) + "' " + wrong,
                     {"msgin5g.allow_cleartext"}});
  }
  if (token.client_id.empty() && token.nf_instance_id.empty())
    found.push_back({section, "token_uri", "needs client_id or nf_instance_id beside it"});
  if (token.scope.empty())
    found.push_back({section, "scope", "is empty, a token is for something"});
}

}  // namespace

void check_server(std::string_view section, const msgin5g::ServerOptions& server,
                  bool allow_cleartext, Findings& found) {
  if (server.service_id.empty())
    found.push_back({section, "service_id", "is empty, so no device would have this server"});
  if (server.uris.empty())
    found.push_back({section, "uris", "is empty, a MSGin5G Server needs at least one"});
  for (const base::Uri& uri : server.uris) {
    const std::string wrong = cleartext_wrong(uri, allow_cleartext);
    if (wrong.empty()) continue;
    found.push_back(
        {section, "uris", "'" + base::to_string(uri) + "' " + wrong, {"msgin5g.allow_cleartext"}});
  }
  check_pair(section, server.http.tls.certificate, server.http.tls.key, found);
  check_crl(section, server.http.tls.crl, "ca", server.http.tls.ca, found);
  check_token(section, server.token, allow_cleartext, found);
}

void check_server_files(std::string_view section, const msgin5g::ServerOptions& server,
                        Findings& found) {
  check_file(section, "ca", server.http.tls.ca, found);
  check_file(section, "crl", server.http.tls.crl, found);
  check_file(section, "certificate", server.http.tls.certificate, found);
  check_file(section, "key", server.http.tls.key, found);
}

void check_msgin5g(const msgin5g::Options& msgin5g, Purpose purpose, Findings& found) {
  check_forms(msgin5g, found);
  if (!msgin5g.enabled) return;
  if (msgin5g.servers_file.empty())
    check_server(kServer, msgin5g.server, msgin5g.allow_cleartext, found);
  if (purpose != Purpose::gateway) return;
  check_listener(msgin5g, found);
  if (msgin5g.servers_file.empty()) check_server_files(kServer, msgin5g.server, found);
}

}  // namespace msggw::config
