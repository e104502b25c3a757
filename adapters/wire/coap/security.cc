// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/security.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstring>
#include <utility>

#include "gateway/base/handle.h"
#include "gateway/base/text.h"

namespace msggw::coap {

namespace {

/// What TLS 1.2 offers; version 1.3 has suites of its own. What RFC 7252 9.1.3 and RFC 7925 ask for
/// of PSK is among it, as far as OpenSSL's security level lets it.
constexpr const char* kCiphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AESCCM:PSK:!kRSAPSK:!aNULL:!eNULL";

using Certificate = base::Handle<X509, X509_free>;
using Key = base::Handle<EVP_PKEY, EVP_PKEY_free>;
using Store = base::Handle<X509_STORE, X509_STORE_free>;
using File = base::Handle<BIO, BIO_free_all>;

struct FreeCertificates {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_pop_free(stack, X509_free); }
};
using Certificates = std::unique_ptr<STACK_OF(X509), FreeCertificates>;

std::string error_text(unsigned long error) {
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
  const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "unreadable" : reason;
}

/// The certificates of a PEM file, in order.
base::Result<Certificates> read_certificates(const std::filesystem::path& path) {
  forget_tls_errors();
  const File file(BIO_new_file(path.c_str(), "r"));
  Certificates all(sk_X509_new_null());
  while (file) {
    X509* one = PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr);
    if (one == nullptr) break;
    sk_X509_push(all.get(), one);
  }
  const std::string reason = error_text(take_tls_error());
  if (sk_X509_num(all.get()) == 0)
    return base::fail(base::Errc::unavailable, path.string() + ": no certificate: " + reason);
  return all;
}

base::Result<Key> read_key(const std::filesystem::path& path) {
  forget_tls_errors();
  const File file(BIO_new_file(path.c_str(), "r"));
  // An encrypted key must not make the process ask on its terminal.
  static constexpr auto kNoPassword = [](char*, int, int, void*) noexcept { return -1; };
  Key key(file ? PEM_read_bio_PrivateKey(file.get(), nullptr, kNoPassword, nullptr) : nullptr);
  if (!key)
    return base::fail(base::Errc::unavailable,
                      path.string() + ": no private key: " + error_text(take_tls_error()));
  return key;
}

/// The verdict of OpenSSL stands; the callback is there because libcoap has set another.
extern "C" int keep_verdict(int good, X509_STORE_CTX*) noexcept {
  return good;
}

extern "C" int refuse_certificate(int, X509_STORE_CTX* verdict) noexcept {
  X509_STORE_CTX_set_error(verdict, X509_V_ERR_CERT_REJECTED);
  return 0;
}

/// Where an SSL keeps what its PSK callback needs; its "app data" is Asio's.
int psk_place() noexcept {
  static const int place = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return place;
}

extern "C" unsigned find_psk(SSL* ssl, const char* identity, unsigned char* key,
                             unsigned most) noexcept {
  auto& lookup = *static_cast<PskLookup*>(SSL_get_ex_data(ssl, psk_place()));
  lookup.identity = identity;
  const auto found = (*lookup.find)(lookup.identity);
  lookup.unknown = !found || found->empty();
  if (lookup.unknown || found->size() > most) return 0;
  std::memcpy(key, found->data(), found->size());
  return static_cast<unsigned>(found->size());
}

extern "C" unsigned give_psk(SSL* ssl, const char*, char* identity, unsigned most_identity,
                             unsigned char* key, unsigned most_key) noexcept {
  const auto& secret = *static_cast<const PskSecret*>(SSL_get_ex_data(ssl, psk_place()));
  if (secret.identity.size() >= most_identity || secret.key.size() > most_key) return 0;
  std::memcpy(identity, secret.identity.c_str(), secret.identity.size() + 1);
  std::memcpy(key, secret.key.data(), secret.key.size());
  return static_cast<unsigned>(secret.key.size());
}

void never_resume(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

std::string text_of(const ASN1_STRING* string) {
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, string);
  if (size < 0) return {};
  std::string out(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return out.find('\0') == std::string::npos ? out : std::string();
}

std::string common_name(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? std::string()
                : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

std::string alternative_name(const X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string found;
  for (int at = 0; found.empty() && at < sk_GENERAL_NAME_num(names); ++at) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, at);
    if (name->type == GEN_DNS) found = text_of(name->d.dNSName);
    if (name->type == GEN_URI) found = text_of(name->d.uniformResourceIdentifier);
  }
  GENERAL_NAMES_free(names);
  return found;
}

