// SPDX-License-Identifier: Apache-2.0
// Handshakes in memory: who is let in, who is not, and what both sides say about it.
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "adapters/wire/tls/names.h"
#include "adapters/wire/tls/test_pair.h"

namespace msggw::tls {
namespace {

using test::certificates;
using test::client_of;
using test::Connection;
using test::kVersions;
using test::meet;
using test::must_make;
using test::Pair;
using test::server_of;
using test::Version;

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
