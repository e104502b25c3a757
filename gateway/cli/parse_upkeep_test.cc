// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "gateway/cli/test_words.h"

namespace msggw::cli::parse_upkeep_test {

using test::contains;
using test::expect;
using test::told;

TEST_CASE("backup and restore") {
  const auto backup = expect<MakeBackup>(
      {"backup", "/b", "-c", "f", "--with-key", "--rate", "20MiB", "--pf", "--json"});
  CHECK(backup.to == "/b");
  CHECK(backup.of.source.config == "f");
  CHECK(backup.of.function);
  CHECK(backup.with_key);
  CHECK(backup.rate == 20u << 20);
  CHECK(backup.json);
  const auto plain = expect<MakeBackup>({"backup", "/b"});
  CHECK_FALSE(plain.with_key);
  CHECK(plain.rate == 0);
  CHECK(contains(told({"backup"}), "BACKUP"));
  CHECK(contains(told({"backup", ""}), "BACKUP"));
  CHECK(contains(told({"backup", "/b", "--rate", "0"}), "--rate"));
  CHECK(contains(told({"backup", "/b", "--rate", "fast"}), "20MiB"));

  const auto restore = expect<Restore>({"restore", "/b", "--dir", "/d", "--replace"});
  CHECK(restore.from == "/b");
  CHECK(restore.of.source.folder == "/d");
  CHECK(restore.replace);
  CHECK(expect<Restore>({"restore", "/b", "--check"}).check);
  CHECK(contains(told({"restore", "/b", "--check", "--replace"}), "--replace"));
}

TEST_CASE("store check, compact, upgrade") {
  using Action = CareForStore::Action;
  CHECK(expect<CareForStore>({"store", "check"}).action == Action::check);
  CHECK(expect<CareForStore>({"store", "compact", "--dir", "/d"}).action == Action::compact);
  const auto upgrade = expect<CareForStore>({"store", "upgrade", "--pf", "--json"});
  CHECK(upgrade.action == Action::upgrade);
  CHECK(upgrade.of.function);
  CHECK(upgrade.json);
  CHECK(contains(told({"store"}), "subcommand"));
  CHECK(contains(told({"store", "repair"}), "repair"));
}

TEST_CASE("export and import") {
  const auto out = expect<ExportTable>({"export", "-", "--credentials", "-c", "f"});
  CHECK(out.file == "-");
  CHECK(out.credentials);
  CHECK(out.of.source.config == "f");
  CHECK_FALSE(expect<ExportTable>({"export", "f"}).credentials);
  CHECK(contains(told({"export", "f", "--pf", "--credentials"}), "no credentials"));
  const auto in = expect<ImportTable>({"import", "f", "--pf", "--dir", "/d", "--json"});
  CHECK(in.file == "f");
  CHECK(in.of.function);
  CHECK(in.json);
  CHECK(contains(told({"import"}), "FILE"));
}

}  // namespace msggw::cli::parse_upkeep_test
