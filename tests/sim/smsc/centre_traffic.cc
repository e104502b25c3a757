// SPDX-License-Identifier: Apache-2.0
// What goes through the centre: submits in, receipts and messages out.
#include <algorithm>

#include "gateway/base/result.h"
#include "tests/sim/smsc/centre.h"
#include "tests/sim/smsc/session.h"

namespace msggw::smsc {

Status Centre::admit(const Sm& sm) {
  if (behaviour_.throttle > 0 && !throttle_.pass(behaviour_.throttle, now_)) {
    return status::throttled;
  }
  if (behaviour_.queue_full > 0 && !queue_full_.pass(behaviour_.queue_full, now_)) {
    return status::queue_full;
  }
  return sm.destination.text.empty() ? status::bad_destination : status::ok;
}

void Centre::submit(Session& from, const Header& header, const Sm& sm) {
  const Status refusal = admit(sm);
  counters_.submitted(refusal);
  if (refusal != status::ok) {
    from.respond(header.command | kResponse, refusal, header.sequence, {});
    return;
  }
  const std::uint64_t id = ++last_id_;
  id_text_.clear();
  append_id(id_text_, id, behaviour_.id_form, false);
  Campaign* campaign = nullptr;
  std::uint32_t campaign_id = 0;
  for (const std::uint32_t running : running_) {
    campaign = find_campaign(running);
    campaign_id = running;
    if (campaign->submitted(sm.destination.text, now_)) break;
    campaign = nullptr;
  }
  if (campaign == nullptr) {
    campaign_id = 0;
    const Phones::Arrival arrival{sm, id_text_, from.account()->name,
                                  wall_.time_since_epoch().count()};
    if (phones_.take(arrival, behaviour_.alphabet) && on_phone_) on_phone_(sm.destination.text);
  }
  if (plan_receipt(from, header, sm, id, campaign, campaign_id)) return;
  from.respond(header.command | kResponse, status::ok, header.sequence, id_text_);
}

/// True when the receipt takes the response with it.
bool Centre::plan_receipt(Session& from, const Header& header, const Sm& sm, std::uint64_t id,
                          Campaign* campaign, std::uint32_t campaign_id) {
  if (behaviour_.receipts == Receipts::never ||
      !wants_receipt(sm.registered_delivery, behaviour_.receipt_state)) {
    return false;
  }
  if (campaign != nullptr) campaign->receipt_due();
  const bool is_lost = happens(behaviour_.receipt_loss);
  if (is_lost || receipts_.size() >= behaviour_.waiting_most) {
    ++(is_lost ? counters_.receipts_lost : counters_.receipts_dropped);
    if (campaign != nullptr) campaign->receipt_lost();
    return false;
  }
  const std::uint32_t number = receipts_.add();
  Receipt& receipt = receipts_.at(number);
  receipt.id = id;
  receipt.id_form = behaviour_.id_form;
  receipt.form = behaviour_.receipt_form;
  receipt.state = behaviour_.receipt_state;
  receipt.submitted = wall_;
  receipt.campaign = campaign_id;
  receipt.source_ton = sm.destination.ton, receipt.source_npi = sm.destination.npi;
  receipt.destination_ton = sm.source.ton, receipt.destination_npi = sm.source.npi;
  receipt.source = sm.destination.text;
  receipt.destination = sm.source.text;
  // As real ones do: the first octets as they came, where those are text.
  const Alphabet alphabet = alphabet_of(sm.data_coding, behaviour_.alphabet);
  const bool is_text = alphabet == Alphabet::gsm7 || alphabet == Alphabet::latin1;
  if (is_text && (sm.esm_class & esm::header) == 0) receipt.text = sm.octets;
  Account& account = *from.account();
  const Delivery delivery{Delivery::Kind::receipt, 0, 0, number};
  if (account.receivers > 0 && happens(behaviour_.receipt_before_response)) {
    receipt.held = {from.number(), header.command | kResponse, header.sequence};
    account.queue.push_front(delivery);
    return true;
  }
  Instant delay = behaviour_.receipt_delay;
  if (behaviour_.receipt_jitter.count() > 0) {
    const Instant most = behaviour_.receipt_jitter;
    delay += Instant(std::uniform_int_distribution<std::int64_t>(0, most.count())(random_));
  }
  if (delay.count() == 0) {
    account.queue.push_back(delivery);
  } else {
    later_.add(now_ + delay, &account, delivery);
  }
  return false;
}

/// Writes the submit_sm_resp that was held back for the receipt.
void Centre::release(Receipt& receipt) {
  const Receipt::Held held = std::exchange(receipt.held, {});
  if (held.link == 0) return;
  const auto link = sessions_.find(held.link);
  if (link == sessions_.end()) return;
  id_text_.clear();
  append_id(id_text_, receipt.id, receipt.id_form, false);
  link->second->respond(held.command, status::ok, held.sequence, id_text_);
}

void Centre::compose(const Delivery& delivery, Sm& out) {
  switch (delivery.kind) {
    case Delivery::Kind::message: messages_.compose(delivery.owner, delivery.index, out); return;
    case Delivery::Kind::receipt:
      smsc::compose(receipts_.at(delivery.index), wall_, receipt_text_, out);
      return;
    case Delivery::Kind::campaign:
      find_campaign(delivery.owner)->compose(delivery.index, number_text_, out);
      return;
  }
}

void Centre::sent(const Delivery& delivery) {
  const bool again = delivery.attempts > 1;
  if (again) ++counters_.redelivered;
  switch (delivery.kind) {
    case Delivery::Kind::message:
      ++counters_.messages_sent;
      messages_.sent(delivery.owner);
      return;
    case Delivery::Kind::receipt: {
      ++counters_.receipts_sent;
      Receipt& receipt = receipts_.at(delivery.index);
      Campaign* const campaign = find_campaign(receipt.campaign);
      if (campaign != nullptr && !again) campaign->receipt_sent();
      release(receipt);
      return;
    }
    case Delivery::Kind::campaign:
      ++counters_.messages_sent;
      find_campaign(delivery.owner)->sent(delivery.index, again, now_);
      return;
  }
}

void Centre::answered(Account& account, const Delivery& delivery, Instant sent, Status status) {
  counters_.latency.record(now_ - sent);
  switch (delivery.kind) {
    case Delivery::Kind::message: messages_.answered(delivery.owner, status); break;
    case Delivery::Kind::receipt:
      if (Campaign* const campaign = find_campaign(receipts_.at(delivery.index).campaign)) {
        campaign->receipt_answered(status, now_);
      }
      break;
    case Delivery::Kind::campaign:
      find_campaign(delivery.owner)->answered(status, now_ - sent, now_);
      break;
  }
  if (is_temporary(status)) {
    ++counters_.temporary;
    try_later(account, delivery);
    return;
  }
  if (delivery.kind == Delivery::Kind::receipt) {
    ++(status == status::ok ? counters_.receipts_accepted : counters_.receipts_refused);
    receipts_.remove(delivery.index);
  } else {
    ++(status == status::ok ? counters_.messages_accepted : counters_.messages_refused);
  }
}

void Centre::unanswered(Account& account, const Delivery& delivery) {
  try_later(account, delivery);
}

void Centre::try_later(Account& account, const Delivery& delivery) {
  // A campaign that names no account goes on with whoever is bound then; a message stays where its
  // other parts are, a receipt with who asked for it.
  const bool anybody =
      delivery.kind == Delivery::Kind::campaign && find_campaign(delivery.owner)->account().empty();
  later_.add(now_ + behaviour_.retry, anybody ? nullptr : &account, delivery);
}

void Centre::pump() {
  for (std::size_t without = 0; without < receivers_.size();) {
    Session& receiver = *receivers_[turn_++ % receivers_.size()];
    auto delivery = receiver.has_room() ? next_for(*receiver.account()) : std::nullopt;
    if (!delivery) {
      ++without;
      continue;
    }
    without = 0;
    ++delivery->attempts;
    receiver.deliver(*delivery);
  }
}

std::optional<Delivery> Centre::next_for(Account& account) {
  if (!account.queue.empty()) {
    const Delivery delivery = account.queue.front();
    account.queue.pop_front();
    return delivery;
  }
  return shared_.empty() ? from_campaigns(account) : from_shared(account);
}

std::optional<Delivery> Centre::from_shared(Account& account) {
  const Delivery delivery = shared_.front();
  shared_.pop_front();
  if (delivery.kind == Delivery::Kind::message) {
    const auto steps = static_cast<std::uint32_t>(messages_.at(delivery.owner).order.size());
    for (std::uint32_t step = steps; step-- > 1;) {
      account.queue.push_front({Delivery::Kind::message, 0, delivery.owner, step});
    }
  }
  return delivery;
}

std::optional<Delivery> Centre::from_campaigns(const Account& account) {
  for (const std::uint32_t running : running_) {
    Campaign& campaign = *find_campaign(running);
    if (!campaign.account().empty() && campaign.account() != account.name) continue;
    if (const auto index = campaign.next(now_)) {
      return Delivery{Delivery::Kind::campaign, 0, running, *index};
    }
  }
  return std::nullopt;
}

void Centre::run_due() {
  while (!later_.empty() && later_.due() <= now_) {
    const Later::Item item = later_.take();
    (item.account == nullptr ? shared_ : item.account->queue).push_back(item.delivery);
  }
  std::erase_if(running_, [&](std::uint32_t id) { return find_campaign(id)->over(now_); });
}

std::optional<Instant> Centre::next_due() const {
  std::optional<Instant> due;
  if (!later_.empty()) due = later_.due();
  for (const std::uint32_t running : running_) {
    const auto start = campaigns_.at(running).next_start(now_);
    if (start && (!due || *start < *due)) due = start;
  }
  return due;
}

}  // namespace msggw::smsc
