// SPDX-License-Identifier: Apache-2.0
// The bulk requests of the client.
#include <algorithm>
#include <utility>

#include "gateway/base/crash_point.h"
#include "provisioning/client/client.h"

namespace msggw::client {

namespace {

/// In a row, until an address counts as one without bulk.
constexpr unsigned kMostUselessBulks = 8;
constexpr unsigned kMostSilentBulks = 3;     ///< one after the other
constexpr std::size_t kAroundRequests = 64;  ///< octets of a bulk body beside the requests

}  // namespace

/// Asks off the front of the queue that may go together.
Client::Jobs Client::take(std::size_t most) {
  Jobs jobs;
  jobs.reserve(std::min(most, queue_.size()));
  std::size_t octets = kAroundRequests;
  while (!queue_.empty() && jobs.size() < most) {
    Job& next = queue_.front();
    octets += next.body.size() + 1;
    if (!jobs.empty() && (octets > options_.wire.bulk_octets || jobs.size() >= next.most_company))
      break;
    jobs.push_back(std::move(next));
    queue_.pop_front();
  }
  return jobs;
}

/// To the front, in the order they had.
void Client::put_back(Jobs jobs) {
  for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) {
    if (!end_withdrawn(*job)) queue_.push_front(std::move(*job));
  }
}

void Client::send_bulk(Jobs jobs, Address& address, base::TimePoint now) {
  if (jobs.size() == 1) return send(std::move(jobs.front()), address, now);
  metrics_.bulk.Increment();
  metrics_.bulk_items.Observe(static_cast<double>(jobs.size()));
  const Exchange exchange = begin(address, now, jobs.size());
  bodies_.clear();
  for (const Job& job : jobs) bodies_.push_back(job.body);
  std::string body = protocol::join_bulk_request(options_.encoding, bodies_);
  bindings_->of(address.root.scheme)
      .start(Call::bulk, address.bulk_url, std::move(body),
             [this, exchange, jobs = std::move(jobs)](base::Result<Reply> reply) mutable {
               bulk_done(std::move(jobs), exchange, std::move(reply));
             });
  base::crash_point("gateway-asked");
}

void Client::bulk_done(Jobs jobs, const Exchange& exchange, base::Result<Reply> reply) {
  const base::TimePoint now = end(exchange);
  if (!reply && reply.error().code != base::Errc::too_large) {
    metrics_.unavailable.Increment();
    failed(exchange, {std::move(reply.error().detail)}, now);
    // If others get answers meanwhile, it may be the fault of one of these.
    if (!exchange.address.breaker.open()) {
      for (Job& job : jobs) job.most_company = std::max<std::size_t>(1, jobs.size() / 2);
    }
    count_silent_bulk(exchange, now);
    return put_back(std::move(jobs));
  }
  if (!reply) return bulk_useless(std::move(jobs), exchange, reply.error().detail, now);
  switch (reply->meaning) {
    case Meaning::done: break;
    case Meaning::unavailable:
    case Meaning::not_now:
      metrics_.unavailable.Increment();
      failed(exchange, {reason_of(*reply, options_.wire), reply->retry_after}, now);
      return put_back(std::move(jobs));
    case Meaning::not_found:
    case Meaning::not_offered:
      answered(exchange);
      no_bulk(exchange.address, reply->status, now);
      return put_back(std::move(jobs));
    case Meaning::done_without_body:
    case Meaning::refused:
    case Meaning::useless:
      return bulk_useless(std::move(jobs), exchange, reason_of(*reply, options_.wire), now);
  }
  if (!reply->encoding) {
    return bulk_useless(std::move(jobs), exchange, "content type " + reply->content_type, now);
  }
  auto items = protocol::decode_bulk_response(*reply->encoding, reply->body, options_.wire);
  if (!items) return bulk_useless(std::move(jobs), exchange, items.error().detail, now);
  if (items->size() != jobs.size()) {
    const std::string reason =
        std::to_string(items->size()) + " answers to " + std::to_string(jobs.size()) + " requests";
    return bulk_useless(std::move(jobs), exchange, reason, now);
  }
  judge_items(std::move(jobs), exchange, std::move(*items), now);
}

void Client::judge_items(Jobs jobs, const Exchange& exchange,
                         std::vector<protocol::DecodedBulkItem> items, base::TimePoint now) {
  exchange.address.useless_bulks = exchange.address.silent_bulks = 0;
  std::vector<Verdict> verdicts;
  verdicts.reserve(items.size());
  Unavailable all_away{"every item is to be asked for later"};  // what that says of the address
  bool any_answer = false;
  bool any_wait = false;  // of an item's own
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    verdicts.push_back(judge(std::move(items[i]), jobs[i].private_id));
    if (std::holds_alternative<Strayed>(verdicts.back())) {
      metrics_.unavailable.Increment();
      failed(exchange, strayed(exchange, now), now);
      return put_back(std::move(jobs));
    }
    const auto* away = std::get_if<Unavailable>(&verdicts.back());
    any_answer = any_answer || away == nullptr;
    if (away == nullptr) continue;
    any_wait = any_wait || away->of_device;
    if (!away->of_device && away->retry_after >= all_away.retry_after) all_away = *away;
  }
  if (!any_answer && !any_wait) {  // the same as if it had said so once
    metrics_.unavailable.Increment();
    failed(exchange, all_away, now);
    return put_back(std::move(jobs));
  }
  if (any_answer) {
    answered(exchange);
  } else {
    failed(exchange, all_away, now);
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) settle(jobs[i], std::move(verdicts[i]), now);
}

/// One of these may be what the other side stumbles over: the next time they go in halves, in the
/// end each alone.
void Client::bulk_useless(Jobs jobs, const Exchange& exchange, std::string_view reason,
                          base::TimePoint now) {
  answered(exchange);
  exchange.address.reason = reason;
  metrics_.split.Increment();
  if (log_limit_.pass(now)) {
    base::log::warn("pf_bulk_split", {{"url", base::to_string(exchange.address.bulk_url)},
                                      {"reason", reason},
                                      {"devices", jobs.size()},
                                      {"suppressed", log_limit_.take_suppressed()}});
  }
  for (Job& job : jobs) job.most_company = std::max<std::size_t>(1, jobs.size() / 2);
  if (++exchange.address.useless_bulks >= kMostUselessBulks) no_bulk(exchange.address, reason, now);
  put_back(std::move(jobs));
}

/// Those that were under way together say one thing together: that the other side was slow then.
void Client::count_silent_bulk(const Exchange& exchange, base::TimePoint now) {
  Address& address = exchange.address;
  if (exchange.sent < address.silent_bulk) return;
  address.silent_bulk = now;
  if (++address.silent_bulks >= kMostSilentBulks) no_bulk(address, "no answer", now);
}

void Client::no_bulk(Address& address, std::string_view reason, base::TimePoint now) {
  address.useless_bulks = address.silent_bulks = 0;
  const bool known = now < address.no_bulk_until;
  address.no_bulk_until = now + options_.bulk_retry;
  if (known) return;
  base::log::info("pf_without_bulk", {{"url", base::to_string(address.bulk_url)},
                                      {"reason", reason},
                                      {"again_in", options_.bulk_retry}});
}

}  // namespace msggw::client
