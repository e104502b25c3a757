// SPDX-License-Identifier: Apache-2.0
// Checks of [provisioning...].
#include <algorithm>
#include <utility>

#include "gateway/base/text.h"
#include "gateway/config/sections/check_parts.h"
#include "provisioning/protocol/address.h"

namespace msggw::config {
namespace {

bool are_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void check_derived(const Config& config, Findings& found) {
  protocol::PlmnAddress derived = config.provisioning.derived;
  const bool used = config.provisioning.uris.empty() && !derived.mcc.empty();
  derived.mcc = "001";  // whatever they are, label and path are as good or bad
  derived.mnc = "01";
  const std::string path = std::exchange(derived.path, {});
  if (const auto root = protocol::derive_api_root(derived); !root) {
    found.push_back({"provisioning.derived", "label", root.error().detail});
  } else if (auto wrong = cleartext_wrong(*root, config.provisioning_allow_cleartext);
             used && !wrong.empty()) {
    found.push_back({"provisioning.derived",
                     "scheme",
                     "the derived address " + wrong,
                     {"provisioning.allow_cleartext"}});
  }
  derived.label = "a";
  derived.path = path;
  if (const auto root = protocol::derive_api_root(derived); !root)
    found.push_back({"provisioning.derived", "path", root.error().detail});
}

void check_psk(const client::Options& client, Purpose purpose, Findings& found) {
  const bool key = !client.psk_key.empty();
  const bool file = !client.psk_key_file.empty();
  if (!client.psk_identity.empty() && !key && !file) {
    found.push_back({"provisioning",
                     "psk_identity",
                     "needs psk_key or psk_key_file beside it",
                     {"provisioning.psk_key", "provisioning.psk_key_file"}});
  }
  if (client.psk_identity.empty() && (key || file)) {
    found.push_back({"provisioning",
                     key ? "psk_key" : "psk_key_file",
                     "needs psk_identity beside it",
                     {"provisioning.psk_identity"}});
  }
  if (key && file) {
    found.push_back({"provisioning",
                     "psk_key_file",
                     "stands beside psk_key, only one of them is allowed",
                     {"provisioning.psk_key"}});
  }
  if (purpose == Purpose::gateway)
    check_file("provisioning", "psk_key_file", client.psk_key_file, found);
}

void check_bulk(const client::Options& client, Findings& found) {
  if (client.bulk_most <= client.wire.bulk_items) return;
  found.push_back({"provisioning",
                   "bulk_most",
                   std::to_string(client.bulk_most) +
                       " is more than bulk_items of [provisioning.wire], which is " +
                       std::to_string(client.wire.bulk_items),
                   {"provisioning.wire.bulk_items"}});
}

void check_codes(const protocol::PlmnAddress& derived, Findings& found) {
  if (!derived.mcc.empty() && (derived.mcc.size() != 3 || !are_digits(derived.mcc))) {
    found.push_back(
        {"provisioning", "mcc",
         "'" + base::printable(derived.mcc) + "' is not a country code, allowed are three digits"});
  }
  if (!derived.mnc.empty() &&
      (derived.mnc.size() < 2 || derived.mnc.size() > 3 || !are_digits(derived.mnc))) {
    found.push_back({"provisioning", "mnc",
                     "'" + base::printable(derived.mnc) +
                         "' is not a network code, allowed are two or three digits"});
  }
  if (derived.mcc.empty() != derived.mnc.empty()) {
    const bool no_mcc = derived.mcc.empty();
    found.push_back({"provisioning",
                     no_mcc ? "mnc" : "mcc",
                     no_mcc ? "needs mcc beside it" : "needs mnc beside it",
                     {no_mcc ? "provisioning.mcc" : "provisioning.mnc"}});
  }
}

}  // namespace

void check_provisioning(const Config& config, Purpose purpose, Findings& found) {
  const client::Options& client = config.provisioning;
  for (const base::Uri& uri : client.uris) {
    const std::string wrong = cleartext_wrong(uri, config.provisioning_allow_cleartext);
    if (wrong.empty()) continue;
    found.push_back({"provisioning",
                     "uris",
                     "'" + base::to_string(uri) + "' " + wrong,
                     {"provisioning.allow_cleartext"}});
  }
  check_codes(client.derived, found);
  check_derived(config, found);
  check_psk(client, purpose, found);
  check_bulk(client, found);
  check_order("provisioning", "probe_first", client.probe_first, "probe_most", client.probe_most,
              "provisioning.probe_most", found);
  const http::ClientTls& tls = client.http.tls;
  check_pair("provisioning.tls", tls.certificate, tls.key, found);
  check_crl("provisioning.tls", tls.crl, "ca", tls.ca, found);
  if (purpose != Purpose::gateway) return;
  if (client.uris.empty() && client.derived.mcc.empty() && client.derived.mnc.empty()) {
    found.push_back(
        {"provisioning",
         "uris",
         "no Provisioning Function is named, give uris, or mcc and mnc to derive its address",
         {"provisioning.mcc", "provisioning.mnc"}});
  }
  check_file("provisioning.tls", "ca", tls.ca, found);
  check_file("provisioning.tls", "crl", tls.crl, found);
  check_file("provisioning.tls", "certificate", tls.certificate, found);
  check_file("provisioning.tls", "key", tls.key, found);
}

}  // namespace msggw::config
