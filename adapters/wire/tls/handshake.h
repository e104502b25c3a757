// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/enum.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <string>
#include <string_view>

struct ssl_st;

namespace msggw::tls {

/// Why a handshake came to nothing, as far as this side can know; labels of metrics.
enum class Failure : std::uint8_t {
  expired,         ///< the peer's certificate or a CA of it
  not_yet_valid,   ///< ... or a clock is wrong
  wrong_name,      ///< the server's certificate is for another host
  unknown_ca,      ///< a certificate that no CA known here has signed
  self_signed,     ///< one that nobody but itself has signed
  wrong_purpose,   ///< a client's certificate shown by a server, or the reverse
  revoked,         ///< a CRL names it
  crl_expired,     ///< the CRL of the CA that issued it
  crl_missing,     ///< there is none of that CA, and the configuration wants one
  no_certificate,  ///< the client showed none
  bad_certificate,
  unknown_psk_identity,
  wrong_psk_key,
  nothing_in_common,  ///< versions or cipher suites; up to 1.2 also PSK and certificates
  refused_by_peer,    ///< an alert that fits none of these
  timeout,            ///< over DTLS also a wrong PSK key, which looks like a lost datagram
  closed,             ///< the connection ended
  other
};
BOOST_DESCRIBE_ENUM(Failure, expired, not_yet_valid, wrong_name, unknown_ca, self_signed,
                    wrong_purpose, revoked, crl_expired, crl_missing, no_certificate,
                    bad_certificate, unknown_psk_identity, wrong_psk_key, nothing_in_common,
                    refused_by_peer, timeout, closed, other)
inline constexpr std::size_t kFailures = 18;
/// Its enumerator as it is spelled. Static storage.
inline std::string_view name_of(Failure failure) noexcept {
  return boost::describe::enum_to_string(failure, "?");
}

/// A reason, and a sentence for the person who can mend it.
struct Problem {
  Failure failure = Failure::other;
  std::string detail;
};

/// What is wrong with the peer's certificate: `verdict` is a value of X509_V_ERR_*, as
/// SSL_get_verify_result() and libcurl's CURLINFO_SSL_VERIFYRESULT give it, and not X509_V_OK.
Problem problem_of_certificate(long verdict);

/// Why the handshake of `connection` failed: the verdict on the peer's certificate, else `error` of
/// OpenSSL's queue (take_error(); 0: the connection ended). `connection` may be null.
Problem problem_of(const ssl_st* connection, unsigned long error);
/// The same with the error that Asio gives.
Problem problem_of(const ssl_st* connection, const boost::system::error_code& error);
/// Whether the client has said no more than a request of HTTP in cleartext.
bool is_plain_http(const boost::system::error_code& error) noexcept;

}  // namespace msggw::tls
