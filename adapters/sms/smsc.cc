// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smsc.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace msggw::sms {

namespace {

std::vector<smpp::Command> binds_of(BindMode mode) {
  switch (mode) {
    case BindMode::transceiver: return {smpp::Command::bind_transceiver};
    case BindMode::transmitter_and_receiver:
      return {smpp::Command::bind_transmitter, smpp::Command::bind_receiver};
    case BindMode::receiver: return {smpp::Command::bind_receiver};
    case BindMode::transmitter: return {smpp::Command::bind_transmitter};
  }
  return {};
}

}  // namespace

Smsc::Smsc(const base::Context& context, const Options& options, SmscNo no, const Events& events)
    : no_(no),
      options_(options.of(no)),
      tls_({.ca = options_.ca,
            .crl = options_.crl,
            .certificate = options_.certificate,
            .key = options_.key}),
      pace_({.rate = static_cast<double>(options_.rate),
             .burst = static_cast<double>(options_.burst)},
            context.clock.now()),
      rate_(base::metrics::gauge(context.metrics, "msggw_sms_rate",
                                 "Messages a second that the SMSC is given at most at present",
                                 {{"smsc", options_.name}})) {
  if (!options_.ca.empty()) {
    if (const auto loaded = tls_.reload(); !loaded)
      throw std::runtime_error("SMSC " + options_.name + ": " + loaded.error().detail);
  }
  rate_.Set(pace_.rate());
  for (const smpp::Command bind : binds_of(options_.bind)) {
    const std::size_t at = connections_.size();
    Connection::Events of_connection;
    of_connection.message = [take = events.message, no, at](
                                Connection&, const Connection::Request& request,
                                const smpp::Message& message) { take({no, at, request}, message); };
    of_connection.answered = [take = events.answered, no](Connection&, smpp::Ticket ticket,
                                                          const smpp::Pdu& pdu) {
      take(no, ticket, pdu);
    };
    of_connection.unanswered = [take = events.unanswered](Connection&, smpp::Ticket ticket) {
      take(ticket);
    };
    connections_.push_back(std::make_unique<Connection>(
        context,
        Connection::Setup{
            options_, bind, {options.reconnect_first, options.reconnect_most}, tls_.current()},
        std::move(of_connection)));
  }
}

void Smsc::start() {
  for (const auto& connection : connections_) connection->start();
}

void Smsc::stop() {
  for (const auto& connection : connections_) connection->stop();
}

void Smsc::reload() {
  if (!tls_.current()) return;
  if (const auto loaded = tls_.reload()) {
    base::log::info("smsc_tls_reloaded", {{"smsc", options_.name}});
  } else {
    base::log::error("smsc_tls_reload_failed",
                     {{"smsc", options_.name}, {"reason", loaded.error().detail}});
  }
}

Connection* Smsc::sender() const noexcept {
  for (const auto& connection : connections_) {
    if (connection->may_send()) return connection.get();
  }
  return nullptr;
}

bool Smsc::is_bound() const noexcept {
  return std::ranges::all_of(connections_, [](const auto& connection) {
    return connection->phase() == Connection::Phase::bound;
  });
}

bool Smsc::may_send() const noexcept {
  return sender() != nullptr;
}

bool Smsc::take_room(base::TimePoint now) {
  const Connection* const connection = sender();
  return connection != nullptr && connection->room() > 0 && pace_.take(now);
}

std::optional<base::TimePoint> Smsc::room_at(base::TimePoint now) {
  const Connection* const connection = sender();
  if (connection == nullptr || connection->room() == 0) return std::nullopt;
  return pace_.ready_at(now);
}

base::TimePoint Smsc::turned() const noexcept {
  base::TimePoint last{};
  for (const auto& connection : connections_) {
    if (connection->bind_name() != "transmitter") last = std::max(last, connection->turned());
  }
  return last;
}

base::Result<> Smsc::send(smpp::Message message, smpp::Ticket ticket) {
  return sender()->send(std::move(message), ticket);
}

bool Smsc::answer(const Request& request, smpp::Status status) {
  return connections_[request.connection]->answer(request.request, status);
}

void Smsc::slow_down(base::TimePoint now) {
  pace_.throttled(now);
  if (throttled_log_.pass(now)) {
    base::log::warn("smsc_throttles",
                    {{"smsc", options_.name},
                     {"messages_a_second", static_cast<std::uint64_t>(pace_.rate())},
                     {"suppressed", throttled_log_.take_suppressed()}});
  }
}

void Smsc::flush() {
  for (const auto& connection : connections_) connection->flush();
  rate_.Set(pace_.rate());
}

}  // namespace msggw::sms
