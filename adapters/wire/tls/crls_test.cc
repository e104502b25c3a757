// SPDX-License-Identifier: Apache-2.0
// CRLs in a file of their own: who is let in, who is not, and why; and when files end.
#include "adapters/wire/tls/calendar.h"
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

/// A server that knows the clients' CA and has this CRL file.
Options wary(const std::filesystem::path& crl, const std::string& ca = "ca") {
  Options options = server_of("server", ca);
  options.crl = crl;
  return options;
}

/// `issuing` below `ca`, and who shows its certificate with the chain or alone.
Options below_issuing(const std::string& name, bool with_chain = true) {
  test::Certificates& all = certificates();
  static bool made = false;
  if (!std::exchange(made, true)) all.make("issuing", {.issuer = "ca", .is_ca = true});
  all.make(name, {.names = {"DNS:" + name}, .issuer = "issuing"});
  Options client = client_of(name);
  if (with_chain) client.certificate = all.chain(name + ".chain", {name, "issuing"});
  return client;
}

TEST_CASE("whom a CRL names is refused, by both sides and in every version, with the word for it") {
  test::Certificates& all = certificates();
  all.make("stolen", {.names = {"DNS:stolen"}});
  all.make("stolen-server", {.names = {"DNS:localhost"}});
  const auto crl = all.revoke("both-ways", {.revoked = {"stolen", "stolen-server"}});
  for (const Version& version : kVersions) {
    CAPTURE(version.name);
    const Pair refused = meet(version, wary(crl), client_of("stolen"));
    CHECK(name_of(refused.server_problem.failure) == "revoked");
    CHECK(refused.server_problem.detail == "the peer's certificate, or a CA above it, is revoked");
    CHECK(name_of(refused.client_problem.failure) == "revoked");
    CHECK(meet(version, wary(crl), client_of("client")).good());

    Options client = client_of();
    client.crl = crl;
    CHECK(name_of(meet(version, server_of("stolen-server"), client).client_problem.failure) ==
          "revoked");
    CHECK(meet(version, server_of("server"), client).good());
  }
}

TEST_CASE("a CRL that has expired, is still to come or is missing lets nobody of its CA in") {
  test::Certificates& all = certificates();
  const auto old = all.revoke("old", {.from_day = -3, .until_day = -1});
  const auto early = all.revoke("early", {.from_day = 1, .until_day = 2});
  const auto others = all.revoke("others", {.issuer = "stranger-ca"});
  const auto failure = [](const std::filesystem::path& crl) {
    return meet(kVersions[1], wary(crl), client_of("client")).server_problem;
  };
  CHECK(name_of(failure(old).failure) == "crl_expired");
  CHECK(failure(old).detail.find("put its newest CRL in the file") != std::string::npos);
  CHECK(name_of(failure(early).failure) == "not_yet_valid");
  CHECK(name_of(failure(others).failure) == "crl_missing");
  const auto checked = check(wary(old));
  REQUIRE_FALSE(checked);
  CHECK(checked.error().detail.starts_with("crl: " + old.string() +
                                           ": the CRL of CN=ca has expired on "));
  // A newer one behind it, as by appending what the CA has published.
  all.revoke("old", {});
  CHECK(meet(kVersions[1], wary(old), client_of("client")).good());
}

TEST_CASE("each CA that has issued a certificate is asked for its CRL, a trusted one is not") {
  test::Certificates& all = certificates();
  const Options client = below_issuing("below");
  const auto of_root = all.revoke("of-root", {});
  const auto of_issuing = all.revoke("of-issuing", {.issuer = "issuing"});
  auto both = all.revoke("of-both", {});
  all.revoke("of-both", {.issuer = "issuing"});
  CHECK(meet(kVersions[1], wary(both), client).good());
  CHECK(name_of(meet(kVersions[1], wary(of_root), client).server_problem.failure) == "crl_missing");
  CHECK(name_of(meet(kVersions[1], wary(of_issuing), client).server_problem.failure) ==
        "crl_missing");
  // It is trusted itself (RFC 5280 calls that a trust anchor): what its issuer says is not asked.
  CHECK(meet(kVersions[1], wary(of_issuing, "issuing"), below_issuing("alone", false)).good());
  CHECK(meet(kVersions[1], wary(both, "issuing"), below_issuing("alone-2", false)).good());
}

TEST_CASE("a CA that its issuer has revoked is trusted no more, also if the CA file has it") {
  test::Certificates& all = certificates();
  Options client = below_issuing("below-revoked");
  auto crl = all.revoke("revoked-issuing", {.revoked = {"issuing"}});
  all.revoke("revoked-issuing", {.issuer = "issuing"});
  CHECK(name_of(meet(kVersions[1], wary(crl), client).server_problem.failure) == "revoked");
  Options server = wary(crl);
  server.ca = all.chain("root-and-issuing.pem", {"ca", "issuing"});
  CHECK(name_of(meet(kVersions[1], server, client).server_problem.failure) == "revoked");
  client.certificate = all.pem("below-revoked");  // without the chain
  CHECK(name_of(meet(kVersions[1], server, client).server_problem.failure) == "unknown_ca");
}

