// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

struct ssl_st;
struct x509_st;

namespace msggw::tls {

/// Whom a certificate names, in its order: the DNS names, URIs and IP addresses (as text) of
/// subjectAltName; only without that extension, the common name of the subject. Whoever one of the
/// names belongs to has proven to be that one. Empty: it names nobody; that is so also if one of
/// those names holds an octet that cannot be printed (one with a NUL could pass for another in
/// a log, a list or a C function), if a DNS name or URI is not ASCII, if the extension cannot be
/// read, or if there is more than one common name.
std::vector<std::string> names_of(const x509_st* certificate);

/// The same of the peer of an ended handshake; empty also if it showed no certificate, or one that
/// was not verified.
std::vector<std::string> peer_names(const ssl_st* connection);

}  // namespace msggw::tls
