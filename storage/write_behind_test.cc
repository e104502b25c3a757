// SPDX-License-Identifier: Apache-2.0
#include "storage/write_behind.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <limits>
#include <memory>

#include "gateway/base/handle.h"
#include "storage/memory_store.h"

namespace msggw::storage {
namespace {

constexpr TableNo kTable{0};
constexpr std::size_t kAlways = std::numeric_limits<std::size_t>::max();

Batch one_row(std::uint64_t key, std::string_view value) {
  Batch batch;
  batch.put(kTable, key, value);
  return batch;
}

template <class Condition>
void wait_for(Condition&& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::string stored(MemoryStore& store, std::uint64_t key) {
  const auto found = store.find(kTable, key);
  return found && *found ? **found : "";
}

/// A writer on a memory store, and what it reported, as the loop would see it.
struct Setup {
  MemoryStore store{1};
  base::metrics::Registry registry;
  std::atomic<std::uint64_t> last_committed{0};
  std::atomic<unsigned> commits_reported{0};
  std::unique_ptr<WriteBehind> writer =
      std::make_unique<WriteBehind>(store, registry, "test", [this](std::uint64_t number) {
        last_committed = number;
        ++commits_reported;
      });

  double metric(const std::string& name) {
    return base::metrics::counter(registry, name, "", {{"store", "test"}}).Value();
  }
};

/// What the process writes to standard error meanwhile.
class CapturedStderr {
 public:
  CapturedStderr() : file_(std::tmpfile()), saved_(::dup(2)) { ::dup2(::fileno(file_.get()), 2); }
  ~CapturedStderr() { ::dup2(saved_.get(), 2); }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  unsigned count(std::string_view word) const {
    std::string text(1 << 16, '\0');
    const auto size = ::pread(::fileno(file_.get()), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(size));
    unsigned found = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) ++found;
    return found;
  }

 private:
  base::Handle<std::FILE, std::fclose> file_;
  base::UniqueFd saved_;
};

TEST_CASE("write-behind: a store that is gone is noticed with nothing to store, and said once") {
  const CapturedStderr log;
  base::log::set_up(base::log::Level::info, base::log::Format::text);
  MemoryStore store{1};
  base::metrics::Registry registry;
  std::atomic<int> moved{0};
  const auto writer = std::make_unique<WriteBehind>(
      store, registry, "test", [](std::uint64_t) {},
      [&](bool in_place) { moved += in_place ? 10 : 1; });
  store.set_in_place(false);
  wait_for([&] { return writer->gone(); });
  CHECK(writer->failing());
  CHECK(writer->reason() == "memory store: told to be gone");
  wait_for([&] { return moved == 1; });
  const auto in_place = [&] {
    return base::metrics::gauge(registry, "msggw_store_in_place", "", {{"store", "test"}}).Value();
  };
  CHECK(in_place() == 0);

  writer->submit(one_row(1, "one"), 1);  // kept until the store is back
  store.set_in_place(true);
  wait_for([&] { return !writer->busy() && !writer->gone(); });
  CHECK(stored(store, 1) == "one");
  wait_for([&] { return moved == 11; });
  CHECK(in_place() == 1);
  CHECK(writer->reason().empty());
  CHECK(log.count("store_gone") == 1);
  CHECK(log.count("store_failing") == 0);
  CHECK(log.count("store_back") == 1);
}

TEST_CASE("write-behind: a batch is stored, then reported with its number") {
  Setup s;
  CHECK_FALSE(s.writer->busy());
  s.writer->submit(one_row(1, "one"), 17);
  wait_for([&] { return s.last_committed == 17; });
  CHECK_FALSE(s.writer->busy());
  CHECK_FALSE(s.writer->failing());
  CHECK(stored(s.store, 1) == "one");
  CHECK(s.metric("msggw_store_commits_total") == 1);
  CHECK(s.metric("msggw_store_rows_total") == 1);
  CHECK(s.metric("msggw_store_failures_total") == 0);
  CHECK(base::metrics::expose(s.registry)
            .find("msggw_store_commit_seconds_count{store=\"test\"} 1") != std::string::npos);
}

TEST_CASE("write-behind: many batches in a row, reusing memory") {
  Setup s;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    Batch batch = s.writer->recycled();
    REQUIRE(batch.empty());
    batch.put(kTable, i, std::to_string(i));
    batch.put(kTable, 0, std::to_string(i));
    s.writer->submit(std::move(batch), i);
    wait_for([&] { return !s.writer->busy(); });
  }
  wait_for([&] { return s.commits_reported == 500; });
  CHECK(s.last_committed == 500);
  CHECK(stored(s.store, 0) == "500");
  CHECK(stored(s.store, 321) == "321");
  CHECK(s.metric("msggw_store_rows_total") == 1000);
}

TEST_CASE("write-behind: a failing store is tried again until it stores, and says so once") {
  base::log::set_up(base::log::Level::info, base::log::Format::text);
  CapturedStderr log;
  Setup s;
  s.store.fail_next_applies(kAlways);
  s.writer->submit(one_row(1, "patient"), 1);
  wait_for([&] { return s.metric("msggw_store_failures_total") >= 3; });
  CHECK(s.writer->failing());
  CHECK(s.writer->busy());
  CHECK(s.commits_reported == 0);
  CHECK(stored(s.store, 1) == "");
  CHECK(log.count("store_recovered") == 0);

  s.store.fail_next_applies(0);
  wait_for([&] { return s.commits_reported == 1; });
  CHECK(s.last_committed == 1);
  CHECK_FALSE(s.writer->failing());
  CHECK(stored(s.store, 1) == "patient");
  CHECK(log.count("store_failing store=test") == 1);
  CHECK(log.count("store_recovered store=test") == 1);
  CHECK(log.count("told to fail") == 1);
}

TEST_CASE("write-behind: of a store that goes on failing the newest reason is told") {
  base::log::set_up(base::log::Level::info, base::log::Format::text);
  CapturedStderr log;
  Setup s;
  s.store.fail_next_applies(kAlways, "the disk is full");
  s.writer->submit(one_row(1, "patient"), 1);
  wait_for([&] { return log.count("store_failing") == 1; });
  s.store.fail_next_applies(kAlways, "the folder is gone");
  wait_for([&] { return log.count("the folder is gone") == 1; });
  s.store.fail_next_applies(0);
  wait_for([&] { return s.commits_reported == 1; });
  CHECK(log.count("the disk is full") == 1);
  CHECK(log.count("store_failing") == 2);
  CHECK(log.count("store_recovered") == 1);
}

TEST_CASE("write-behind: a store that flaps does not fill the log") {
  base::log::set_up(base::log::Level::info, base::log::Format::text);
  CapturedStderr log;
  Setup s;
  const auto begin = std::chrono::steady_clock::now();
  for (unsigned i = 1; i <= 20; ++i) {
    s.store.fail_next_applies(1);
    s.writer->submit(one_row(i, "x"), i);
    wait_for([&] { return s.commits_reported == i; });
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(took).count();
  CHECK(s.metric("msggw_store_failures_total") == 20);
  CHECK(log.count("store_failing") >= 1);
  CHECK(log.count("store_failing") <= static_cast<unsigned>(seconds) + 1);
}

TEST_CASE("write-behind: the destructor stores what was submitted") {
  Setup s;
  s.writer->submit(one_row(1, "last words"), 9);
  s.writer.reset();
  CHECK(stored(s.store, 1) == "last words");
  CHECK(s.last_committed == 9);
}

TEST_CASE("write-behind: the destructor outlasts a short failure") {
  Setup s;
  s.store.fail_next_applies(WriteBehind::kLastTries - 1);
  s.writer->submit(one_row(1, "just in time"), 9);
  s.writer.reset();
  CHECK(stored(s.store, 1) == "just in time");
  CHECK(s.last_committed == 9);
}

TEST_CASE("write-behind: the destructor gives up on a store that keeps failing") {
  base::log::set_up(base::log::Level::info, base::log::Format::text);
  CapturedStderr log;
  Setup s;
  s.store.fail_next_applies(kAlways);
  s.writer->submit(one_row(1, "lost"), 9);
  wait_for([&] { return s.writer->failing(); });
  s.writer.reset();
  CHECK(s.commits_reported == 0);
  CHECK(stored(s.store, 1) == "");
  CHECK(s.metric("msggw_store_failures_total") >= WriteBehind::kLastTries);
  CHECK(log.count("store_lost store=test") == 1);
}

TEST_CASE("write-behind: idle, it ends at once") {
  Setup s;
  s.writer.reset();
  CHECK(s.commits_reported == 0);
}

}  // namespace
}  // namespace msggw::storage
