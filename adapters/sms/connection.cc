// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/connection.h"

#include <algorithm>
#include <utility>

#include "gateway/base/log.h"
#include "gateway/base/secrets.h"

namespace msggw::sms {

std::string_view name_of(Connection::Phase phase) noexcept {
  switch (phase) {
    case Connection::Phase::idle: return "stopped";
    case Connection::Phase::connecting: return "connecting";
    case Connection::Phase::bound: return "bound";
    case Connection::Phase::waiting: return "waiting";
  }
  return "?";
}

std::string_view Connection::bind_name() const noexcept {
  return smpp::name_of(bind_).substr(std::string_view("bind_").size());
}

Connection::Metrics::Metrics(base::metrics::Registry& registry, const std::string& smsc,
                             std::string_view bind)
    : bound(base::metrics::gauge(registry, "msggw_sms_bound", "Whether the bind is up",
                                 {{"smsc", smsc}, {"bind", std::string(bind)}})),
      binds(base::metrics::counter(registry, "msggw_sms_binds_total",
                                   "Binds that the SMSC accepted", {{"smsc", smsc}})),
      failures(base::metrics::counter(registry, "msggw_sms_bind_failures_total",
                                      "Connections that failed before the bind or were lost after",
                                      {{"smsc", smsc}})),
      pdus_in(base::metrics::counter(registry, "msggw_sms_pdus_total", "SMPP PDUs",
                                     {{"smsc", smsc}, {"direction", "in"}})),
      pdus_out(base::metrics::counter(registry, "msggw_sms_pdus_total", "SMPP PDUs",
                                      {{"smsc", smsc}, {"direction", "out"}})),
      faults(base::metrics::counter(registry, "msggw_sms_pdu_faults_total",
                                    "PDUs that could not be read or are not spoken",
                                    {{"smsc", smsc}})),
      flaws(base::metrics::counter(registry, "msggw_sms_pdu_flaws_total",
                                   "PDUs taken though not all of them could be read",
                                   {{"smsc", smsc}})),
      timeouts(base::metrics::counter(registry, "msggw_sms_response_timeouts_total",
                                      "Requests that the SMSC did not answer in time",
                                      {{"smsc", smsc}})),
      overload(base::metrics::counter(registry, "msggw_sms_overloaded_total",
                                      "Messages of the SMSC above max_unanswered",
                                      {{"smsc", smsc}})),
      unknown_responses(base::metrics::counter(registry, "msggw_sms_unknown_responses_total",
                                               "Responses to nothing that was asked",
                                               {{"smsc", smsc}})) {}

Connection::Connection(const base::Context& context, const Setup& setup, Events events)
    : context_(context),
      options_(setup.smsc),
      tls_(setup.tls),
      bind_(setup.bind),
      metrics_(context.metrics, options_.name, bind_name()),
      events_(std::move(events)),
      backoff_(setup.backoff, base::random_number()),
      timer_(context.io),
      told_(options_.addresses.size()) {}

Connection::~Connection() {
  if (link_) link_->end();
}

void Connection::start() {
  stopping_ = false;
  renewing_ = link_ != nullptr;  // it is taking leave
  if (!renewing_) connect();
}

void Connection::renew() {
  address_ = tried_ = 0;
  told_.assign(options_.addresses.size(), {});
  if (stopping_ || (phase_ == Phase::idle && !link_)) return;
  timer_.cancel();
  renewing_ = link_ != nullptr;
  if (phase_ == Phase::bound) {
    link_->session().unbind(context_.clock.now());
    return flush();
  }
  if (link_) link_->end();
  link_.reset();
  renewing_ = false;
  connect();
}

void Connection::follow_options() {
  if (link_) link_->session().limit_to(session_options_of(options_));
}

void Connection::stop() {
  stopping_ = true;
  timer_.cancel();
  if (phase_ == Phase::bound) {
    link_->session().unbind(context_.clock.now());
    return flush();
  }
  if (link_) link_->end();
  link_.reset();
  enter(Phase::idle);
}

void Connection::connect() {
  Link::Events events;
  events.event = [this](smpp::Event& event) { on_event(event); };
  events.ended = [this](const std::string& reason) { on_ended(reason); };
  ++number_;
  counted_ = {};
  enter(Phase::connecting);
  tried_ = address_;
  if (!options_.ca.empty() && tls_ == nullptr)  // files that were good a moment ago
    return on_ended("the files of TLS cannot be used; mend them and reload");
  link_ = std::make_shared<Link>(context_, options_, tls_, std::move(events));
  link_->start(options_.addresses[tried_], bind_);
}

void Connection::on_event(smpp::Event& event) {
  switch (event.kind) {
    case smpp::Event::Kind::bound:
      enter(Phase::bound);
      reason_.clear();
      told_.assign(told_.size(), {});
      metrics_.bound.Set(1);
      metrics_.binds.Increment();
      base::log::info("smsc_bound", {{"smsc", options_.name},
                                     {"bind", bind_name()},
                                     {"address", address()},
                                     {"tls", tls_ != nullptr}});
      return;
    case smpp::Event::Kind::bind_refused:
      bind_refused_ = "the bind was refused: " + smpp::describe(event.pdu.header.status);
      return;
    case smpp::Event::Kind::request:
      if (const auto* message = std::get_if<smpp::Message>(&event.pdu.body))
        events_.message(*this, {number_, event.id}, *message);
      return;
    case smpp::Event::Kind::answered: return events_.answered(*this, event.id, event.pdu);
    case smpp::Event::Kind::unanswered: return events_.unanswered(*this, event.id);
    case smpp::Event::Kind::malformed:
      base::log::warn("smsc_pdu_malformed", {{"smsc", options_.name},
                                             {"command", smpp::describe(event.pdu.header.command)},
                                             {"reason", smpp::describe(event.pdu.flaw)},
                                             {"taken", event.id != 0}});
      return;
    case smpp::Event::Kind::closed: return;
  }
}

void Connection::on_ended(const std::string& reason) {
  count();
  const base::TimePoint now = context_.clock.now();
  const bool was_bound = phase_ == Phase::bound;
  const bool has_held = was_bound && now - since_ >= kGoodAfter;
  const bool was_good = has_held && !link_->session().has_failed();
  reason_ = bind_refused_.empty() ? reason : std::exchange(bind_refused_, {});
  metrics_.bound.Set(0);
  link_.reset();
  if (stopping_) {
    enter(Phase::idle);
    return;
  }
  if (std::exchange(renewing_, false)) return connect();
  metrics_.failures.Increment();
  if (was_bound || std::exchange(told_[tried_], reason_) != reason_) {
    base::log::warn("smsc_lost", {{"smsc", options_.name},
                                  {"bind", bind_name()},
                                  {"address", address()},
                                  {"reason", reason_}});
  }
  address_ = was_good ? 0 : (tried_ + 1) % options_.addresses.size();
  if (has_held) backoff_.succeeded();
  enter(Phase::waiting);
  // The next address at once; the first one again only after a wait.
  if (address_ == 0) backoff_.failed(now);
  wait();
}

void Connection::enter(Phase phase) {
  since_ = context_.clock.now();
  if ((phase == Phase::bound) != (phase_ == Phase::bound)) turned_ = since_;
  phase_ = phase;
}

void Connection::wait() {
  const base::Duration wait = backoff_.next_try() - context_.clock.now();
  timer_.expires_after(std::max(base::Duration{1}, wait));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !stopping_ && phase_ == Phase::waiting) connect();
  });
}

