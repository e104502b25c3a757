// SPDX-License-Identifier: Apache-2.0
// What the checks of several sections have in common.
#include "gateway/config/sections/check_parts.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "gateway/base/text.h"
#include "gateway/config/language/units.h"

namespace msggw::config {

namespace {

/// The scheme that protects what `scheme` does not.
std::string_view secure_name(base::Scheme scheme) {
  using base::Scheme;
  switch (scheme) {
    case Scheme::http:
    case Scheme::https: break;
    case Scheme::coap:
    case Scheme::coaps: return base::name_of(Scheme::coaps);
    case Scheme::coap_tcp:
    case Scheme::coaps_tcp: return base::name_of(Scheme::coaps_tcp);
  }
  return base::name_of(Scheme::https);
}

}  // namespace

std::string cleartext_wrong(const base::Uri& root, bool allow_cleartext) {
  if (base::is_secure(root.scheme) || allow_cleartext || root.host.is_loopback()) return {};
  return "would be spoken to in cleartext over the network, use " +
         std::string(secure_name(root.scheme)) + " or set allow_cleartext = true";
}

void check_order(std::string_view section, std::string_view low_key, base::Duration low,
                 std::string_view high_key, base::Duration high, std::string_view high_name,
                 Findings& found) {
  if (low <= high) return;
  found.push_back({section,
                   low_key,
                   config_language::print_duration(low) + " is more than " + std::string(high_key) +
                       ", which is " + config_language::print_duration(high),
                   {high_name}});
}

void check_pair(std::string_view section, const std::filesystem::path& certificate,
                const std::filesystem::path& key, Findings& found) {
  if (certificate.empty() == key.empty()) return;
  if (key.empty()) {
    found.push_back({section, "certificate", "needs key beside it"});
  } else {
    found.push_back({section, "key", "needs certificate beside it"});
  }
}

void check_crl(std::string_view section, const std::filesystem::path& crl, std::string_view ca_key,
               const std::filesystem::path& ca, Findings& found) {
  if (!crl.empty() && ca.empty())
    found.push_back({section, "crl", "needs " + std::string(ca_key) + " beside it"});
}

void check_file(std::string_view section, std::string_view key, const std::filesystem::path& file,
                Findings& found) {
  if (file.empty()) return;
  std::error_code error;
  std::string reason;
  if (std::filesystem::is_directory(file, error)) {
    reason = "it is a folder";
  } else if (std::filesystem::exists(file, error) &&
             !std::filesystem::is_regular_file(file, error)) {
    reason = "it is no regular file";
  } else if (access(file.c_str(), R_OK) != 0) {
    reason = std::strerror(errno);
  } else {
    return;
  }
  found.push_back(
      {section, key, "'" + base::printable(file.native(), 200) + "' cannot be read: " + reason});
}

}  // namespace msggw::config
