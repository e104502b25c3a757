// SPDX-License-Identifier: Apache-2.0
#include "storage/reader.h"

#include <pthread.h>

#include <utility>

namespace msggw::storage {

Reader::Reader(Store& store, TableNo table, Done done)
    : store_(store), table_(table), done_(std::move(done)), thread_([this] { run(); }) {}

Reader::~Reader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Reader::submit(std::vector<std::uint64_t> keys) {
  {
    const std::lock_guard lock(mutex_);
    base::ensure(!busy_ && !keys.empty(), "one request under way, of some rows");
    keys_ = std::move(keys);
    busy_ = true;
  }
  wake_.notify_one();
}

bool Reader::busy() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

void Reader::run() {
  ::pthread_setname_np(::pthread_self(), "reader");
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !keys_.empty(); });
    if (keys_.empty()) return;
    const std::vector<std::uint64_t> keys = std::exchange(keys_, {});
    lock.unlock();
    std::vector<Row> rows;
    rows.reserve(keys.size());
    for (const std::uint64_t key : keys) rows.push_back({key, store_.find(table_, key)});
    lock.lock();
    busy_ = false;
    lock.unlock();
    done_(std::move(rows));
    lock.lock();
  }
}

}  // namespace msggw::storage
