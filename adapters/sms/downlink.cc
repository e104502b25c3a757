// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/downlink.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "adapters/sms/counters.h"
#include "adapters/sms/numbers.h"
#include "adapters/sms/speaker.h"
#include "adapters/sms/text/parts.h"
#include "adapters/sms/texts.h"
#include "gateway/base/log.h"
#include "gateway/credentials/gate.h"

namespace msggw::sms {

namespace {

using messages::Cause;
using messages::MessageNo;
using sms_text::MessageState;

constexpr auto kSms = core::Bearer::sms;
constexpr std::size_t kMostATurn = 1'024;

/// SMPP 3.4 5.2.14: of GSM all above 0 are "priority", so only what is urgent is.
std::uint8_t priority_flag(messages::Priority priority) {
  return priority == messages::Priority::high ? 1 : 0;
}

Cause cause_of(MessageState state) {
  switch (state) {
    case MessageState::expired: return Cause::expired;
    case MessageState::undeliverable: return Cause::unreachable;
    case MessageState::deleted:
    case MessageState::rejected: return Cause::rejected;
    case MessageState::unknown:
    case MessageState::enroute:
    case MessageState::accepted:
    case MessageState::delivered: break;
  }
  return Cause::internal_error;
}

Cause cause_of(Submissions::End end, std::optional<smpp::Status> status, bool may_have_come) {
  using End = Submissions::End;
  switch (end) {
    case End::expired: return may_have_come ? Cause::no_proof : Cause::expired;
    case End::refused:
      return status == smpp::Status::invalid_destination ? Cause::unknown_recipient
                                                         : Cause::refused;
    case End::unsendable: return Cause::unsupported_content;
    case End::too_large: return Cause::payload_too_large;
    case End::sent:
    case End::unanswered: break;
  }
  return Cause::no_proof;
}

/// None: it needs more than `most_parts`, or cannot be written.
std::optional<std::size_t> parts_of(std::string_view content, const SmscOptions& smsc,
                                    std::size_t most_parts,
                                    const std::optional<sms_text::Ports>& ports = {}) {
  const auto alphabet = sms_text::best_alphabet(content, smsc.default_coding);
  sms_text::SplitOptions how;
  how.form = smsc.long_messages;
  how.packed = alphabet == sms_text::Alphabet::gsm7 &&
               smsc.default_coding == sms_text::DefaultCoding::gsm7_packed;
  how.most_parts = most_parts;
  how.ports = ports;
  const auto parts = sms_text::split(alphabet, content, how);
  if (!parts) return std::nullopt;
  return parts->size();
}

}  // namespace

Downlink::Downlink(const base::Context& context, const Options& options, const Doors& doors,
                   Submissions& submissions)
    : registrations_(doors.registrations),
      messages_(doors.messages),
      offers_messages_(doors.offers_messages),
      proofs_(doors.proofs),
      io_(context.io),
      clock_(context.clock),
      options_(options),
      submissions_(submissions),
      outcomes_(counters(context.metrics, "msggw_sms_brought_total",
                         "What became of messages for phones", "outcome", "accepted", "delivered",
                         "failed", "not_sent", "unproven")) {
  for (const std::string& source : options.sources) {
    const Source& one = sources_.emplace_back(parse_source(source));
    own_.push_back(messages_.own_number(own_name(one.address.text, one.port, options)));
  }
  if (sources_.empty())
    sources_.push_back(
        {options.source.empty() ? smpp::Address{} : source_address(options.source), std::nullopt});
  Submissions::Owner owner;
  owner.begun = [this](std::uint64_t no, SmscNo smsc, std::size_t parts) {
    begun(MessageNo{no}, smsc, parts);
  };
  owner.accepted = [this](std::uint64_t no, SmscNo, std::size_t part, const std::string& id) {
    accepted(MessageNo{no}, part, id);
  };
  owner.ended = [this](std::uint64_t no, Submissions::End end, std::optional<smpp::Status> status,
                       bool may_have_come) { ended(MessageNo{no}, end, status, may_have_come); };
  owner.number = [this](std::uint64_t no) {
    const messages::Header* const header = messages_.queue().headers.find(MessageNo{no});
    const bool is_open = header != nullptr && !header->ended();
    return is_open ? number_of(header->device, registrations_.tables()) : std::string();
  };
  owner.settled = [this](smpp::Ticket ticket, std::optional<MessageState> state) {
    return settled(MessageNo{Submissions::number_in(ticket)}, Submissions::part_of(ticket), state);
  };
  submissions_.set_owner(std::move(owner));
  submissions_.receipts().ask_of_unclaimed(
      [this](SmscNo, const std::string& number, MessageState state) {
        return adopt(number, state);
      });
}

void Downlink::start(base::TimePoint now) {
  for (const MessageNo no : messages_.all_tracked(kSms)) restore(no, now);
  std::size_t doubtful = 0;
  for (const auto& [device, some] : doubtful_) doubtful += some.size();
  if (again_ + doubtful > 0)
    base::log::warn("sms_after_crash", {{"sent_again", again_}, {"unknown", doubtful}});
}

/// What has been accepted waits for its receipts; what was being sent may have arrived.
void Downlink::restore(MessageNo no, base::TimePoint now) {
  const messages::Header& header = messages_.queue().headers.at(no);
  const auto sending = sending_of(no);
  const bool is_doubtful = !header.passed_on;
  if (is_doubtful && (!sending || options_.after_crash == AfterCrash::repeat)) {
    ++again_;
    return messages_.came_back(no);
  }
  if (is_doubtful && !header.wants_report) return fail(no, Cause::no_proof, Outcome::unproven);
  if (is_doubtful) {
    doubtful_[header.device].push_back(no);
    messages_.passed_on(no);
  }
  const auto smsc = smsc_of(sending->smsc);
  for (std::size_t part = 0; smsc && part < sending->parts.size(); ++part) {
    const Sending::Part& of = sending->parts[part];
    if (of.id.empty() || of.delivered) continue;
    submissions_.receipts().expect(*smsc, Submissions::told_ticket(messages::number(no), part),
                                   of.id, now);
  }
}

std::optional<SmscNo> Downlink::smsc_of(const std::string& name) const {
  const auto found = std::ranges::find(options_.all, name, &SmscOptions::name);
  if (found == options_.all.end()) return std::nullopt;
  return SmscNo{static_cast<std::size_t>(found - options_.all.begin())};
}

void Downlink::waited_for(core::DeviceNo device) {
  if (was_up_) call(device);
}

/// What the gateway itself says goes to whoever it is for. For messages: a phone that the operator
/// has added need not have written before.
void Downlink::call(core::DeviceNo device) {
  if (messages_.queue().lanes.texts(device).messages > 0) messages_.takes_texts(device, kSms);
  if (!offers_messages_) return;
  const core::Device& row = registrations_.tables().device(device);
  const bool served =
      row.state == core::DeviceState::provisioned || row.state == core::DeviceState::registered;
  const bool is_phone = row.ue_type == core::UeType::legacy_3gpp || row.binding(kSms).alive();
  const std::string number = number_of(device, registrations_.tables());
  if (!served || !is_phone || number.empty()) return;
  // What is sent goes to the number itself; which SMSC brought its registration nobody knows.
  const auto evidence = evidence_of(options_, number);
  const core::Speaker speaker =
      credentials::with(evidence, core::holder(registrations_.tables(), device), proofs_);
  if (!core::why_not(speaker, core::Act::message, policy_of(options_)))
    messages_.reachable(device, kSms, evidence);
}

/// While no SMSC is there what waits does so in the store, and goes over another bearer if it can.
void Downlink::follow(bool is_up) {
  if (is_up != std::exchange(was_up_, is_up)) {
    walk_.reset();
    if (is_up) walk_ = core::DeviceNo{};
    if (!is_up) give_back();
  }
  for (std::size_t left = kRowsATurn; walk_ && left > 0; --left) {
    const auto row = static_cast<std::uint32_t>(*walk_);
    if (row >= registrations_.tables().numbers()) return walk_.reset();
    const messages::Lanes& lanes = messages_.queue().lanes;
    if (lanes.of(*walk_, false).messages + lanes.texts(*walk_).messages > 0) call(*walk_);
    walk_ = core::DeviceNo{row + 1};
  }
  if (walk_) boost::asio::post(io_, [] {});
}

void Downlink::give_back() {
  messages_.unreachable(kSms);
  std::vector<std::uint64_t> untouched = submissions_.take_untouched();
  for (const Ready& ready : std::exchange(ready_, {})) untouched.push_back(ready.message.no);
  for (const std::uint64_t no : untouched) {
    chosen_.erase(MessageNo{no});
    messages_.came_back(MessageNo{no});
  }
}

/// So many are taken from the store as go in a tenth of a second: of these alone it is in doubt
/// after a crash whether they went.
std::size_t Downlink::most_ahead(const std::vector<std::unique_ptr<Smsc>>& smscs) const {
  std::size_t most = 0;
  for (const auto& smsc : smscs) {
    if (smsc->may_send()) most += smsc->options().window + smsc->options().rate / 10 + 1;
  }
  return most;
}

void Downlink::end_turn(const std::vector<std::unique_ptr<Smsc>>& smscs, base::TimePoint now) {
  const std::size_t most = most_ahead(smscs);
  follow(most > 0);
  while (!ready_.empty() && is_durable(ready_.front().batch)) {
    submissions_.add(std::move(ready_.front().message));
    ready_.pop_front();
  }
  std::size_t left = kMostATurn;
  const auto has_room = [&] {
    const std::size_t waiting = submissions_.waiting();
    return waiting - submissions_.put_off() + ready_.size() < most &&
           waiting < options_.max_outgoing;
  };
  for (; left > 0 && has_room(); --left) {
    const auto next = messages_.next(kSms, own_);
    if (!next) return;
    choose(*next, now);
  }
  if (left == 0) boost::asio::post(io_, [] {});
}

void Downlink::choose(const messages::Delivery& delivery, base::TimePoint now) {
  const auto* const message = std::get_if<messages::Message>(&delivery.carried);
  if (message == nullptr) return fail(delivery.no, Cause::unsupported_content, Outcome::not_sent);
  Outgoing out = outgoing_for(delivery, *message);
  if (out.to.empty()) return fail(delivery.no, Cause::unknown_recipient, Outcome::not_sent);
  // For which SMSC it is cut is known later; that of the first is nearly always that of all.
  const auto parts =
      parts_of(message->content, options_.of(options_.preferred()), options_.max_parts, out.ports);
  Chosen& chosen = chosen_[delivery.no];
  chosen.wants_report = delivery.wants_report;
  chosen.expires = delivery.expires;
  Sending sending;
  sending.parts.resize(parts.value_or(0));
  write_down(delivery.no, sending, std::max(now, delivery.expires) + options_.receipt_margin);
  ready_.push_back({durable_with().value_or(0), std::move(out)});
}

Outgoing Downlink::outgoing_for(const messages::Delivery& delivery,
                                const messages::Message& message) const {
  Outgoing out;
  out.smsc = options_.preferred();
  if (delivery.is_text) {
    out = outgoing_of(message, options_);
    out.receipt = options_.receipts ? Outgoing::Receipt::counted : Outgoing::Receipt::none;
  } else {
    out.text = message.content;
    out.to = number_of(delivery.device, registrations_.tables());
    const auto own = std::ranges::find(own_, delivery.own);
    const Source& source =
        sources_[own == own_.end() ? 0 : static_cast<std::size_t>(own - own_.begin())];
    out.from = source.address;
    if (const auto port = options_.routes.port_of(message.application))
      out.ports = sms_text::Ports{*port, source.port.value_or(*port)};
    if (delivery.wants_report && options_.receipts) out.receipt = Outgoing::Receipt::told;
    out.priority = priority_flag(message.priority);
    out.ends_at_smsc = true;
  }
  out.no = messages::number(delivery.no);
  out.expires = delivery.expires;
  return out;
}

bool Downlink::can_bring(core::DeviceNo device, std::string_view content) const {
  const core::Device& row = registrations_.tables().device(device);
  const bool has_others =
      row.binding(core::Bearer::coap).alive() || row.binding(core::Bearer::mqtt).alive();
  const bool is_phone = row.ue_type == core::UeType::legacy_3gpp || row.binding(kSms).alive();
  return has_others || !is_phone || std::ranges::any_of(options_.all, [&](const SmscOptions& smsc) {
           return parts_of(content, smsc, options_.max_parts).has_value();
         });
}

std::optional<std::uint64_t> Downlink::durable_with() const {
  return messages_.queue().durable_with();
}

bool Downlink::is_durable(std::uint64_t batch) const {
  return messages_.queue().batches.committed >= batch;
}

std::optional<Sending> Downlink::sending_of(MessageNo no) const {
  const std::string* const octets = messages_.tracked(no);
  if (octets == nullptr) return std::nullopt;
  auto sending = parse_sending(*octets);
  if (!sending) return std::nullopt;
  return std::move(*sending);
}

void Downlink::write_down(MessageNo no, const Sending& sending,
                          std::optional<base::TimePoint> proof_by) {
  messages_.track(no, kSms, encode(sending), proof_by);
}

void Downlink::begun(MessageNo no, SmscNo smsc, std::size_t parts) {
  Chosen& chosen = chosen_[no];
  chosen.begins = true;
  chosen.smsc = options_.of(smsc).name;
  chosen.parts = parts;
}

void Downlink::accepted(MessageNo no, std::size_t part, const std::string& id) {
  auto sending = sending_of(no);
  if (!sending) return;
  Chosen& chosen = chosen_[no];
  if (std::exchange(chosen.begins, false)) {
    sending->smsc = chosen.smsc;
    sending->parts.assign(chosen.parts, {});
  }
  sending->parts.at(part).id = id;
  // Where no receipt follows the end is what matters.
  if (chosen.wants_report) write_down(no, *sending);
}

void Downlink::ended(MessageNo no, Submissions::End end, std::optional<smpp::Status> status,
                     bool may_have_come) {
  const Chosen chosen = std::exchange(chosen_[no], {});
  chosen_.erase(no);
  const auto sending = sending_of(no);
  if (!sending) return;
  if (end != Submissions::End::sent)
    return fail(no, cause_of(end, status, may_have_come), Outcome::not_sent);
  if (!chosen.wants_report) {
    count(Outcome::accepted);
    return messages_.proven(no, clock_.now());
  }
  if (!options_.receipts) return fail(no, Cause::no_proof, Outcome::unproven);
  const base::TimePoint now = clock_.now();
  const base::TimePoint until = std::min(std::max(now, chosen.expires) + options_.receipt_margin,
                                         now + options_.receipt_within);
  write_down(no, *sending, until);
  messages_.passed_on(no);
}

std::optional<std::string> Downlink::settled(MessageNo no, std::size_t part,
                                             std::optional<MessageState> state) {
  auto sending = sending_of(no);
  if (!sending || part >= sending->parts.size()) return std::nullopt;
  const core::DeviceNo device = messages_.queue().headers.at(no).device;
  std::string number = number_of(device, registrations_.tables());
  if (!state) {
    fail(no, Cause::no_proof, Outcome::unproven);
  } else if (*state != MessageState::delivered) {
    if (*state == MessageState::expired || *state == MessageState::undeliverable)
      registrations_.unanswered(device, kSms);
    fail(no, cause_of(*state), Outcome::failed);
  } else {
    registrations_.heard(device, kSms, clock_.now());
    sending->parts[part].delivered = true;
    if (std::ranges::all_of(sending->parts, &Sending::Part::delivered)) {
      count(Outcome::delivered);
      messages_.proven(no, clock_.now());
    } else {
      write_down(no, *sending);
    }
  }
  return number;
}

/// Of a message that was being sent when the process died the id was lost, not the receipt.
bool Downlink::adopt(const std::string& number, MessageState state) {
  const auto device = registrations_.tables().find_private_id(number);
  const auto found = device ? doubtful_.find(*device) : doubtful_.end();
  if (found == doubtful_.end()) return false;
  std::erase_if(found->second, [&](MessageNo no) { return messages_.tracked(no) == nullptr; });
  if (found->second.size() != 1) return false;
  const MessageNo no = found->second.front();
  const auto sending = sending_of(no);
  const auto is_open = [](const Sending::Part& part) { return part.id.empty() && !part.delivered; };
  if (!sending || std::ranges::count_if(sending->parts, is_open) != 1) return false;
  const auto part = std::ranges::find_if(sending->parts, is_open) - sending->parts.begin();
  return settled(no, static_cast<std::size_t>(part), state).has_value();
}

void Downlink::fail(MessageNo no, Cause cause, Outcome outcome) {
  count(outcome);
  messages_.failed(no, cause, clock_.now());
}

}  // namespace msggw::sms
