// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/exchanges.h"

#include <utility>

namespace msggw::coap {

namespace {

// RFC 7252 4.8.2, with the default transmission parameters.
constexpr base::Duration kExchangeLifetime{247'000};
constexpr base::Duration kNonLifetime{145'000};

}  // namespace

bool Exchanges::open(const Exchange& exchange, base::TimePoint now) {
  const std::uint64_t ticket = ++last_ticket_;
  if (!room_.take(source_of(exchange.id.peer))) return false;
  if (!exchange.reliable) {
    if (exchange.confirmable) due_.push_back({now + piggyback_within_, ticket});
    by_message_.insert(exchange.id, ticket);
  }
  open_.emplace(ticket, exchange);
  return true;
}

Exchange* Exchanges::find(const MessageId& id) {
  const auto ticket = by_message_.find(
      id, [this](std::uint64_t row) -> const MessageId& { return open_.find(row)->second.id; });
  return ticket ? &open_.find(*ticket)->second : nullptr;
}

const Exchange* Exchanges::find(Ticket ticket) const {
  const auto found = open_.find(static_cast<std::uint64_t>(ticket));
  return found == open_.end() ? nullptr : &found->second;
}

std::optional<Exchange> Exchanges::close(Ticket ticket) {
  const auto found = open_.find(static_cast<std::uint64_t>(ticket));
  if (found == open_.end()) return std::nullopt;
  const Exchange exchange = found->second;
  open_.erase(found);
  room_.give_back(source_of(exchange.id.peer));
  if (!exchange.reliable) by_message_.erase(exchange.id, static_cast<std::uint64_t>(ticket));
  if (open_.empty()) due_.clear();
  return exchange;
}

Exchange* Exchanges::take_unacknowledged(base::TimePoint now) {
  while (!due_.empty() && due_.front().at <= now) {
    const auto found = open_.find(due_.front().ticket);
    due_.pop_front();
    if (found != open_.end()) return &found->second;
  }
  return nullptr;
}

std::optional<base::TimePoint> Exchanges::next_due() {
  while (!due_.empty() && !open_.contains(due_.front().ticket)) due_.pop_front();
  if (due_.empty()) return std::nullopt;
  return due_.front().at;
}

void RememberedAnswers::remember(const MessageId& id, bool confirmable, const Response& response,
                                 base::TimePoint now) {
  if (most_ == 0) return;
  Entry entry{id, now + (confirmable ? kExchangeLifetime : kNonLifetime), response};
  const std::size_t place = next_;
  next_ = (next_ + 1) % most_;
  if (const auto lapsed = place_of(id)) by_message_.erase(id, *lapsed);
  if (place == ring_.size()) {
    ring_.push_back(std::move(entry));
  } else {
    by_message_.erase(ring_[place].id, place);
    ring_[place] = std::move(entry);
  }
  by_message_.insert(id, place);
}

const Response* RememberedAnswers::find(const MessageId& id, base::TimePoint now) const {
  const auto place = place_of(id);
  if (!place || ring_[*place].until <= now) return nullptr;
  return &ring_[*place].response;
}

std::optional<std::uint64_t> RememberedAnswers::place_of(const MessageId& id) const {
  return by_message_.find(id,
                          [this](std::uint64_t row) -> const MessageId& { return ring_[row].id; });
}

}  // namespace msggw::coap
