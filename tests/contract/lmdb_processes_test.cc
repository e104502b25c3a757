// SPDX-License-Identifier: Apache-2.0
// The LMDB store beside and after other processes: killed writers, second openers, readers.
#include <fcntl.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "tests/contract/child.h"
#include "tests/contract/lmdb_opening.h"
#include "tests/contract/store_contract.h"
#include "tests/support/temp_folder.h"

namespace msggw::test::lmdb_processes_test {
namespace {

std::string value_of(std::uint64_t number) {
  return std::string(100, '.') + std::to_string(number);
}

/// Commit number `number`: appends a row, overwrites some of a thousand, and notes the number.
void fill(storage::Batch& batch, std::uint64_t number) {
  batch.put(kA, number, value_of(number));
  for (std::uint64_t i = 0; i < 3; ++i) batch.put(kB, number * (7 + i) % 1'000, value_of(number));
  batch.put(kC, 0, std::to_string(number));
}

void must(bool condition) {
  if (!condition) throw std::runtime_error("child: check failed");
}

void commit_for_ever(const std::filesystem::path& folder, std::uint64_t next, Line& line) {
  const auto store = storage::open_lmdb_store(options_for(folder));
  storage::Batch batch;
  for (; !line.gone(); ++next) {
    batch.clear();
    fill(batch, next);
    must(store->apply(batch).has_value());
    line.say(next);
  }
}

/// The number of the last commit in the store, after checking that commits 1 to that one are there
/// and no other.
std::uint64_t check_commits(const std::filesystem::path& folder) {
  const auto store = storage::open_lmdb_store(options_for(folder));
  const std::string noted = found(*store, kC, 0);
  const std::uint64_t last = noted == "none" ? 0 : std::stoull(noted);
  std::map<std::uint64_t, std::string> expected_a;
  std::map<std::uint64_t, std::string> expected_b;
  for (std::uint64_t number = 1; number <= last; ++number) {
    expected_a[number] = value_of(number);
    for (std::uint64_t i = 0; i < 3; ++i) expected_b[number * (7 + i) % 1'000] = value_of(number);
  }
  CHECK(rows_of(*store, kA) == Rows(expected_a.begin(), expected_a.end()));
  CHECK(rows_of(*store, kB) == Rows(expected_b.begin(), expected_b.end()));
  return last;
}

TEST_CASE("lmdb store: after kill -9 at a random moment every reported commit is there, whole") {
  const TempFolder folder;
  const auto seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::uint64_t last = 0;
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    std::uint64_t reported = last;
    {
      Child child([&](Line& line) { commit_for_ever(folder.path(), last + 1, line); });
      const auto stop_after = random() % 60;
      for (unsigned i = 0; i <= stop_after; ++i) {
        const auto number = child.line().hear();
        REQUIRE(number);  // the child commits for ever
        reported = *number;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 2'000));
      child.kill_it();
      while (const auto number = child.line().hear()) reported = *number;
    }
    last = check_commits(folder.path());
    CHECK(last >= reported);
    CHECK(last <= reported + 1);  // at most the one in flight
  }
  CHECK(last >= 20);
}

TEST_CASE("lmdb store: a second owner is refused, naming the first") {
  const TempFolder folder;
  Child child([&](Line& line) {
    const auto store = storage::open_lmdb_store(options_for(folder.path()));
    line.say(1);
    line.hear();
  });
  REQUIRE(child.line().hear());
  std::string reason = "opened";
  try {
    storage::open_lmdb_store(options_for(folder.path()));
  } catch (const std::runtime_error& error) {
    reason = error.what();
  }
  CHECK(reason == "store " + folder.path().string() + ": in use by process " +
                      std::to_string(child.pid()) + "; stop that one or choose another folder");
  child.kill_it();
  CHECK_NOTHROW(storage::open_lmdb_store(options_for(folder.path())));  // its lock died with it
}

/// Opens the store and looks at each octet of it, with standard error in the file `said`.
void look_at_all(const std::filesystem::path& folder, const std::filesystem::path& said) {
  ::alarm(60);
  const base::UniqueFd words(::open(said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
  ::dup2(words.get(), STDERR_FILENO);
  const auto store = storage::open_lmdb_store(options_for(folder));
  std::uint64_t sum = 0;
  for (const auto table : {kA, kB, kC}) {
    static_cast<void>(store->load(table, [&](std::uint64_t key, std::string_view value) {
      sum += key;
      for (const char octet : value) sum += static_cast<unsigned char>(octet);
    }));
  }
  if (sum == 0) throw std::runtime_error("nothing was read");
}

TEST_CASE("lmdb store: pages that lead nowhere end the process with words") {
  constexpr std::size_t kPage = 4'096;
  const TempFolder whole;
  {
    const auto store = storage::open_lmdb_store(options_for(whole.path()));
    storage::Batch batch;
    for (std::uint64_t key = 0; key < 500; ++key) batch.put(kA, key, std::string(200, 'a'));
    batch.put(kB, 0, std::string(30'000, 'b'));
    REQUIRE(store->apply(batch));
  }
  std::ifstream file(whole.path() / "data.mdb", std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  unsigned told = 0;
  for (std::size_t page = 2; page * kPage < good.size(); page += 6) {
    const auto octet = [&](std::size_t at) {
      return std::size_t{static_cast<unsigned char>(good[page * kPage + at])};
    };
    const std::size_t node = (octet(16) + 256 * octet(17)) % kPage;
    // Its flags, where its free space begins, its second node, how long the value of its first is.
    for (const std::size_t at : {std::size_t{10}, std::size_t{13}, std::size_t{19}, node + 3}) {
      CAPTURE(page);
      CAPTURE(at);
      const TempFolder folder;
      std::string octets = good;
      octets.at(page * kPage + at) ^= at == 10 ? 0x04 : 0x7f;
      std::ofstream(folder.path() / "data.mdb", std::ios::binary) << octets;
      const auto said = folder.path() / "said";
      Child child([&](Line&) { look_at_all(folder.path(), said); });
      const int code = child.wait();
      CHECK(code >= 0);
      if (code != 2) continue;
      ++told;
      std::ifstream in(said);
      const std::string words((std::istreambuf_iterator<char>(in)),
                              std::istreambuf_iterator<char>());
      CHECK(words.starts_with("msggw: store " + folder.path().string() +
                              ": data.mdb is damaged, its pages lead nowhere"));
    }
  }
  CHECK(told > 3);
}

TEST_CASE("lmdb store: a fault that is not the store's is what it was") {
  const TempFolder folder;
  const auto ended_by = [&](const auto& fault) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (const int signal : {SIGSEGV, SIGBUS}) std::signal(signal, SIG_DFL);
      const auto store = storage::open_lmdb_store(options_for(folder.path()));
      fault();
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  };
  CHECK(ended_by([] { ::kill(::getpid(), SIGSEGV); }) == SIGSEGV);
  CHECK(ended_by([] { ::raise(SIGBUS); }) == SIGBUS);
}

TEST_CASE("lmdb store: root makes none in the folder of somebody else") {
  if (::geteuid() != 0) return;
  const TempFolder folder;
  REQUIRE(::chown(folder.path().c_str(), 65'534, 65'534) == 0);
  CHECK(contains(refusal(options_for(folder.path())),
                 ": belongs to user 65534, and there is no store in it yet"));
  CHECK(std::filesystem::is_empty(folder.path()));
  REQUIRE(::chown(folder.path().c_str(), 0, 0) == 0);
  CHECK(refusal(options_for(folder.path())) == "opened");
  // As root has spoilt it before; the owner of the folder is told what to do.
  REQUIRE(::chown(folder.path().c_str(), 65'534, 65'534) == 0);
  CHECK(refusal(options_for(folder.path())) == "opened");
  Child child([&](Line&) {
    if (::setegid(65'534) != 0 || ::seteuid(65'534) != 0) return;
    if (!contains(refusal(options_for(folder.path())), "`chown -R`"))
      throw std::runtime_error("no way out");
  });
  CHECK(child.wait() == 0);
}

TEST_CASE("lmdb store: one process cannot own a folder twice") {
  const TempFolder folder;
  const auto store = storage::open_lmdb_store(options_for(folder.path()));
  CHECK_THROWS_WITH_AS(storage::open_lmdb_store(options_for(folder.path())),
                       doctest::Contains(std::to_string(::getpid()).c_str()), std::runtime_error);
}

TEST_CASE("lmdb store: a reader in another process sees commits as they come") {
  const TempFolder folder;
  Child reader([&](Line& line) {
    line.hear();
    const auto store = storage::open_lmdb_store(options_for(folder.path(), true));
    must(store->find(kA, 1)->value_or("") == "first");
    must(!store->find(kA, 2)->has_value());
    storage::Batch batch;
    batch.put(kA, 3, "not allowed");
    must(!store->apply(batch));
    line.say(1);
    line.hear();
    must(store->find(kA, 2)->value_or("") == "second");
    std::size_t rows = 0;
    must(store->load(kA, [&](std::uint64_t, std::string_view) { ++rows; }).has_value());
    must(rows == 2);
  });
  const auto store = storage::open_lmdb_store(options_for(folder.path()));
  storage::Batch batch;
  batch.put(kA, 1, "first");
  apply(*store, batch);
  reader.line().say(1);
  CHECK(reader.line().hear());
  batch.clear();
  batch.put(kA, 2, "second");
  apply(*store, batch);
  reader.line().say(2);
  CHECK(reader.wait() == 0);
  CHECK(found(*store, kA, 3) == "none");
}

TEST_CASE("lmdb store: a reader that dies in the middle pins nothing for ever") {
  const TempFolder folder;
  Child reader([&](Line& line) {
    line.hear();
    const auto store = storage::open_lmdb_store(options_for(folder.path(), true));
    must(store
             ->load(kA,
                    [&](std::uint64_t, std::string_view) {
                      line.say(1);
                      line.hear();  // for ever: killed with its read transaction open
                    })
             .has_value());
  });
  storage::Batch batch;
  batch.put(kA, 0, std::string(1'000, 'x'));
  {
    const auto store = storage::open_lmdb_store(options_for(folder.path()));
    apply(*store, batch);
    reader.line().say(1);
    REQUIRE(reader.line().hear());
    reader.kill_it();
  }
  const auto store = storage::open_lmdb_store(options_for(folder.path()));  // drops the dead reader
  for (std::uint64_t i = 0; i < 300; ++i) {
    batch.clear();
    for (std::uint64_t key = 0; key < 20; ++key) batch.put(kA, key, std::string(1'000, 'x'));
    apply(*store, batch);
  }
  CHECK(std::filesystem::file_size(folder.path() / "data.mdb") < 1'000'000);
}

TEST_CASE("lmdb store: rows are found on other threads while one writes") {
  const TempFolder folder;
  const auto store = storage::open_lmdb_store(options_for(folder.path()));
  constexpr std::uint64_t kCommits = 200;
  std::atomic<bool> failed{false};
  std::thread writer([&] {
    for (std::uint64_t number = 1; number <= kCommits; ++number) {
      storage::Batch batch;
      batch.put(kA, 1, std::to_string(number));
      batch.put(kB, 1, std::to_string(number));
      if (!store->apply(batch)) failed = true;
    }
  });
  std::uint64_t seen = 0;
  bool forwards = true;
  while (seen < kCommits && forwards && !failed) {
    const auto a = store->find(kA, 1);
    const auto b = store->find(kB, 1);  // read later, so it is of the same commit or a later one
    forwards = a && b;
    if (!forwards || !*a) continue;
    forwards = *b && std::stoull(**b) >= std::stoull(**a) && std::stoull(**a) >= seen;
    seen = std::stoull(**a);
  }
  writer.join();
  CHECK(forwards);
  CHECK(seen == kCommits);
}

}  // namespace
}  // namespace msggw::test::lmdb_processes_test
