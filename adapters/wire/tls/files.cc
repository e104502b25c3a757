// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/files.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>
#include <vector>

#include "adapters/wire/tls/crls.h"
#include "adapters/wire/tls/errors.h"
#include "gateway/base/plain_file.h"
#include "gateway/base/text.h"

namespace msggw::tls {

namespace {

namespace fs = std::filesystem;
using File = Stream;

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
  auto file = open_stream(path);
  if (!file) return fail(word, path, file.error().detail);
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

base::Result<Stream> open_stream(const fs::path& path) {
  forget_errors();
  auto opened = base::open_file(path, kMostFileOctets);
  if (!opened) return tl::unexpected(opened.error());
  std::FILE* const file = ::fdopen(opened->get(), "rb");
  base::ensure(file != nullptr, "a descriptor becomes a stream");
  opened->release();
  Stream stream(BIO_new_fp(file, BIO_CLOSE));
  base::ensure(stream != nullptr, "OpenSSL gives no stream");
  return stream;
}

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

base::Result<Trusted> read_trusted(const char* word, const fs::path& ca, const fs::path& crl) {
  auto infos = read(word, ca);
  if (!infos) return tl::unexpected(infos.error());
  Crls crls;
  std::vector<X509*> all;
  for (int at = 0; at < sk_X509_INFO_num(infos->get()); ++at) {
    X509_INFO& one = *sk_X509_INFO_value(infos->get(), at);
    if (one.x509 != nullptr) all.push_back(one.x509);
    if (one.crl != nullptr) crls.all.emplace_back(std::exchange(one.crl, nullptr));
  }
  if (!crl.empty()) {
    crls.demanded = true;
    if (auto done = read_crls(crl, crls); !done) return tl::unexpected(done.error());
  }
  const char* const place = crl.empty() ? word : "crl";
  const fs::path& crl_file = crl.empty() ? ca : crl;
  if (has_delta(crls))
    return fail(place, crl_file, "has a delta CRL, and only whole CRLs are obeyed");
  if (has_forgery(crls, all))
    return fail(place, crl_file, "a CRL in it is not signed by the CA that it names");
  Trusted trusted{Store(X509_STORE_new()), Names(sk_X509_NAME_new_null())};
  for (X509* const one : all) {
    const bool revoked =
        std::any_of(all.begin(), all.end(), [&](X509* issuer) { return names(crls, one, issuer); });
    if (revoked) continue;
    X509_STORE_add_cert(trusted.store.get(), one);
    sk_X509_NAME_push(trusted.names.get(), X509_NAME_dup(X509_get_subject_name(one)));
  }
  X509_STORE_set_flags(trusted.store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  if (!crls.all.empty()) obey(trusted.store.get(), std::move(crls));
  return trusted;
}

std::string date_of(const ASN1_TIME* time) {
  tm parts{};
  char text[32] = "?";
  if (ASN1_TIME_to_tm(time, &parts) == 1) std::strftime(text, sizeof text, "%F %T UTC", &parts);
  return text;
}

std::string text_of(const X509_NAME* name) {
  const base::Handle<BIO, BIO_free_all> out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* octets = nullptr;
  const long size = BIO_get_mem_data(out.get(), &octets);
  return base::printable({octets, static_cast<std::size_t>(std::max(size, 0L))}, 200);
}

}  // namespace msggw::tls
