// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/message_layer.h"

#include <utility>

namespace msggw::coap {

MessageLayer::MessageLayer(const Limits& limits, Events events)
    : limits_(limits),
      events_(std::move(events)),
      random_(static_cast<unsigned>(base::random_hash_key().k0)),
      sent_(0, KeyHash{key_}) {
  for (auto& mid : mids_) mid = static_cast<std::uint16_t>(random_());
}

void MessageLayer::received(const Peer& from, std::string_view octets) {
  const Datagram datagram = read_datagram(octets);
  if (datagram.status == Datagram::Status::foreign) return events_.malformed();
  if (datagram.status == Datagram::Status::malformed) return reject(from, datagram);
  const std::uint8_t code = datagram.message.code;
  if (code == 0) return received_empty(from, datagram);
  const unsigned of_class = code >> 5;
  const bool is_response = of_class == 2 || of_class == 4 || of_class == 5;
  switch (datagram.type) {
    case MessageType::confirmable:
    case MessageType::non_confirmable:
      if (of_class != 0 && !is_response) return reject(from, datagram);
      return events_.message(from, datagram);
    case MessageType::acknowledgement: {
      if (!is_response) return reject(from, datagram);
      // With the token of another request it answers nothing that was sent (RFC 7252 5.3.2), and
      // what was sent still waits.
      const auto sent = sent_.find({from, datagram.mid});
      if (sent != sent_.end() && !(sent->second.token == datagram.message.token)) return;
      if (sent != sent_.end()) end(from, datagram.mid, {Ending::acknowledged, Code{code}});
      return events_.message(from, datagram);
    }
    case MessageType::reset: return reject(from, datagram);
  }
}

void MessageLayer::received_empty(const Peer& from, const Datagram& datagram) {
  switch (datagram.type) {
    case MessageType::confirmable: return reset(from, datagram.mid);  // a ping
    case MessageType::non_confirmable: return reject(from, datagram);
    case MessageType::acknowledgement:
    case MessageType::reset: {
      const bool acknowledged = datagram.type == MessageType::acknowledgement;
      const Ending how = acknowledged ? Ending::acknowledged : Ending::reset;
      if (!end(from, datagram.mid, how) && events_.stray) events_.stray(from);
      return;
    }
  }
}

void MessageLayer::reject(const Peer& from, const Datagram& what) {
  events_.malformed();
  if (what.type == MessageType::confirmable) reset(from, what.mid);
}

std::uint16_t MessageLayer::send(const Peer& to, bool confirmable, std::uint8_t code,
                                 const Token& token, std::string_view options,
                                 std::string_view payload, base::TimePoint now,
                                 const Subject& subject,
                                 std::optional<base::Duration> ack_timeout) {
  const std::uint16_t mid = next_mid(to);
  const bool repeated = confirmable && sent_.size() < limits_.max_unacknowledged;
  scratch_.clear();
  append_datagram(scratch_, repeated ? MessageType::confirmable : MessageType::non_confirmable, mid,
                  code, token.view(), options, payload);
  if (repeated) {
    end(to, mid, Ending::timed_out);  // of 65536 messages ago
    const auto timeout = first_timeout(ack_timeout.value_or(limits_.ack_timeout));
    const auto entry = sent_.try_emplace({to, mid}).first;
    entry->second = {
        to, token, subject, scratch_, timeout, 0, due_.emplace(now + timeout, &entry->first)};
  }
  events_.transmit(to, scratch_);
  return mid;
}

void MessageLayer::answer(const Peer& to, std::uint16_t mid, std::uint8_t code, const Token& token,
                          std::string_view options, std::string_view payload) {
  scratch_.clear();
  append_datagram(scratch_, MessageType::acknowledgement, mid, code, token.view(), options,
                  payload);
  events_.transmit(to, scratch_);
}

void MessageLayer::acknowledge(const Peer& to, std::uint16_t mid) {
  transmit_empty(to, MessageType::acknowledgement, mid);
}

void MessageLayer::reset(const Peer& to, std::uint16_t mid) {
  transmit_empty(to, MessageType::reset, mid);
}

void MessageLayer::transmit_empty(const Peer& to, MessageType type, std::uint16_t mid) {
  scratch_.clear();
  append_datagram(scratch_, type, mid, 0, {}, {}, {});
  events_.transmit(to, scratch_);
}

bool MessageLayer::forget(const Peer& to, std::uint16_t mid) {
  const auto found = sent_.find({to, mid});
  if (found == sent_.end()) return false;
  due_.erase(found->second.due);
  sent_.erase(found);
  return true;
}

/// False: it had ended, or never was.
bool MessageLayer::end(const Peer& to, std::uint16_t mid, Ending how) {
  const auto found = sent_.find({to, mid});
  if (found == sent_.end()) return false;
  const Peer peer = found->second.to;
  const Token token = found->second.token;
  const Subject subject = found->second.subject;
  due_.erase(found->second.due);
  sent_.erase(found);
  events_.ended(peer, token, subject, how);
  return true;
}

void MessageLayer::repeat(base::TimePoint now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const Key& key = *due_.begin()->second;
    Sent& sent = sent_.find(key)->second;
    if (sent.repetitions >= limits_.max_retransmit) {
      end(key.peer, key.mid, Ending::timed_out);
      continue;
    }
    ++sent.repetitions;
    sent.timeout *= 2;
    due_.erase(sent.due);
    sent.due = due_.emplace(now + sent.timeout, &key);
    if (!events_.may_repeat || events_.may_repeat(sent.to, sent.octets.size()))
      events_.transmit(sent.to, sent.octets);
  }
}

std::optional<base::TimePoint> MessageLayer::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

std::uint16_t MessageLayer::next_mid(const Peer& to) {
  return ++mids_[hash_of(key_, without_local(to)) % kCounters];
}

base::Duration MessageLayer::first_timeout(base::Duration least) {
  return least + base::Duration{static_cast<std::int64_t>(random_() % (least.count() / 2 + 1))};
}

}  // namespace msggw::coap
