// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/names.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>

#include "gateway/base/handle.h"
#include "gateway/base/text.h"

namespace msggw::tls {

namespace {

std::optional<std::string> ascii(const ASN1_IA5STRING* name) {
  std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
                   static_cast<std::size_t>(ASN1_STRING_length(name)));
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (text.empty() || !printable) return std::nullopt;
  return text;
}

std::optional<std::string> address(const ASN1_OCTET_STRING* octets) {
  const int size = ASN1_STRING_length(octets);
  if (size != 4 && size != 16) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(octets), text.data(),
              text.size());
  return text.data();
}

/// Other kinds of names are passed over: an empty text.
std::optional<std::string> text_of(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS: return ascii(name.d.dNSName);
    case GEN_URI: return ascii(name.d.uniformResourceIdentifier);
    case GEN_IPADD: return address(name.d.iPAddress);
    default: return std::string();
  }
}

std::vector<std::string> common_name(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return {};
  unsigned char* octets = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&octets, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size <= 0) return {};
  std::string text(reinterpret_cast<char*>(octets), static_cast<std::size_t>(size));
  OPENSSL_free(octets);
  if (base::has_control(text) || !base::is_utf8(text)) return {};
  return {std::move(text)};
}

}  // namespace

std::vector<std::string> names_of(const x509_st* certificate) {
  int found = 0;  // -1: there is none
  const base::Handle<GENERAL_NAMES, GENERAL_NAMES_free> all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, nullptr)));
  if (!all) return found == -1 ? common_name(certificate) : std::vector<std::string>();
  std::vector<std::string> names;
  for (int at = 0; at < sk_GENERAL_NAME_num(all.get()); ++at) {
    auto name = text_of(*sk_GENERAL_NAME_value(all.get(), at));
    if (!name) return {};
    if (!name->empty()) names.push_back(std::move(*name));
  }
  return names;
}

std::vector<std::string> peer_names(const ssl_st* connection) {
  const X509* const certificate = SSL_get0_peer_certificate(connection);
  const bool verified = SSL_get_verify_mode(connection) != SSL_VERIFY_NONE &&
                        SSL_get_verify_result(connection) == X509_V_OK;
  if (certificate == nullptr || !verified) return {};
  return names_of(certificate);
}

}  // namespace msggw::tls
