// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/far_server.h"

#include <limits>
#include <stdexcept>
#include <utility>

#include "adapters/msgin5g/media_type.h"
#include "adapters/msgin5g/target.h"
#include "gateway/base/secrets.h"

namespace msggw::msgin5g {

namespace {

constexpr const char* kAccept = "application/json, application/problem+json";
/// By the alternatives of Meaning.
constexpr std::array<const char*, std::variant_size_v<Meaning>> kAnswers = {
    "done", "stored", "ended", "originator_unknown", "trouble"};

base::Uri resource(const base::Uri& root, std::string_view api, std::string_view name) {
  return root.child(api).child("v1").child(name);
}

base::metrics::Gauge& up_gauge(base::metrics::Registry& metrics, const ServerOptions& options,
                               const base::Uri& root) {
  return base::metrics::gauge(metrics, "msggw_server_up",
                              "1 if this address of a MSGin5G Server answers",
                              {{"server", options.name}, {"url", base::to_string(root)}});
}

}  // namespace

FarAddress::FarAddress(const peers::Breaker& own_breaker, const base::Uri& api_root,
                       base::metrics::Gauge& up_gauge)
    : Peer{own_breaker},
      root(api_root),
      messages(resource(root, "msgs-msgdelivery", "deliver-ue-message")),
      reports(resource(root, "msgs-msgdelivery", "deliver-report")),
      registrations(resource(root, "msgs-ueregistration", "registrations")),
      up(up_gauge) {
  up.Set(1);
}

FarServer::FarServer(const base::Context& context, const ServerOptions& options,
                     const Options& common)
    : context_(context),
      options_(options),
      common_(common),
      limits_(common.face.limits),
      seconds_(base::metrics::histogram(context.metrics, "msggw_server_seconds",
                                        "From a request to a MSGin5G Server to its answer",
                                        {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0},
                                        {{"server", options.name}})),
      under_way_gauge_(base::metrics::gauge(context.metrics, "msggw_server_under_way",
                                            "Requests to a MSGin5G Server without their answer",
                                            {{"server", options.name}})),
      files_(http::digest_of(options.http.tls)),
      client_(make_client()) {
  for (std::size_t i = 0; i < kAnswers.size(); ++i) {
    answers_[i] = &base::metrics::counter(context.metrics, "msggw_server_answers_total",
                                          "Answers of a MSGin5G Server by meaning",
                                          {{"server", options.name}, {"meaning", kAnswers[i]}});
  }
  add_addresses();
  if (options_.token.endpoint.uri) tokens_.emplace(context, options_);
}

void FarServer::add_addresses() {
  breaker_ = {common_.breaker_failures, common_.probe_first, common_.probe_most,
              common_.retry_after_most};
  for (const base::Uri& root : options_.uris) {
    const auto own_seed = static_cast<std::uint32_t>(base::random_number());
    addresses_.add(peers::Breaker(breaker_, own_seed), root,
                   up_gauge(context_.metrics, options_, root));
  }
}

std::unique_ptr<http::Client> FarServer::make_client() const {
  if (const auto usable = http::check_files(options_.http.tls); !usable)
    throw std::runtime_error("the MSGin5G Server " + options_.name + ": " + usable.error().detail);
  http::ClientOptions http = options_.http;
  http.max_response_octets = limits_.body_octets;
  return std::make_unique<http::Client>(context_.io, std::move(http));
}

FarAddress* FarServer::pick(base::TimePoint now, bool spare) const {
  if (tokens_ && !tokens_->has()) return nullptr;
  return addresses_.pick(now, [this](const FarAddress&) { return client_->room() > 0; }, spare);
}

void FarServer::ask(FarAddress& address, Request request, base::TimePoint now, Answered answered) {
  http::ClientRequest http;
  http.url = request.is_report ? address.reports : address.messages;
  http.content_type = kJson;
  http.body = std::move(request.body);
  if (const auto priority = sbi_priority_of(request.priority); !priority.empty())
    http.headers.emplace_back("3gpp-sbi-message-priority", priority);
  start(address, std::move(http), now,
        [this, id = std::move(request.message_id), answered = std::move(answered)](
            const Exchange& exchange, const auto& response) {
          const Meaning meaning =
              response ? meaning_of(*response, id, limits_) : meaning_of(response.error());
          answers_[meaning.index()]->Increment();
          note(exchange, std::get_if<ServerTrouble>(&meaning));
          answered(meaning);
        });
}

void FarServer::start(FarAddress& address, http::ClientRequest request, base::TimePoint now,
                      Ended ended) {
  request.accept = kAccept;
  Exchange exchange{address, context_.clock.now(), address.breaker.sent(now)};
  if (tokens_) {
    request.authorization = tokens_->authorization();
    exchange.token = tokens_->number();
  }
  client_->start(std::move(request),
                 [this, exchange, ended = std::move(ended)](
                     const base::Result<http::ClientResponse>& response) mutable {
                   const std::chrono::duration<double> took = context_.clock.now() - exchange.sent;
                   seconds_.Observe(took.count());
                   if (tokens_) look_at_token(exchange, response);
                   exchange.is_with_others =
                       !response && response.error().detail.starts_with(http::kWithOthers);
                   ended(exchange, response);
                 });
}

void FarServer::look_at_token(Exchange& exchange,
                              const base::Result<http::ClientResponse>& answer) {
  if (!answer) return;
  if (answer->status == 401) {
    exchange.is_for_token = tokens_->rejected(exchange.token);
  } else if (answer->status < 500) {
    tokens_->accepted(exchange.token);
  }
}

void FarServer::note(const Exchange& exchange, const ServerTrouble* trouble) {
  if (exchange.is_with_others && !exchange.probe) return;
  if (exchange.is_for_token) trouble = nullptr;  // the address does answer
  FarAddress& address = exchange.address;
  const bool asks_for_pause = trouble != nullptr && trouble->retry_after > base::Duration{0};
  // What fails meanwhile was asked before; only a probe says something new.
  if (trouble == nullptr || asks_for_pause || exchange.probe) pausing_ = asks_for_pause;
  if (trouble != nullptr) return failed(address, *trouble, exchange.probe);
  address.answered = context_.clock.now();
  const bool was_away = address.breaker.answered(exchange.probe);
  if (address.breaker.open()) return;
  address.reason.clear();
  address.up.Set(1);
  if (!was_away) return;
  base::log::info("server_available",
                  {{"server", options_.name}, {"url", base::to_string(address.root)}});
}

void FarServer::failed(FarAddress& address, const ServerTrouble& why, bool probe) {
  const base::TimePoint now = context_.clock.now();
  const bool begins = address.breaker.failed(now, why.retry_after, probe);
  if (!address.breaker.open()) return;
  // The newest reason counts: what was wrong first may have been mended since.
  const bool changed = why.reason != address.reason;
  if (begins || (changed && address.log.pass(now))) {
    base::log::warn("server_unavailable", {{"server", options_.name},
                                           {"url", base::to_string(address.root)},
                                           {"reason", why.reason}});
  }
  address.reason = why.reason;
  address.up.Set(0);
}

std::optional<base::TimePoint> FarServer::next_turn(base::TimePoint now) const {
  std::optional<base::TimePoint> next;
  for (const auto time : {addresses_.next_probe(), tokens_ ? tokens_->next_turn() : std::nullopt}) {
    if (time && *time > now) next = next ? std::min(*next, *time) : *time;
  }
  return next;
}

void FarServer::end_turn(base::TimePoint now) {
  if (tokens_) tokens_->end_turn(now);
  std::erase_if(draining_, [](const auto& old) { return old->in_flight() == 0; });
  if (draining_.empty()) left_.clear();
  under_way_gauge_.Set(static_cast<double>(under_way()));
}

bool FarServer::reconfigure(const ServerOptions& options) {
  const peers::BreakerLimits breaker{common_.breaker_failures, common_.probe_first,
                                     common_.probe_most, common_.retry_after_most};
  std::string files = http::digest_of(options.http.tls);
  ServerOptions before = std::exchange(options_, options);
  const bool has_other_addresses = options_.uris != before.uris || breaker != breaker_;
  const bool connects_anew = has_other_addresses || options_.http != before.http || files != files_;
  if (connects_anew && !renew_client()) {
    options_ = std::move(before);
    return false;
  }
  files_ = std::move(files);
  if (has_other_addresses) {
    for (const base::Uri& root : before.uris)
      up_gauge(context_.metrics, options_, root).Set(std::numeric_limits<double>::quiet_NaN());
    left_.push_back(std::exchange(addresses_, {}));
    add_addresses();
  }
  if (options_.token != before.token) {
    tokens_.reset();
    if (options_.token.endpoint.uri) tokens_.emplace(context_, options_);
  } else if (tokens_ && connects_anew) {
    tokens_->reload();
  }
  return true;
}

bool FarServer::renew_client() {
  try {
    auto fresh = make_client();
    draining_.push_back(std::exchange(client_, std::move(fresh)));
    return true;
  } catch (const std::runtime_error& error) {
    base::log::error("server_reload_failed", {{"reason", error.what()}});
    return false;
  }
}

std::size_t FarServer::under_way() const noexcept {
  std::size_t count = client_->in_flight();
  for (const auto& old : draining_) count += old->in_flight();
  return count;
}

ServerState FarServer::state() const {
  ServerState state{options_.name, options_.service_id, {}, under_way()};
  const auto answering = addresses_.answering();
  const auto reasons = addresses_.reasons();
  const auto answered = addresses_.last_answers();
  for (std::size_t i = 0; i < options_.uris.size(); ++i) {
    state.addresses.push_back(
        {base::to_string(options_.uris[i]), answering[i], reasons[i], answered[i]});
  }
  if (!lacks_token()) return state;
  for (auto& address : state.addresses)
    address = {address.url, false, "no access token: " + tokens_->reason()};
  return state;
}

}  // namespace msggw::msgin5g
