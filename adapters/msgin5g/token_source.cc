// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/token_source.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/base/log.h"
#include "gateway/base/secrets.h"
#include "gateway/base/text.h"

namespace msggw::msgin5g {

namespace {

using std::chrono::seconds;

constexpr base::BackoffLimits kRetry{base::Duration{500}, base::Duration{60'000}};
constexpr base::Duration kMostRetryAfter{300'000};
constexpr std::size_t kMostReasonOctets = 512;
/// Before its end the next token is asked for: so much, or a quarter of a short life.
constexpr seconds kRenewAhead{60};
/// Clocks differ, and a request takes its time.
constexpr seconds kMargin{5};

std::uint32_t seed() {
  return static_cast<std::uint32_t>(base::random_number());
}

}  // namespace

TokenSource::TokenSource(const base::Context& context, const ServerOptions& options)
    : context_(context),
      options_(options),
      rejections_(base::metrics::counter(context.metrics, "msggw_server_tokens_rejected_total",
                                         "Access tokens that a MSGin5G Server answered with 401",
                                         {{"server", options.name}})),
      good_(base::metrics::gauge(context.metrics, "msggw_server_token",
                                 "0 while there is no access token for a MSGin5G Server and none "
                                 "can be had",
                                 {{"server", options.name}})),
      client_(make_client()),
      backoff_(kRetry, seed()) {
  good_.Set(1);
  constexpr std::array kOutcomes = {"granted", "refused", "failed"};
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    counts_[i] =
        &base::metrics::counter(context.metrics, "msggw_server_token_requests_total",
                                "Requests for an access token for a MSGin5G Server by outcome",
                                {{"server", options.name}, {"outcome", kOutcomes[i]}});
  }
}

/// Token endpoints are servers of the web as often as of a 5G core, so over TLS they may choose.
std::unique_ptr<http::Client> TokenSource::make_client() const {
  http::ClientOptions http = options_.http;
  http.max_connections = 1;
  http.max_streams = 1;
  if (base::is_secure(options_.token.endpoint.uri->scheme)) http.version = http::Version::automatic;
  return std::make_unique<http::Client>(context_.io, std::move(http));
}

void TokenSource::reload() {
  client_ = make_client();
  is_asking_ = false;
}

void TokenSource::accepted(std::uint64_t number) noexcept {
  if (number != number_) return;
  rejections_in_a_row_ = 0;
  backoff_.succeeded();
}

bool TokenSource::rejected(std::uint64_t number) {
  if (number == number_ && !authorization_.empty()) {
    rejections_.Increment();
    authorization_.clear();
    usable_until_ = renew_at_ = {};
    if (rejections_in_a_row_++ > 0) backoff_.failed(context_.clock.now());
  }
  return rejections_in_a_row_ <= 1;
}

std::optional<base::TimePoint> TokenSource::next_turn() const {
  if (is_asking_) return std::nullopt;
  return std::max(renew_at_, backoff_.next_try());
}

void TokenSource::end_turn(base::TimePoint now) {
  good_.Set(is_failing() ? 0 : 1);
  const auto next = next_turn();
  if (!next || now < *next) return;
  is_asking_ = true;
  client_->start(token_request(options_.token), [this, now](const auto& answer) {
    is_asking_ = false;
    answered(answer, now);
  });
}

void TokenSource::answered(const base::Result<http::ClientResponse>& answer,
                           base::TimePoint asked) {
  if (!answer) {
    const std::string reason = base::printable(answer.error().detail, kMostReasonOctets);
    return has_failed({answer.error().code, reason}, {});
  }
  auto grant = read_token_answer(*answer);
  if (!grant) return has_failed(grant.error(), answer->retry_after);
  take(std::move(*grant), asked);
}

/// Its life began when it was made, which nobody knows better than that it was asked for before.
void TokenSource::take(TokenGrant grant, base::TimePoint asked) {
  counts_[granted]->Increment();
  const base::Duration life = grant.lifetime;
  usable_until_ = asked + life - std::min<base::Duration>(kMargin, life / 10);
  renew_at_ = asked + life - std::min<base::Duration>(kRenewAhead, life / 4);
  authorization_ = std::move(grant.authorization);
  ++number_;
  if (rejections_in_a_row_ == 0) backoff_.succeeded();
  if (std::exchange(reason_, {}).empty()) return;
  base::log::info("server_token_available", {{"server", options_.name}});
}

/// A token that is still good is used on meanwhile.
void TokenSource::has_failed(const base::Error& why, base::Duration retry_after) {
  counts_[why.code == base::Errc::refused ? refused : failed]->Increment();
  backoff_.failed(context_.clock.now(), std::min(retry_after, kMostRetryAfter));
  if (std::exchange(reason_, why.detail) == why.detail) return;
  base::log::warn("server_token_unavailable",
                  {{"server", options_.name},
                   {"url", base::to_string(*options_.token.endpoint.uri)},
                   {"reason", reason_}});
}

}  // namespace msggw::msgin5g
