// SPDX-License-Identifier: Apache-2.0
// Checks of one SMSC.
#include <algorithm>

#include "gateway/base/text.h"
#include "gateway/config/sections/check_parts.h"

namespace msggw::config {

std::string number_pattern_wrong(std::string_view pattern) {
  const auto is_digit_of_number = [](char c) { return c >= '0' && c <= '9'; };
  const auto in_pattern = [&](char c) { return is_digit_of_number(c) || c == '*' || c == '?'; };
  const auto rest = pattern.substr(pattern.starts_with('+') ? 1 : 0);
  const bool begins_well =
      !pattern.empty() && (rest.size() < pattern.size() || !is_digit_of_number(pattern.front()));
  if (begins_well && std::all_of(rest.begin(), rest.end(), in_pattern)) return {};
  return "'" + base::printable(pattern) +
         "' describes no number, allowed are digits, '*' and '?' behind a '+' or a wildcard in "
         "front";
}

void check_smsc_forms(std::string_view section, const sms::SmscOptions& smsc, Findings& found) {
  if (smsc.addresses.empty()) {
    found.push_back({section, "addresses", "is empty, an SMSC needs at least one"});
  }
  for (const std::string& pattern : smsc.trusted_numbers) {
    if (auto wrong = number_pattern_wrong(pattern); !wrong.empty())
      found.push_back({section, "trusted_numbers", std::move(wrong)});
  }
  if (!smsc.trusted && !smsc.trusted_numbers.empty()) {
    found.push_back({section, "trusted_numbers", "has no effect while trusted is false"});
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
  check_crl(section, smsc.crl, "ca", smsc.ca, found);
}

void check_smsc_files(std::string_view section, const sms::SmscOptions& smsc, Findings& found) {
  check_file(section, "ca", smsc.ca, found);
  check_file(section, "crl", smsc.crl, found);
  check_file(section, "certificate", smsc.certificate, found);
  check_file(section, "key", smsc.key, found);
}

}  // namespace msggw::config