bool Connection::may_send() const noexcept {
  return phase_ == Phase::bound && !stopping_ && !renewing_ && link_->session().may_send();
}

std::size_t Connection::room() const noexcept {
  if (!link_) return 0;
  const std::size_t out = link_->session().outstanding();
  return out < options_.window ? options_.window - out : 0;
}

base::Result<> Connection::send(smpp::Message message, smpp::Ticket ticket) {
  return link_->session().send(smpp::Command::submit_sm, std::move(message), ticket,
                               context_.clock.now());
}

bool Connection::answer(const Request& request, smpp::Status status) {
  if (!link_ || request.link != number_) return false;
  return link_->session().answer(request.token, status, context_.clock.now());
}

void Connection::flush() {
  if (!link_) return;
  const auto held = link_;  // its end may come from within
  held->flush();
  count();
}

/// The session counts plain numbers; the metrics follow once a turn.
void Connection::count() {
  if (!link_) return;
  const smpp::SessionCounters& now = link_->session().counters();
  const auto add = [](base::metrics::Counter& to, std::uint64_t is, std::uint64_t was) {
    if (is != was) to.Increment(static_cast<double>(is - was));
  };
  add(metrics_.pdus_in, now.pdus_in, counted_.pdus_in);
  add(metrics_.pdus_out, now.pdus_out, counted_.pdus_out);
  add(metrics_.faults, now.faults + now.unsupported, counted_.faults + counted_.unsupported);
  add(metrics_.flaws, now.flaws, counted_.flaws);
  add(metrics_.timeouts, now.timeouts, counted_.timeouts);
  add(metrics_.overload, now.refused_overload, counted_.refused_overload);
  add(metrics_.unknown_responses, now.unknown_responses, counted_.unknown_responses);
  counted_ = now;
}

}  // namespace msggw::sms
