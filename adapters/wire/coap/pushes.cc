// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/pushes.h"

#include <boost/asio/ip/address_v6.hpp>
#include <utility>

namespace msggw::coap {

namespace {

/// Of the answer, which says nothing beyond its code.
constexpr std::size_t kMostAnswerOctets = 4'096;

}  // namespace

PushNo Pushes::start(const Peer& to, std::uint64_t subject, Push push) {
  while (open_.contains(PushNo{++last_})) {
  }
  const PushNo no{last_};
  ClientRequest request;
  request.content_format = push.content_format;
  request.payload = std::move(push.payload);
  // Where it goes says the peer; an address needs no Uri-Host.
  Destination destination{Transport::udp, base::Host(), 0, std::move(push.path)};
  Transfer transfer(std::move(request), std::move(destination), kMostAnswerOctets);
  Open& open = open_.try_emplace(no, Open{to, subject, std::move(transfer)}).first->second;
  send_next(no, open);
  return no;
}

void Pushes::send_next(PushNo no, Open& open) {
  open.token = tokens_.make(static_cast<std::uint32_t>(no));
  const NumberValue tag(static_cast<std::uint32_t>(no));
  const RequestPart part = open.transfer.next(kDatagramPayload, tag.view());
  open.in_blocks = part.block1.has_value();
  open.mid = events_.send(open.to, open.token, part, no);
}

void Pushes::stop_waiting(Open& open) {
  if (!open.due) return;
  due_.erase(*open.due);
  open.due.reset();
}

void Pushes::forget(PushNo no) {
  const auto found = open_.find(no);
  if (found == open_.end()) return;
  events_.forget(found->second.to, found->second.mid);
  stop_waiting(found->second);
  open_.erase(found);
}

void Pushes::ended(PushNo no, Ending how, base::TimePoint now) {
  const auto found = open_.find(no);
  if (found == open_.end()) return;
  switch (how.how) {
    case Ending::acknowledged:  // the answer comes with it, or separately
      found->second.due = due_.insert(due_.end(), {now + kAnswerWithin, no});
      return;
    case Ending::reset: return finish(no, {PushEnd::How::reset});
    case Ending::timed_out: return finish(no, {PushEnd::How::timed_out});
  }
}

std::optional<std::uint16_t> Pushes::asked_by(const Peer& from, const Token& token) const {
  const auto found = open_.find(PushNo{Tokens::id_of(token).value_or(0)});
  if (found == open_.end() || !(found->second.token == token)) return std::nullopt;
  const bool is_its = without_local(found->second.to) == without_local(from);
  return is_its ? std::optional(found->second.mid) : std::nullopt;
}

void Pushes::answered(const Token& token, AnswerPart&& answer) {
  const PushNo no{Tokens::id_of(token).value()};
  Open& open = open_.find(no)->second;
  stop_waiting(open);
  const auto step = open.transfer.take(std::move(answer));
  if (!step) return finish(no, {PushEnd::How::broken});
  if (*step == Transfer::Step::send_next) return send_next(no, open);
  ClientResponse response = std::move(open.transfer).response();
  PushEnd end{PushEnd::How::answered, response.code};
  const bool is_error = class_of(response.code) >= 4;
  if (is_error && response.content_format.value_or(kFormatText) == kFormatText)
    end.diagnostic = std::move(response.payload);
  finish(no, end);
}

void Pushes::finish(PushNo no, const PushEnd& end) {
  const auto found = open_.find(no);
  const std::uint64_t subject = found->second.subject;
  stop_waiting(found->second);
  open_.erase(found);
  events_.ended(subject, end);
}

void Pushes::tick(base::TimePoint now) {
  while (!due_.empty() && due_.front().at <= now) {
    const PushNo no = due_.front().no;
    const bool in_blocks = open_.find(no)->second.in_blocks;
    finish(no, {in_blocks ? PushEnd::How::timed_out : PushEnd::How::acknowledged});
  }
}

std::optional<base::TimePoint> Pushes::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.front().at;
}

}  // namespace msggw::coap
