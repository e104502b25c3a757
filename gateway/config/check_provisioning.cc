// Checks of [provisioning...] and [pf...].
#include <algorithm>
#include <boost/json/value.hpp>
#include <optional>

#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/config/api_root.h"
#include "gateway/config/check_parts.h"

namespace msggw::config {
namespace {

bool are_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// What is wrong with an API root, or nothing.
std::string uri_wrong(const std::string& text, bool allow_cleartext) {
  const std::string quoted = "'" + base::printable(text, 200) + "' ";
  const auto root = parse_api_root(text);
  if (!root) return quoted + root.error().detail;
  if (root->tls || allow_cleartext || is_loopback(root->host)) return {};
  return quoted +
         "would be spoken to in cleartext over the network, use https or set allow_cleartext = "
         "true";
}

void check_codes(const client::Options& client, Findings& found) {
  if (!client.mcc.empty() && (client.mcc.size() != 3 || !are_digits(client.mcc))) {
    found.push_back(
        {"provisioning", "mcc",
         "'" + base::printable(client.mcc) + "' is not a country code, allowed are three digits"});
  }
  if (!client.mnc.empty() &&
      (client.mnc.size() < 2 || client.mnc.size() > 3 || !are_digits(client.mnc))) {
    found.push_back({"provisioning", "mnc",
                     "'" + base::printable(client.mnc) +
                         "' is not a network code, allowed are two or three digits"});
  }
  if (client.mcc.empty() != client.mnc.empty()) {
    const bool no_mcc = client.mcc.empty();
    found.push_back({"provisioning",
                     no_mcc ? "mnc" : "mcc",
                     no_mcc ? "needs mcc beside it" : "needs mnc beside it",
                     {no_mcc ? "provisioning.mcc" : "provisioning.mnc"}});
  }
}

/// The length of a Service ID made from `pattern`; none if it has a placeholder that does not
/// exist, or not one {id}.
std::optional<std::size_t> length_of(std::string_view pattern) {
  constexpr std::size_t kIdLength = 20;
  constexpr std::size_t kLongestType = 3;
  std::size_t length = 0;
  unsigned ids = 0;
  for (std::size_t at = 0; at < pattern.size();) {
    if (pattern.substr(at).starts_with("{id}")) {
      ++ids, at += 4, length += kIdLength;
    } else if (pattern.substr(at).starts_with("{type}")) {
      at += 6, length += kLongestType;
    } else if (pattern[at] == '{' || pattern[at] == '}') {
      return std::nullopt;
    } else {
      ++at, ++length;
    }
  }
  return ids == 1 ? std::optional(length) : std::nullopt;
}

void check_policy(const function::Options& pf, Findings& found) {
  const function::Policy& policy = pf.policy;
  const auto length = length_of(policy.service_id_template);
  if (!length || policy.service_id_template.find(' ') != std::string::npos) {
    found.push_back({"pf.policy", "service_id_template",
                     "'" + base::printable(policy.service_id_template) +
                         "' makes no Service IDs, allowed is text without spaces with {id} once "
                         "and {type} as an "
                         "addition"});
  } else if (*length > pf.wire.service_id_octets) {
    found.push_back({"pf.policy",
                     "service_id_template",
                     "makes Service IDs of " + std::to_string(*length) +
                         " octets, allowed are at most service_id_octets of [pf.wire], " +
                         std::to_string(pf.wire.service_id_octets),
                     {"pf.wire.service_id_octets"}});
  }
  if (policy.server_service_ids.empty()) {
    found.push_back(
        {"pf.policy", "server_service_ids", "is empty, every response needs at least one"});
  } else if (policy.server_service_ids.size() > pf.wire.server_service_ids) {
    found.push_back({"pf.policy",
                     "server_service_ids",
                     "has more items than server_service_ids of [pf.wire] allows, " +
                         std::to_string(pf.wire.server_service_ids),
                     {"pf.wire.server_service_ids"}});
  }
  if (policy.service_info.empty()) return;
  const auto info = base::parse_json(policy.service_info, {});
  if (!info || !info->is_object()) {
    found.push_back({"pf.policy", "service_info",
                     "is not a JSON object" + (info ? std::string() : ": " + info.error().detail) +
                         ", allowed is one such as '{\"segmentSize\":2048}' or nothing"});
  } else if (policy.service_info.size() > pf.wire.service_info_octets) {
    found.push_back({"pf.policy",
                     "service_info",
                     "is longer than service_info_octets of [pf.wire] allows, " +
                         std::to_string(pf.wire.service_info_octets),
                     {"pf.wire.service_info_octets"}});
  }
}

}  // namespace

void check_provisioning(const Config& config, Purpose purpose, Findings& found) {
  const client::Options& client = config.provisioning;
  for (const std::string& uri : client.uris) {
    auto wrong = uri_wrong(uri, config.provisioning_allow_cleartext);
    if (wrong.empty()) continue;
    found.push_back({"provisioning", "uris", std::move(wrong), {"provisioning.allow_cleartext"}});
  }
  check_codes(client, found);
  const http::ClientTls& tls = client.http.tls;
  check_pair("provisioning.tls", tls.certificate, tls.key, found);
  if (purpose != Purpose::gateway) return;
  if (client.uris.empty() && client.mcc.empty() && client.mnc.empty()) {
    found.push_back(
        {"provisioning",
         "uris",
         "no Provisioning Function is named, give uris, or mcc and mnc to derive its address",
         {"provisioning.mcc", "provisioning.mnc"}});
  }
  check_file("provisioning.tls", "ca", tls.ca, found);
  check_file("provisioning.tls", "certificate", tls.certificate, found);
  check_file("provisioning.tls", "key", tls.key, found);
}

void check_function(const Config& config, Purpose purpose, Findings& found) {
  const function::Options& pf = config.pf;
  if (!pf.volatile_store &&
      pf.folder.lexically_normal() == config.gateway.folder.lexically_normal()) {
    found.push_back({"pf",
                     "folder",
                     "is the folder of the gateway too, each needs its own",
                     {"gateway.folder"}});
  }
  if (!is_loopback(pf.address) && !pf.allow_cleartext && pf.tls.certificate.empty()) {
    found.push_back({"pf",
                     "address",
                     "'" + base::printable(pf.address) +
                         "' is open to the network, name a certificate in [pf.tls] or set "
                         "allow_cleartext = true",
                     {"pf.allow_cleartext", "pf.tls.certificate"}});
  }
  check_pair("pf.tls", pf.tls.certificate, pf.tls.key, found);
  if (pf.tls.certificate.empty() && !pf.tls.client_ca.empty()) {
    found.push_back({"pf.tls", "client_ca", "needs certificate beside it", {"pf.tls.certificate"}});
  }
  check_policy(pf, found);
  if (purpose != Purpose::function) return;
  check_file("pf.tls", "certificate", pf.tls.certificate, found);
  check_file("pf.tls", "key", pf.tls.key, found);
  check_file("pf.tls", "client_ca", pf.tls.client_ca, found);
}

}  // namespace msggw::config
