#include "adapters/wire/http/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string_view>

namespace msggw::http {

namespace {

namespace ssl = boost::asio::ssl;

// RFC 9113 9.2.2 forbids most older suites for HTTP/2; the others are of no use either.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

extern "C" int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                               const unsigned char* in, unsigned in_size, void*) noexcept {
  static constexpr unsigned char kOurs[] = "\x02h2\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, in, in_size);
  *out = chosen;
  // RFC 7301 3.2: no protocol in common ends the handshake.
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Empty if it holds a NUL octet, which would let one name pass for another.
std::string text_of(const ASN1_STRING* asn1) {
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, asn1);
  if (size < 0) return {};
  std::string name(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return name.find('\0') == std::string::npos ? name : std::string();
}

/// The first DNS name or URI among the subject's alternative names.
std::string first_alternative_name(X509* certificate) {
  const auto free_names = [](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); };
  const std::unique_ptr<GENERAL_NAMES, decltype(free_names)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      free_names);
  if (!names) return {};
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind);
    if (kind == GEN_DNS || kind == GEN_URI) return text_of(static_cast<const ASN1_STRING*>(value));
  }
  return {};
}

template <class Call>
void using_file(const std::filesystem::path& file, Call&& call) {
  boost::system::error_code ec;
  call(file.string(), ec);
  if (ec) throw std::runtime_error("TLS: " + file.string() + ": " + ec.message());
}

}  // namespace

ssl::context make_tls(const ServerTls& files) {
  ssl::context context(ssl::context::tls_server);
  SSL_CTX* native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(native, kCiphers);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_SINGLE_ECDH_USE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  // A resumed session would carry a name that nobody has proved since the first one: a certificate
  // that has expired in the meantime would still be good.
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);

  using_file(files.certificate, [&](const std::string& name, auto& ec) {
    context.use_certificate_chain_file(name, ec);
  });
  using_file(files.key, [&](const std::string& name, auto& ec) {
    context.use_private_key_file(name, ssl::context::pem, ec);
  });
  if (SSL_CTX_check_private_key(native) != 1) {
    throw std::runtime_error("TLS: " + files.key.string() + ": is not the key of " +
                             files.certificate.string());
  }
  if (!files.client_ca.empty()) {
    using_file(files.client_ca,
               [&](const std::string& name, auto& ec) { context.load_verify_file(name, ec); });
    context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    SSL_CTX_set_client_CA_list(native, SSL_load_client_CA_file(files.client_ca.c_str()));
  }
  return context;
}

bool chose_http2(SSL* ssl) noexcept {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

std::string client_name(SSL* ssl) {
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return {};
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return first_alternative_name(certificate);
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

std::string handshake_problem(SSL* ssl, const boost::system::error_code& error) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK) return error.message();
  return std::string("client certificate: ") + X509_verify_cert_error_string(verdict);
}

}  // namespace msggw::http
