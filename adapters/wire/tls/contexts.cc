// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/contexts.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <utility>

#include "adapters/wire/tls/crls.h"
#include "adapters/wire/tls/datagram_session.h"
#include "adapters/wire/tls/errors.h"
#include "adapters/wire/tls/files.h"

namespace msggw::tls {

namespace {

constexpr std::uint64_t kRules = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET;

/// Of a record that is sent over datagrams, which have a buffer each for as long as they live.
constexpr unsigned kMostDatagramData = 4'096;

const SSL_METHOD* method_of(const Options& options) {
  const bool server = options.side == Side::server;
  if (options.datagram) return server ? DTLS_server_method() : DTLS_client_method();
  return server ? TLS_server_method() : TLS_client_method();
}

bool expects_host(X509_VERIFY_PARAM* param) {
  if (X509_VERIFY_PARAM_get0_host(param, 0) != nullptr) return true;
  char* const address = X509_VERIFY_PARAM_get1_ip_asc(param);
  const bool found = address != nullptr;
  OPENSSL_free(address);
  return found;
}

extern "C" int judge(int good, X509_STORE_CTX* chain) noexcept {
  if (good == 0) {
    if (!needs_no_crl(chain)) return 0;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
  }
  const int place = SSL_get_ex_data_X509_STORE_CTX_idx();
  const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(chain, place));
  if (SSL_is_server(ssl) == 1 || expects_host(X509_STORE_CTX_get0_param(chain))) return 1;
  X509_STORE_CTX_set_error(chain, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

extern "C" int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                               const unsigned char* in, unsigned in_size, void* ours) noexcept {
  const auto* protocols = static_cast<const unsigned char*>(ours);
  const auto size = static_cast<unsigned>(std::strlen(static_cast<const char*>(ours)));
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_size, protocols, size, in, in_size);
  *out = chosen;
  // RFC 7301 3.2: no protocol in common ends the handshake.
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_protocols(SSL_CTX* context, const Options& options) {
  if (options.protocols == nullptr) return;
  auto* const list = const_cast<char*>(options.protocols);
  if (options.side == Side::server)
    return SSL_CTX_set_alpn_select_cb(context, choose_protocol, list);
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<unsigned char*>(list),
                          static_cast<unsigned>(std::strlen(list)));
}

/// What a session proves is proven at each handshake: nothing is resumed, by neither side.
void set_session_rules(SSL_CTX* context) {
  SSL_CTX_set_options(context, kRules);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  // A client that offers a session nevertheless gets a full handshake instead of an error.
  static constexpr unsigned char kSessionContext[] = "msggw";
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
}

base::Result<> trust(SSL_CTX* context, const Options& options, bool reads_system) {
  const bool server = options.side == Side::server;
  const int demand = !server || options.client_may_show_none ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  if (!server || !options.ca.empty()) SSL_CTX_set_verify(context, SSL_VERIFY_PEER | demand, judge);
  const char* const word = server ? "client_ca" : "ca";
  if (options.ca.empty()) {
    if (!options.crl.empty())
      return base::fail(base::Errc::incorrect, "crl: " + options.crl.string() + ": needs " + word +
                                                   " beside it, whose CRLs these are");
    if (!server && reads_system) SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  auto trusted = read_trusted(word, options.ca, options.crl);
  if (!trusted) return tl::unexpected(trusted.error());
  SSL_CTX_set1_cert_store(context, trusted->store.get());
  if (server) SSL_CTX_set_client_CA_list(context, trusted->names.release());
  return {};
}

base::Result<> show(SSL_CTX* context, const Options& options) {
  auto own = read_own(options.certificate, options.key);
  if (!own) return tl::unexpected(own.error());
  forget_errors();
  if (own->certificate && SSL_CTX_use_cert_and_key(context, own->certificate.get(), own->key.get(),
                                                   own->chain.get(), 1) != 1)
    return base::fail(base::Errc::incorrect, "certificate: " + options.certificate.string() + ": " +
                                                 text_of(take_error()));
  return {};
}

/// True: an address, which has no SNI. No function but this one knows which of the two a host is.
bool expect(X509_VERIFY_PARAM* param, const std::string& host) {
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) == 1) return true;
  if (!host.empty()) X509_VERIFY_PARAM_set1_host(param, host.data(), host.size());
  return false;
}

extern "C" void free_host(void*, void* host, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<std::string*>(host);
}

/// Where a context keeps the host for its connections; its "app data" is Asio's.
int host_place() noexcept {
  static const int place = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_host);
  return place;
}

/// The start of the handshake is the last moment to put the name there.
extern "C" void send_name(const SSL* ssl, int where, int) noexcept {
  if ((where & SSL_CB_HANDSHAKE_START) == 0) return;
  const void* const host = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), host_place());
  SSL_set_tlsext_host_name(const_cast<SSL*>(ssl), static_cast<const std::string*>(host)->c_str());
}

ssl_st* connection_of(const Context& context) {
  forget_errors();
  SSL* const connection = SSL_new(context.get());
  base::ensure(connection != nullptr, "OpenSSL gives no connection");
  return connection;
}

