// SPDX-License-Identifier: Apache-2.0
#include "storage/backup.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "storage/lmdb_store.h"
#include "tests/support/temp_folder.h"

namespace msggw::storage::backup_test {
namespace {

namespace fs = std::filesystem;

Manifest a_manifest() {
  Manifest manifest;
  manifest.of = "gateway";
  manifest.version = "1.2.3";
  manifest.taken = "2026-11-30T12:00:00Z";
  manifest.folder = "/var/lib/\"msggw\"";
  manifest.host = "gw-1";
  manifest.format = 4;
  manifest.octets = 4'096;
  manifest.sha256 = std::string(64, 'a');
  manifest.rows = {{"devices", 7}, {"meta", 2}};
  manifest.counts = {{"devices", 6}, {"psks", 1}};
  manifest.key_id = key_id_of("key");
  manifest.has_key = true;
  return manifest;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a manifest comes back as it was") {
  const Manifest wanted = a_manifest();
  const auto read = parse_manifest(manifest_json(wanted));
  REQUIRE(read);
  CHECK(manifest_json(*read) == manifest_json(wanted));
  CHECK(read->folder == wanted.folder);
  CHECK(read->rows == wanted.rows);
  CHECK(read->has_key);
  Manifest plain = wanted;
  plain.key_id.clear();
  plain.has_key = false;
  CHECK(parse_manifest(manifest_json(plain)).value().key_id.empty());
}

TEST_CASE("a manifest that is cut, changed or of a later version is refused by name") {
  const std::string good = manifest_json(a_manifest());
  for (std::size_t size = 0; size + 1 < good.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_manifest(good.substr(0, size)));
  }
  const auto why = [](const std::string& text) { return parse_manifest(text).error().detail; };
  CHECK(contains(why(replaced(good, "\"backup\":1", "\"backup\":2")), "a later version"));
  CHECK(contains(why(replaced(good, "\"format\":4", "\"format\":0")), "format"));
  CHECK(contains(why(replaced(good, "\"format\":4", "\"format\":-4")), "format"));
  CHECK(contains(why(replaced(good, "\"octets\":4096", "\"octets\":\"many\"")), "octets"));
  CHECK(contains(why(replaced(good, "aaaa", "aaag")), "sha256"));
  CHECK(contains(why(replaced(good, "\"devices\":7", "\"devices\":[]")), "rows"));
  CHECK(contains(why(replaced(good, "\"psks\":1", "\"p\\u0000\":1")), "counts"));
  CHECK(contains(why(replaced(good, "true", "1")), "hasKey"));
  CHECK(contains(why("[]"), "backup"));
}

TEST_CASE("a key is named without being told") {
  CHECK(key_id_of("a") != key_id_of("b"));
  CHECK(key_id_of("a") == key_id_of("a"));
  CHECK(key_id_of(std::string(32, 'k')).size() == 16);
}

struct Store {
  Store() {
    LmdbOptions options;
    options.folder = folder.path() / "store";
    options.tables = {"a"};
    const auto store = open_lmdb_store(options);
    Batch batch;
    batch.put(TableNo{0}, 1, "one");
    REQUIRE(store->apply(batch));
  }
  std::unique_ptr<Snapshot> open() const { return open_snapshot(folder.path() / "store", {"a"}); }
  fs::path backup() const { return folder.path() / "backup"; }

  test::TempFolder folder;
};

TEST_CASE("a backup is there when it is whole, and not before") {
  const Store store;
  Manifest manifest = a_manifest();
  {
    auto begun = BackupFolder::make(store.backup()).value();
    REQUIRE(begun.copy(*store.open(), {}, manifest));
    REQUIRE(begun.add_key("key"));
    CHECK(contains(read_manifest(store.backup()).error().detail, "never finished"));
  }
  CHECK_FALSE(fs::exists(store.backup()));  // nothing is left of what was not finished
  {
    auto begun = BackupFolder::make(store.backup() / "").value();
    REQUIRE(begun.copy(*store.open(), {}, manifest));
    REQUIRE(begun.add_key("key"));
    REQUIRE(begun.finish(manifest));
  }
  const Manifest read = read_manifest(store.backup()).value();
  CHECK(read.rows == std::map<std::string, std::uint64_t>{{"a", 1}});
  CHECK(read.format == 1);
  CHECK((fs::status(store.backup()).permissions() & fs::perms::mask) == fs::perms(0700));
  for (const char* file : {kDataFile, kKeyFile, kManifestFile})
    CHECK((fs::status(store.backup() / file).permissions() & fs::perms::mask) == fs::perms(0600));
  const auto data = open_file(store.backup() / kDataFile).value();
  CHECK(check_data(hash_file(data.get(), "data").value(), "data", read));
  CHECK(open_snapshot(store.backup(), {"a"})->find(TableNo{0}, 1).value() == "one");
}

TEST_CASE("a backup goes into a folder that is new or empty, and leaves others as they are") {
  const Store store;
  fs::create_directories(store.backup());
  Manifest manifest = a_manifest();
  {
    auto begun = BackupFolder::make(store.backup()).value();
    REQUIRE(begun.copy(*store.open(), {}, manifest));
  }
  CHECK(fs::is_empty(store.backup()));  // the folder was there before, and stays
  const auto why = [&] { return BackupFolder::make(store.backup()).error().detail; };
  std::ofstream(store.backup() / "data.mdb.partial") << "x";
  CHECK(contains(why(), "never finished"));
  std::ofstream(store.backup() / kManifestFile) << "x";
  CHECK(contains(why(), "is a backup already"));
  fs::remove_all(store.backup());
  fs::create_directories(store.backup());
  std::ofstream(store.backup() / "mine") << "x";
  CHECK(contains(why(), "is not empty"));
  CHECK(fs::exists(store.backup() / "mine"));
  fs::remove_all(store.backup());
  std::ofstream(store.backup()) << "a file";
  CHECK_FALSE(BackupFolder::make(store.backup()));
  const fs::path mount = store.folder.path() / "mnt";
  CHECK(contains(BackupFolder::make(mount / "today").error().detail, "mount its disk or make it"));
  CHECK_FALSE(fs::exists(mount));
}

TEST_CASE("data that is not what the manifest says is found") {
  Manifest manifest = a_manifest();
  CHECK(check_data({4'096, std::string(64, 'a')}, "f", manifest));
  CHECK(contains(check_data({4'095, std::string(64, 'a')}, "f", manifest).error().detail,
                 "not whole"));
  CHECK(
      contains(check_data({4'096, std::string(64, 'b')}, "f", manifest).error().detail, "SHA-256"));
}

TEST_CASE("files of a backup are plain ones, and no longer than they may be") {
  const test::TempFolder folder;
  const fs::path file = folder.path() / "file";
  CHECK_FALSE(read_file(file, 3).value());
  REQUIRE(write_file(file, "abc"));
  CHECK(read_file(file, 3).value() == "abc");
  CHECK_FALSE(write_file(file, "abc"));
  CHECK(contains(read_file(file, 2).error().detail, "longer than 2"));
  fs::create_symlink(file, folder.path() / "link");
  CHECK_FALSE(read_file(folder.path() / "link", 3));
  CHECK_FALSE(read_file(folder.path(), 3));
  CHECK(free_octets(folder.path() / "not" / "there").value() > 0);
}

}  // namespace
}  // namespace msggw::storage::backup_test
