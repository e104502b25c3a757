#include "adapters/sms/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <stdexcept>

namespace msggw::sms {

namespace {

namespace ssl = boost::asio::ssl;

template <class Call>
void using_file(const SmscOptions& options, const std::string& file, Call&& call) {
  boost::system::error_code ec;
  call(ec);
  if (ec) throw std::runtime_error("SMSC " + options.name + ": " + file + ": " + ec.message());
}

}  // namespace

std::shared_ptr<ssl::context> make_tls(const SmscOptions& options) {
  if (options.ca.empty()) return nullptr;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  context->set_verify_mode(ssl::verify_peer);
  using_file(options, options.ca, [&](auto& ec) { context->load_verify_file(options.ca, ec); });
  if (options.certificate.empty()) return context;
  using_file(options, options.certificate,
             [&](auto& ec) { context->use_certificate_chain_file(options.certificate, ec); });
  using_file(options, options.key,
             [&](auto& ec) { context->use_private_key_file(options.key, ssl::context::pem, ec); });
  if (SSL_CTX_check_private_key(native) != 1) {
    throw std::runtime_error("SMSC " + options.name + ": " + options.key + " is not the key of " +
                             options.certificate);
  }
  return context;
}

void expect_host(SSL* ssl, const std::string& host) {
  boost::system::error_code not_numeric;
  boost::asio::ip::make_address(host, not_numeric);
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  if (!not_numeric) {
    X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str());
    return;
  }
  SSL_set_tlsext_host_name(ssl, host.c_str());
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size());
}

std::string handshake_problem(SSL* ssl, const boost::system::error_code& error) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK) return "TLS: " + error.message();
  return std::string("TLS: the SMSC's certificate: ") + X509_verify_cert_error_string(verdict);
}

}  // namespace msggw::sms
