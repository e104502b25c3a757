// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/x509_vfy.h>

#include <filesystem>
#include <vector>

#include "gateway/base/handle.h"
#include "gateway/base/result.h"

namespace msggw::tls {

using Crl = base::Handle<X509_CRL, X509_CRL_free>;

/// What the CAs of a store have revoked.
struct Crls {
  /// The configuration has a file for them: who issued a certificate must have one here. Else they
  /// stand behind the CAs, and a CA without one revokes nothing.
  bool demanded = false;
  std::vector<Crl> all;
};

/// Adds the CRLs of a file, PEM (several) or DER (one). Returns `incorrect` naming it if it cannot
/// be read or holds none.
base::Result<> read_crls(const std::filesystem::path& file, Crls& into);

/// Whether a CRL that `issuer` has signed names `certificate`.
bool names(const Crls& crls, X509* certificate, X509* issuer);
/// Whether one of them only adds to another (RFC 5280 5.2.4): no handshake would look at it.
bool has_delta(const Crls& crls);
/// Whether one of them says that it is of `issuer`, and is not signed by it: by subject and key.
bool has_forgery(const Crls& crls, const std::vector<X509*>& issuers);

/// Makes a store obey them, and keep them (crls_of()).
void obey(X509_STORE* store, Crls crls);
/// Null: it obeys none.
const Crls* crls_of(const X509_STORE* store) noexcept;

/// Of what OpenSSL has found wrong in a chain: it is about a CRL, and by the rules of this room
/// none is wanted there. A certificate of the CA file is trusted by who wrote that, so its issuer
/// need say nothing of it.
bool needs_no_crl(X509_STORE_CTX* chain) noexcept;

}  // namespace msggw::tls
