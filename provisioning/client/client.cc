// SPDX-License-Identifier: Apache-2.0
#include "provisioning/client/client.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "gateway/base/crash_point.h"
#include "gateway/base/secrets.h"

namespace msggw::client {

namespace {

/// A request that takes longer than this is slow by its own fault, not by the load: the others do
/// not wait for it.
constexpr base::Duration kSlow{100};
/// While the rate holds asks back, tokens of so long are gathered before the next request, so that
/// it is not one request each.
constexpr base::Duration kGather{10};
/// How long asks wait for company when another request is under way, or the last was a bulk: a bulk
/// costs both sides a fraction of what its asks cost alone, and no device notices a few
/// milliseconds.
constexpr base::Duration kCompany{10};

peers::BreakerLimits breaker_limits(const Options& options) {
  return {options.breaker_failures, options.probe_first, options.probe_most,
          options.retry_after_most};
}

/// What connections are made with, beside files.
auto connection_of(const Options& options) {
  return std::tuple(options.token, options.psk_identity, options.psk_key, options.http,
                    options.coap, options.wire, options.bulk_most > 1);
}

std::string digest_of_files(const Options& options) {
  return http::digest_of(options.http.tls) +
         http::digest_of({.ca = {}, .certificate = {}, .key = options.psk_key_file});
}

}  // namespace

Client::Client(const base::Context& context, const Options& options, std::vector<base::Uri> roots,
               Events events)
    : context_(context),
      options_(options),
      roots_(std::move(roots)),
      events_(std::move(events)),
      metrics_(context.metrics),
      rate_(options.rate, options.burst),
      timer_(context.io),
      files_(digest_of_files(options)),
      bindings_(std::make_unique<Bindings>(context.io, options, roots_)) {
  add_addresses();
}

void Client::add_addresses() {
  for (const base::Uri& root : roots_) {
    const auto own_seed = static_cast<std::uint32_t>(base::random_number());
    addresses_.add(peers::Breaker(breaker_limits(options_), own_seed), root,
                   bindings_->of(root.scheme).url_of(root),
                   metrics_.address_up(base::to_string(root)), list_);
  }
}

std::size_t Client::room() const noexcept {
  return options_.max_queue - std::min(options_.max_queue, in_hand_);
}

void Client::ask(const core::ProvisioningAsk& ask) {
  base::ensure(room() > 0, "the caller asks for room");
  ++in_hand_;
  switch (ask.kind) {
    case core::AskKind::provision:
      return queue_.push_back(
          {ask.device, Call::provision, 0, options_.bulk_most, std::string(ask.private_id),
           protocol::encode_request(options_.encoding, ask.ue_type, ask.private_id, ask.info)});
    case core::AskKind::release:
      if (!options_.release) {
        return boost::asio::post(context_.io,
                                 [this, job = Job{ask.device, Call::release, 0, 1, {}}] {
                                   settle(job, Released{}, context_.clock.now());
                                 });
      }
      return queue_.push_back({ask.device, Call::release, 0, 1, std::string(ask.private_id)});
  }
}

void Client::withdraw(std::span<const core::DeviceNo> devices) {
  if (devices.empty()) return;
  withdrawn_.insert(devices.begin(), devices.end());
  std::erase_if(queue_, [this](const Job& job) { return end_withdrawn(job); });
}

/// Whether it is not to be asked again.
bool Client::end_withdrawn(const Job& job) {
  if (withdrawn_.erase(job.device) == 0) return false;
  --in_hand_;
  events_.failed(job.device, base::Duration{0}, {});
  return true;
}

void Client::end_turn(base::TimePoint now) {
  std::erase_if(draining_, [](const auto& old) { return old->in_flight() == 0; });
  if (draining_.empty()) left_.clear();
  metrics_.in_hand.Set(static_cast<double>(in_hand_));
  hold_back(send_all(now), now);
}

/// Returns how many asks the rate holds back from the next request.
std::size_t Client::send_all(base::TimePoint now) {
  while (!queue_.empty()) {
    Address* const address = pick(now);
    if (address == nullptr) return 0;
    std::size_t asks = batch_for(*address, now);
    if (asks == 0) return 0;
    const std::size_t allowed = rate_.available(now);
    if (allowed == 0) return asks;
    asks = std::min({asks, allowed, queue_.front().most_company});
    if (asks > 1) {
      send_bulk(take(asks), *address, now);
      continue;
    }
    Job job = std::move(queue_.front());
    queue_.pop_front();
    send(std::move(job), *address, now);
  }
  return 0;
}

/// Null: nothing may be sent before a request ended or the timer wakes us.
Address* Client::pick(base::TimePoint now) {
  Address* const address = addresses_.pick(now, [this](const Address& candidate) {
    return bindings_->of(candidate.root.scheme).room() > 0;
  });
  if (address != nullptr) return address;
  const auto probe = addresses_.next_probe();
  if (probe && *probe > now) wake_at(*probe);  // else there is no room, and an end makes some
  return nullptr;
}

/// How many asks the next request to `address` may hold; 0: none may go before another ended.
std::size_t Client::batch_for(const Address& address, base::TimePoint now) {
  if (address.breaker.open() || options_.bulk_most <= 1 ||
      !bindings_->of(address.root.scheme).has_bulk() || now < address.no_bulk_until) {
    return 1;
  }
  const auto young =
      std::find_if(address.under_way.begin(), address.under_way.end(),
                   [now](const auto& exchange) { return now - exchange.second < kSlow; });
  const auto count = static_cast<std::size_t>(address.under_way.end() - young);
  if (count >= options_.bulk_in_flight) {
    wake_at(young->second + kSlow);
    return 0;
  }
  const bool others_ask = count > 0 || address.last_asks > 1;
  if (others_ask && queue_.size() < options_.bulk_most && now < address.last_sent + kCompany) {
    wake_at(address.last_sent + kCompany);
    return 0;
  }
  return std::min(queue_.size(), options_.bulk_most);
}

Client::Exchange Client::begin(Address& address, base::TimePoint now, std::size_t asks) {
  rate_.take(asks);
  const Exchange exchange{address, ++last_exchange_, now, generation_, address.breaker.sent(now)};
  address.under_way.emplace_back(exchange.number, now);
  address.last_sent = now;
  address.last_asks = asks;
  return exchange;
}

/// Returns the time.
base::TimePoint Client::end(const Exchange& exchange) {
  base::crash_point("gateway-answered-by-pf");
  auto& under_way = exchange.address.under_way;
  const auto is_this = [&](const auto& other) { return other.first == exchange.number; };
  under_way.erase(std::find_if(under_way.begin(), under_way.end(), is_this));
  const base::TimePoint now = context_.clock.now();
  metrics_.seconds.Observe(std::chrono::duration<double>(now - exchange.sent).count());
  return now;
}

void Client::send(Job job, Address& address, base::TimePoint now) {
  metrics_.single.Increment();
  const Exchange exchange = begin(address, now, 1);
  const Call call = job.call;
  const bool release = call == Call::release;
  base::Uri url = release ? protocol::provisioning_url(address.root, job.private_id) : address.url;
  std::string body = job.body;
  bindings_->of(address.root.scheme)
      .start(call, std::move(url), std::move(body),
             [this, exchange, job = std::move(job)](base::Result<Reply> reply) mutable {
               done(std::move(job), exchange, std::move(reply));
             });
  base::crash_point("gateway-asked");
}

void Client::done(Job job, const Exchange& exchange, base::Result<Reply> reply) {
  const base::TimePoint now = end(exchange);
  Verdict verdict = Useless{};
  if (reply) {
    verdict = job.call == Call::release ? judge_release(std::move(*reply), options_.wire)
                                        : judge(std::move(*reply), options_.wire, job.private_id);
  } else if (reply.error().code == base::Errc::too_large) {
    verdict = Useless{std::move(reply.error().detail)};
  } else {
    verdict = Unavailable{std::move(reply.error().detail)};
  }
  if (std::holds_alternative<Strayed>(verdict)) verdict = strayed(exchange, now);
  if (const auto* why = std::get_if<Unavailable>(&verdict)) {
    if (why->of_device) {
      failed(exchange, {why->reason}, now);
      return settle(job, std::move(verdict), now);
    }
    metrics_.unavailable.Increment();
    failed(exchange, *why, now);
    return unanswered(std::move(job), exchange, why->reason);
  }
  answered(exchange);
  if (const auto* why = std::get_if<Useless>(&verdict)) exchange.address.reason = why->reason;
  settle(job, std::move(verdict), now);
}

/// The other side (or a proxy before it) has answered more often than it was asked, so every later
/// answer on that connection is another's too. Which one it is cannot be known here: all are given
/// up.
Unavailable Client::strayed(const Exchange& exchange, base::TimePoint now) {
  metrics_.strayed.Increment();
  if (log_limit_.pass(now)) {
    base::log::error("pf_answer_astray", {{"url", base::to_string(exchange.address.url)},
                                          {"suppressed", log_limit_.take_suppressed()}});
  }
  if (exchange.generation == generation_) renew_connections();
  return {"the answer to another request", base::Duration{0}};
}

/// The end of an ask by an answer of its own.
void Client::settle(const Job& job, Verdict verdict, base::TimePoint now) {
  --in_hand_;
  withdrawn_.erase(job.device);
  if (auto* answer = std::get_if<core::Provisioned>(&verdict)) {
    metrics_.provisioned.Increment();
    events_.provisioned(job.device, std::move(*answer));
  } else if (std::holds_alternative<Released>(verdict)) {
    metrics_.released.Increment();
    events_.released(job.device);
  } else if (auto* no = std::get_if<Refused>(&verdict)) {
    metrics_.refused.Increment();
    events_.refused(job.device, std::move(no->cause), std::move(no->detail));
  } else if (const auto* later = std::get_if<Unavailable>(&verdict)) {
    metrics_.unavailable.Increment();
    events_.failed(job.device, std::min(later->retry_after, options_.retry_after_most),
                   later->reason);
  } else {
    metrics_.useless.Increment();
    if (log_limit_.pass(now)) {
      base::log::warn("pf_answer_useless", {{"private_id", job.private_id},
                                            {"reason", std::get<Useless>(verdict).reason},
                                            {"suppressed", log_limit_.take_suppressed()}});
    }
    // No answer is a release: the operator is to see why the device stays.
    if (job.call == Call::release)
      return events_.refused(job.device, "ANSWER_USELESS", std::get<Useless>(verdict).reason);
    events_.failed(job.device, base::Duration{0}, std::get<Useless>(verdict).reason);
  }
}

void Client::answered(const Exchange& exchange) {
  Address& address = exchange.address;
  address.answered = context_.clock.now();
  const bool was_away = address.breaker.answered(exchange.probe);
  if (!address.breaker.open()) address.reason.clear();
  if (!was_away) return;
  show(address);
  base::log::info("pf_available", {{"url", base::to_string(address.url)}, {"in_hand", in_hand_}});
}

void Client::failed(const Exchange& exchange, const Unavailable& why, base::TimePoint now) {
  Address& address = exchange.address;
  const bool begins = address.breaker.failed(now, why.retry_after, exchange.probe);
  // The newest reason counts: what was wrong first may have been mended since.
  const bool changed = address.breaker.open() && why.reason != address.reason;
  if (begins || (changed && address.log.pass(now))) {
    base::log::warn(
        "pf_unavailable",
        {{"url", base::to_string(address.url)}, {"reason", why.reason}, {"in_hand", in_hand_}});
  }
  if (address.breaker.open()) address.reason = why.reason;
  show(address);
}

/// One of an earlier list says nothing of those that are asked now.
void Client::show(const Address& address) {
  if (address.list == list_) address.up.Set(address.breaker.open() ? 0 : 1);
  metrics_.up.Set(available() ? 1 : 0);
}

/// While the address is open every ask would fare the same. Behind the others, so that each probe
/// is another's.
void Client::unanswered(Job job, const Exchange& exchange, std::string_view why) {
  exchange.address.useless_bulks = exchange.address.silent_bulks = 0;  // not for being bulks
  if (end_withdrawn(job)) return;
  if (exchange.address.breaker.open() || ++job.tries < kMostTries) {
    queue_.push_back(std::move(job));
    return;
  }
  --in_hand_;
  events_.failed(job.device, base::Duration{0}, why);
}

/// The timer's only work is to begin a turn.
void Client::wake_at(base::TimePoint when) {
  if (timer_at_ <= when) return;
  timer_at_ = when;
  timer_.expires_after(std::max(base::Duration{1}, when - context_.clock.now()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) timer_at_ = base::TimePoint::max();
  });
}

