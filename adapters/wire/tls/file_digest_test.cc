// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/file_digest.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/temp_folder.h"

namespace msggw::tls::file_digest_test {
namespace {

TEST_CASE("the digest is another one when a file or its name is, and only then") {
  const msggw::test::TempFolder folder;
  Options options;
  options.ca = folder.file("ca.pem", "one");
  options.key = folder.file("key.pem", "two");
  const std::string before = digest_of(options);
  CHECK(digest_of(options) == before);
  folder.file("ca.pem", "one");
  CHECK(digest_of(options) == before);
  folder.file("ca.pem", "other");
  CHECK(digest_of(options) != before);
  folder.file("ca.pem", "one");
  CHECK(digest_of(options) == before);
  std::filesystem::remove(options.key);
  CHECK(digest_of(options) != before);

  Options moved = options;
  moved.certificate = options.key;
  moved.key.clear();
  CHECK(digest_of(moved) != digest_of(options));
}

TEST_CASE("what the system trusts counts for a client that names no CA") {
  const msggw::test::TempFolder folder;
  const auto trusted = folder.file("trusted.pem", "one");
  setenv("SSL_CERT_FILE", trusted.c_str(), 1);
  const std::string before = digest_of({});
  const Options server{.side = Side::server};
  const std::string of_server = digest_of(server);
  std::filesystem::last_write_time(
      trusted, std::filesystem::last_write_time(trusted) + std::chrono::seconds(1));
  CHECK(digest_of({}) != before);
  CHECK(digest_of(server) == of_server);
  unsetenv("SSL_CERT_FILE");
}

}  // namespace
}  // namespace msggw::tls::file_digest_test
