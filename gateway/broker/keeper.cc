// SPDX-License-Identifier: Apache-2.0
#include "gateway/broker/keeper.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <utility>

#include "gateway/credentials/doors.h"

namespace msggw::broker {

namespace {

using mqtt::access::Change;
using mqtt::access::Grant;
using mqtt::access::Named;
using mqtt::access::Writing;

constexpr base::Duration kFirstWait{1'000};
constexpr base::Duration kMostWait{60'000};
constexpr std::chrono::seconds kPatience{2};

base::metrics::Counter& overflows(base::metrics::Registry& registry, const char* of) {
  return base::metrics::counter(
      registry, "msggw_broker_access_overflows_total",
      "Times that more waited to be written than is kept, so that all was written anew",
      {{"of", of}});
}

std::uint32_t with_grace(std::uint32_t not_after_s, base::Duration grace) {
  if (not_after_s == 0) return 0;
  const auto more = std::chrono::ceil<std::chrono::seconds>(grace).count();
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(not_after_s + more, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

base::Result<void> Keeper::check_folder(const std::filesystem::path& folder) {
  return mqtt::access::check_folder(folder);
}

struct Keeper::Job {
  std::vector<Change> changes;
  // Of a new generation, beside the one that the broker sees.
  bool begins = false;
  std::vector<Writing::Row> rows;
  bool publishes = false;
  bool looks = false;  ///< whether the folder still has what was written

  bool writes() const { return !changes.empty() || begins || !rows.empty() || publishes; }
  /// Whether the broker sees something of it.
  bool is_seen() const { return !changes.empty() || publishes; }
};

struct Keeper::Outcome {
  base::Result<void> result;
  std::string generation;  ///< that is current now
  std::size_t rows = 0;
  std::optional<std::uint64_t> changes;  ///< of the current generation; none: there is none
};

/// What the thread has, also when nobody waits for it any longer.
struct Keeper::Shared {
  std::filesystem::path folder;
  mqtt::access::Login login;
  std::function<void(Outcome)> tell;  ///< none: nobody is there any longer
  // Of the thread alone.
  std::unique_ptr<Writing> current;
  std::unique_ptr<Writing> coming;

  std::mutex mutex;
  std::condition_variable wake;
  std::optional<Job> job;
  bool stops = false;
  bool has_ended = false;

  Outcome work(const Job& job) {
    Outcome outcome;
    outcome.result = write(job);
    outcome.rows = job.changes.size() + job.rows.size();
    if (!outcome.result) {
      current.reset();
      coming.reset();
    } else if (job.publishes) {
      current = std::move(coming);
      outcome.generation = current->generation();
    }
    if (current) outcome.changes = current->changes();
    return outcome;
  }

 private:
  base::Result<void> write(const Job& job) {
    base::Result<void> done;
    if (job.begins) {
      coming.reset();
      auto begun = Writing::begin(folder, login);
      if (!begun) return tl::unexpected(begun.error());
      coming = std::move(*begun);
    }
    for (const auto& each : {current.get(), coming.get()}) {
      if (done && each != nullptr && !job.changes.empty()) done = each->apply(job.changes);
    }
    if (done && current && (job.looks || !job.changes.empty())) done = current->check();
    if (done && !job.rows.empty()) done = coming->add(job.rows);
    if (done && job.publishes) done = coming->publish();
    return done;
  }
};

Keeper::Keeper(const base::Context& context, Options options, credentials::Book& book,
               const core::Tables& tables)
    : context_(context),
      options_(std::move(options)),
      book_(book),
      tables_(tables),
      current_(base::metrics::gauge(context.metrics, "msggw_broker_access_current",
                                    "1 while the broker's plugin has what it needs to know")),
      rows_(base::metrics::counter(context.metrics, "msggw_broker_access_rows_total",
                                   "Credentials written, or taken away, for the broker's plugin")),
      failures_(base::metrics::counter(context.metrics, "msggw_broker_access_failures_total",
                                       "Times that they could not be written")),
      too_many_owed_(overflows(context.metrics, "changes")),
      too_many_gone_(overflows(context.metrics, "removals")),
      timer_(context.io),
      shared_(std::make_shared<Shared>()) {
  shared_->folder = options_.folder;
  shared_->login = options_.login;
  shared_->tell = [this](Outcome outcome) {
    boost::asio::post(context_.io,
                      [this, outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
  };
  thread_ = std::thread([shared = shared_] { run(shared); });
}

Keeper::~Keeper() {
  std::unique_lock lock(shared_->mutex);
  shared_->stops = true;
  shared_->tell = {};
  shared_->wake.notify_all();
  const bool ended = shared_->wake.wait_for(lock, kPatience, [this] { return shared_->has_ended; });
  lock.unlock();
  ended ? thread_.join() : thread_.detach();
}

void Keeper::run(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->wake.wait(lock, [&] { return shared->stops || shared->job; });
    if (!shared->job) break;  // what was given is written before it ends
    const Job job = *std::exchange(shared->job, std::nullopt);
    lock.unlock();
    Outcome outcome = shared->work(job);
    lock.lock();
    if (shared->tell) shared->tell(std::move(outcome));
  }
  shared->has_ended = true;
  shared->wake.notify_all();
}

void Keeper::durable(const std::vector<core::DeviceNo>& devices,
                     const std::vector<credentials::CredentialNo>& changed) {
  for (const credentials::CredentialNo no : changed)
    (book_.find(no) == nullptr ? gone_ : owed_).push_back(no);
  for (const core::DeviceNo device : devices) {
    const Ids ids = look_at_ids(device);
    if (ids != Ids::same) owe(device, ids == Ids::others ? gone_ : owed_);
  }
  if (gone_.size() > kMostGone) {
    gone_.clear();
    owes_generation_ = true;
    begin_anew_for(too_many_gone_);
  }
  if (owed_.size() > kMostOwed) begin_anew_for(too_many_owed_);
}

/// The new generation has them.
void Keeper::begin_anew_for(base::metrics::Counter& too_many) {
  owed_.clear();
  too_many.Increment();
  current_.Set(0);
  begin_anew();
}

void Keeper::hurry() noexcept {
  if (std::exchange(hurries_, true)) return;
  tries_left_ = under_way_ ? 2 : 1;  // what is under way began before
  try_at_ = {};
}

void Keeper::owe(core::DeviceNo device, std::deque<credentials::CredentialNo>& to) {
  const auto& by_device = book_.entries.get<credentials::Book::ByDevice>();
  const auto [begin, end] = by_device.equal_range(device);
  for (auto at = begin; at != end; ++at) to.push_back(at->no);
}

/// What they are beside those that it had when this was asked last.
Keeper::Ids Keeper::look_at_ids(core::DeviceNo device) {
  std::uint64_t hash = base::keyed_hash(ids_key_, tables_.device(device).private_id);
  for (const std::string& alias : tables_.aliases(device))
    hash = hash * 31 + base::keyed_hash(ids_key_, alias);
  const auto index = static_cast<std::size_t>(device);
  if (ids_.size() <= index) ids_.resize(std::max<std::size_t>(index + 1, tables_.numbers()));
  const std::uint64_t before = std::exchange(ids_[index], hash | 1);
  return before == 0 ? Ids::new_to_us : before == (hash | 1) ? Ids::same : Ids::others;
}

void Keeper::begin_anew() {
  walked_.reset();
  is_walking_ = begins_ = true;
}

void Keeper::end_turn(base::TimePoint now) {
  if (under_way_ || now < try_at_) return;
  if (!next_) {
    auto job = next_job(now);
    if (!job) return;
    next_with_ = job->is_seen() ? credentials::OperatorSide(book_).durable_with() : std::nullopt;
    next_ = std::make_unique<Job>(std::move(*job));
  }
  if (!is_durable(next_with_)) return;
  under_way_ = true;
  only_looks_ = !next_->writes();
  const std::lock_guard lock(shared_->mutex);
  shared_->job = std::move(*std::exchange(next_, nullptr));
  shared_->wake.notify_all();
}

bool Keeper::is_durable(std::optional<std::uint64_t> batch) const {
  return !batch || tables_.batches.committed >= *batch ||
         !credentials::OperatorSide(book_).durable_with();
}

std::optional<Keeper::Job> Keeper::next_job(base::TimePoint now) {
  Job job;
  std::vector<credentials::CredentialNo> some;
  tells_gone_ = tells_gone_ || !gone_.empty();
  const std::size_t most_owed = changes_ < kMostChanges ? kAtOnce : kAtOnce / kRowsPerChange;
  for (const auto& [from, most] : {std::pair(&gone_, kAtOnce), std::pair(&owed_, most_owed)}) {
    for (; !from->empty() && some.size() < most; from->pop_front()) some.push_back(from->front());
  }
  std::sort(some.begin(), some.end());
  some.erase(std::unique(some.begin(), some.end()), some.end());
  for (const credentials::CredentialNo no : some) {
    const auto* const entry = book_.find(no);
    job.changes.push_back(
        {credentials::number(no), entry == nullptr ? std::nullopt : grant_of(*entry)});
  }
  job.begins = std::exchange(begins_, false);
  if (is_walking_) walk(job);
  job.looks = now >= look_at_ && !generation_.empty();
  return job.writes() || job.looks ? std::optional(std::move(job)) : std::nullopt;
}

/// By name, in the order of the table. Those of one name go together, so that it can be gone on
/// behind it; what comes or goes meanwhile is a change too.
void Keeper::walk(Job& job) {
  const auto& by_name = book_.entries.get<credentials::Book::ByName>();
  auto at = walked_
                ? by_name.upper_bound(std::pair(walked_->first, std::string_view(walked_->second)))
                : by_name.begin();
  const credentials::Book::Entry* last = nullptr;
  for (std::size_t seen = 0; at != by_name.end(); last = &*at, ++at, ++seen) {
    if (seen >= kAtOnce && at->shown() != last->shown()) {
      walked_.emplace(last->kind, last->name);
      return;
    }
    if (auto what = grant_of(*at))
      job.rows.push_back({credentials::number(at->no), *std::move(what)});
    if (look_at_ids(at->device) == Ids::others) owe(at->device, gone_);
  }
  is_walking_ = false;
  job.publishes = true;
}

std::optional<Named> Keeper::grant_of(const credentials::Book::Entry& entry) {
  const bool is_psk = entry.kind == credentials::Kind::psk;
  if (is_psk && !options_.with_psks) return std::nullopt;
  Grant grant;
  grant.device = static_cast<std::uint32_t>(entry.device);
  grant.kind = entry.kind;
  grant.secret = entry.secret;
  if (is_psk) {
    auto key = book_.open(entry);
    if (!key) return std::nullopt;
    grant.secret = std::move(*key);
  }
  grant.not_before_s = entry.not_before_s;
  grant.not_after_s = with_grace(entry.not_after_s, options_.grace);
  grant.ids.push_back(tables_.device(entry.device).private_id);
  for (const std::string& alias : tables_.aliases(entry.device)) {
    if (grant.ids.size() < Grant::kMostIds) grant.ids.push_back(alias);
  }
  return Named{entry.name, std::move(grant)};
}

void Keeper::published(std::string generation) {
  generation_ = std::move(generation);
  if (!begins_) {  // else more has come meanwhile than was kept
    current_.Set(1);
    owes_generation_ = false;
  }
  base::log::info("broker_access_written",
                  {{"folder", options_.folder.native()}, {"generation", generation_}});
}

/// After a failure the next turn that is due begins anew.
void Keeper::done(Outcome outcome) {
  under_way_ = false;
  if (outcome.result) {
    has_tried_ = has_tried_ || !outcome.generation.empty();
    wait_ = base::Duration{0};
    trouble_.clear();
    rows_.Increment(static_cast<double>(outcome.rows));
    if (!outcome.generation.empty()) published(std::move(outcome.generation));
    if (outcome.changes) tells_gone_ = false;
    changes_ = outcome.changes.value_or(0);
    if (changes_ >= kMostChanges && !is_walking_) begin_anew();
    look_at_ = context_.clock.now() + kLookEvery;
    return turn_after(kLookEvery);
  }
  const base::TimePoint now = context_.clock.now();
  failures_.Increment();
  has_tried_ = true;
  trouble_ = outcome.result.error().detail;
  changes_ = 0;
  current_.Set(0);
  if (log_limit_.pass(now)) base::log::error("broker_access_failed", {{"reason", trouble_}});
  tells_gone_ = tells_gone_ || !gone_.empty();
  gone_.clear();  // of these, and of what is owed, the new generation knows
  owed_.clear();
  begin_anew();
  if (tries_left_ > 0) --tries_left_;
  wait_ = tries_left_ > 0 ? base::Duration{0} : std::clamp(2 * wait_, kFirstWait, kMostWait);
  try_at_ = now + wait_;
  turn_after(wait_);
}

void Keeper::turn_after(base::Duration wait) {
  timer_.expires_after(wait);
  timer_.async_wait([](const boost::system::error_code&) {});  // its turn does the work
}

}  // namespace msggw::broker