bool used_psk(const SSL* ssl) {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
  if (cipher == nullptr) return false;
  if (SSL_CIPHER_get_auth_nid(cipher) == NID_auth_psk) return true;
  // TLS 1.3: suites do not tell. Sessions are not resumed here, so what was reused is the PSK.
  return SSL_version(ssl) == TLS1_3_VERSION && SSL_session_reused(ssl) == 1;
}

HandshakeFailure failure_of_verdict(long verdict) noexcept {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return HandshakeFailure::expired;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return HandshakeFailure::unknown_ca;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return HandshakeFailure::wrong_name;
    default: return HandshakeFailure::bad_certificate;
  }
}

/// `reason` of an error of the SSL library; those from 1000 upwards are alerts of the peer.
HandshakeFailure failure_of_reason(int reason) noexcept {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: return HandshakeFailure::expired;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return HandshakeFailure::unknown_ca;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED: return HandshakeFailure::no_certificate;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: return HandshakeFailure::bad_certificate;
    case SSL_R_PSK_IDENTITY_NOT_FOUND:
    case SSL_R_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY: return HandshakeFailure::unknown_psk_identity;
    case SSL_R_BINDER_DOES_NOT_VERIFY:
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_DIGEST_CHECK_FAILED:
    case SSL_R_SSLV3_ALERT_BAD_RECORD_MAC:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_TLSV1_ALERT_DECRYPTION_FAILED: return HandshakeFailure::wrong_psk_key;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return HandshakeFailure::nothing_in_common;
    default:
      return reason >= SSL_AD_REASON_OFFSET ? HandshakeFailure::refused_by_peer
                                            : HandshakeFailure::other;
  }
}

}  // namespace

std::string_view name_of(HandshakeFailure failure) noexcept {
  switch (failure) {
    case HandshakeFailure::expired: return "expired";
    case HandshakeFailure::unknown_ca: return "unknown_ca";
    case HandshakeFailure::wrong_name: return "wrong_name";
    case HandshakeFailure::no_certificate: return "no_certificate";
    case HandshakeFailure::bad_certificate: return "bad_certificate";
    case HandshakeFailure::unknown_psk_identity: return "unknown_psk_identity";
    case HandshakeFailure::wrong_psk_key: return "wrong_psk_key";
    case HandshakeFailure::nothing_in_common: return "nothing_in_common";
    case HandshakeFailure::refused_by_peer: return "refused_by_peer";
    case HandshakeFailure::timeout: return "timeout";
    case HandshakeFailure::closed: return "closed";
    case HandshakeFailure::other: return "other";
  }
  return "?";
}

unsigned long take_tls_error() noexcept {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  return first;
}

void forget_tls_errors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

HandshakeProblem problem_of(const ssl_st* ssl, unsigned long error) {
  const long verdict = ssl == nullptr ? X509_V_OK : SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK)
    return {failure_of_verdict(verdict),
            std::string("the peer's certificate: ") + X509_verify_cert_error_string(verdict)};
  if (error == 0) return {HandshakeFailure::closed, "the connection was closed"};
  const int reason = ERR_GET_REASON(error);
  const bool ours = ERR_GET_LIB(error) == ERR_LIB_SSL;
  const bool alert = ours && reason >= SSL_AD_REASON_OFFSET;
  return {ours ? failure_of_reason(reason) : HandshakeFailure::other,
          (alert ? "the peer refused: " : "") + error_text(error)};
}

struct Credentials::Parts {
  Certificate certificate;
  Certificates chain;
  Key key;
  Store store;
  Certificates ca;
};

