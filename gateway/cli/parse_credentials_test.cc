// SPDX-License-Identifier: Apache-2.0
// `msggw devices credential`.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/cli/test_words.h"

namespace msggw::cli {
namespace {

using test::contains;
using test::expect;
using test::told;

TEST_CASE("devices credential add") {
  const auto plain = expect<AddCredential>({"devices", "credential", "add", "meter"});
  CHECK(plain.private_id == "meter");
  CHECK(plain.kind == "psk");
  CHECK(plain.name.empty());
  CHECK(plain.secret_file == "-");
  const auto full =
      expect<AddCredential>({"devices", "credential", "add", "meter", "--kind", "password",
                             "--name", "m.example", "--secret", "f", "--not-before", "2026-01-31",
                             "--not-after", "2027-01-31T12:00:00Z", "--dir", "/d", "--json"});
  CHECK(full.kind == "password");
  CHECK(full.name == "m.example");
  CHECK(full.secret_file == "f");
  CHECK(full.not_before == "2026-01-31");
  CHECK(full.not_after == "2027-01-31T12:00:00Z");
  CHECK(full.source.folder == "/d");
  CHECK(full.json);
  CHECK(contains(told({"devices", "credential", "add", "m", "--kind", "token"}), "--kind"));
  CHECK(contains(told({"devices", "credential", "add", "m", "--not-after", "soon"}), "2026-01-31"));
  CHECK(contains(told({"devices", "credential", "add"}), "PRIVATE_ID is required"));
  const test::Words named{"devices", "credential", "add", "m", "--kind", "certificate"};
  CHECK(expect<AddCredential>(named).kind == "certificate");
  auto with_secret = named;
  with_secret.insert(with_secret.end(), {"--secret", "f"});
  CHECK(contains(told(with_secret), "without --secret"));
  // A secret on the command line would stand in `ps`.
  CHECK(contains(told({"devices", "credential", "add", "m", "--key", "00"}), "--key"));
}

TEST_CASE("devices credential list, remove, import") {
  CHECK(expect<ListCredentials>({"devices", "credential", "list", "m", "--json"}).json);
  const auto removed =
      expect<RemoveCredentials>({"devices", "credential", "remove", "m", "3", "4", "-c", "f"});
  CHECK(removed.private_id == "m");
  CHECK(removed.numbers == std::vector<std::uint32_t>{3, 4});
  CHECK(removed.source.config == "f");
  CHECK_FALSE(removed.last);
  CHECK(expect<RemoveCredentials>({"devices", "credential", "remove", "m", "3", "--last"}).last);
  CHECK(contains(told({"devices", "credential", "remove", "m"}), "NUMBER is required"));
  CHECK(contains(told({"devices", "credential", "remove", "m", "x"}), "NUMBER"));
  const auto import = expect<ImportDevices>(
      {"devices", "credential", "import", "keys.csv", "--rejected", "r", "--resume-from", "7"});
  CHECK(import.credentials);
  CHECK(import.format == roster::Format::csv);
  CHECK(import.file == "keys.csv");
  CHECK(import.rejected == "r");
  CHECK(import.resume_from == 7);
  CHECK_FALSE(expect<ImportDevices>({"devices", "import", "fleet.csv"}).credentials);
}

}  // namespace
}  // namespace msggw::cli
