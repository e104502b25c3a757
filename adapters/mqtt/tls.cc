// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <string>

#include "gateway/base/result.h"

namespace msggw::mqtt {

namespace {

[[noreturn]] void cannot_use(const char* key, const std::string& file) {
  char reason[256] = "unknown reason";
  if (const unsigned long error = ERR_get_error()) ERR_error_string_n(error, reason, sizeof reason);
  ERR_clear_error();
  throw std::runtime_error(std::string(key) + " = \"" + file + "\" cannot be used: " + reason);
}

void check_peer(SSL_CTX& context, const base::Host& host) {
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM* const param = SSL_CTX_get0_param(&context);
  const std::string& text = host.text();
  const int set = host.is_numeric() ? X509_VERIFY_PARAM_set1_ip_asc(param, text.c_str())
                                    : X509_VERIFY_PARAM_set1_host(param, text.c_str(), text.size());
  base::ensure(set == 1, "the broker's name can be checked");
}

}  // namespace

void free_tls_context(ssl_ctx_st* context) noexcept {
  SSL_CTX_free(context);
}

TlsContext make_tls_context(const Options& options) {
  if (options.ca.empty()) return nullptr;
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  base::ensure(context != nullptr, "a TLS context can be made");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
  if (SSL_CTX_load_verify_file(context.get(), options.ca.c_str()) != 1)
    cannot_use("mqtt.ca", options.ca);
  if (!options.certificate.empty()) {
    if (SSL_CTX_use_certificate_chain_file(context.get(), options.certificate.c_str()) != 1)
      cannot_use("mqtt.certificate", options.certificate);
    const std::string& key = options.key.empty() ? options.certificate : options.key;
    if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context.get()) != 1)
      cannot_use("mqtt.key", key);
  }
  if (!options.host.host) throw std::runtime_error("mqtt.ca: there is no TLS over a unix socket");
  check_peer(*context, *options.host.host);
  return context;
}

}  // namespace msggw::mqtt
