// SPDX-License-Identifier: Apache-2.0
#include "gateway/broker/keeper.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <utility>

namespace msggw::broker {

namespace {

using mqtt::access::Grant;
using mqtt::access::Writing;

constexpr base::Duration kFirstWait{1'000};
constexpr base::Duration kMostWait{60'000};
constexpr std::chrono::seconds kPatience{2};

std::uint32_t with_grace(std::uint32_t not_after_s, base::Duration grace) {
  if (not_after_s == 0) return 0;
  const auto more = std::chrono::ceil<std::chrono::seconds>(grace).count();
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(not_after_s + more, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

struct Keeper::Job {
  bool begins = false;
  std::vector<Writing::Change> changes;
  bool publishes = false;
};

struct Keeper::Outcome {
  base::Result<void> result;
  std::string generation;  ///< that is current now
  std::size_t rows = 0;
};

/// What the thread has, also when nobody waits for it any longer.
struct Keeper::Shared {
  std::filesystem::path folder;
  mqtt::access::Login login;
  std::function<void(Outcome)> tell;  ///< none: nobody is there any longer
  std::unique_ptr<Writing> writing;   ///< of the thread alone

  std::mutex mutex;
  std::condition_variable wake;
  std::optional<Job> job;
  bool stops = false;
  bool has_ended = false;

  Outcome work(const Job& job) {
    Outcome outcome;
    if (job.begins) {
      writing.reset();
      auto begun = Writing::begin(folder, login);
      if (begun)
        writing = std::move(*begun);
      else
        outcome.result = tl::unexpected(begun.error());
    }
    if (outcome.result && !job.changes.empty()) outcome.result = writing->apply(job.changes);
    if (outcome.result && job.publishes) outcome.result = writing->publish();
    outcome.rows = job.changes.size();
    if (outcome.result && job.publishes) outcome.generation = writing->generation();
    return outcome;
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
  owed_.insert(owed_.end(), changed.begin(), changed.end());
  const auto& by_device = book_.entries.get<credentials::Book::ByDevice>();
  for (const core::DeviceNo device : devices) {
    const auto [begin, end] = by_device.equal_range(device);
    for (auto at = begin; at != end; ++at) owed_.push_back(at->no);
  }
  // Those that the walk has not come to are written by it.
  if (is_walking_)
    std::erase_if(owed_, [this](auto no) { return credentials::number(no) > walked_; });
  if (owed_.size() > kMostOwed) begin_anew();
}

void Keeper::begin_anew() {
  owed_.clear();
  walked_ = 0;
  is_walking_ = begins_ = true;
}

void Keeper::end_turn(base::TimePoint now) {
  if (under_way_ || now < try_at_) return;
  auto job = next_job();
  if (!job) return;
  under_way_ = true;
  const std::lock_guard lock(shared_->mutex);
  shared_->job = std::move(*job);
  shared_->wake.notify_all();
}

std::optional<Keeper::Job> Keeper::next_job() {
  Job job;
  job.begins = std::exchange(begins_, false);
  std::sort(owed_.begin(), owed_.end());
  owed_.erase(std::unique(owed_.begin(), owed_.end()), owed_.end());
  const std::size_t first = owed_.size() - std::min(owed_.size(), kAtOnce);
  for (std::size_t i = first; i < owed_.size(); ++i) job.changes.push_back(change(owed_[i]));
  owed_.resize(first);
  if (is_walking_) {
    const auto& entries = book_.entries;
    auto at = entries.upper_bound(credentials::CredentialNo{walked_});
    for (; at != entries.end() && job.changes.size() < kAtOnce; ++at) {
      walked_ = credentials::number(at->no);
      if (auto each = change(at->no); each.now) job.changes.push_back(std::move(each));
    }
    job.publishes = at == entries.end();
    is_walking_ = !job.publishes;
  }
  if (!job.begins && job.changes.empty() && !job.publishes) return std::nullopt;
  return job;
}

Writing::Change Keeper::change(credentials::CredentialNo no) {
  Writing::Change change{credentials::number(no), std::nullopt};
  const auto* const entry = book_.find(no);
  const bool is_psk = entry != nullptr && entry->kind == credentials::Kind::psk;
  if (entry == nullptr || (is_psk && !options_.with_psks)) return change;
  Grant grant;
  grant.device = static_cast<std::uint32_t>(entry->device);
  grant.kind = entry->kind;
  grant.secret = entry->secret;
  if (is_psk) {
    auto key = book_.open(*entry);
    if (!key) return change;
    grant.secret = std::move(*key);
  }
  grant.not_before_s = entry->not_before_s;
  grant.not_after_s = with_grace(entry->not_after_s, options_.grace);
  grant.ids.push_back(tables_.device(entry->device).private_id);
  for (const std::string& alias : tables_.aliases(entry->device)) {
    if (grant.ids.size() < Grant::kMostIds) grant.ids.push_back(alias);
  }
  change.now = {entry->name, std::move(grant)};
  return change;
}

/// After a failure the next turn that is due begins anew.
void Keeper::done(Outcome outcome) {
  under_way_ = false;
  if (outcome.result) {
    wait_ = base::Duration{0};
    rows_.Increment(static_cast<double>(outcome.rows));
    if (outcome.generation.empty()) return;
    generation_ = std::move(outcome.generation);
    current_.Set(1);
    return base::log::info("broker_access_written",
                           {{"folder", options_.folder.native()}, {"generation", generation_}});
  }
  const base::TimePoint now = context_.clock.now();
  failures_.Increment();
  current_.Set(0);
  if (log_limit_.pass(now))
    base::log::error("broker_access_failed", {{"reason", outcome.result.error().detail}});
  begin_anew();
  wait_ = std::clamp(2 * wait_, kFirstWait, kMostWait);
  try_at_ = now + wait_;
  timer_.expires_after(wait_);
  timer_.async_wait([](const boost::system::error_code&) {});  // its turn does the work
}

}  // namespace msggw::broker
