// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <string>

#include "gateway/base/handle.h"
#include "gateway/base/result.h"

namespace msggw::tls {

using Certificate = base::Handle<X509, X509_free>;
using Key = base::Handle<EVP_PKEY, EVP_PKEY_free>;
using Store = base::Handle<X509_STORE, X509_STORE_free>;
struct FreeCertificates {
  void operator()(STACK_OF(X509) * all) const noexcept { sk_X509_pop_free(all, X509_free); }
};
using Certificates = std::unique_ptr<STACK_OF(X509), FreeCertificates>;
struct FreeNames {
  void operator()(STACK_OF(X509_NAME) * all) const noexcept {
    sk_X509_NAME_pop_free(all, X509_NAME_free);
  }
};
using Names = std::unique_ptr<STACK_OF(X509_NAME), FreeNames>;

/// A certificate with what proves that it is ours. All null: none.
/// Of a CA bundle, or of a CRL with a hundred thousand entries, some MiB.
inline constexpr std::size_t kMostFileOctets = 16 * 1'024 * 1'024;

using Stream = base::Handle<BIO, BIO_free_all>;
/// For reading, with OpenSSL's errors forgotten. Errors as base::open_file().
base::Result<Stream> open_stream(const std::filesystem::path& path);

struct Own {
  Certificate certificate;
  Certificates chain;  ///< the CAs between it and the root, as the file has them
  Key key;
};
/// Returns what the PEM files hold. Never asks for a password, and reads to the end: rubbish behind
/// the first certificate is an error too. Returns `incorrect` naming file and reason if one cannot
/// be read or used, or if the key is another certificate's.
base::Result<Own> read_own(const std::filesystem::path& certificate,
                           const std::filesystem::path& key);

/// Whom to trust: every certificate of the file, root or not, but those that a CA of the file has
/// revoked. CRLs that it or the second file holds are obeyed.
struct Trusted {
  Store store;
  Names names;  ///< of the certificates, for a client to choose by
};
/// Returns what the files hold; `word` is what the configuration calls the first, and `crl` may be
/// empty. Errors as above; a CRL that is not signed by the CA it names is one too.
base::Result<Trusted> read_trusted(const char* word, const std::filesystem::path& ca,
                                   const std::filesystem::path& crl);

/// "2026-01-31 23:59:59 UTC".
std::string date_of(const ASN1_TIME* time);
/// "CN=ca,O=example", safe to print.
std::string text_of(const X509_NAME* name);

}  // namespace msggw::tls
