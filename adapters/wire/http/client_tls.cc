#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>

#include "adapters/wire/http/client.h"
#include "gateway/base/handle.h"

namespace msggw::http {

namespace {

int no_password(char*, int, int, void*) noexcept {
  return 0;
}

tl::unexpected<base::Error> bad(const char* key, const std::filesystem::path& file) {
  const unsigned long error = ERR_get_error();
  const char* const reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return base::fail(base::Errc::incorrect, std::string(key) + ": " + file.string() + ": " +
                                               (reason == nullptr ? "not usable" : reason));
}

}  // namespace

base::Result<void> check_files(const ClientTls& tls) {
  ERR_clear_error();
  const base::Handle<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(TLS_client_method()));
  base::ensure(context != nullptr, "OpenSSL gives no context");
  SSL_CTX* const ssl = context.get();
  // An encrypted key would be asked for on the terminal.
  SSL_CTX_set_default_passwd_cb(ssl, no_password);
  if (!tls.ca.empty() && SSL_CTX_load_verify_locations(ssl, tls.ca.c_str(), nullptr) != 1)
    return bad("ca", tls.ca);
  if (!tls.certificate.empty() &&
      SSL_CTX_use_certificate_chain_file(ssl, tls.certificate.c_str()) != 1) {
    return bad("certificate", tls.certificate);
  }
  if (tls.key.empty()) return {};
  if (SSL_CTX_use_PrivateKey_file(ssl, tls.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      (!tls.certificate.empty() && SSL_CTX_check_private_key(ssl) != 1)) {
    return bad("key", tls.key);
  }
  return {};
}

}  // namespace msggw::http
