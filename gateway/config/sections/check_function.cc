// SPDX-License-Identifier: Apache-2.0
// Checks of [pf...], but for [pf.policy].
#include "gateway/config/sections/check_parts.h"

namespace msggw::config {

void check_function(const Config& config, Purpose purpose, Findings& found) {
  const function::Options& pf = config.pf;
  if (!pf.volatile_store &&
      pf.folder.lexically_normal() == config.gateway.folder.lexically_normal()) {
    found.push_back({"pf",
                     "folder",
                     "is the folder of the gateway too, each needs its own",
                     {"gateway.folder"}});
  }
  // With gateways there may be PSKs, which are enough for CoAP.
  const bool may_have_psk = pf.coap.enabled && !pf.gateways_file.empty();
  if (!base::is_loopback(pf.address) && !pf.allow_cleartext && pf.tls.certificate.empty() &&
      !may_have_psk) {
    found.push_back({"pf",
                     "address",
                     "'" + pf.address.to_string() +
                         "' is open to the network, name a certificate in [pf.tls] or set "
                         "allow_cleartext = true",
                     {"pf.allow_cleartext", "pf.tls.certificate", "pf.gateways_file"}});
  }
  if (pf.require_known_gateway && pf.gateways_file.empty()) {
    found.push_back({"pf",
                     "require_known_gateway",
                     "needs gateways_file beside it, or nobody could ask",
                     {"pf.gateways_file"}});
  }
  if (pf.require_known_gateway && pf.allow_unknown_gateways) {
    found.push_back({"pf",
                     "require_known_gateway",
                     "contradicts allow_unknown_gateways",
                     {"pf.allow_unknown_gateways"}});
  }
  check_pair("pf.tls", pf.tls.certificate, pf.tls.key, found);
  if (pf.tls.certificate.empty() && !pf.tls.client_ca.empty()) {
    found.push_back({"pf.tls", "client_ca", "needs certificate beside it", {"pf.tls.certificate"}});
  }
  check_crl("pf.tls", pf.tls.crl, "client_ca", pf.tls.client_ca, found);
  check_policy(pf, found);
  if (purpose != Purpose::function) return;
  check_file("pf.tls", "certificate", pf.tls.certificate, found);
  check_file("pf.tls", "key", pf.tls.key, found);
  check_file("pf.tls", "client_ca", pf.tls.client_ca, found);
  check_file("pf.tls", "crl", pf.tls.crl, found);
  check_file("pf", "policy_file", pf.policy_file, found);
  check_file("pf", "gateways_file", pf.gateways_file, found);
}

}  // namespace msggw::config
