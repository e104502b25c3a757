// SPDX-License-Identifier: Apache-2.0
// What happens to the files of a store from outside: cut off, replaced, linked elsewhere.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "gateway/base/handle.h"
#include "storage/data_file.h"
#include "storage/lmdb_image.h"
#include "tests/contract/lmdb_opening.h"
#include "tests/contract/store_contract.h"
#include "tests/support/temp_folder.h"

namespace msggw::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPage = 4'096;

/// Rows on pages of every kind: branches, leaves, values of several pages, free ones.
void fill(storage::Store& store) {
  storage::Batch batch;
  for (std::uint64_t key = 0; key < 2'000; ++key) batch.put(kA, key, std::string(200, 'a'));
  for (std::uint64_t key = 0; key < 5; ++key) batch.put(kB, key, std::string(30'000, 'b'));
  apply(store, batch);
  batch.clear();
  for (std::uint64_t key = 0; key < 300; ++key) batch.erase(kA, key);
  apply(store, batch);
}

std::string why_not(const base::Result<void>& result) {
  return result ? "well" : result.error().detail;
}

TEST_CASE("a data.mdb that was cut off is refused with words, wherever the cut is") {
  const TempFolder whole;
  fill(*storage::open_lmdb_store(options_for(whole.path())));
  const std::uint64_t octets = fs::file_size(whole.path() / "data.mdb");
  const TempFolder cut;
  unsigned refused = 0;
  for (std::uint64_t left = 1; left < octets; left += left < 3 * kPage ? 1'000 : kPage / 2) {
    fs::copy_file(whole.path() / "data.mdb", cut.path() / "data.mdb",
                  fs::copy_options::overwrite_existing);
    fs::resize_file(cut.path() / "data.mdb", left);
    for (const bool read_only : {false, true}) {
      const std::string reason = refusal(options_for(cut.path(), read_only));
      const bool said = contains(reason, "cut off") || contains(reason, "damaged or not ours");
      CHECK_MESSAGE(said, left, ": ", reason);
      refused += said;
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("a file that grows while several threads look at it was not cut off") {
  const TempFolder folder;
  const base::UniqueFd fd(::open((folder.path() / "data.mdb").c_str(), O_RDWR | O_CREAT, 0600));
  storage::DataFile file;
  REQUIRE(file.opened(folder.path(), fd.get()));
  std::atomic<bool> grown{false};
  std::thread writer([&] {
    for (off_t octets = 1; octets <= 200'000; ++octets) {
      if (::ftruncate(fd.get(), octets) != 0 || !file.check()) break;
    }
    grown = true;
  });
  std::string why = "well";
  while (!grown && why == "well") why = why_not(file.check());
  writer.join();
  CHECK(why == "well");
  CHECK(fs::file_size(folder.path() / "data.mdb") == 200'000);
  fs::resize_file(folder.path() / "data.mdb", 199'999);
  CHECK(contains(why_not(file.check()), "was cut off while in use, from 200000 to 199999"));
}

TEST_CASE("a file that ends before pages that nothing uses is whole") {
  // What a commit takes and gives back is not written: the file may end before it.
  const TempFolder folder;
  fill(*storage::open_lmdb_store(options_for(folder.path())));
  std::ifstream file(folder.path() / "data.mdb", std::ios::binary);
  std::string octets((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (const std::size_t meta : {std::size_t{0}, std::size_t{kPage}}) octets[meta + 137] += 1;
  const auto cut_off = [&](std::size_t size) {
    return storage::lmdb::is_cut_off({[&](std::uint64_t offset, char* to, std::size_t count) {
                                        if (offset + count > size) return false;
                                        octets.copy(to, count, offset);
                                        return true;
                                      },
                                      [&] { return std::uint64_t{size}; }});
  };
  CHECK_FALSE(cut_off(octets.size()));  // by the meta page 256 more were given
  CHECK(cut_off(octets.size() / 2));
  CHECK_FALSE(cut_off(100));  // no environment at all: LMDB says so
}

TEST_CASE("a store whose file lost all its octets does not begin anew") {
  const TempFolder folder;
  fill(*storage::open_lmdb_store(options_for(folder.path())));
  fs::resize_file(folder.path() / "data.mdb", 0);
  CHECK(contains(refusal(options_for(folder.path())), "data.mdb is empty"));
  CHECK(fs::file_size(folder.path() / "data.mdb") == 0);
}

TEST_CASE("what a start that was killed left beside data.mdb is no obstacle") {
  const TempFolder folder;
  std::ofstream(folder.path() / "data.mdb.new") << "half";
  CHECK(refusal(options_for(folder.path())) == "opened");
  CHECK_FALSE(fs::exists(folder.path() / "data.mdb.new"));
}

TEST_CASE("no file of a store is a link, and none is everybody's") {
  const TempFolder folder;
  const TempFolder elsewhere;
  std::ofstream(elsewhere.path() / "victim") << "";
  for (const char* name : {"data.mdb", "lock.mdb"}) {
    fs::create_symlink(elsewhere.path() / "victim", folder.path() / name);
    for (const bool read_only : {false, true})
      CHECK(contains(refusal(options_for(folder.path(), read_only)), "is a symbolic link"));
    CHECK(fs::file_size(elsewhere.path() / "victim") == 0);
    fs::remove(folder.path() / name);
  }
  fill(*storage::open_lmdb_store(options_for(folder.path())));
  for (const char* name : {"data.mdb", "lock.mdb"}) {
    ::chmod((folder.path() / name).c_str(), 0666);
    CHECK(contains(refusal(options_for(folder.path())), "can be written by every user"));
    ::chmod((folder.path() / name).c_str(), 0660);
    CHECK(refusal(options_for(folder.path())) == "opened");
  }
  fs::remove(folder.path() / "data.mdb");
  REQUIRE(::mkfifo((folder.path() / "data.mdb").c_str(), 0600) == 0);
  CHECK(contains(refusal(options_for(folder.path())), "no plain file"));
}

TEST_CASE("a file of another user is refused") {
  const TempFolder folder;
  fill(*storage::open_lmdb_store(options_for(folder.path())));
  uid_t owner = ::geteuid();
  if (owner == 0) {  // who alone can give a file away
    owner = 65'534;
    CHECK(why_not(storage::check_data_files(folder.path(), false, owner)) == "well");
    REQUIRE(::chown((folder.path() / "data.mdb").c_str(), owner, owner) == 0);
    CHECK(contains(refusal(options_for(folder.path())), "belongs to another user (65534)"));
    CHECK(refusal(options_for(folder.path(), true)) == "opened");
  }
  const auto looked_at_by = [&](uid_t user, bool read_only) {
    return why_not(storage::check_data_files(folder.path(), read_only, user));
  };
  CHECK(looked_at_by(owner, false) == "well");
  CHECK(contains(looked_at_by(owner + 1, false),
                 "belongs to another user (" + std::to_string(owner) + ")"));
  CHECK(looked_at_by(owner + 1, true) == "well");
}

/// A store that is in use, and one more row for it.
struct InUse {
  TempFolder parent;
  fs::path folder = parent.path() / "state";
  std::unique_ptr<storage::Store> store = storage::open_lmdb_store(options_for(folder));
  storage::Batch more;

  InUse() {
    fill(*store);
    more.put(kC, 1, "more");
  }
  void check_gone(const std::string& why) {
    for (int i = 0; i < 2; ++i) {
      CHECK(contains(why_not(store->check()), why));
      CHECK(contains(why_not(store->apply(more)), why));
      const auto row = store->find(kA, 1'000);
      REQUIRE_FALSE(row);
      CHECK(contains(row.error().detail, why));
    }
  }
  void check_well() {
    CHECK(why_not(store->check()) == "well");
    CHECK(why_not(store->apply(more)) == "well");
    CHECK(found(*store, kA, 1'000) == std::string(200, 'a'));
  }
};

TEST_CASE("in use and gone: nothing is stored, nothing made anew, until it is back") {
  InUse s;
  SUBCASE("the folder was moved") {
    fs::rename(s.folder, s.parent.path() / "away");
    s.check_gone("cannot be found any more");
    CHECK_FALSE(fs::exists(s.folder));
    fs::rename(s.parent.path() / "away", s.folder);
    s.check_well();
  }
  SUBCASE("data.mdb was removed") {
    fs::remove(s.folder / "data.mdb");
    s.check_gone("cannot be found any more");
    CHECK_FALSE(fs::exists(s.folder / "data.mdb"));
  }
  SUBCASE("data.mdb was replaced by a backup") {
    fs::rename(s.folder / "data.mdb", s.folder / "mine");
    fs::copy_file(s.folder / "mine", s.folder / "data.mdb");
    s.check_gone("somebody has replaced it");
    fs::rename(s.folder / "mine", s.folder / "data.mdb");
    s.check_well();
  }
  SUBCASE("the folder was replaced by another") {
    fs::rename(s.folder, s.parent.path() / "away");
    storage::open_lmdb_store(options_for(s.folder));
    s.check_gone("somebody has replaced it");
  }
  SUBCASE("data.mdb was cut off") {
    fs::resize_file(s.folder / "data.mdb", kPage * 10);
    s.check_gone("was cut off while in use");
  }
  SUBCASE("data.mdb has no octets left") {
    fs::resize_file(s.folder / "data.mdb", 0);
    s.check_gone("was cut off while in use");
  }
}

}  // namespace
}  // namespace msggw::test
