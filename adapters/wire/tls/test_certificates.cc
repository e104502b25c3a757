// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/test_certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <stdexcept>

namespace msggw::tls::test {

namespace {

namespace fs = std::filesystem;
using File = base::Handle<BIO, BIO_free_all>;

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL makes no certificate");
}

File file(const fs::path& path) {
  File made(BIO_new_file(path.c_str(), "w"));
  must(made != nullptr);
  return made;
}

void add_extension(X509* to, int kind, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, to, to, nullptr, nullptr, 0);
  const base::Handle<X509_EXTENSION, X509_EXTENSION_free> made(
      X509V3_EXT_nconf_nid(nullptr, &context, kind, value));
  must(made && X509_add_ext(to, made.get(), -1) == 1);
}

/// "KIND:VALUE"; OpenSSL's own parser would stop at a NUL.
GENERAL_NAME* general_name(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  const std::string value = text.substr(colon + 1);
  GENERAL_NAME* const name = GENERAL_NAME_new();
  if (kind == "IP") {
    GENERAL_NAME_set0_value(name, GEN_IPADD, a2i_IPADDRESS(value.c_str()));
    return name;
  }
  ASN1_IA5STRING* const octets = ASN1_IA5STRING_new();
  ASN1_STRING_set(octets, value.data(), static_cast<int>(value.size()));
  GENERAL_NAME_set0_value(name,
                          kind == "DNS"   ? GEN_DNS
                          : kind == "URI" ? GEN_URI
                                          : GEN_EMAIL,
                          octets);
  return name;
}

void add_names(X509* to, const std::vector<std::string>& names) {
  if (names.empty()) return;
  const base::Handle<GENERAL_NAMES, GENERAL_NAMES_free> all(sk_GENERAL_NAME_new_null());
  for (const std::string& name : names) sk_GENERAL_NAME_push(all.get(), general_name(name));
  must(X509_add1_ext_i2d(to, NID_subject_alt_name, all.get(), 0, 0) == 1);
}

constexpr long kDay = 24L * 60 * 60;

}  // namespace

Certificates::Certificates() {
  const std::vector<std::string> local = {"DNS:localhost", "IP:127.0.0.1"};
  make("ca", {.issuer = "ca", .is_ca = true});
  make("stranger-ca", {.issuer = "stranger-ca", .is_ca = true});
  make("server", {.names = local});
  make("client", {.common_name = "gateway-1", .names = {"DNS:gateway-1"}});
  make("named", {.names = {"DNS:other.example"}});
  make("expired", {.names = local, .from_day = -3, .until_day = -1});
  make("stranger", {.names = local, .issuer = "stranger-ca"});
}

void Certificates::make(const std::string& name, const Wanted& wanted) {
  Pair& made = made_[name];
  made.second.reset(EVP_EC_gen("P-256"));
  made.first.reset(X509_new());
  X509* const certificate = made.first.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial_);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wanted.from_day * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wanted.until_day * kDay);
  const std::string& subject = wanted.common_name.empty() ? name : wanted.common_name;
  must(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(subject.data()),
                                  static_cast<int>(subject.size()), -1, 0) == 1);
  const Pair& issuer = made_.at(wanted.issuer);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.first.get()));
  X509_set_pubkey(certificate, made.second.get());
  if (wanted.is_ca) {
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  }
  if (wanted.usage != nullptr) add_extension(certificate, NID_ext_key_usage, wanted.usage);
  add_names(certificate, wanted.names);
  must(X509_sign(certificate, issuer.second.get(), EVP_sha256()) > 0);
  must(PEM_write_bio_X509(file(pem(name)).get(), certificate) == 1);
  must(PEM_write_bio_PrivateKey(file(key(name)).get(), made.second.get(), nullptr, nullptr, 0,
                                nullptr, nullptr) == 1);
}

fs::path Certificates::revoke(const std::string& name, const WantedCrl& wanted) {
  const auto day = [](int days) {
    return base::Handle<ASN1_TIME, ASN1_TIME_free>(X509_gmtime_adj(nullptr, days * kDay));
  };
  const base::Handle<X509_CRL, X509_CRL_free> crl(X509_CRL_new());
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(certificate(wanted.issuer)));
  X509_CRL_set1_lastUpdate(crl.get(), day(wanted.from_day).get());
  X509_CRL_set1_nextUpdate(crl.get(), day(wanted.until_day).get());
  for (const std::string& one : wanted.revoked) {
    X509_REVOKED* const revoked = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(made_.at(one).first.get()));
    X509_REVOKED_set_revocationDate(revoked, day(wanted.from_day).get());
    X509_CRL_add0_revoked(crl.get(), revoked);
  }
  const std::string& signer = wanted.signed_by.empty() ? wanted.issuer : wanted.signed_by;
  must(X509_CRL_sign(crl.get(), made_.at(signer).second.get(), EVP_sha256()) > 0);
  const fs::path path = folder() / (name + ".crl");
  const File out(BIO_new_file(path.c_str(), wanted.der ? "w" : "a"));
  must((wanted.der ? i2d_X509_CRL_bio(out.get(), crl.get())
                   : PEM_write_bio_X509_CRL(out.get(), crl.get())) == 1);
  return path;
}

fs::path Certificates::revoke(const std::string& name) {
  const fs::path path = folder() / "ca-crl.pem";
  fs::copy_file(pem("ca"), path, fs::copy_options::overwrite_existing);
  const fs::path crl = revoke("ca-crl.only", {.revoked = {name}});
  std::ofstream(path, std::ios::app) << std::ifstream(crl).rdbuf();
  fs::remove(crl);
  return path;
}

fs::path Certificates::chain(const std::string& name, const std::vector<std::string>& of) {
  const fs::path path = folder() / name;
  std::ofstream out(path, std::ios::trunc);
  for (const std::string& one : of) out << std::ifstream(pem(one)).rdbuf();
  return path;
}

fs::path Certificates::encrypt_key(const std::string& name, bool pkcs8) {
  const fs::path path = folder() / (name + (pkcs8 ? ".pkcs8" : ".old"));
  const File out = file(path);
  char password[] = "secret";
  const auto write =
      pkcs8 ? PEM_write_bio_PKCS8PrivateKey(out.get(), made_.at(name).second.get(),
                                            EVP_aes_128_cbc(), password, 6, nullptr, nullptr)
            : PEM_write_bio_PrivateKey_traditional(
                  out.get(), made_.at(name).second.get(), EVP_aes_128_cbc(),
                  reinterpret_cast<unsigned char*>(password), 6, nullptr, nullptr);
  must(write == 1);
  return path;
}

fs::path Certificates::write(const std::string& name, const std::string& text) const {
  return folder_.file(name, text);
}

}  // namespace msggw::tls::test