void Client::hold_back(std::size_t asks, base::TimePoint now) {
  if (held_since_ != base::TimePoint{})
    metrics_.held_back.Increment(std::chrono::duration<double>(now - held_since_).count());
  held_since_ = asks == 0 ? base::TimePoint{} : now;
  if (asks == 0) return;
  const auto gathered = static_cast<std::size_t>(kGather.count()) * options_.rate / 1'000;
  wake_at(rate_.when(std::clamp<std::size_t>(gathered, 1, asks), now));
}

bool Client::reconfigure(const Options& options, std::vector<base::Uri> roots) {
  const bool has_other_pace =
      std::tie(options.rate, options.burst) != std::tie(options_.rate, options_.burst);
  const bool has_other_addresses =
      roots != roots_ || breaker_limits(options) != breaker_limits(options_);
  std::string files = digest_of_files(options);
  const bool connects_anew =
      has_other_addresses || files != files_ || connection_of(options) != connection_of(options_);
  Options before = std::exchange(options_, options);
  options_.encoding = before.encoding;
  roots_.swap(roots);
  if (connects_anew && !renew_connections()) {
    options_ = std::move(before);
    roots_.swap(roots);
    return false;
  }
  files_ = std::move(files);
  if (has_other_pace) rate_ = peers::RateLimit(options_.rate, options_.burst);
  if (has_other_addresses) {
    for (const base::Uri& root : roots)
      metrics_.address_up(base::to_string(root)).Set(std::numeric_limits<double>::quiet_NaN());
    left_.push_back(std::exchange(addresses_, {}));
    ++list_;
    add_addresses();
    metrics_.up.Set(available() ? 1 : 0);
  }
  timer_at_ = base::TimePoint::max();  // what waited for a probe of an address that has gone
  const std::size_t draining = connects_anew ? draining_.back()->in_flight() : 0;
  base::log::info("pf_client_reloaded", {{"draining", draining}});
  return true;
}

bool Client::renew_connections() {
  try {
    auto fresh = std::make_unique<Bindings>(context_.io, options_, roots_);
    draining_.push_back(std::exchange(bindings_, std::move(fresh)));
    ++generation_;
    return true;
  } catch (const std::runtime_error& error) {
    base::log::error("pf_client_reload_failed", {{"reason", error.what()}});
    return false;
  }
}

}  // namespace msggw::client