Credentials::Credentials(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Credentials::~Credentials() = default;

base::Result<std::shared_ptr<const Credentials>> Credentials::load(const Files& files) {
  auto parts = std::make_unique<Parts>();
  if (!files.certificate.empty()) {
    auto chain = read_certificates(files.certificate);
    if (!chain) return tl::unexpected(chain.error());
    auto key = read_key(files.key);
    if (!key) return tl::unexpected(key.error());
    parts->certificate.reset(sk_X509_shift(chain->get()));
    parts->chain = std::move(*chain);
    parts->key = std::move(*key);
    if (X509_check_private_key(parts->certificate.get(), parts->key.get()) != 1) {
      forget_tls_errors();
      return base::fail(base::Errc::unavailable,
                        files.key.string() + ": is not the key of " + files.certificate.string());
    }
  }
  parts->store.reset(X509_STORE_new());
  if (!files.ca.empty()) {
    auto ca = read_certificates(files.ca);
    if (!ca) return tl::unexpected(ca.error());
    for (int at = 0; at < sk_X509_num(ca->get()); ++at)
      X509_STORE_add_cert(parts->store.get(), sk_X509_value(ca->get(), at));
    parts->ca = std::move(*ca);
  } else if (files.system_ca) {
    X509_STORE_set_default_paths(parts->store.get());
  }
  return std::shared_ptr<const Credentials>(new Credentials(std::move(parts)));
}

bool Credentials::use_as_server(ssl_st* ssl) const {
  const Parts& own = *parts_;
  if (!own.certificate ||
      SSL_use_cert_and_key(ssl, own.certificate.get(), own.key.get(), own.chain.get(), 1) != 1)
    return false;
  SSL_set_min_proto_version(ssl, SSL_is_dtls(ssl) ? DTLS1_2_VERSION : TLS1_2_VERSION);
  if (!own.ca) {
    SSL_set_verify(ssl, SSL_VERIFY_NONE, keep_verdict);
    return true;
  }
  SSL_set1_verify_cert_store(ssl, own.store.get());
  for (int at = 0; at < sk_X509_num(own.ca.get()); ++at)
    SSL_add_client_CA(ssl, sk_X509_value(own.ca.get(), at));
  SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                 keep_verdict);
  return true;
}

void Credentials::use_as_client(ssl_st* ssl, const base::Host& host) const {
  const Parts& own = *parts_;
  SSL_set_min_proto_version(ssl, SSL_is_dtls(ssl) ? DTLS1_2_VERSION : TLS1_2_VERSION);
  if (own.certificate)
    SSL_use_cert_and_key(ssl, own.certificate.get(), own.key.get(), own.chain.get(), 1);
  SSL_set1_verify_cert_store(ssl, own.store.get());
  if (host.is_numeric()) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.text().c_str());
  } else {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, host.text().c_str());
    SSL_set_tlsext_host_name(ssl, host.text().c_str());
  }
  SSL_set_verify(ssl, SSL_VERIFY_PEER, keep_verdict);
}

void never_resume(ssl_st* ssl) {
  SSL_set_options(ssl, SSL_OP_NO_TICKET);
  never_resume(SSL_get_SSL_CTX(ssl));
}

void configure_stream_tls(ssl_ctx_st* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  never_resume(context);
}

void use_psk_as_server(ssl_st* ssl, PskLookup& lookup) {
  SSL_set_ex_data(ssl, psk_place(), &lookup);
  SSL_set_psk_server_callback(ssl, find_psk);
  // A PSK is a kind of resumption to TLS 1.3, which OpenSSL refuses without a name for it.
  static constexpr unsigned char kSessionContext[] = "msggw";
  SSL_set_session_id_context(ssl, kSessionContext, sizeof kSessionContext - 1);
  // Such a PSK goes with SHA-256 suites only; OpenSSL would choose another and want certificates.
  SSL_set_ciphersuites(ssl, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256");
}

void use_psk_as_client(ssl_st* ssl, const PskSecret& secret) {
  SSL_set_ex_data(ssl, psk_place(), const_cast<PskSecret*>(&secret));
  SSL_set_cipher_list(ssl, "PSK:!kRSAPSK:!eNULL");
  // A TLS 1.3 server may show a certificate instead; nobody here could say whose it must be.
  SSL_set_verify(ssl, SSL_VERIFY_PEER, refuse_certificate);
  SSL_set_psk_client_callback(ssl, give_psk);
}

Identity identity_of(const ssl_st* ssl, std::string_view psk_identity) {
  if (ssl == nullptr) return {};
  if (used_psk(ssl)) return {Identity::Kind::psk, std::string(psk_identity)};
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return {};
  std::string name = common_name(certificate);
  if (name.empty()) name = alternative_name(certificate);
  return {Identity::Kind::certificate, std::move(name)};
}

void HandshakeLog::write(const std::string& peer, const HandshakeProblem& problem) {
  if (!limit_.pass(clock_.now())) return;
  base::log::warn("coap_handshake_failed", {{"listener", listener_},
                                            {"peer", peer},
                                            {"reason", name_of(problem.failure)},
                                            {"detail", problem.detail},
                                            {"suppressed", limit_.take_suppressed()}});
}

}  // namespace msggw::coap
