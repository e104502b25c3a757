// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/adapter.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "adapters/msgin5g/refusals.h"
#include "gateway/base/log.h"
#include "gateway/base/secrets.h"

namespace msggw::msgin5g {

namespace {

constexpr base::Duration kTryAgain{5'000};

messages::Role role_in_core(Role role) noexcept {
  return role == Role::legacy_3gpp ? messages::Role::l3g : messages::Role::n3g;
}

std::optional<TokenGuard> guard_of(const base::Context& context, const Options& options) {
  if (options.token_keys.empty()) return std::nullopt;
  return std::optional<TokenGuard>(std::in_place, context, options.token_keys,
                                   TokenRules{options.token_audiences, options.token_issuers});
}

/// What FaceOptions wants of what an operator writes.
FaceOptions face_of(const Options& options) {
  FaceOptions face = options.face;
  face.path_prefix = own_uri(options, 0).path;
  return face;
}

http::ServerOptions listener_of(const Options& options) {
  http::ServerOptions listener;
  listener.name = "msgin5g";
  listener.address = options.address;
  listener.port = options.port;
  listener.section = "msgin5g";
  if (!options.tls.certificate.empty()) listener.tls = options.tls;
  listener.max_connections = options.max_connections;
  listener.max_body_octets = options.face.limits.body_octets;
  return listener;
}

/// Whether devices are registered elsewhere by the one than by the other, or something else is said
/// of them.
bool registers_otherwise(const Options& before, const Options& now) {
  const auto is_same = [](const ServerOptions& one, const ServerOptions& other) {
    return std::tie(one.name, one.service_id, one.uris) ==
           std::tie(other.name, other.service_id, other.uris);
  };
  return before.face.limits.content_octets != now.face.limits.content_octets ||
         !std::ranges::equal(before.servers, now.servers, is_same);
}

void check_openness(const Options& options) {
  if (const auto why = why_not_open(options); !why.empty())
    throw std::runtime_error("[msgin5g] address: '" + options.address.to_string() + "' " +
                             std::string(why));
}

void tell(const Ticket& ticket, const messages::Answer& answer) {
  answer.refusal ? ticket.refuse(problem_of(*answer.refusal)) : ticket.accept();
}

}  // namespace

ServerAdapter::ServerAdapter(const base::Context& context, Options options,
                             messages::ServerSide& side, const core::Tables& devices)
    : context_(context),
      options_(std::move(options)),
      side_(side),
      encodings_(options_),
      guard_(guard_of(context, options_)),
      face_(face_of(options_), *this, context.metrics,
            [this](Role role, std::string_view authorization, bool is_answered) {
              return check_token(role, authorization, is_answered);
            }),
      servers_(context, options_, devices),
      sender_(context, options_, side, servers_),
      open_(options_.max_open_requests),
      open_gauge_(
          base::metrics::gauge(context.metrics, "msggw_server_open_requests",
                               "Requests of MSGin5G Servers whose answer waits for the store")),
      timer_(context.io) {}

void ServerAdapter::register_devices(core::ServerRegistrations& door) {
  device_registrar_.emplace(context_, options_, servers_, door);
  set_registrar(&*device_registrar_);
}

void ServerAdapter::start() {
  check_openness(options_);
  server_.emplace(
      context_, listener_of(options_),
      [this](const auto& request, const auto& responder) { face_.handle(request, responder); },
      [this](const auto& request, auto octets) { return face_.reads_body(request, octets); });
  if (!device_registrar_) return;
  device_registrar_->begin(target(), [this](core::DeviceNo device, bool is_registered) {
    is_registered ? registered(device) : not_registered(device);
  });
}

void ServerAdapter::stop() noexcept {
  stopped_ = true;
  sender_.stop();
  if (device_registrar_) device_registrar_->stop();
}

void ServerAdapter::answer(const messages::Answer& answer) {
  std::optional<Ticket>* const open = open_.take(answer.ticket);
  if (open == nullptr) return;
  tell(**open, answer);
  open->reset();
}

void ServerAdapter::end_turn(base::TimePoint now) {
  if (device_registrar_) device_registrar_->end_turn(now);
  sender_.end_turn(now);
  servers_.end_turn(now);
  plan_next_turn(now);
  open_gauge_.Set(static_cast<double>(open_.size()));
}

/// The timer's only work is to begin a turn.
void ServerAdapter::plan_next_turn(base::TimePoint now) {
  auto next = servers_.next_turn(now);
  const auto at = [&](std::optional<base::TimePoint> time) {
    if (time) next = next ? std::min(*next, *time) : time;
  };
  at(sender_.next_turn());
  if (device_registrar_) at(device_registrar_->next_turn(now));
  if (!next || timer_at_ <= *next) return;
  timer_at_ = *next;
  timer_.expires_after(std::max(base::Duration{1}, *next - context_.clock.now()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) timer_at_ = base::TimePoint::max();
  });
}

/// One token for both APIs, or that of somebody whose key is known.
std::optional<Problem> ServerAdapter::check_token(Role role, std::string_view authorization,
                                                  bool is_answered) {
  if (guard_) return guard_->check(role, authorization, is_answered);
  if (!options_.token_keys.empty()) {  // a file that was good a moment ago
    return Problem{
        Refusal::congestion, "the keys of access tokens cannot be used now", {}, kTryAgain};
  }
  if (options_.token.empty()) return std::nullopt;
  const auto shown = base::bearer_token_in(authorization);
  if (shown && base::is_same_secret(*shown, options_.token)) return std::nullopt;
  if (is_answered && token_log_.pass(context_.clock.now())) {
    base::log::warn("server_token_refused", {{"reason", shown ? "wrong" : "absent"},
                                             {"api", api_of(role)},
                                             {"suppressed", token_log_.take_suppressed()}});
  }
  Problem problem{Refusal::token, shown ? "the token is not the one that is known here"
                                        : "a token for this API is needed"};
  problem.challenge = authorization.empty() ? "Bearer" : R"(Bearer error="invalid_token")";
  return problem;
}

http::Place ServerAdapter::prepare(const Options& options) const {
  check_openness(options);
  return server_->prepare(listener_of(options));
}

void ServerAdapter::reconfigure(const Options& options, http::Place place) {
  const base::Uri target_before = target();
  const Options before = std::exchange(options_, options);
  bool good = renew_guard();
  encodings_ = Encodings(options_);
  face_.set_options(face_of(options_));
  open_.limit_to(options_.max_open_requests);
  good = servers_.reconfigure() && good;
  sender_.reconfigure();
  server_->take(std::move(place));
  if (device_registrar_) {
    const bool tells_again = target() != target_before || registers_otherwise(before, options_);
    device_registrar_->reconfigure(target(), tells_again);
  }
  if (good) base::log::info("server_reloaded");
}

bool ServerAdapter::renew_guard() {
  const TokenRules rules{options_.token_audiences, options_.token_issuers};
  base::Result<> done;
  try {
    if (options_.token_keys.empty()) {
      guard_.reset();
    } else if (guard_ && guard_->is_of(options_.token_keys, rules)) {
      done = guard_->reload();
    } else {
      TokenGuard other(context_, options_.token_keys, rules);
      guard_.emplace(std::move(other));
    }
  } catch (const std::runtime_error& error) {
    done = base::fail(base::Errc::incorrect, error.what());
  }
  if (!done) base::log::error("server_reload_failed", {{"reason", done.error().detail}});
  return done.has_value();
}

PayloadEncoding ServerAdapter::encoding_of(const messages::Message& message) {
  return encodings_.of(message.application);
}

void ServerAdapter::deliver_message(Role role, messages::Message message, Ticket ticket) {
  if (const auto why = no_room()) return ticket.refuse(*why);
  park(ticket, side_.deliver(role_in_core(role), std::move(message), open_.next_ticket(),
                             context_.clock.now()));
}

void ServerAdapter::deliver_report(Role role, messages::Report report, Ticket ticket) {
  if (const auto why = no_room()) return ticket.refuse(*why);
  park(ticket, side_.deliver_report(role_in_core(role), std::move(report), open_.next_ticket(),
                                    context_.clock.now()));
}

std::optional<Problem> ServerAdapter::no_room() const {
  if (!stopped_ && !open_.is_full()) return std::nullopt;
  return Problem{Refusal::congestion,
                 stopped_ ? "the gateway is being stopped"
                          : "as many requests as may wait for the store of the gateway",
                 {},
                 kTryAgain};
}

/// Without an answer the request waits for it.
void ServerAdapter::park(const Ticket& ticket, const std::optional<messages::Answer>& answer) {
  if (answer) return tell(ticket, *answer);
  open_.open() = ticket;
}

}  // namespace msggw::msgin5g
