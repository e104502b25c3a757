// SPDX-License-Identifier: Apache-2.0
// Checks of one SMSC.
#include "gateway/config/sections/check_parts.h"

namespace msggw::config {

void check_smsc_forms(std::string_view section, const sms::SmscOptions& smsc, Findings& found) {
  if (smsc.addresses.empty()) {
    found.push_back({section, "addresses", "is empty, an SMSC needs at least one"});
  }
}

void check_smsc_tls(std::string_view section, const sms::SmscOptions& smsc, Findings& found) {
  check_pair(section, smsc.certificate, smsc.key, found);
  if (!smsc.certificate.empty() && smsc.ca.empty()) {
    found.push_back({section,
                     "certificate",
                     "needs ca beside it, since without it there is no TLS",
                     {"sms.ca"}});
  }
}

void check_smsc_files(std::string_view section, const sms::SmscOptions& smsc, Findings& found) {
  check_file(section, "ca", smsc.ca, found);
  check_file(section, "certificate", smsc.certificate, found);
  check_file(section, "key", smsc.key, found);
}

}  // namespace msggw::config
