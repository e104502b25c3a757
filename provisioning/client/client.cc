#include "provisioning/client/client.h"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include "gateway/base/crash_point.h"

namespace msggw::client {

Client::Metrics::Metrics(base::metrics::Registry& registry)
    : provisioned(base::metrics::counter(registry, "msggw_pf_answers_total",
                                         "Provisioning answers by kind",
                                         {{"kind", "provisioned"}})),
      refused(base::metrics::counter(registry, "msggw_pf_answers_total",
                                     "Provisioning answers by kind", {{"kind", "refused"}})),
      useless(base::metrics::counter(registry, "msggw_pf_answers_total",
                                     "Provisioning answers by kind", {{"kind", "useless"}})),
      unavailable(base::metrics::counter(registry, "msggw_pf_answers_total",
                                         "Provisioning answers by kind",
                                         {{"kind", "unavailable"}})),
      in_hand(base::metrics::gauge(registry, "msggw_pf_asks",
                                   "Provisioning asks in hand, sent or not")),
      up(base::metrics::gauge(registry, "msggw_pf_up", "1 if the Provisioning Function answers")),
      seconds(base::metrics::histogram(
          registry, "msggw_pf_seconds", "From a provisioning request to its answer",
          {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0})) {
  up.Set(1);
}

Client::Client(boost::asio::io_context& io, const Options& options,
               const std::vector<protocol::ApiRoot>& roots, const base::Clock& clock,
               base::metrics::Registry& metrics, std::uint64_t seed, Events events)
    : options_(options),
      clock_(clock),
      events_(std::move(events)),
      metrics_(metrics),
      probe_timer_(io),
      http_(io, options.http) {
  std::mt19937_64 random(seed);
  for (const protocol::ApiRoot& root : roots) {
    addresses_.push_back(std::make_unique<Breaker>(protocol::provisionings_url(root), options_,
                                                   static_cast<std::uint32_t>(random())));
  }
}

std::size_t Client::room() const noexcept {
  return options_.max_queue - std::min(options_.max_queue, in_hand_);
}

void Client::ask(const core::ProvisioningAsk& ask) {
  base::ensure(room() > 0, "the caller asks for room");
  ++in_hand_;
  queue_.push_back(
      {ask.device, 0,
       protocol::encode_request(protocol::Encoding::json, ask.ue_type, ask.private_id, ask.info)});
}

void Client::end_turn(base::TimePoint now) {
  metrics_.in_hand.Set(static_cast<double>(in_hand_));
  while (!queue_.empty() && http_.room() > 0) {
    Breaker* const address = pick(now);
    if (address == nullptr) return wake_for_probe();
    Job job = std::move(queue_.front());
    queue_.pop_front();
    send(std::move(job), *address, now);
  }
}

/// The first address whose breaker is closed; else the first that may be probed.
Breaker* Client::pick(base::TimePoint now) {
  for (const bool probe : {false, true}) {
    for (const auto& address : addresses_) {
      if (address->open() == probe && address->allows(now)) return address.get();
    }
  }
  return nullptr;
}

void Client::send(Job job, Breaker& address, base::TimePoint now) {
  http::ClientRequest request;
  request.url = address.url();
  request.content_type = protocol::media_type(protocol::Encoding::json);
  request.accept = request.content_type;
  request.body = job.body;
  if (!options_.token.empty()) request.authorization = "Bearer " + options_.token;
  address.sent();
  http_.start(std::move(request), [this, &address, now, job = std::move(job)](
                                      base::Result<http::ClientResponse> response) mutable {
    done(std::move(job), address, now, std::move(response));
  });
  base::crash_point("gateway-asked");
}

void Client::done(Job job, Breaker& address, base::TimePoint sent,
                  base::Result<http::ClientResponse> response) {
  base::crash_point("gateway-answered-by-pf");
  const base::TimePoint now = clock_.now();
  metrics_.seconds.Observe(std::chrono::duration<double>(now - sent).count());
  Verdict verdict =
      Unavailable{response ? std::string{} : response.error().detail, base::Duration{0}};
  if (response) verdict = judge(*response, options_.wire);
  if (const auto* why = std::get_if<Unavailable>(&verdict))
    return unavailable(std::move(job), address, *why, now);

  answered(address);
  --in_hand_;
  if (auto* answer = std::get_if<core::Provisioned>(&verdict)) {
    metrics_.provisioned.Increment();
    events_.provisioned(job.device, std::move(*answer));
  } else if (auto* no = std::get_if<Refused>(&verdict)) {
    metrics_.refused.Increment();
    events_.refused(job.device, std::move(no->cause), std::move(no->detail));
  } else if (const auto* why = std::get_if<Useless>(&verdict)) {
    useless(job, *why, now);
  }
}

void Client::unavailable(Job job, Breaker& address, const Unavailable& why, base::TimePoint now) {
  metrics_.unavailable.Increment();
  if (address.failed(now, why.retry_after)) {
    base::log::warn("pf_unavailable",
                    {{"url", address.url()}, {"reason", why.reason}, {"in_hand", in_hand_}});
  }
  metrics_.up.Set(available() ? 1 : 0);
  // While the address is open every ask would fare the same. Behind the others, so that each probe
  // is another's.
  if (address.open() || ++job.tries < kMostTries) {
    queue_.push_back(std::move(job));
    return;
  }
  --in_hand_;
  events_.failed(job.device);
}

void Client::answered(Breaker& address) {
  if (!address.succeeded()) return;
  metrics_.up.Set(1);
  base::log::info("pf_available", {{"url", address.url()}, {"in_hand", in_hand_}});
}

void Client::useless(const Job& job, const Useless& why, base::TimePoint now) {
  metrics_.useless.Increment();
  if (log_limit_.pass(now)) {
    base::log::warn("pf_answer_useless", {{"device", static_cast<std::uint32_t>(job.device)},
                                          {"reason", why.reason},
                                          {"suppressed", log_limit_.take_suppressed()}});
  }
  events_.failed(job.device);
}

bool Client::available() const noexcept {
  return std::any_of(addresses_.begin(), addresses_.end(),
                     [](const auto& address) { return !address->open(); });
}

/// Nothing may be sent before the next probe; the timer's only work is to begin a turn then.
void Client::wake_for_probe() {
  std::optional<base::TimePoint> next;
  for (const auto& address : addresses_) {
    if (!address->probing())
      next = next ? std::min(*next, address->next_probe()) : address->next_probe();
  }
  if (!next) return;  // the end of a probe begins a turn by itself
  probe_timer_.expires_after(std::max(base::Duration{1}, *next - clock_.now()));
  probe_timer_.async_wait([](const boost::system::error_code&) {});
}

}  // namespace msggw::client
