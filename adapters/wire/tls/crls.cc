// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/crls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <string>
#include <utility>

#include "adapters/wire/tls/errors.h"
#include "adapters/wire/tls/files.h"

namespace msggw::tls {

namespace {

tl::unexpected<base::Error> unusable(const std::filesystem::path& file, const std::string& why) {
  forget_errors();
  return base::fail(base::Errc::incorrect, "crl: " + file.string() + ": " + why);
}

bool is_of(const X509_CRL* crl, const X509* issuer) {
  return X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) == 0;
}

bool has_signed(X509* issuer, X509_CRL* crl) {
  EVP_PKEY* const key = X509_get0_pubkey(issuer);
  const bool good = key != nullptr && X509_CRL_verify(crl, key) == 1;
  forget_errors();
  return good;
}

extern "C" void free_crls(void*, void* crls, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<Crls*>(crls);
}

int crls_place() noexcept {
  static const int place = X509_STORE_get_ex_new_index(0, nullptr, nullptr, nullptr, free_crls);
  return place;
}

bool is_about_crl(int error) noexcept {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR: return true;
    default: return false;
  }
}

}  // namespace

base::Result<> read_crls(const std::filesystem::path& path, Crls& into) {
  const auto file = open_stream(path);
  if (!file) return unusable(path, file.error().detail);
  const std::size_t before = into.all.size();
  while (X509_CRL* const crl = PEM_read_bio_X509_CRL(file->get(), nullptr, nullptr, nullptr))
    into.all.emplace_back(crl);
  const unsigned long error = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (!at_end) return unusable(path, "cannot be read: " + text_of(take_error()));
  forget_errors();
  if (into.all.size() > before) return {};
  const auto again = open_stream(path);
  if (X509_CRL* const crl = again ? d2i_X509_CRL_bio(again->get(), nullptr) : nullptr) {
    into.all.emplace_back(crl);
    return {};
  }
  return unusable(path, "holds no CRL, neither PEM nor DER");
}

bool names(const Crls& crls, X509* certificate, X509* issuer) {
  return std::any_of(crls.all.begin(), crls.all.end(), [&](const Crl& crl) {
    X509_REVOKED* entry = nullptr;
    return is_of(crl.get(), issuer) &&
           X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(issuer)) == 0 &&
           X509_CRL_get0_by_cert(crl.get(), &entry, certificate) == 1 &&
           has_signed(issuer, crl.get());
  });
}

bool has_delta(const Crls& crls) {
  return std::any_of(crls.all.begin(), crls.all.end(), [](const Crl& crl) {
    return X509_CRL_get_ext_by_NID(crl.get(), NID_delta_crl, -1) >= 0;
  });
}

bool has_forgery(const Crls& crls, const std::vector<X509*>& issuers) {
  return std::any_of(crls.all.begin(), crls.all.end(), [&](const Crl& crl) {
    bool any = false;
    for (X509* const issuer : issuers) {
      if (!is_of(crl.get(), issuer)) continue;
      if (has_signed(issuer, crl.get())) return false;
      any = true;
    }
    return any;
  });
}

void obey(X509_STORE* store, Crls crls) {
  for (const Crl& crl : crls.all) X509_STORE_add_crl(store, crl.get());
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  X509_STORE_set_ex_data(store, crls_place(), new Crls(std::move(crls)));
}

const Crls* crls_of(const X509_STORE* store) noexcept {
  return static_cast<const Crls*>(X509_STORE_get_ex_data(store, crls_place()));
}

bool needs_no_crl(X509_STORE_CTX* chain) noexcept {
  const int error = X509_STORE_CTX_get_error(chain);
  if (!is_about_crl(error)) return false;
  const int last = sk_X509_num(X509_STORE_CTX_get0_chain(chain)) - 1;
  if (X509_STORE_CTX_get_error_depth(chain) == last) return true;
  const Crls* const crls = crls_of(X509_STORE_CTX_get0_store(chain));
  if (error != X509_V_ERR_UNABLE_TO_GET_CRL) return false;
  if (crls == nullptr) return true;
  // OpenSSL says the same of a CA with a CRL that it cannot use, and who is in that is not let in.
  const X509_NAME* const issuer = X509_get_issuer_name(X509_STORE_CTX_get_current_cert(chain));
  return !crls->demanded && std::none_of(crls->all.begin(), crls->all.end(), [&](const Crl& crl) {
    return X509_NAME_cmp(X509_CRL_get_issuer(crl.get()), issuer) == 0;
  });
}

}  // namespace msggw::tls
