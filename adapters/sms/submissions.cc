// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/submissions.h"

#include <algorithm>
#include <utility>

#include "adapters/sms/counters.h"

namespace msggw::sms {

namespace {

constexpr base::BackoffLimits kTemporary{base::Duration{1'000}, base::Duration{60'000}};
constexpr std::uint8_t kUdhi = 0x40;          // SMPP 3.4 5.2.12
constexpr std::uint8_t kFinalReceipt = 0x01;  // 5.2.17
constexpr std::uint8_t kInternational = 1;    // 5.2.5
constexpr std::uint8_t kE164 = 1;             // 5.2.6

/// How long the SMSC shall try, as time from now (SMPP 3.4 7.1.1): of days, hours, minutes and
/// seconds only the rest that the gateway waits for the receipt of.
std::string validity_until(base::TimePoint expires, base::TimePoint now, const Options& options) {
  const auto left = std::chrono::floor<std::chrono::seconds>(expires - now);
  const auto most =
      std::max(options.receipt_within - options.receipt_margin, options.receipt_within / 2);
  const std::chrono::hh_mm_ss rest(
      std::clamp<std::chrono::seconds>(left, std::chrono::seconds{1}, most));
  std::string text = "0000";
  const auto add = [&text](std::int64_t number) {
    text += static_cast<char>('0' + number / 10 % 10);
    text += static_cast<char>('0' + number % 10);
  };
  add(rest.hours().count() / 24);
  add(rest.hours().count() % 24);
  add(rest.minutes().count());
  add(rest.seconds().count());
  text += "000R";
  return text;
}

}  // namespace

Submissions::Metrics::Metrics(base::metrics::Registry& registry)
    : ends(counters(registry, "msggw_sms_messages_out_total",
                    "Messages to devices by how they ended", "end", "sent", "expired", "refused",
                    "unanswered", "unsendable", "unsendable")),
      results(counters(registry, "msggw_sms_submits_total",
                       "Parts of messages by what the SMSC said", "result", "accepted", "throttled",
                       "temporary", "permanent", "unanswered")),
      waiting(base::metrics::gauge(registry, "msggw_sms_messages_waiting",
                                   "Messages to devices that no SMSC has accepted yet")) {}

Submissions::Submissions(const Options& options, base::HashKey key, std::uint64_t seed,
                         base::metrics::Registry& registry)
    : options_(options),
      metrics_(registry),
      random_(seed),
      queues_(options.all.size()),
      receipts_(options, key, registry,
                [this](smpp::Ticket ticket, std::optional<sms_text::MessageState> state) {
                  return settled(ticket, state);
                }) {
  logs_.fill(base::log::Limit{1});
  receipts_.ask_for_numbers([this](smpp::Ticket ticket) { return number_of(ticket); });
}

void Submissions::add(Outgoing message) {
  if (free_.empty()) {
    free_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const std::size_t slot = free_.back();
  free_.pop_back();
  Message& row = slots_[slot];
  row.smsc = message.smsc;
  if (!queue_of(row.smsc).up) row.smsc = first_up().value_or(row.smsc);
  ++waiting_;
  row.out = std::move(message);
  row.used = row.waiting = true;
  queue_of(row.smsc).fresh.push_back(ticket_of(slot, row.use, 0));
}

void Submissions::set_up(SmscNo smsc, bool up) {
  if (std::exchange(queue_of(smsc).up, up) == up) return;
  for (Queue& queue : queues_) {
    if (!queue.up) reroute(queue);
  }
}

std::optional<SmscNo> Submissions::first_up() const {
  for (const SmscNo smsc : options_.by_preference()) {
    if (queues_[static_cast<std::size_t>(smsc)].up) return smsc;
  }
  return std::nullopt;
}

/// What waits for an SMSC that is away goes to the first one that is there.
void Submissions::reroute(Queue& from) {
  const auto to = first_up();
  if (!to) return;
  for (const smpp::Ticket ticket : std::exchange(from.again, {})) restart(ticket, *to);
  for (const smpp::Ticket ticket : std::exchange(from.fresh, {})) restart(ticket, *to);
}

/// The whole message once more: its parts belong together at one SMSC.
void Submissions::restart(smpp::Ticket ticket, SmscNo smsc) {
  Message* const message = find(ticket);
  if (message == nullptr || message->failed) return;
  message->use = (message->use + 1) & kUseMask;
  no_longer_put_off(*message);
  message->smsc = smsc;
  message->parts.clear();
  message->next_part = message->accepted = message->answers_due = message->receipts_due = 0;
  queue_of(smsc).fresh.push_back(ticket_of(slot_of(ticket), message->use, 0));
}

bool Submissions::has_next(SmscNo smsc, base::TimePoint now) {
  Queue& queue = queue_of(smsc);
  if (!queue.up) return false;
  while (!queue.again.empty()) {
    if (is_sendable(queue.again.front(), now)) return true;
    queue.again.pop_front();
  }
  while (!queue.fresh.empty()) {
    const smpp::Ticket ticket = queue.fresh.front();
    if (is_sendable(ticket, now)) {
      const auto prepared = prepare(*find(ticket));
      if (prepared) return true;
      const bool is_large = prepared.error().code == base::Errc::too_large;
      give_up("sms_unsendable", ticket, is_large ? End::too_large : End::unsendable,
              prepared.error().detail, now);
    }
    queue.fresh.pop_front();
  }
  return false;
}

bool Submissions::is_sendable(smpp::Ticket ticket, base::TimePoint now) {
  const Message* const message = find(ticket);
  if (message == nullptr || message->failed) return false;
  if (now < message->out.expires) return true;
  std::string reason = "no SMSC has taken it in its time";
  if (const auto said = message->put_off_by) reason += "; the last said " + smpp::describe(*said);
  give_up("sms_expired", ticket, End::expired, reason, now);
  return false;
}

base::Result<> Submissions::prepare(Message& message) {
  if (!message.parts.empty()) return {};
  const SmscOptions& options = options_.of(message.smsc);
  message.coding = options.default_coding;
  message.form = options.long_messages;
  message.alphabet = sms_text::best_alphabet(message.out.text, message.coding);
  sms_text::SplitOptions how;
  how.form = message.form;
  how.reference = ++reference_;
  how.packed = message.alphabet == sms_text::Alphabet::gsm7 &&
               message.coding == sms_text::DefaultCoding::gsm7_packed;
  how.most_parts = options_.max_parts;
  how.ports = message.out.ports;
  auto parts = sms_text::split(message.alphabet, message.out.text, how);
  if (!parts) return tl::unexpected(std::move(parts.error()));
  message.parts = std::move(*parts);
  owner_.begun(message.out.no, message.smsc, message.parts.size());
  return {};
}

Submissions::Submit Submissions::next(SmscNo smsc, base::TimePoint now) {
  Queue& queue = queue_of(smsc);
  smpp::Ticket ticket;
  if (!queue.again.empty()) {
    ticket = queue.again.front();
    queue.again.pop_front();
  } else {
    ticket = queue.fresh.front();
    Message& message = *find(ticket);
    ticket |= message.next_part++;
    if (message.next_part == message.parts.size()) queue.fresh.pop_front();
  }
  Message& message = *find(ticket);
  ++message.answers_due;
  return {ticket, pdu_of(message, part_of(ticket), now)};
}

smpp::Message Submissions::pdu_of(const Message& message, std::size_t number,
                                  base::TimePoint now) const {
  const SmscOptions& options = options_.of(message.smsc);
  const sms_text::Part& part = message.parts[number];
  smpp::Message pdu;
  pdu.service_type = options.service_type;
  pdu.source = message.out.from;
  pdu.source.ton = options.source_ton.value_or(pdu.source.ton);
  pdu.source.npi = options.source_npi.value_or(pdu.source.npi);
  pdu.destination = {options.destination_ton.value_or(kInternational),
                     options.destination_npi.value_or(kE164), message.out.to.substr(1)};
  pdu.registered_delivery = message.out.receipt == Outgoing::Receipt::none ? 0 : kFinalReceipt;
  pdu.priority = message.out.priority;
  if (message.out.ends_at_smsc) pdu.validity = validity_until(message.out.expires, now, options_);
  pdu.data_coding = sms_text::data_coding_of(message.alphabet, message.coding);
  if (!part.udh.empty()) pdu.esm_class = kUdhi;
  const bool has_header = message.form == sms_text::ReferenceForm::udh8 ||
                          message.form == sms_text::ReferenceForm::udh16;
  if (const auto& ports = message.out.ports; ports && !has_header) {
    pdu.source_port = ports->originator;
    pdu.destination_port = ports->destination;
  }
  if (part.total > 1 && message.form == sms_text::ReferenceForm::sar) {
    pdu.sar_reference = part.reference;
    pdu.sar_total = part.total;
    pdu.sar_number = part.sequence;
  }
  if (part.udh.size() + part.data.size() <= smpp::kMostShortMessage)
    pdu.short_message = part.udh + part.data;
  else
    pdu.payload = part.data;
  return pdu;
}

bool Submissions::answered(SmscNo smsc, smpp::Ticket ticket, const smpp::Pdu& answer,
                           base::TimePoint now) {
  Message* const message = find(ticket);
  if (message != nullptr) --message->answers_due;
  const bool nack = answer.header.command == smpp::Command::generic_nack;
  const auto kind = smpp::class_of(answer.header.status);
  if (kind == smpp::StatusClass::ok && !nack) {
    accept(smsc, ticket, answer, now);
    return false;
  }
  const bool slow_down = kind == smpp::StatusClass::throttled;
  if (message == nullptr) return slow_down;
  message->put_off_by = answer.header.status;
  if (slow_down) {
    count(Result::throttled);
    send_again(smsc, ticket);
  } else if (kind == smpp::StatusClass::permanent || kind == smpp::StatusClass::ok) {
    // ESME_ROK comes here in a generic_nack alone, which takes nothing.
    count(Result::permanent);
    give_up("sms_refused", ticket, End::refused, smpp::describe(answer.header.status), now);
    return false;
  } else {
    count(Result::temporary);
    const auto times = static_cast<unsigned>(message->put_off++ / message->parts.size());
    const auto wait = base::full_jitter(kTemporary, times, static_cast<std::uint32_t>(random_()));
    delayed_.push({now + wait, ticket});
    if (message->delayed++ == 0) ++put_off_;
  }
  release_if_done(ticket);
  return slow_down;
}

void Submissions::accept(SmscNo smsc, smpp::Ticket ticket, const smpp::Pdu& answer,
                         base::TimePoint now) {
  using Receipt = Outgoing::Receipt;
  count(Result::accepted);
  Message* const message = find(ticket);
  const bool is_sent = message != nullptr && ++message->accepted == message->parts.size() &&
                       stop_waiting(*message, End::sent);
  const auto* const response = std::get_if<smpp::MessageResponse>(&answer.body);
  const std::string id = response != nullptr ? response->message_id : std::string();
  // Of one that has ended before: its receipt may come, and is late.
  Receipt receipt = options_.receipts ? Receipt::counted : Receipt::none;
  smpp::Ticket awaited = ticket;
  if (message != nullptr) {
    const std::uint64_t no = message->out.no;
    receipt = message->out.receipt;
    if (receipt == Receipt::told) awaited = told_ticket(no, part_of(ticket));
    if (receipt == Receipt::counted && !id.empty()) ++message->receipts_due;
    owner_.accepted(no, smsc, part_of(ticket), id);
    if (is_sent) owner_.ended(no, End::sent, {}, false);
  }
  if (receipt != Receipt::none && !id.empty()) receipts_.expect(smsc, awaited, id, now);
  release_if_done(ticket);
}

void Submissions::unanswered(smpp::Ticket ticket, base::TimePoint now) {
  count(Result::unanswered);
  Message* const message = find(ticket);
  if (message == nullptr) return;
  --message->answers_due;
  // A lost connection takes all parts that were under way.
  if (++message->unanswered < kMostUnanswered * message->parts.size())
    send_again(message->smsc, ticket);
  else
    give_up("sms_unanswered", ticket, End::unanswered, "sent several times, never answered", now);
}

void Submissions::unsendable(smpp::Ticket ticket, const std::string& reason, base::TimePoint now) {
  --find(ticket)->answers_due;
  give_up("sms_unsendable", ticket, End::unsendable, reason, now);
}

void Submissions::send_again(SmscNo smsc, smpp::Ticket ticket) {
  Queue& queue = queue_of(smsc);
  queue.again.push_back(ticket);
  if (!queue.up) reroute(queue);
}

std::string Submissions::number_of(smpp::Ticket ticket) {
  if ((ticket & kTold) != 0) return owner_.number(number_in(ticket));
  const Message* const message = find(ticket);
  return message == nullptr ? std::string() : message->out.to;
}

std::optional<std::string> Submissions::settled(smpp::Ticket ticket,
                                                std::optional<sms_text::MessageState> state) {
  if ((ticket & kTold) != 0) return owner_.settled(ticket, state);
  Message* const message = find(ticket);
  if (message == nullptr) return std::nullopt;
  std::string to = message->out.to;
  --message->receipts_due;
  release_if_done(ticket);
  return to;
}

std::vector<std::uint64_t> Submissions::take_untouched() {
  std::vector<std::uint64_t> taken;
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    Message& message = slots_[slot];
    if (!message.used || !message.waiting) continue;
    if (message.accepted + message.answers_due + message.unanswered > 0) continue;
    taken.push_back(message.out.no);
    no_longer_put_off(message);
    message.waiting = false;
    message.failed = true;
    --waiting_;
    release_if_done(ticket_of(slot, message.use, 0));
  }
  return taken;
}

void Submissions::tick(base::TimePoint now) {
  while (!delayed_.empty() && delayed_.top().until <= now) {
    const smpp::Ticket ticket = delayed_.top().ticket;
    delayed_.pop();
    Message* const message = find(ticket);
    if (message == nullptr) continue;
    if (message->delayed == 1) no_longer_put_off(*message);
    if (message->delayed > 1) --message->delayed;
    send_again(message->smsc, ticket);
  }
  for (Queue& queue : queues_) {
    for (auto* tickets : {&queue.again, &queue.fresh}) {
      while (!tickets->empty() && !is_sendable(tickets->front(), now)) tickets->pop_front();
    }
  }
  receipts_.tick(now);
  metrics_.waiting.Set(static_cast<double>(waiting_));
}

std::optional<base::TimePoint> Submissions::next_deadline() const {
  std::optional<base::TimePoint> first;
  const auto add = [&](base::TimePoint at) { first = first ? std::min(*first, at) : at; };
  if (!delayed_.empty()) add(delayed_.top().until);
  for (const Queue& queue : queues_) {
    for (const auto* tickets : {&queue.again, &queue.fresh})
      if (!tickets->empty()) add(slots_[slot_of(tickets->front())].out.expires);
  }
  if (const auto due = receipts_.next_deadline()) add(*due);
  return first;
}

smpp::Ticket Submissions::ticket_of(std::size_t slot, std::uint32_t use, std::size_t part) {
  return std::uint64_t{slot} << 32 | std::uint64_t{use & kUseMask} << 8 | part;
}

Submissions::Message* Submissions::find(smpp::Ticket ticket) {
  const std::size_t slot = slot_of(ticket);
  if (slot >= slots_.size()) return nullptr;
  Message& message = slots_[slot];
  const auto use = static_cast<std::uint32_t>(ticket >> 8) & kUseMask;
  return message.used && message.use == use ? &message : nullptr;
}

}  // namespace msggw::sms
