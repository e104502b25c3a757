// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/token_guard.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "gateway/base/secrets.h"

namespace msggw::msgin5g {

namespace {

constexpr base::Duration kTryAgain{1'000};

/// For whoever calls, by TokenFault.
constexpr std::array<const char*, kTokenFaults> kWords = {
    "an access token for this API is needed",
    "the access token is no signed JWT",
    "the access token must be signed with ES256 or RS256",
    "the access token lacks aud, scope or exp",
    "the access token was signed with a key that is not known here",
    "the signature of the access token is wrong",
    "the access token has expired",
    "the access token is not good yet",
    "the access token is for somebody else",
    "the access token is of an issuer that is not known here",
    "the access token is for another API",
    "more new access tokens than can be looked at come at a time"};

Problem problem_of(TokenFault fault, std::string_view api) {
  const char* const words = kWords[static_cast<std::size_t>(fault)];
  if (fault == TokenFault::busy) return {Refusal::congestion, words, {}, kTryAgain};
  Problem problem{Refusal::token, words};
  if (fault == TokenFault::absent) {
    problem.challenge = "Bearer";
  } else if (fault == TokenFault::scope) {
    problem.why = Refusal::scope;
    problem.challenge = R"(Bearer error="insufficient_scope", scope=")" + std::string(api) + '"';
  } else {
    if (fault == TokenFault::claims) problem.why = Refusal::token_claim;
    problem.challenge =
        R"(Bearer error="invalid_token", error_description=")" + std::string(words) + '"';
  }
  return problem;
}

}  // namespace

TokenGuard::TokenGuard(const base::Context& context, std::filesystem::path keys, TokenRules rules)
    : context_(context), file_(std::move(keys)), rules_(std::move(rules)) {
  if (const auto loaded = reload(); !loaded)
    throw std::runtime_error("[msgin5g] " + loaded.error().detail);
  for (std::size_t i = 0; i < kTokenFaults; ++i) {
    counts_[i] = &base::metrics::counter(
        context.metrics, "msggw_server_tokens_refused_total",
        "Requests of MSGin5G Servers whose access token was not taken, by reason",
        {{"reason", std::string(name_of(static_cast<TokenFault>(i)))}});
  }
}

base::Result<> TokenGuard::reload() {
  auto keys = load_token_keys(file_);
  if (!keys) return tl::unexpected(std::move(keys.error()));
  keys_ = *std::move(keys);
  known_.clear();
  last_bad_.clear();
  return {};
}

std::optional<Problem> TokenGuard::check(Role role, std::string_view authorization,
                                         bool is_answered) {
  const std::string_view api = api_of(role);
  const auto fault = fault_of(base::bearer_token_in(authorization).value_or(""), api);
  if (!fault) return std::nullopt;
  if (is_answered) refused(*fault, api);
  return problem_of(*fault, api);
}

void TokenGuard::refused(TokenFault fault, std::string_view api) {
  counts_[static_cast<std::size_t>(fault)]->Increment();
  if (!log_limit_.pass(context_.clock.now())) return;
  base::log::warn(
      "server_token_refused",
      {{"reason", name_of(fault)}, {"api", api}, {"suppressed", log_limit_.take_suppressed()}});
}

std::optional<TokenFault> TokenGuard::fault_of(std::string_view token, std::string_view api) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  auto known = known_.find(token);
  if (known == known_.end()) {
    auto claims = learn(token);
    if (!claims) return claims.error();
    if (known_.size() >= kMostKnown) forget_old(now);
    known = known_.emplace(token, *std::move(claims)).first;
  }
  const auto judged = judge(known->second, rules_, api, now);
  return judged ? std::nullopt : std::optional(judged.error());
}

/// What a token says that was not shown before, once its signature is proven.
tl::expected<TokenClaims, TokenFault> TokenGuard::learn(std::string_view token) {
  if (!last_bad_.empty() && token == last_bad_) return tl::unexpected(last_fault_);
  auto read = read_access_token(token);
  if (!read) return tl::unexpected(read.error());
  const base::TimePoint now = context_.clock.now();
  if (rate_.available(now) == 0) return tl::unexpected(TokenFault::busy);
  rate_.take(1);
  const auto verified = verify(*read, keys_);
  if (verified) return std::move(read->claims);
  last_bad_ = token;
  last_fault_ = verified.error();
  return tl::unexpected(last_fault_);
}

/// Those that have expired; if there are none, one of the others.
void TokenGuard::forget_old(std::chrono::sys_seconds now) {
  const auto gone = boost::unordered::erase_if(
      known_, [&](const auto& one) { return now >= one.second.expires + kLeeway; });
  if (gone == 0) known_.erase(known_.begin());
}

}  // namespace msggw::msgin5g
