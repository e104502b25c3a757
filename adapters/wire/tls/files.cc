// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/files.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <utility>

#include "adapters/wire/tls/errors.h"

namespace msggw::tls {

namespace {

namespace fs = std::filesystem;
using File = base::Handle<BIO, BIO_free_all>;

struct FreeInfos {
  void operator()(STACK_OF(X509_INFO) * all) const noexcept {
    sk_X509_INFO_pop_free(all, X509_INFO_free);
  }
};
using Infos = std::unique_ptr<STACK_OF(X509_INFO), FreeInfos>;

tl::unexpected<base::Error> fail(const char* word, const fs::path& file, const std::string& why) {
  forget_errors();
  return base::fail(base::Errc::incorrect, std::string(word) + ": " + file.string() + ": " + why);
}

/// Without a callback OpenSSL asks at the terminal, and the process stands still.
extern "C" int refuse_password(char*, int, int, void* asked) noexcept {
  if (asked != nullptr) *static_cast<bool*>(asked) = true;
  return -1;
}

base::Result<File> open(const char* word, const fs::path& path) {
  forget_errors();
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return fail(word, path, "it is a folder");
  File file(BIO_new_file(path.c_str(), "r"));
  if (!file) return fail(word, path, text_of(take_error()));
  return file;
}

/// Everything in a PEM file, in order, with at least one certificate.
base::Result<Infos> read(const char* word, const fs::path& path) {
  auto file = open(word, path);
  if (!file) return tl::unexpected(file.error());
  Infos all(PEM_X509_INFO_read_bio(file->get(), nullptr, refuse_password, nullptr));
  if (!all) return fail(word, path, "cannot be read: " + text_of(take_error()));
  for (int at = 0; at < sk_X509_INFO_num(all.get()); ++at)
    if (sk_X509_INFO_value(all.get(), at)->x509 != nullptr) return all;
  return fail(word, path, "holds no PEM certificate");
}

base::Result<Key> read_key(const fs::path& path) {
  auto file = open("key", path);
  if (!file) return tl::unexpected(file.error());
  bool asked = false;
  Key key(PEM_read_bio_PrivateKey(file->get(), nullptr, refuse_password, &asked));
  if (key) return key;
  if (asked) return fail("key", path, "the key is encrypted; it must be stored without a password");
  return fail("key", path, "holds no PEM private key: " + text_of(take_error()));
}

}  // namespace

base::Result<Own> read_own(const fs::path& certificate, const fs::path& key) {
  Own own;
  if (certificate.empty()) return own;
  auto infos = read("certificate", certificate);
  if (!infos) return tl::unexpected(infos.error());
  own.chain.reset(sk_X509_new_null());
  for (int at = 0; at < sk_X509_INFO_num(infos->get()); ++at) {
    X509* const one = std::exchange(sk_X509_INFO_value(infos->get(), at)->x509, nullptr);
    if (one == nullptr) continue;
    if (!own.certificate)
      own.certificate.reset(one);
    else
      sk_X509_push(own.chain.get(), one);
  }
  const fs::path& key_file = key.empty() ? certificate : key;
  auto read = read_key(key_file);
  if (!read) return tl::unexpected(read.error());
  own.key = std::move(*read);
  if (X509_check_private_key(own.certificate.get(), own.key.get()) != 1)
    return fail("key", key_file, "is not the key of " + certificate.string());
  return own;
}

base::Result<Trusted> read_trusted(const char* word, const fs::path& ca) {
  auto infos = read(word, ca);
  if (!infos) return tl::unexpected(infos.error());
  Trusted trusted{Store(X509_STORE_new()), Names(sk_X509_NAME_new_null())};
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
  for (int at = 0; at < sk_X509_INFO_num(infos->get()); ++at) {
    const X509_INFO& one = *sk_X509_INFO_value(infos->get(), at);
    if (one.x509 != nullptr) {
      X509_STORE_add_cert(trusted.store.get(), one.x509);
      sk_X509_NAME_push(trusted.names.get(), X509_NAME_dup(X509_get_subject_name(one.x509)));
    }
    if (one.crl != nullptr) {
      X509_STORE_add_crl(trusted.store.get(), one.crl);
      flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    }
  }
  X509_STORE_set_flags(trusted.store.get(), flags);
  return trusted;
}

}  // namespace msggw::tls
