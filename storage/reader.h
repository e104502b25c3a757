// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "storage/store.h"

namespace msggw::storage {

/// The reader thread: brings rows that are not in RAM, since a row may have to come from the disk
/// and the loop never waits for that. One request is under way at a time.
///
/// submit() and busy() belong to the loop thread.
class Reader {
 public:
  struct Row {
    std::uint64_t key = 0;
    /// No value: there is no such row. `storage`: the store cannot be read now.
    base::Result<std::optional<std::string>> value;
  };
  /// Runs on the reader thread, with the rows in the order of the keys; it must only post to the
  /// loop.
  using Done = std::function<void(std::vector<Row> rows)>;

  /// `store` must outlive this object.
  Reader(Store& store, TableNo table, Done done);
  /// Waits for the request under way; `done` may still come for it.
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Requires !busy() and a list that is not empty. Ascending keys are the cheapest.
  void submit(std::vector<std::uint64_t> keys);
  /// From submit() until `done` has been called.
  bool busy() const;

 private:
  void run();

  Store& store_;
  TableNo table_;
  Done done_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::uint64_t> keys_;
  bool busy_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace msggw::storage
