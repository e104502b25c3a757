// Checks of one SMSC.
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "gateway/base/text.h"
#include "gateway/config/check_parts.h"
#include "gateway/config/smscs_file.h"

namespace msggw::config {
namespace {

constexpr std::uint16_t kSmppPort = 2'775;
constexpr std::size_t kMostHostOctets = 253;  ///< of a DNS name as text, RFC 1035 2.3.4

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end || port == 0) return std::nullopt;
  return port;
}

bool is_numeric(int family, std::string_view text) {
  in6_addr octets{};
  return inet_pton(family, std::string(text).c_str(), &octets) == 1;
}

bool is_host(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  if (text.empty() || text.size() > kMostHostOctets || text.front() == '.' || text.front() == '-' ||
      text.find("..") != std::string_view::npos)
    return false;
  // A name that looks like an address is one with a mistake in it.
  if (std::all_of(text.begin(), text.end(), is_digit)) return is_numeric(AF_INET, text);
  return std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace

std::optional<SmscAddress> parse_smsc_address(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const std::size_t end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && end == std::string_view::npos) return std::nullopt;
  const std::string_view host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  if (bracketed ? !is_numeric(AF_INET6, host) : !is_host(host)) return std::nullopt;
  std::string_view rest = text;
  rest.remove_prefix(std::min(bracketed ? end + 1 : end, text.size()));
  if (rest.empty()) return SmscAddress{std::string(host), kSmppPort};
  const auto port = rest.front() == ':' ? port_of(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  return SmscAddress{std::string(host), *port};
}

void check_smsc_forms(std::string_view section, const sms::SmscOptions& smsc, Findings& found) {
  if (smsc.addresses.empty()) {
    found.push_back({section, "addresses", "is empty, an SMSC needs at least one"});
  }
  for (const std::string& address : smsc.addresses) {
    if (parse_smsc_address(address)) continue;
    found.push_back({section, "addresses",
                     "'" + base::printable(address) +
                         "' is no address, allowed are HOST:PORT and [ADDRESS]:PORT for IPv6, with "
                         "ports from 1 to 65535"});
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
