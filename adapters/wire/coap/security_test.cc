// SPDX-License-Identifier: Apache-2.0
// Who is let in, who is not, and what both sides say about it.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "adapters/wire/coap/test_relay.h"
#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test::security_test {
namespace {

namespace fs = std::filesystem;

double failed(Loop& loop, const std::string& reason) {
  return loop.metric("msggw_coap_handshakes_failed_total{reason=\"" + reason + "\"}");
}

ClientOptions quick(ClientOptions options) {
  options.connect_timeout = base::Duration{3'000};
  options.request_timeout = base::Duration{4'000};
  return options;
}

constexpr Way kDtls{"coaps", Transport::dtls};
constexpr Way kTls{"coaps+tcp", Transport::tls};
constexpr Way kDtlsPsk{"coaps with PSK", Transport::dtls, true};
constexpr Way kTlsPsk{"coaps+tcp with PSK", Transport::tls, true};

ServerSecurity shows(const std::string& name, bool demands = false) {
  ServerSecurity security;
  security.certificate = certificates().pem(name);
  security.key = certificates().key(name);
  if (demands) security.client_ca = certificates().pem("ca");
  return security;
}

TEST_CASE("a client refuses a server whose certificate is not right, and says why") {
  struct Case {
    const char* certificate;
    const char* host;
    const char* why;
  };
  const Case cases[] = {{"expired", "127.0.0.1", "has expired"},
                        {"stranger", "127.0.0.1", "signed by a CA that is not trusted"},
                        {"named", "127.0.0.1", "does not name the host"},
                        {"named", "localhost", "does not name the host"}};
  for (const Way& way : {kDtls, kTls}) {
    for (const Case& wrong : cases) {
      CAPTURE(way.name);
      CAPTURE(wrong.certificate);
      CAPTURE(wrong.host);
      Loop loop;
      ServerOptions options = server_of(way);
      options.security = shows(wrong.certificate);
      EchoServer server(loop, options);
      Client client(loop.io, quick(client_of(way)));
      const auto answer = ask(loop, client, post(server.uri(wrong.host)));
      REQUIRE(!answer.has_value());
      CHECK(answer.error().code == base::Errc::unavailable);
      CHECK_MESSAGE(answer.error().detail.find(wrong.why) != std::string::npos,
                    answer.error().detail);
      CHECK(server.seen.empty());
    }
  }
}

TEST_CASE("a name is resolved and checked against the certificate") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    Client client(loop.io, client_of(way));
    const auto answer = ask(loop, client, post(server.uri("localhost")));
    REQUIRE_MESSAGE(answer.has_value(), answer.error().detail);
    CHECK(answer->code == Code::created);
  }
}

TEST_CASE("a server refuses a client whose certificate is not right, and both say why") {
  struct Case {
    const char* certificate;  ///< null: none
    const char* reason;
  };
  const Case cases[] = {
      {nullptr, "no_certificate"}, {"stranger", "unknown_ca"}, {"expired", "expired"}};
  for (const Way& way : {kDtls, kTls}) {
    for (const Case& wrong : cases) {
      CAPTURE(way.name);
      CAPTURE(wrong.reason);
      Loop loop;
      EchoServer server(loop, server_of(way));
      ClientOptions options = quick(client_of(way));
      options.security.certificate = options.security.key = fs::path();
      if (wrong.certificate != nullptr) {
        options.security.certificate = certificates().pem(wrong.certificate);
        options.security.key = certificates().key(wrong.certificate);
      }
      Client client(loop.io, options);
      const auto answer = ask(loop, client, post(server.uri()));
      REQUIRE(!answer.has_value());
      CHECK(answer.error().code == base::Errc::unavailable);
      CHECK_MESSAGE(answer.error().detail.find("the peer refused: ") != std::string::npos,
                    answer.error().detail);
      CHECK(loop.until([&] { return failed(loop, wrong.reason) == 1; }));
      CHECK(server.seen.empty());
    }
  }
}

TEST_CASE("what is wrong with a client's certificate has a name") {
  const auto only_for = [](const char* usage) {
    return tls::test::Certificates::Wanted{.names = {"DNS:x"}, .usage = usage};
  };
  certificates().make("early", {.names = {"DNS:x"}, .from_day = 1});
  certificates().make("alone", {.names = {"DNS:x"}, .issuer = "alone"});
  certificates().make("of-server", only_for("serverAuth"));
  certificates().make("lost", only_for("clientAuth"));
  const fs::path with_crl = certificates().revoke("lost");
  for (const Way& way : {kDtls, kTls}) {
    for (const auto& [shown, reason] :
         {std::pair("early", "not_yet_valid"), std::pair("alone", "self_signed"),
          std::pair("of-server", "wrong_purpose"), std::pair("lost", "revoked")}) {
      CAPTURE(way.name);
      CAPTURE(reason);
      Loop loop;
      ServerOptions options = server_of(way);
      options.security.client_ca = with_crl;
      EchoServer server(loop, options);
      ClientOptions wrong = quick(client_of(way));
      wrong.security.certificate = certificates().pem(shown);
      wrong.security.key = certificates().key(shown);
      Client client(loop.io, wrong);
      CHECK(!ask(loop, client, post(server.uri())).has_value());
      CHECK(loop.until([&] { return failed(loop, reason) == 1; }));
      CHECK(server.seen.empty());
      Client good(loop.io, client_of(way));
      CHECK(ask(loop, good, post(server.uri())).has_value());
    }
  }
}

TEST_CASE("all names of a client's certificate count, one that cannot be printed voids them") {
  certificates().make("several", {.names = {"DNS:a.example", "URI:urn:gw:1", "IP:192.0.2.7"}});
  certificates().make("forged", {.names = {"DNS:a.example", std::string("DNS:b\0c", 7)}});
  for (const Way& way : {kDtls, kTls}) {
    Loop loop;
    EchoServer server(loop, server_of(way));
    for (const char* shown : {"several", "forged"}) {
      ClientOptions options = client_of(way);
      options.security.certificate = certificates().pem(shown);
      options.security.key = certificates().key(shown);
      Client client(loop.io, options);
      REQUIRE(ask(loop, client, post(server.uri())).has_value());
    }
    using Names = std::vector<std::string>;
    CHECK(server.seen.at(0).identity.names == Names{"a.example", "urn:gw:1", "192.0.2.7"});
    CHECK(server.seen.at(1).identity.kind == Identity::Kind::none);
    CHECK(server.seen.at(1).identity.names.empty());
  }
}

TEST_CASE("without a client CA a server takes clients that show nothing") {
  for (const Way& way : {kDtls, kTls}) {
    CAPTURE(way.name);
    Loop loop;
    ServerOptions options = server_of(way);
    options.security.client_ca = fs::path();
    EchoServer server(loop, options);
    Client client(loop.io, client_of(way));
    REQUIRE(ask(loop, client, post(server.uri())).has_value());
    CHECK(server.seen.at(0).identity.kind == Identity::Kind::none);
  }
}

TEST_CASE("an unknown PSK identity is refused, and both say why") {
  for (const Way& way : {kDtlsPsk, kTlsPsk}) {
    for (const bool certificate_too : {false, true}) {
      CAPTURE(way.name);
      CAPTURE(certificate_too);
      Loop loop;
      ServerOptions options = server_of(way);
      if (certificate_too) {
        const auto find = options.security.psk_key;
        options.security = shows("server", true);
        options.security.psk_key = find;
      }
      EchoServer server(loop, options);
      ClientOptions stranger = quick(client_of(way));
      stranger.security.psk_identity = "stranger";
      Client client(loop.io, stranger);
      const auto answer = ask(loop, client, post(server.uri()));
      REQUIRE(!answer.has_value());
      CHECK(answer.error().code == base::Errc::unavailable);
      CAPTURE(answer.error().detail);
      CHECK(loop.until([&] { return failed(loop, "unknown_psk_identity") == 1; }));
      CHECK(server.seen.empty());
    }
  }
}

TEST_CASE("a wrong PSK key is refused") {
  for (const Way& way : {kDtlsPsk, kTlsPsk}) {
    CAPTURE(way.name);
    Loop loop;
    ServerOptions options = server_of(way);
    if (way.transport == Transport::dtls) options.handshake_timeout = base::Duration{100};
    EchoServer server(loop, options);
    ClientOptions wrong = quick(client_of(way));
    wrong.connect_timeout = base::Duration{1'000};
    wrong.security.psk_key = "another-key";
    Client client(loop.io, wrong);
    const auto answer = ask(loop, client, post(server.uri()));
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == base::Errc::unavailable);
    if (way.transport == Transport::dtls) {
      CHECK(answer.error().detail.find("the PSK key is wrong") != std::string::npos);
    }
    CHECK(loop.until([&] { return failed(loop, "wrong_psk_key") == 1; }));
    CHECK(server.seen.empty());
  }
}

TEST_CASE("one listener takes PSK and certificates") {
  for (const Transport transport : {Transport::dtls, Transport::tls}) {
    const Way by_certificate{"certificate", transport};
    const Way by_psk{"psk", transport, true};
    Loop loop;
    ServerOptions options = server_of(by_certificate);
    options.security.psk_key = server_of(by_psk).security.psk_key;
    EchoServer server(loop, options);
    Client one(loop.io, client_of(by_certificate));
    Client two(loop.io, client_of(by_psk));
    REQUIRE(ask(loop, one, post(server.uri())).has_value());
    const auto answer = ask(loop, two, post(server.uri()));
    REQUIRE_MESSAGE(answer.has_value(), answer.error().detail);
    REQUIRE(server.seen.size() == 2);
    CHECK(server.seen[0].identity.names == names_of(by_certificate));
    CHECK(server.seen[1].identity.names == names_of(by_psk));
    CHECK(!(server.seen[0].peer == server.seen[1].peer));
  }
}

TEST_CASE("a PSK client refuses a server that shows a certificate") {
  for (const Transport transport : {Transport::dtls, Transport::tls}) {
    Loop loop;
    ServerOptions options = server_of({"certificate", transport});
    options.security.client_ca = fs::path();
    EchoServer server(loop, options);
    Client client(loop.io, quick(client_of({"psk", transport, true})));
    const auto answer = ask(loop, client, post(server.uri()));
    REQUIRE(!answer.has_value());
    CHECK(server.seen.empty());
  }
}

TEST_CASE("new certificates are for new handshakes; unreadable ones change nothing") {
  for (const Way& way : {kDtls, kTls}) {
    CAPTURE(way.name);
    const fs::path folder = certificates().folder() / ("reload" + std::string(way.name));
    fs::create_directories(folder);
    const auto put = [&](const std::string& name) {
      const auto replace = fs::copy_options::overwrite_existing;
      fs::copy_file(certificates().pem(name), folder / "own.pem", replace);
      fs::copy_file(certificates().key(name), folder / "own.key", replace);
    };
    put("server");
    Loop loop;
    ServerOptions options = server_of(way);
    options.security.certificate = folder / "own.pem";
    options.security.key = folder / "own.key";
    EchoServer server(loop, options);
    Client early(loop.io, client_of(way));
    REQUIRE(ask(loop, early, post(server.uri())).has_value());

    std::ofstream(folder / "own.pem") << "not a certificate";
    const auto broken = server.server().reload();
    REQUIRE(!broken.has_value());
    CHECK(broken.error().detail.find("own.pem") != std::string::npos);
    Client still(loop.io, client_of(way));
    CHECK(ask(loop, still, post(server.uri())).has_value());

    fs::copy_file(certificates().pem("server"), folder / "own.pem",
                  fs::copy_options::overwrite_existing);
    fs::copy_file(certificates().key("client"), folder / "own.key",
                  fs::copy_options::overwrite_existing);
    const auto unpaired = server.server().reload();
    REQUIRE(!unpaired.has_value());
    CHECK(unpaired.error().detail.find("own.key") != std::string::npos);

    put("stranger");
    REQUIRE(server.server().reload().has_value());
    Client late(loop.io, quick(client_of(way)));
    const auto refused = ask(loop, late, post(server.uri()));
    REQUIRE(!refused.has_value());
    CHECK(refused.error().detail.find("signed by a CA") != std::string::npos);
    const auto kept = ask(loop, early, post(server.uri()));
    CHECK(kept.has_value());  // sessions are kept
  }
}

TEST_CASE("files that cannot be used are named at the start") {
  Loop loop;
  ServerOptions options = server_of(kTls);
  options.security.certificate = "/nowhere/own.pem";
  CHECK_THROWS_WITH_AS(EchoServer(loop, options), doctest::Contains("/nowhere/own.pem"),
                       std::runtime_error);
  options.transport = Transport::dtls;
  CHECK_THROWS_WITH_AS(EchoServer(loop, options), doctest::Contains("No such file"),
                       std::runtime_error);
  options.security = shows("server");
  options.security.key = certificates().encrypt_key("server", true);
  CHECK_THROWS_WITH_AS(EchoServer(loop, options), doctest::Contains("the key is encrypted"),
                       std::runtime_error);
  ClientOptions client = client_of(kTls);
  client.security.ca = "/nowhere/ca.pem";
  CHECK_THROWS_WITH_AS(Client(loop.io, client), doctest::Contains("/nowhere/ca.pem"),
                       std::runtime_error);
}

/// What the server sees of a device that restarts: the same address (the relay's), a new handshake,
/// and no farewell.
std::unique_ptr<Client> restart(Loop& loop, Relay& relay, std::unique_ptr<Client> client) {
  relay.loses = [](Relay::To, std::size_t, std::string_view) { return true; };
  client.reset();
  const std::size_t sent = relay.to_server;
  REQUIRE(loop.until([&] { return relay.to_server > sent; }));
  relay.loses = nullptr;
  return std::make_unique<Client>(loop.io, quick(client_of(kDtlsPsk)));
}

TEST_CASE("a DTLS device that restarts on its port is let in at once, with a session of its own") {
  Loop loop;
  ServerOptions options = server_of(kDtlsPsk);
  options.session_timeout = base::Duration{300'000};
  EchoServer server(loop, options);
  Relay relay(loop, server.server().port());
  auto client = std::make_unique<Client>(loop.io, client_of(kDtlsPsk));
  REQUIRE(ask(loop, *client, post(relay.uri("coaps"))).has_value());
  client = restart(loop, relay, std::move(client));
  const auto answer = ask(loop, *client, post(relay.uri("coaps")));
  REQUIRE_MESSAGE(answer.has_value(), answer.error().detail);
  REQUIRE(server.seen.size() == 2);
  CHECK(!(server.seen[0].peer == server.seen[1].peer));  // another session, another endpoint
}

TEST_CASE("a DTLS handshake survives the loss of any of its datagrams") {
  for (const auto lost : {Relay::To::server, Relay::To::client}) {
    for (const std::size_t which : {1U, 2U, 3U}) {
      CAPTURE(which);
      Loop loop;
      EchoServer server(loop, server_of(kDtlsPsk));
      Relay relay(loop, server.server().port());
      relay.loses = [&](Relay::To to, std::size_t count, std::string_view) {
        return to == lost && count == which;
      };
      ClientOptions patient = client_of(kDtlsPsk);
      patient.connect_timeout = patient.request_timeout = base::Duration{9'000};
      Client client(loop.io, patient);
      const auto answer = ask(loop, client, post(relay.uri("coaps")));
      REQUIRE_MESSAGE(answer.has_value(), answer.error().detail);
      CHECK(server.seen.size() == 1);
    }
  }
}

TEST_CASE("a forged ClientHello does not end a session in use") {
  Loop loop;
  EchoServer server(loop, server_of(kDtlsPsk));
  Relay relay(loop, server.server().port());
  Client client(loop.io, client_of(kDtlsPsk));
  REQUIRE(ask(loop, client, post(relay.uri("coaps"))).has_value());
  std::string hello(60, '\0');
  hello[0] = 22;
  hello[13] = 1;
  relay.forge(hello);
  for (int turn = 0; turn < 5; ++turn) loop.turn();
  REQUIRE(ask(loop, client, post(relay.uri("coaps"))).has_value());
  CHECK(server.seen[0].peer == server.seen[1].peer);
}

}  // namespace
}  // namespace msggw::coap::test::security_test
