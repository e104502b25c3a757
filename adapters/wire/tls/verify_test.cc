// SPDX-License-Identifier: Apache-2.0
// Handshakes in memory: who is let in, who is not, and what both sides say about it.
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "adapters/wire/tls/contexts.h"
#include "adapters/wire/tls/errors.h"
#include "adapters/wire/tls/handshake.h"
#include "adapters/wire/tls/names.h"
#include "adapters/wire/tls/test_certificates.h"

namespace msggw::tls {
namespace {

using Connection = base::Handle<SSL, SSL_free>;

test::Certificates& certificates() {
  static test::Certificates all;
  return all;
}

struct Version {
  const char* name;
  int number;
  bool datagram;
};
constexpr Version kVersions[] = {{"TLS 1.2", TLS1_2_VERSION, false},
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

Options server_of(const std::string& name, const std::string& client_ca = {}) {
  Options options{.side = Side::server,
                  .certificate = certificates().pem(name),
                  .key = certificates().key(name)};
  if (!client_ca.empty()) options.ca = certificates().pem(client_ca);
  return options;
}

Options client_of(const std::string& name = {}) {
  Options options{.ca = certificates().pem("ca")};
  if (name.empty()) return options;
  options.certificate = certificates().pem(name);
  options.key = certificates().key(name);
  return options;
}

Context must_make(Options options, const Version& version) {
  options.datagram = version.datagram;
  auto made = make(options);
  REQUIRE_MESSAGE(made.has_value(), made.error().detail);
  return std::move(*made);
}

Pair meet(const Version& version, const Options& server, const Options& client,
          const std::string& host = "localhost") {
  return {Connection(connect_with(must_make(client, version), host)),
          Connection(accept_with(must_make(server, version))), version};
}

TEST_CASE("a good certificate is taken, by name and by address, and names its owner") {
  for (const Version& version : kVersions) {
    CAPTURE(version.name);
    for (const char* host : {"localhost", "127.0.0.1"}) {
      const Pair pair = meet(version, server_of("server", "ca"), client_of("client"), host);
      CHECK_MESSAGE(pair.good(), pair.client_problem.detail, pair.server_problem.detail);
      CHECK(SSL_version(pair.client.get()) == version.number);
      CHECK(peer_names(pair.server.get()) == std::vector<std::string>{"gateway-1"});
      CHECK(peer_names(pair.client.get()) == std::vector<std::string>{"localhost", "127.0.0.1"});
      const char* sni = SSL_get_servername(pair.server.get(), TLSEXT_NAMETYPE_host_name);
      CHECK(std::string(sni == nullptr ? "" : sni) == (host[0] == 'l' ? "localhost" : ""));
    }
  }
}

TEST_CASE("every fault of a server's certificate is told by its name") {
  test::Certificates& all = certificates();
  all.make("later", {.names = {"DNS:localhost"}, .from_day = 1});
  all.make("self", {.names = {"DNS:localhost"}, .issuer = "self"});
  all.make("client-only", {.names = {"DNS:localhost"}, .usage = "clientAuth"});
  all.make("partial", {.names = {"DNS:loc*.example"}});
  all.make("wild", {.names = {"DNS:*.gw.example"}});
  all.make("nul", {.names = {std::string("DNS:localhost\0.evil", 19)}});
  all.make("by-cn", {.common_name = "localhost"});
  struct Row {
    const char* certificate;
    const char* host;
    Failure failure;  ///< other: it is taken
  };
  const Row rows[] = {
      {"expired", "localhost", Failure::expired},
      {"later", "localhost", Failure::not_yet_valid},
      {"named", "localhost", Failure::wrong_name},
      {"named", "127.0.0.1", Failure::wrong_name},
      {"stranger", "localhost", Failure::unknown_ca},
      {"self", "localhost", Failure::self_signed},
      {"client-only", "localhost", Failure::wrong_purpose},
      {"partial", "local.example", Failure::wrong_name},
      {"wild", "a.gw.example", Failure::other},
      {"wild", "a.b.gw.example", Failure::wrong_name},
      {"wild", "gw.example", Failure::wrong_name},
      {"nul", "localhost", Failure::wrong_name},
      {"by-cn", "localhost", Failure::other},
      {"server", "", Failure::wrong_name},  // nothing is expected: nothing is trusted
  };
  for (const Version& version : kVersions) {
    for (const Row& row : rows) {
      CAPTURE(version.name);
      CAPTURE(row.certificate);
      CAPTURE(row.host);
      const Pair pair = meet(version, server_of(row.certificate), client_of(), row.host);
      CAPTURE(pair.client_problem.detail);
      CHECK(name_of(pair.client_problem.failure) == name_of(row.failure));
      CHECK(pair.good() == (row.failure == Failure::other));
      if (pair.good()) continue;
      CHECK(pair.client_problem.detail.find("the peer's certificate") == 0);
      CHECK_MESSAGE(pair.server_problem.detail.find("the peer refused: ") == 0,
                    pair.server_problem.detail);
    }
  }
}

TEST_CASE("every fault of a client's certificate is told by its name, to both") {
  certificates().make("server-only", {.usage = "serverAuth"});
  struct Row {
    const char* certificate;  ///< empty: none
    Failure failure;
    Failure told;
  };
  const Row rows[] = {{"", Failure::no_certificate, Failure::no_certificate},
                      {"expired", Failure::expired, Failure::expired},
                      {"stranger", Failure::unknown_ca, Failure::unknown_ca},
                      {"server-only", Failure::wrong_purpose, Failure::bad_certificate}};
  for (const Version& version : kVersions) {
    for (const Row& row : rows) {
      CAPTURE(version.name);
      CAPTURE(row.certificate);
      const Pair pair = meet(version, server_of("server", "ca"), client_of(row.certificate));
      CHECK(!pair.server_done);
      CHECK_MESSAGE(name_of(pair.server_problem.failure) == name_of(row.failure),
                    pair.server_problem.detail);
      // Before 1.3 there is no alert of its own for a certificate that is wanted and not there.
      const bool vague = row.failure == Failure::no_certificate && version.number != TLS1_3_VERSION;
      CHECK_MESSAGE(name_of(pair.client_problem.failure) ==
                        name_of(vague ? Failure::nothing_in_common : row.told),
                    pair.client_problem.detail);
      CHECK(peer_names(pair.server.get()).empty());
    }
  }
}

TEST_CASE("a server that only wants certificates takes none, and no bad one") {
  Options wants = server_of("server", "ca");
  wants.client_may_show_none = true;
  for (const Version& version : kVersions) {
    const Pair without = meet(version, wants, client_of());
    CHECK(without.good());
    CHECK(peer_names(without.server.get()).empty());
    CHECK(meet(version, wants, client_of("client")).good());
    CHECK(!meet(version, wants, client_of("stranger")).server_done);
  }
}

TEST_CASE("CRLs in the CA file are obeyed, and refuse nobody else") {
  test::Certificates& all = certificates();
  all.make("revoked", {.names = {"DNS:localhost"}});
  Options client = client_of();
  client.ca = all.revoke("revoked");
  const Version& version = kVersions[1];
  CHECK(meet(version, server_of("revoked"), client).client_problem.failure == Failure::revoked);
  CHECK(meet(version, server_of("server"), client).good());
  // A CA beside it that has no CRL.
  const std::string both = (all.folder() / "both-ca.pem").string();
  REQUIRE(std::system(
              ("cat " + client.ca.string() + " " + all.pem("stranger-ca").string() + " > " + both)
                  .c_str()) == 0);
  client.ca = both;
  CHECK(meet(version, server_of("stranger"), client).good());
  CHECK(meet(version, server_of("revoked"), client).client_problem.failure == Failure::revoked);
}

TEST_CASE("nothing is resumed, and nothing older than 1.2 is spoken") {
  for (const Version& version : kVersions) {
    CAPTURE(version.name);
    const Context server = must_make(server_of("server", "ca"), version);
    const Context client = must_make(client_of("client"), version);
    const Pair first(Connection(connect_with(client, "localhost")), Connection(accept_with(server)),
                     version);
    REQUIRE(first.good());
    const base::Handle<SSL_SESSION, SSL_SESSION_free> session(SSL_get1_session(first.client.get()));
    CHECK(SSL_SESSION_has_ticket(session.get()) == 0);
    Connection again(connect_with(client, "localhost"));
    SSL_set_session(again.get(), session.get());
    const Pair second(std::move(again), Connection(accept_with(server)), version);
    CHECK(second.good());
    CHECK(SSL_session_reused(second.client.get()) == 0);
    CHECK(peer_names(second.server.get()) == std::vector<std::string>{"gateway-1"});
    CHECK(SSL_renegotiate(second.client.get()) == 0);
  }
  for (const Version& older :
       {Version{"TLS 1.1", TLS1_1_VERSION, false}, Version{"DTLS 1.0", DTLS1_VERSION, true}}) {
    CAPTURE(older.name);
    Connection old(connect_with(must_make(client_of(), older), "localhost"));
    SSL_set_min_proto_version(old.get(), older.datagram ? DTLS1_VERSION : TLS1_VERSION);
    SSL_set_cipher_list(old.get(), "ALL:@SECLEVEL=0");
    const Pair pair(std::move(old), Connection(accept_with(must_make(server_of("server"), older))),
                    older);
    CHECK(pair.server_problem.failure == Failure::nothing_in_common);
  }
}

TEST_CASE("ALPN: the server's order counts, and nothing in common is said") {
  Options server = server_of("server");
  server.protocols = "\x02h2\x08http/1.1";
  Options client = client_of();
  client.protocols = "\x08http/1.1\x02h2";
  const Pair both = meet(kVersions[1], server, client);
  CHECK(protocol_of(both.client.get()) == "h2");
  CHECK(protocol_of(both.server.get()) == "h2");
  CHECK(protocol_of(meet(kVersions[1], server, client_of()).server.get()) == "");
  client.protocols = "\x04mqtt";
  CHECK(meet(kVersions[1], server, client).server_problem.failure == Failure::nothing_in_common);
}

TEST_CASE("a context for one host sends and expects its name on every connection") {
  for (const Version& version : kVersions) {
    const Context client = must_make(client_of(), version);
    expect_host(client.get(), "localhost");
    Connection one(SSL_new(client.get()));
    SSL_set_tlsext_host_name(one.get(), "127.0.0.1");  // as a library may
    const Pair good(std::move(one),
                    Connection(accept_with(must_make(server_of("server"), version))), version);
    CHECK(good.good());
    CHECK(std::string(SSL_get_servername(good.server.get(), TLSEXT_NAMETYPE_host_name)) ==
          "localhost");
    const Pair bad(Connection(SSL_new(client.get())),
                   Connection(accept_with(must_make(server_of("named"), version))), version);
    CHECK(bad.client_problem.failure == Failure::wrong_name);
  }
}

TEST_CASE("what a library has made is given files, trust and rules") {
  using RawContext = base::Handle<SSL_CTX, SSL_CTX_free>;
  for (const Version& version : kVersions) {
    CAPTURE(version.name);
    if (version.datagram) continue;
    const Context client = must_make(client_of("client"), version);
    const RawContext curls(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_session_cache_mode(curls.get(), SSL_SESS_CACHE_CLIENT);
    configure(client, curls.get());
    expect_host(curls.get(), "localhost");
    const Pair over(Connection(SSL_new(curls.get())),
                    Connection(accept_with(must_make(server_of("server", "ca"), version))),
                    version);
    CHECK(over.good());
    CHECK(SSL_SESSION_has_ticket(SSL_get_session(over.client.get())) == 0);
    CHECK(peer_names(over.server.get()) == std::vector<std::string>{"gateway-1"});
    const Pair wrong(Connection(SSL_new(curls.get())),
                     Connection(accept_with(must_make(server_of("stranger"), version))), version);
    CHECK(wrong.client_problem.failure == Failure::unknown_ca);
  }
}

}  // namespace
}  // namespace msggw::tls
