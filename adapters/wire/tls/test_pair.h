// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <string>
#include <utility>

#include "adapters/wire/tls/contexts.h"
#include "adapters/wire/tls/errors.h"
#include "adapters/wire/tls/handshake.h"
#include "adapters/wire/tls/test_certificates.h"

namespace msggw::tls::test {

using Connection = base::Handle<SSL, SSL_free>;

inline Certificates& certificates() {
  static Certificates all;
  return all;
}

struct Version {
  const char* name;
  int number;
  bool datagram;
};
inline constexpr Version kVersions[] = {{"TLS 1.2", TLS1_2_VERSION, false},
                                        {"TLS 1.3", TLS1_3_VERSION, false},
                                        {"DTLS 1.2", DTLS1_2_VERSION, true}};

/// Both ends of one handshake over a pair of BIOs.
struct Pair {
  Connection client;
  Connection server;
  Problem client_problem;
  Problem server_problem;
  bool client_done = false;
  bool server_done = false;

  Pair(Connection c, Connection s, const Version& version)
      : client(std::move(c)), server(std::move(s)) {
    BIO* there = nullptr;
    BIO* here = nullptr;
    if (version.datagram) {
      there = BIO_new(BIO_s_mem());
      here = BIO_new(BIO_s_mem());
      BIO_set_mem_eof_return(there, -1);
      BIO_set_mem_eof_return(here, -1);
      BIO_up_ref(there);
      BIO_up_ref(here);
      SSL_set_bio(client.get(), here, there);
      SSL_set_bio(server.get(), there, here);
      for (SSL* end : {client.get(), server.get()}) {
        SSL_set_options(end, SSL_OP_NO_QUERY_MTU);
        SSL_set_mtu(end, 16'000);  // one flight, one datagram: a memory BIO keeps no borders
      }
    } else {
      BIO_new_bio_pair(&there, 0, &here, 0);
      SSL_set_bio(client.get(), here, here);
      SSL_set_bio(server.get(), there, there);
    }
    SSL_set_max_proto_version(client.get(), version.number);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    run();
  }

  bool good() const { return client_done && server_done; }

 private:
  void run() {
    for (int turn = 0; turn < 20; ++turn) {
      step(client.get(), client_done, client_problem);
      step(server.get(), server_done, server_problem);
    }
  }

  /// After its handshake a side reads: in TLS 1.3 a client hears only then that it was refused.
  static void step(SSL* ssl, bool& done, Problem& problem) {
    if (!problem.detail.empty()) return;
    forget_errors();
    char octet = 0;
    const int result =
        SSL_is_init_finished(ssl) == 1 ? SSL_read(ssl, &octet, 1) : SSL_do_handshake(ssl);
    const int error = result > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl, result);
    done = SSL_is_init_finished(ssl) == 1;
    if (error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
      return;
    done = false;
    problem = problem_of(ssl, take_error());
  }
};

inline Options server_of(const std::string& name, const std::string& client_ca = {}) {
  Options options{.side = Side::server,
                  .certificate = certificates().pem(name),
                  .key = certificates().key(name)};
  if (!client_ca.empty()) options.ca = certificates().pem(client_ca);
  return options;
}

inline Options client_of(const std::string& name = {}) {
  Options options{.ca = certificates().pem("ca")};
  if (name.empty()) return options;
  options.certificate = certificates().pem(name);
  options.key = certificates().key(name);
  return options;
}

inline Context must_make(Options options, const Version& version) {
  options.datagram = version.datagram;
  auto made = make(options);
  REQUIRE_MESSAGE(made.has_value(), made.error().detail);
  return std::move(*made);
}

inline Pair meet(const Version& version, const Options& server, const Options& client,
                 const std::string& host = "localhost") {
  return {Connection(connect_with(must_make(client, version), host)),
          Connection(accept_with(must_make(server, version))), version};
}

}  // namespace msggw::tls::test
