// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/receipt_book.h"

#include <algorithm>
#include <utility>

#include "adapters/sms/counters.h"
#include "adapters/sms/text/receipt_id.h"

namespace msggw::sms {

namespace {

constexpr std::size_t kMostMessageIdOctets = 64;  // SMPP 3.4 5.2.23

sms_text::IdForm form_of(IdWriting writing) {
  switch (writing) {
    case IdWriting::as_is: return {};
    case IdWriting::loose: return {sms_text::IdForm::Base::as_is, true, true};
    case IdWriting::decimal: return {sms_text::IdForm::Base::decimal};
    case IdWriting::hex: return {sms_text::IdForm::Base::hex};
  }
  return {};
}

/// Ids are those of one SMSC.
std::string key_of(SmscNo smsc, const std::string& id, IdWriting writing) {
  std::string key = sms_text::same_id_key(id.substr(0, kMostMessageIdOctets), form_of(writing));
  key.insert(key.begin(), static_cast<char>(smsc));
  return key;
}

}  // namespace

ReceiptBook::ReceiptBook(const Options& options, base::HashKey key,
                         base::metrics::Registry& registry, Settled settled)
    : options_(options),
      settled_(std::move(settled)),
      counters_(counters(registry, "msggw_sms_receipts_total", "Delivery receipts by what they say",
                         "result", "delivered", "failed", "intermediate", "repeated", "adopted",
                         "late", "unknown", "missing", "unreadable")),
      gauge_(base::metrics::gauge(registry, "msggw_sms_receipts_awaited",
                                  "Parts of messages whose receipt is still to come")),
      awaited_(key),
      early_(key),
      done_(key) {}

void ReceiptBook::expect(SmscNo smsc, smpp::Ticket ticket, const std::string& id,
                         base::TimePoint now) {
  std::string key = key_of(smsc, id, options_.of(smsc).response_ids);
  if (const auto early = early_.take(key); early && !std::exchange(early->value->has_ended, true))
    return settle(smsc, ticket, std::move(key), early->value->outcome, now);
  if (const auto old = awaited_.put(std::move(key), ticket, now)) settle(old->value, End::missing);
  if (awaited_.size() > options_.max_tracked) settle(awaited_.take_oldest().value, End::missing);
}

void ReceiptBook::received(SmscNo smsc, const std::vector<sms_text::Receipt>& readings,
                           base::TimePoint now, std::string number) {
  Outcome outcome = outcome_of(readings);
  if (!sms_text::is_final(outcome.state)) return count(End::intermediate);
  const std::vector<std::string> keys = keys_of(smsc, readings);
  for (const std::string& key : keys) {
    if (const auto sent = awaited_.take(key)) return settle(smsc, sent->value, key, outcome, now);
  }
  if (const auto key = key_elsewhere(smsc, readings, number))
    return settle(smsc, awaited_.take(*key)->value, *key, outcome, now);
  const auto is_there = [&](const std::string& key) {
    return done_.find(key) != nullptr || early_.find(key) != nullptr;
  };
  if (std::ranges::any_of(keys, is_there)) return count(End::repeated);
  const auto early = std::make_shared<Early>(Early{std::move(outcome), smsc, std::move(number)});
  for (const std::string& key : keys) early_.put(key, early, now);
  while (early_.size() > options_.max_early_receipts) drop_early();
}

/// Under an id that another SMSC gave, of a message to the number from which the receipt comes.
std::optional<std::string> ReceiptBook::key_elsewhere(
    SmscNo smsc, const std::vector<sms_text::Receipt>& readings, const std::string& number) const {
  if (!number_of_ || number.empty()) return std::nullopt;
  for (std::size_t other = 0; other < options_.all.size(); ++other) {
    if (SmscNo{other} == smsc) continue;
    for (std::string& key : keys_of(SmscNo{other}, readings)) {
      const smpp::Ticket* const ticket = awaited_.find(key);
      if (ticket != nullptr && number_of_(*ticket) == number) return std::move(key);
    }
  }
  return std::nullopt;
}

void ReceiptBook::unreadable(SmscNo smsc, const std::string& reason, base::TimePoint now) {
  count(End::unreadable);
  if (unreadable_log_.pass(now)) {
    base::log::warn("sms_receipt_unreadable", {{"smsc", options_.of(smsc).name},
                                               {"reason", reason},
                                               {"suppressed", unreadable_log_.take_suppressed()}});
  }
}

bool ReceiptBook::knows(SmscNo smsc, const std::vector<sms_text::Receipt>& readings) const {
  return std::ranges::any_of(keys_of(smsc, readings), [this](const std::string& key) {
    return awaited_.find(key) != nullptr || early_.find(key) != nullptr ||
           done_.find(key) != nullptr;
  });
}

/// What the message may be kept under, the likeliest first. Where the operator said that receipts
/// are written in another way than responses, the text is what was meant; a TLV is nearly always
/// written as in the response.
std::vector<std::string> ReceiptBook::keys_of(
    SmscNo smsc, const std::vector<sms_text::Receipt>& readings) const {
  const SmscOptions& options = options_.of(smsc);
  std::vector<std::string> keys;
  const auto add = [&](const std::string& id, IdWriting writing) {
    if (id.empty()) return;
    std::string key = key_of(smsc, id, writing);
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
  };
  const bool differ = options.receipt_ids != options.response_ids;
  for (const sms_text::Receipt& receipt : readings) {
    if (differ) add(receipt.text_id, options.receipt_ids);
    add(receipt.tlv_id, options.response_ids);
    add(receipt.text_id, options.receipt_ids);
    if (receipt.text_id.empty()) add(receipt.tlv_id, options.receipt_ids);
  }
  return keys;
}

/// The network's own error where the SMSC passes it on, else the word that one of the readings has.
ReceiptBook::Outcome ReceiptBook::outcome_of(const std::vector<sms_text::Receipt>& readings) {
  Outcome outcome{*readings.front().state, {}};
  if (const auto& error = readings.front().network_error) {
    outcome.error = std::to_string(error->network) + ":" + std::to_string(error->code);
    return outcome;
  }
  const auto said = std::ranges::find_if(
      readings, [](const sms_text::Receipt& receipt) { return !receipt.error.empty(); });
  if (said != readings.end()) outcome.error = said->error.substr(0, kMostErrorOctets);
  return outcome;
}

void ReceiptBook::settle(SmscNo smsc, smpp::Ticket ticket, std::string key, const Outcome& outcome,
                         base::TimePoint now) {
  done_.put(std::move(key), 0, now);
  if (done_.size() > options_.max_early_receipts) done_.take_oldest();
  const bool good = outcome.state == sms_text::MessageState::delivered;
  const auto to = settle(ticket, good ? End::delivered : End::failed, outcome.state);
  if (good || !undelivered_log_.pass(now)) return;
  base::log::info("sms_undelivered", {{"smsc", options_.of(smsc).name},
                                      {"to", to.value_or("")},
                                      {"state", sms_text::word_of(outcome.state)},
                                      {"error", outcome.error},
                                      {"suppressed", undelivered_log_.take_suppressed()}});
}

std::optional<std::string> ReceiptBook::settle(smpp::Ticket ticket, End end,
                                               std::optional<sms_text::MessageState> state) {
  auto to = settled_(ticket, state);
  count(to || end == End::missing ? end : End::late);
  return to;
}

void ReceiptBook::drop_early() {
  const std::shared_ptr<Early> early = early_.take_oldest().value;
  if (std::exchange(early->has_ended, true)) return;
  const bool known = unclaimed_ && unclaimed_(early->smsc, early->number, early->outcome.state);
  count(known ? End::adopted : End::unknown);
}

void ReceiptBook::tick(base::TimePoint now) {
  const auto is_due = [now](const auto& book, base::Duration after) {
    return book.oldest() != nullptr && book.oldest()->since + after <= now;
  };
  while (is_due(awaited_, options_.receipt_within))
    settle(awaited_.take_oldest().value, End::missing);
  while (is_due(done_, kEarlyFor)) done_.take_oldest();
  while (is_due(early_, kEarlyFor)) drop_early();
  gauge_.Set(static_cast<double>(awaited_.size()));
}

std::optional<base::TimePoint> ReceiptBook::next_deadline() const {
  std::optional<base::TimePoint> first;
  const auto add = [&](const auto& book, base::Duration after) {
    if (book.oldest() == nullptr) return;
    const base::TimePoint at = book.oldest()->since + after;
    first = first ? std::min(*first, at) : at;
  };
  add(awaited_, options_.receipt_within);
  add(early_, kEarlyFor);
  add(done_, kEarlyFor);
  return first;
}

}  // namespace msggw::sms