TEST_CASE("a CRL file may be DER, and what is none is an error that names it") {
  test::Certificates& all = certificates();
  all.make("stolen-2", {});
  const auto der = all.revoke("der", {.revoked = {"stolen-2"}, .der = true});
  CHECK(name_of(meet(kVersions[1], wary(der), client_of("stolen-2")).server_problem.failure) ==
        "revoked");
  const auto reason = [](const std::filesystem::path& file) {
    const auto made = make(wary(file));
    return made ? std::string() : made.error().detail;
  };
  CHECK(reason(all.pem("ca")) ==
        "crl: " + all.pem("ca").string() + ": holds no CRL, neither PEM nor DER");
  CHECK(reason(all.folder()) == "crl: " + all.folder().string() + ": it is a folder");
  CHECK(reason("/nowhere/crl.pem").starts_with("crl: /nowhere/crl.pem: "));
  CHECK(reason(all.write("empty.crl", "")).find("holds no CRL") != std::string::npos);
  CHECK(reason(all.write("cut.crl", "-----BEGIN X509 CRL-----\nMIIB"))
            .starts_with("crl: " + (all.folder() / "cut.crl").string()));
  Options nobodys = wary(der);
  nobodys.ca.clear();
  CHECK(make(nobodys).error().detail.find("needs client_ca beside it") != std::string::npos);
  const auto forged = all.revoke("forged", {.signed_by = "stranger-ca"});
  CHECK(reason(forged).find("is not signed by the CA that it names") != std::string::npos);
}

TEST_CASE("a new CRL takes effect with the next handshake, and tells whose proof is over") {
  test::Certificates& all = certificates();
  all.make("leaves", {.names = {"DNS:leaves"}});
  const auto crl = all.revoke("changes", {});
  for (const Version& version : kVersions) {
    CAPTURE(version.name);
    all.revoke("changes", {.der = true});  // in place of what a version before left
    Options options = wary(crl);
    options.datagram = version.datagram;
    Source source(options);
    REQUIRE(source.reload());
    const Context client = must_make(client_of("leaves"), version);
    const Pair open(Connection(connect_with(client, "localhost")),
                    Connection(accept_with(source.current())), version);
    const Pair other = meet(version, options, client_of("client"));
    REQUIRE(open.good());
    CHECK_FALSE(revokes(source.current(), open.server.get()));

    all.write("changes.crl", "nothing");  // half copied, say: what was good stays
    CHECK_FALSE(source.reload());
    all.revoke("changes", {.revoked = {"leaves"}, .der = true});
    REQUIRE(source.reload());
    const Pair again(Connection(connect_with(client, "localhost")),
                     Connection(accept_with(source.current())), version);
    CHECK(name_of(again.server_problem.failure) == "revoked");
    CHECK(revokes(source.current(), open.server.get()));
    CHECK_FALSE(revokes(source.current(), other.server.get()));
    CHECK_FALSE(revokes(source.current(), nullptr));
    const Pair nameless = meet(version, server_of("server"), client_of());
    CHECK_FALSE(revokes(source.current(), nameless.server.get()));
  }
}

TEST_CASE("of each file it is known when it ends, and what ends first") {
  test::Certificates& all = certificates();
  all.make("short-ca", {.until_day = 1, .issuer = "short-ca", .is_ca = true});
  Options options = wary(all.revoke("ending", {.until_day = 5}));
  options.ca = all.chain("two-cas.pem", {"ca", "short-ca"});
  const auto endings = endings_of(options);
  REQUIRE(endings.size() == 3);
  CHECK(endings[0].use == "certificate");
  CHECK(endings[0].subject == "CN=server");
  CHECK(endings[0].file == all.pem("server"));
  CHECK(endings[1].use == "client_ca");
  CHECK(endings[1].subject == "CN=short-ca");
  CHECK(endings[2].use == "crl");
  CHECK(endings[2].subject == "CN=ca");
  const auto days = [](const Ending& ending) {
    return std::chrono::round<std::chrono::days>(
               ending.until -
               std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()))
        .count();
  };
  CHECK(days(endings[0]) == 2);
  CHECK(days(endings[1]) == 1);
  CHECK(days(endings[2]) == 5);
  CHECK(endings[2].from < std::chrono::system_clock::now());

  // As of devices that are to have no end (RFC 5280 4.1.2.5): beyond what nanoseconds reach.
  all.make("endless", {.until_day = 2'900'000, .issuer = "endless", .is_ca = true});
  const auto last = endings_of(server_of("server", "endless"));
  REQUIRE(last.size() == 2);
  CHECK(days(last[1]) == 2'900'000);
  CHECK(date_of(last[1].until).starts_with("99"));

  CHECK(endings_of({}).empty());
  CHECK(endings_of({.ca = "/nowhere", .certificate = "/nowhere"}).empty());
  CHECK(endings_of(client_of("client")).size() == 2);
}

}  // namespace
}  // namespace msggw::tls
