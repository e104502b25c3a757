// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/handshake.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/ssl/error.hpp>

#include "adapters/wire/tls/errors.h"

namespace msggw::tls {

namespace {

/// `reason` of an error of the SSL library; those from 1000 upwards are alerts of the peer.
Failure failure_of(int reason) noexcept {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: return Failure::expired;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED: return Failure::revoked;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return Failure::unknown_ca;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED: return Failure::no_certificate;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: return Failure::bad_certificate;
    case SSL_R_PSK_IDENTITY_NOT_FOUND:
    case SSL_R_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY: return Failure::unknown_psk_identity;
    case SSL_R_BINDER_DOES_NOT_VERIFY:
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_DIGEST_CHECK_FAILED:
    case SSL_R_SSLV3_ALERT_BAD_RECORD_MAC:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_TLSV1_ALERT_DECRYPTION_FAILED: return Failure::wrong_psk_key;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return Failure::nothing_in_common;
    default: return reason >= SSL_AD_REASON_OFFSET ? Failure::refused_by_peer : Failure::other;
  }
}

/// What somebody can do about an error of the SSL library whose name does not say it; empty:
/// nothing.
std::string_view way_out_of(int reason) noexcept {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER: return "; the peer does not speak TLS on this port";
    case SSL_R_HTTP_REQUEST: return "; the peer speaks HTTP without TLS";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "; it wants one of this side, and none was shown";
    default: return {};
  }
}

}  // namespace

Problem problem_of_certificate(long verdict) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {Failure::expired, "the peer's certificate, or a CA above it, has expired"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {Failure::not_yet_valid,
              "the peer's certificate, or a CA above it, is not yet valid; compare the clocks"};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {Failure::wrong_name, "the peer's certificate does not name the host it was asked as"};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return {Failure::unknown_ca,
              "the peer's certificate is signed by a CA that is not trusted here, or its chain has "
              "a gap"};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {Failure::self_signed, "the peer's certificate is self-signed and not trusted here"};
    case X509_V_ERR_INVALID_PURPOSE:
      return {Failure::wrong_purpose,
              "the peer's certificate is not meant for its side of a connection (key usage)"};
    case X509_V_ERR_CERT_REVOKED:
      return {Failure::revoked, "the peer's certificate, or a CA above it, is revoked"};
    case X509_V_ERR_CRL_HAS_EXPIRED:
      return {Failure::crl_expired,
              "the CRL of the CA that issued the peer's certificate, or of one above, has expired "
              "here: what that has revoked since is not known; put its newest CRL in the file"};
    case X509_V_ERR_UNABLE_TO_GET_CRL:
      return {Failure::crl_missing,
              "the CRL file here has none of the CA that issued the peer's certificate, or of one "
              "above"};
    case X509_V_ERR_CRL_NOT_YET_VALID:
      return {Failure::not_yet_valid,
              "the CRL of the CA that issued the peer's certificate, or of one above, is not yet "
              "valid here; compare the clocks"};
    default:
      return {Failure::bad_certificate,
              std::string("the peer's certificate: ") + X509_verify_cert_error_string(verdict)};
  }
}

Problem problem_of(const ssl_st* connection, unsigned long error) {
  const long verdict = connection == nullptr ? X509_V_OK : SSL_get_verify_result(connection);
  // Without a reason: also that of a PSK over TLS 1.3, where nothing was to be verified.
  if (verdict != X509_V_OK && verdict != X509_V_ERR_UNSPECIFIED)
    return problem_of_certificate(verdict);
  // The end of the stream without TLS's own farewell.
  const bool cut = ERR_GET_LIB(error) == ERR_LIB_SSL &&
                   ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (error == 0 || cut) return {Failure::closed, "the connection was closed"};
  const int reason = ERR_GET_REASON(error);
  const Failure failure = ERR_GET_LIB(error) == ERR_LIB_SSL ? failure_of(reason) : Failure::other;
  std::string text = text_of(error);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET) {
    // "tlsv1 alert unknown ca": what precedes says nothing of the version in use.
    const std::size_t alert = text.find("alert ");
    text = "the peer refused: " + (alert == std::string::npos ? text : text.substr(alert + 6));
  }
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) text += way_out_of(reason);
  return {failure, std::move(text)};
}

Problem problem_of(const ssl_st* connection, const boost::system::error_code& error) {
  if (error.category() == boost::asio::error::get_ssl_category())
    return problem_of(connection, static_cast<unsigned>(error.value()));
  Problem problem = problem_of(connection, 0UL);
  if (problem.failure == Failure::closed) problem.detail += ": " + error.message();
  return problem;
}

bool is_plain_http(const boost::system::error_code& error) noexcept {
  const auto code = static_cast<unsigned long>(static_cast<unsigned>(error.value()));
  return error.category() == boost::asio::error::get_ssl_category() &&
         ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST;
}

}  // namespace msggw::tls
