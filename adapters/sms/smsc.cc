// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smsc.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <tuple>
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

tls::Options tls_options_of(const SmscOptions& smsc) {
  return {.ca = smsc.ca, .crl = smsc.crl, .certificate = smsc.certificate, .key = smsc.key};
}

smpp::Pace pace_of(const SmscOptions& smsc, base::TimePoint now) {
  return smpp::Pace(
      {.rate = static_cast<double>(smsc.rate), .burst = static_cast<double>(smsc.burst)}, now);
}

/// What a bind is made with.
auto binding_of(const SmscOptions& smsc) {
  std::vector<std::string> addresses;
  for (const base::Address& address : smsc.addresses) addresses.push_back(base::to_string(address));
  return std::tuple(std::move(addresses), smsc.system_id, smsc.password, smsc.system_type,
                    smsc.address_range, smsc.range_ton, smsc.range_npi, smsc.ca.empty());
}

}  // namespace

Smsc::Smsc(const base::Context& context, const Options& options, SmscNo no, const Events& events)
    : no_(no),
      options_(options.of(no)),
      tls_(tls_options_of(options_)),
      clock_(context.clock),
      pace_(pace_of(options_, clock_.now())),
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
  if (std::exchange(is_started_, true)) return;
  for (const auto& connection : connections_) connection->start();
}

void Smsc::stop() {
  is_started_ = false;
  for (const auto& connection : connections_) connection->stop();
}

void Smsc::reconfigure(const SmscOptions& options) {
  const bool is_made_otherwise = binding_of(options) != binding_of(options_);
  const bool has_other_pace = options.rate != options_.rate || options.burst != options_.burst;
  options_ = options;
  if (has_other_pace) pace_ = pace_of(options_, clock_.now());
  read_tls();
  for (const auto& connection : connections_)
    is_made_otherwise ? connection->renew() : connection->follow_options();
}

void Smsc::read_tls() {
  if (options_.ca.empty()) return tls_.clear();
  if (const auto loaded = tls_.reload(tls_options_of(options_))) {
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
  if (is_started_) rate_.Set(pace_.rate());  // else it may be another's of the same name
}

}  // namespace msggw::sms