base::Result<Context> make(const Options& options, bool reads_system) {
  Context made(SSL_CTX_new(method_of(options)), SSL_CTX_free);
  base::ensure(made != nullptr, "OpenSSL gives no context");
  SSL_CTX* const context = made.get();
  SSL_CTX_set_min_proto_version(context, options.datagram ? DTLS1_2_VERSION : TLS1_2_VERSION);
  set_session_rules(context);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (options.datagram) SSL_CTX_set_max_send_fragment(context, kMostDatagramData);
  if (options.side == Side::server) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (options.side == Side::server && options.datagram) use_cookies(context);
  set_protocols(context, options);
  const bool suites =
      options.ciphers == nullptr || SSL_CTX_set_cipher_list(context, options.ciphers) == 1;
  base::ensure(suites, "OpenSSL knows the cipher suites");
  if (auto done = trust(context, options, reads_system); !done) return tl::unexpected(done.error());
  if (auto done = show(context, options); !done) return tl::unexpected(done.error());
  return made;
}

}  // namespace

base::Result<Context> make(const Options& options) {
  return make(options, true);
}

base::Result<> check_files(const Options& options) {
  const auto made = make(options, false);
  return made ? base::Result<>() : tl::unexpected(made.error());
}

base::Result<> check(const Options& options) {
  const auto made = make(options, false);
  if (!made) return tl::unexpected(made.error());
  const X509* const own = SSL_CTX_get0_certificate(made->get());
  if (own != nullptr && X509_cmp_current_time(X509_get0_notBefore(own)) > 0)
    return base::fail(base::Errc::incorrect, "certificate: " + options.certificate.string() +
                                                 ": is not valid before " +
                                                 date_of(X509_get0_notBefore(own)));
  if (own != nullptr && X509_cmp_current_time(X509_get0_notAfter(own)) < 0)
    return base::fail(base::Errc::incorrect, "certificate: " + options.certificate.string() +
                                                 ": has expired on " +
                                                 date_of(X509_get0_notAfter(own)));
  const Crls* const crls = crls_of(SSL_CTX_get_cert_store(made->get()));
  if (crls == nullptr) return {};
  for (const Crl& crl : crls->all) {
    const ASN1_TIME* const until = X509_CRL_get0_nextUpdate(crl.get());
    if (until == nullptr || X509_cmp_current_time(until) >= 0) continue;
    const bool apart = !options.crl.empty();
    const char* const word = options.side == Side::server ? "client_ca: " : "ca: ";
    return base::fail(base::Errc::incorrect,
                      (apart ? "crl: " + options.crl.string() : word + options.ca.string()) +
                          ": the CRL of " + text_of(X509_CRL_get_issuer(crl.get())) +
                          " has expired on " + date_of(until) +
                          ", so nobody whom that CA has signed is let in");
  }
  return {};
}

ssl_st* accept_with(const Context& context) {
  return connection_of(context);
}

ssl_st* connect_with(const Context& context, const std::string& host) {
  ssl_st* const connection = connection_of(context);
  expect_host(connection, host);
  return connection;
}

void expect_host(ssl_st* connection, const std::string& host) {
  if (!expect(SSL_get0_param(connection), host)) SSL_set_tlsext_host_name(connection, host.c_str());
}

void expect_host(ssl_ctx_st* context, const std::string& host) {
  if (expect(SSL_CTX_get0_param(context), host)) return;
  delete static_cast<std::string*>(SSL_CTX_get_ex_data(context, host_place()));
  SSL_CTX_set_ex_data(context, host_place(), new std::string(host));
  SSL_CTX_set_info_callback(context, send_name);
}

void configure(const Context& from, ssl_ctx_st* context) {
  SSL_CTX* const own = from.get();
  set_session_rules(context);
  SSL_CTX_set_options(context, SSL_CTX_get_options(own));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(own, &chain);
  if (X509* const certificate = SSL_CTX_get0_certificate(own))
    SSL_CTX_use_cert_and_key(context, certificate, SSL_CTX_get0_privatekey(own), chain, 1);
  SSL_CTX_set1_cert_store(context, SSL_CTX_get_cert_store(own));
  SSL_CTX_set_verify(context, SSL_CTX_get_verify_mode(own), judge);
}

bool revokes(const Context& context, const ssl_st* connection) {
  if (!context || connection == nullptr) return false;
  const Crls* const crls = crls_of(SSL_CTX_get_cert_store(context.get()));
  STACK_OF(X509)* const chain = SSL_get0_verified_chain(connection);
  if (crls == nullptr || chain == nullptr) return false;
  for (int at = 0; at + 1 < sk_X509_num(chain); ++at)
    if (names(*crls, sk_X509_value(chain, at), sk_X509_value(chain, at + 1))) return true;
  return false;
}

std::string_view protocol_of(const ssl_st* connection) noexcept {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(connection, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

base::Result<> Source::reload() {
  return reload(options_);
}

base::Result<> Source::reload(Options options) {
  auto made = make(options);
  if (!made) return tl::unexpected(made.error());
  options_ = std::move(options);
  current_ = std::move(*made);
  return {};
}

}  // namespace msggw::tls
