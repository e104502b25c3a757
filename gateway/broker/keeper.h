// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/mqtt/access/environment.h"
#include "gateway/base/backoff.h"
#include "gateway/base/context.h"
#include "gateway/base/keyed_hash.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/broker/options.h"
#include "gateway/core/tables.h"
#include "gateway/credentials/book.h"

namespace msggw::broker {

/// Writes for the broker's plugin what it may know (access/format.h): a new generation at each
/// start, and when the changes have become many; and then what changes, when it is durable here.
/// What is gone goes first: credentials, and Private IDs of devices. A thread of its own writes; a
/// list of at most kAtOnce changes, and of rows of a new generation, is under way at a time.
/// Whatever goes wrong there, the next generation is begun later, and nobody else notices: what the
/// broker has is a copy, and is never read. Loop thread only.
class Keeper {
 public:
  static constexpr std::size_t kAtOnce = 1'024;
  /// Changes that wait, but for those that go first. Above, a new generation is begun in their
  /// place.
  static constexpr std::size_t kMostOwed = 65'536;
  /// Those that go first and wait, 4 MiB. Above, likewise: they are gone for the broker only with
  /// that generation.
  static constexpr std::size_t kMostGone = 1'048'576;
  /// Changes of a generation, which the plugin holds in memory. Above, a new one is begun, of which
  /// kRowsPerChange rows go with a change: until it takes the place of the other there is at most
  /// one more change for each kRowsPerChange credentials, and those that go first.
  static constexpr std::uint64_t kMostChanges = 65'536;
  static constexpr std::size_t kRowsPerChange = 8;
  /// How often it is looked whether the folder still has what was written, if nothing is written
  /// there. If not, a new generation is begun.
  static constexpr base::Duration kLookEvery{2'000};

  /// `book` and `tables` must outlive it.
  Keeper(const base::Context& context, Options options, credentials::Book& book,
         const core::Tables& tables);
  /// Waits for what is under way, for a moment: a disk may hold it up.
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Whether it can write there, and a broker of another user read it. storage: why not.
  static base::Result<void> check_folder(const std::filesystem::path& folder);

  /// These have changed, and the change is durable.
  void durable(const std::vector<core::DeviceNo>& devices,
               const std::vector<credentials::CredentialNo>& changed);
  /// Gives the writer what there is for it.
  void end_turn(base::TimePoint now);

  /// The generation that the broker sees; empty: none of this process yet.
  const std::string& generation() const noexcept { return generation_; }
  /// Whether the broker has all that was durable at the last turn.
  bool is_current() const noexcept {
    return !generation_.empty() && !is_walking_ && gone_.empty() && owed_.empty() && !next_ &&
           (!under_way_ || only_looks_);
  }
  /// Why it could not be written the last time; empty: it could.
  const std::string& trouble() const noexcept { return trouble_; }
  /// Whether the broker has all that was to go first. Not after a failure, until there is a
  /// generation that knows of it.
  bool has_told_gone() const noexcept { return gone_.empty() && !tells_gone_ && !owes_generation_; }
  /// Whether it has been tried to write it, whatever came of that: before, the broker knows nothing
  /// of this process.
  bool has_tried() const noexcept { return has_tried_; }
  /// The process ends: what is owed is tried at once, whatever went wrong before.
  void hurry() noexcept;
  /// Whether nothing more comes of waiting: the broker has what was to go first, or what began to
  /// be written after hurry() has failed.
  bool is_done() const noexcept { return has_told_gone() || (hurries_ && tries_left_ == 0); }

 private:
  struct Job;
  struct Shared;
  struct Outcome;
  /// The Private IDs of a device, beside those that it had.
  enum class Ids { same, new_to_us, others };

  static void run(const std::shared_ptr<Shared>& shared);
  std::optional<Job> next_job(base::TimePoint now);
  void walk(Job& job);
  std::optional<mqtt::access::Named> grant_of(const credentials::Book::Entry& entry);
  Ids look_at_ids(core::DeviceNo device);
  void owe(core::DeviceNo device, std::deque<credentials::CredentialNo>& to);
  bool is_durable(std::optional<std::uint64_t> batch) const;
  void done(Outcome outcome);
  void turn_after(base::Duration wait);
  void published(std::string generation);
  void begin_anew();
  void begin_anew_for(base::metrics::Counter& too_many);

  base::Context context_;
  Options options_;
  credentials::Book& book_;
  const core::Tables& tables_;
  base::metrics::Gauge& current_;
  base::metrics::Counter& rows_;
  base::metrics::Counter& failures_;
  base::metrics::Counter& too_many_owed_;
  base::metrics::Counter& too_many_gone_;

  /// They go first: credentials that were gone when it was said, and those of devices that have
  /// other Private IDs, since one may be gone.
  std::deque<credentials::CredentialNo> gone_;
  bool tells_gone_ = false;       ///< some that were taken from there are not yet the broker's
  bool owes_generation_ = false;  ///< some were too many, and are gone with the next generation
  std::deque<credentials::CredentialNo> owed_;
  /// The last that is in the new generation.
  std::optional<std::pair<credentials::Kind, std::string>> walked_;
  bool is_walking_ = true;
  std::uint64_t changes_ = 0;  ///< of the generation that the broker sees
  bool begins_ = true;
  std::vector<std::uint64_t> ids_;  ///< by device, a hash of those that it had; 0: not seen yet
  base::HashKey ids_key_ = base::random_hash_key();
  /// Waits until all that it was made of is durable: with this batch, if it is not yet.
  std::unique_ptr<Job> next_;
  std::optional<std::uint64_t> next_with_;
  bool under_way_ = false;
  bool only_looks_ = false;  ///< what is under way, and it writes nothing
  std::string generation_;
  std::string trouble_;
  base::TimePoint try_at_{};
  base::TimePoint look_at_{};
  base::Duration wait_{0};
  bool has_tried_ = false;
  bool hurries_ = false;
  int tries_left_ = 0;  ///< of those that hurry
  boost::asio::steady_timer timer_;
  base::log::Limit log_limit_{1};
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace msggw::broker
