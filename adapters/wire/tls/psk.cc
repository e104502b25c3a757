// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/psk.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <cstring>

#include "gateway/base/secrets.h"

namespace msggw::tls {

namespace {

extern "C" int refuse_certificate(int, X509_STORE_CTX* verdict) noexcept {
  X509_STORE_CTX_set_error(verdict, X509_V_ERR_CERT_REJECTED);
  return 0;
}

/// Where an SSL keeps what its PSK callback needs; its "app data" is Asio's.
int psk_place() noexcept {
  static const int place = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return place;
}

std::string key_of_nobody() {
  std::array<std::uint8_t, 16> octets;
  base::fill_random(octets);
  return {octets.begin(), octets.end()};
}

extern "C" unsigned find_psk(SSL* connection, const char* identity, unsigned char* key,
                             unsigned most) noexcept {
  auto& lookup = *static_cast<PskLookup*>(SSL_get_ex_data(connection, psk_place()));
  lookup.identity = identity;
  auto found = (*lookup.find)(lookup.identity);
  lookup.unknown = !found || found->key.empty();
  if (lookup.unknown && lookup.hides_unknown) found = key_of_nobody();
  if (!found || found->key.empty() || found->key.size() > most) return 0;
  lookup.mark = found->mark;
  std::memcpy(key, found->key.data(), found->key.size());
  return static_cast<unsigned>(found->key.size());
}

extern "C" unsigned give_psk(SSL* connection, const char*, char* identity, unsigned most_identity,
                             unsigned char* key, unsigned most_key) noexcept {
  const auto& secret = *static_cast<const PskSecret*>(SSL_get_ex_data(connection, psk_place()));
  if (secret.identity.size() >= most_identity || secret.key.size() > most_key) return 0;
  std::memcpy(identity, secret.identity.c_str(), secret.identity.size() + 1);
  std::memcpy(key, secret.key.data(), secret.key.size());
  return static_cast<unsigned>(secret.key.size());
}

}  // namespace

void use_psk_as_server(ssl_st* connection, PskLookup& lookup) {
  SSL_set_ex_data(connection, psk_place(), &lookup);
  SSL_set_psk_server_callback(connection, find_psk);
  // A PSK is a kind of resumption to TLS 1.3, which OpenSSL refuses without a name for it.
  static constexpr unsigned char kSessionContext[] = "msggw";
  SSL_set_session_id_context(connection, kSessionContext, sizeof kSessionContext - 1);
  // Such a PSK goes with SHA-256 suites only; OpenSSL would choose another and want certificates.
  // DTLS has no 1.3 here, and would only make its list of suites anew.
  if (SSL_is_dtls(connection) == 0)
    SSL_set_ciphersuites(connection, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256");
}

void use_psk_as_client(ssl_st* connection, const PskSecret& secret) {
  SSL_set_ex_data(connection, psk_place(), const_cast<PskSecret*>(&secret));
  SSL_set_cipher_list(connection, "PSK:!kRSAPSK:!eNULL");
  // A TLS 1.3 server may show a certificate instead; nobody here could say whose it must be.
  SSL_set_verify(connection, SSL_VERIFY_PEER, refuse_certificate);
  SSL_set_psk_client_callback(connection, give_psk);
  // To TLS 1.3 it is a session of no context; the connection's own would be another.
  SSL_set_session_id_context(connection, nullptr, 0);
}

bool used_psk(const ssl_st* connection) noexcept {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(connection);
  if (cipher == nullptr) return false;
  if (SSL_CIPHER_get_auth_nid(cipher) == NID_auth_psk) return true;
  // TLS 1.3: suites do not tell. Sessions are not resumed here, so what was reused is the PSK.
  return SSL_version(connection) == TLS1_3_VERSION && SSL_session_reused(connection) == 1;
}

}  // namespace msggw::tls
