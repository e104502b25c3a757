// SPDX-License-Identifier: Apache-2.0
#include "provisioning/protocol/address.h"

#include <algorithm>
#include <utility>

#include "gateway/base/text.h"

namespace msggw::protocol {

namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr std::size_t kMostLabelOctets = 63;  // RFC 1035 2.3.4
constexpr std::string_view kProvisionings = "/msgin5g-provisioning/v1/provisionings";
constexpr std::string_view kBulk = "/msgin5g-provisioning/v1/bulk";

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_alnum(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string in_quotes(std::string_view text) {
  std::string out(1, '"');
  out.append(base::printable(text)).append("\"");
  return out;
}

base::Uri without_slash(base::Uri uri) {
  while (uri.path.ends_with('/')) uri.path.pop_back();
  return uri;
}

Result<void> check_digits(const char* name, std::string_view digits, std::size_t least,
                          std::size_t most) {
  if (digits.empty()) return fail(Errc::missing, std::string("no ") + name + " is given");
  const bool good = digits.size() >= least && digits.size() <= most &&
                    std::all_of(digits.begin(), digits.end(), is_digit);
  if (good) return {};
  const std::string wanted =
      least == most ? std::to_string(most) : std::to_string(least) + " or " + std::to_string(most);
  return fail(Errc::malformed, std::string("the ") + name + " " + in_quotes(digits) + " is not " +
                                   wanted + " digits");
}

/// Letters, digits and hyphens, alphanumeric at both ends (TS 23.003 13.2 with RFC 1123 2.1).
bool is_dns_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kMostLabelOctets && is_alnum(label.front()) &&
         is_alnum(label.back()) &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

bool are_dns_labels(std::string_view labels) noexcept {
  while (true) {
    const std::size_t dot = labels.find('.');
    if (!is_dns_label(labels.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    labels.remove_prefix(dot + 1);
  }
}

}  // namespace

Result<base::Uri> parse_api_root(std::string_view text) {
  auto uri = base::parse_uri(text);
  if (!uri) return uri;
  return without_slash(std::move(*uri));
}

Result<base::Uri> derive_api_root(const PlmnAddress& plmn) {
  if (auto good = check_digits("MCC", plmn.mcc, 3, 3); !good) return tl::unexpected(good.error());
  if (auto good = check_digits("MNC", plmn.mnc, 2, 3); !good) return tl::unexpected(good.error());
  if (!are_dns_labels(plmn.label)) {
    return fail(Errc::malformed, "the label " + in_quotes(plmn.label) + " is no DNS name");
  }
  auto host = base::Host::parse(plmn.label + ".mnc" + (plmn.mnc.size() == 2 ? "0" : "") + plmn.mnc +
                                ".mcc" + plmn.mcc + (plmn.pub ? ".pub" : "") + ".3gppnetwork.org");
  if (!host) return tl::unexpected(std::move(host.error()));
  auto path = base::parse_path(plmn.path);
  if (!path) return tl::unexpected(std::move(path.error()));
  const std::uint16_t port = plmn.port == 0 ? base::default_port(plmn.scheme) : plmn.port;
  return without_slash({plmn.scheme, std::move(*host), port, std::move(*path)});
}

base::Uri provisionings_url(const base::Uri& root) {
  base::Uri url = root;
  url.path.append(kProvisionings);
  return url;
}

base::Uri bulk_url(const base::Uri& root) {
  base::Uri url = root;
  url.path.append(kBulk);
  return url;
}

base::Uri provisioning_url(const base::Uri& root, std::string_view private_id) {
  return provisionings_url(root).child(private_id);
}

base::Uri message_url(const base::Uri& root) {
  return root.child("msgin5g");
}

}  // namespace msggw::protocol
