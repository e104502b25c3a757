// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/certificate_watch.h"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>

#include "adapters/wire/tls/test_certificates.h"
#include "gateway/base/metrics.h"
#include "tests/support/events.h"

namespace msggw::process {
namespace {

using std::chrono::days;
using std::chrono::hours;

TEST_CASE("what ends soon is told at the start, at a reload and once a day; when is a metric") {
  tls::test::Certificates files;
  files.make("long-ca", {.until_day = 3'000, .issuer = "long-ca", .is_ca = true});
  files.make("own", {.until_day = 40, .issuer = "long-ca"});
  const auto crl = files.revoke("week", {.issuer = "long-ca", .from_day = 0, .until_day = 7});
  boost::asio::io_context io;
  base::Clock clock;
  base::metrics::Registry metrics;
  const TlsFiles all{"pf.tls",
                     "[pf.tls]",
                     {.side = tls::Side::server,
                      .ca = files.pem("long-ca"),
                      .crl = crl,
                      .certificate = files.pem("own"),
                      .key = files.key("own")}};
  const auto now = std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now());
  CertificateWatch watch({io, clock, metrics}, {all, all});
  test::Events events;
  const auto told = [&](const std::string& name) { return events.count(name); };
  watch.read();
  CHECK(told("certificate_ends_soon") == 0);
  const std::string text = base::metrics::expose(metrics);
  for (const char* use : {"certificate", "client_ca", "crl"})
    CHECK(text.find(std::string("use=\"") + use + "\"} ") != std::string::npos);
  CHECK(text.find("msggw_certificate_expiry_timestamp_seconds{file=\"" +
                  files.pem("own").string()) != std::string::npos);

  watch.look(now + days{4});
  CHECK(told("certificate_ends_soon") == 0);
  watch.look(now + days{5} + hours{1});  // of a CRL a third of its week
  CHECK(told("certificate_ends_soon") == 1);
  CHECK(events.text().find("use=crl") != std::string::npos);
  watch.look(now + days{5} + hours{2});
  CHECK(told("certificate_ends_soon") == 1);
  watch.look(now + days{8});
  CHECK(told("certificate_ended") == 1);
  watch.look(now + days{11});  // 29 days of the certificate are left
  CHECK(events.text().find("use=certificate") != std::string::npos);
  CHECK(events.text().find("days=28") != std::string::npos);
  CHECK(told("certificate_ends_soon") == 2);
  watch.look(now + days{12});
  CHECK(told("certificate_ends_soon") == 3);
  watch.read();  // told anew, by the time that it is
  CHECK(told("certificate_ends_soon") == 3);
}

TEST_CASE("of files that cannot be used nothing is told, but of those that are in use") {
  namespace fs = std::filesystem;
  tls::test::Certificates files;
  files.make("long-ca", {.until_day = 3'000, .issuer = "long-ca", .is_ca = true});
  files.make("own", {.until_day = 40, .issuer = "long-ca"});
  files.make("other", {.until_day = 80, .issuer = "long-ca"});
  boost::asio::io_context io;
  base::Clock clock;
  base::metrics::Registry metrics;
  const fs::path own = files.pem("own");
  const tls::Options made{.side = tls::Side::server, .certificate = own, .key = files.key("own")};
  CertificateWatch watch({io, clock, metrics}, {{"pf.tls", "[pf.tls]", made}});
  const auto ends = [&] {
    return base::metrics::gauge(metrics, "msggw_certificate_expiry_timestamp_seconds",
                                "When a certificate, CA or CRL that is used ends; of several in a "
                                "file the first, in Unix time",
                                {{"file", own.string()}, {"use", "certificate"}})
        .Value();
  };
  watch.read();
  const double before = ends();
  const auto put = [&](const fs::path& from) {
    fs::copy_file(from, own, fs::copy_options::overwrite_existing);
    watch.read();
  };
  test::Events events;
  put(files.pem("other"));  // of another key
  CHECK(ends() == before);
  watch.look(std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()) + days{11});
  CHECK(events.count("certificate_ends_soon") == 1);
  fs::copy_file(files.key("other"), files.key("own"), fs::copy_options::overwrite_existing);
  put(files.pem("other"));
  CHECK(ends() > before);
  put(files.key("own"));  // no certificate at all
  CHECK(ends() > before);
}

TEST_CASE("a certificate that ends soon is limited, one that has ended is down since then") {
  tls::test::Certificates files;
  files.make("own", {.until_day = 40});
  boost::asio::io_context io;
  base::Clock clock;
  base::metrics::Registry metrics;
  const tls::Options made{
      .side = tls::Side::server, .certificate = files.pem("own"), .key = files.key("own")};
  CertificateWatch watch({io, clock, metrics}, {{"pf.tls", "[pf.tls]", made}});
  watch.read();
  const auto now = std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now());
  CHECK(watch.troubles(now).empty());
  const auto soon = watch.troubles(now + days{11});
  REQUIRE(soon.size() == 1);
  CHECK(soon[0].part == "certificate");
  CHECK(soon[0].name == files.pem("own").string());
  CHECK_FALSE(soon[0].down);
  CHECK(soon[0].since > base::TimePoint(now + days{8}));  // not when somebody looked first
  CHECK(soon[0].since < base::TimePoint(now + days{11}));
  CHECK(soon[0].why.starts_with("the certificate of CN=own ends in 28 days, on "));
  const auto late = watch.troubles(now + days{41});
  REQUIRE(late.size() == 1);
  CHECK(late[0].down);
  CHECK(late[0].since > base::TimePoint(now + days{39}));
  CHECK(late[0].since < base::TimePoint(now + days{41}));
  CHECK(late[0].why.find(" has ended, on ") != std::string::npos);
}

TEST_CASE("check says what ends soon, and nothing of what does not") {
  tls::test::Certificates files;
  files.make("long-ca", {.until_day = 3'000, .issuer = "long-ca", .is_ca = true});
  files.make("own", {.until_day = 40, .issuer = "long-ca"});
  function::Options pf;
  pf.tls = {files.pem("own"), files.key("own"), files.pem("long-ca")};
  const auto now = std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now());
  CHECK(endings_soon(tls_files_of_function(pf), now).empty());
  const auto soon = endings_soon(tls_files_of_function(pf), now + days{10} + hours{1});
  REQUIRE(soon.size() == 1);
  CHECK(soon[0].starts_with("[pf.tls] certificate: " + files.pem("own").string() +
                            ": that of CN=own ends in 29 days, on "));
  const auto late = endings_soon(tls_files_of_function(pf), now + days{41});
  REQUIRE(late.size() == 1);
  CHECK(late[0].find("that of CN=own has ended, on ") != std::string::npos);
  pf.tls.certificate.clear();
  CHECK(tls_files_of_function(pf).empty());
}

}  // namespace
}  // namespace msggw::process
