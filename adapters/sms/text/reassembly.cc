// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/reassembly.h"

#include <algorithm>

namespace msggw::sms_text {

namespace {

// What one row costs beside its own octets: nodes of the lists and maps, the heap's own overhead.
// Rounded up, so that most_octets bounds memory and not only text.
constexpr std::size_t kMessageOverhead = 512;
constexpr std::size_t kPartOverhead = 64;

bool is_possible(const ReceivedPart& part) noexcept {
  return part.total != 0 && part.sequence != 0 && part.sequence <= part.total;
}

std::size_t cost_of(const ReceivedPart& part) noexcept {
  return part.data.size() + kPartOverhead;
}

/// Of a message without its parts: the sender stands in the key, by itself and in a map.
std::size_t cost_of_message(const ReceivedPart& part) noexcept {
  return kMessageOverhead + 3 * part.sender.size() + part.recipient.size();
}

}  // namespace

std::uint64_t digest_of(Alphabet alphabet, std::string_view data) noexcept {
  return base::keyed_hash({0, static_cast<std::uint64_t>(alphabet)}, data);
}

std::string Reassembly::key_of(const ReceivedPart& part) {
  std::string key;
  key.reserve(part.sender.size() + part.recipient.size() + 8);
  key.push_back(static_cast<char>(part.form));
  key.push_back(static_cast<char>(part.total));
  key.push_back(static_cast<char>(part.reference >> 8));
  key.push_back(static_cast<char>(part.reference & 0xFF));
  key.append(std::to_string(part.sender.size())).push_back(' ');
  return key.append(part.sender).append(part.recipient);
}

Added Reassembly::add(const ReceivedPart& part, base::TimePoint now) {
  ++counters_.parts;
  expire(now);
  if (!is_possible(part) || cost_of_message(part) + cost_of(part) > options_.most_octets) {
    ++counters_.refused;
    return {Added::Outcome::refused};
  }
  std::string key = key_of(part);
  auto found = by_key_.find(key);
  if (found != by_key_.end() && found->second->seen[part.sequence]) {
    if (holds(*found->second, part)) {
      ++counters_.duplicates;
      return {Added::Outcome::duplicate};
    }
    ++counters_.superseded;
    drop(found->second);
    found = by_key_.end();
  }
  const auto message = found != by_key_.end() ? found->second : begin_message(part, std::move(key));
  keep(message, part, now);
  if (message->pieces.size() == message->total) {
    Added added{Added::Outcome::complete, join(message->pieces)};
    for (const Piece& piece : message->pieces) {  // join() has put them in order
      added.tags.push_back(piece.tag);
      added.digests.push_back(digest_of(piece.alphabet, piece.data));
    }
    take_out(message);
    ++counters_.completed;
    return added;
  }
  if (make_room()) return {Added::Outcome::waiting};
  ++counters_.refused;  // the message was the only one left, and has outgrown the limit
  return {Added::Outcome::refused};
}

std::optional<base::TimePoint> Reassembly::lacked_until(const ReceivedPart& part) const {
  const auto found = by_key_.find(key_of(part));
  if (found == by_key_.end() || found->second->seen[part.sequence]) return std::nullopt;
  return found->second->last_part + options_.timeout;
}

bool Reassembly::supersedes(const ReceivedPart& part) const {
  const auto found = by_key_.find(key_of(part));
  return found != by_key_.end() && found->second->seen[part.sequence] &&
         !holds(*found->second, part);
}

bool Reassembly::holds(const Message& message, const ReceivedPart& part) {
  return std::any_of(message.pieces.begin(), message.pieces.end(), [&](const Piece& piece) {
    return piece.sequence == part.sequence && piece.alphabet == part.alphabet &&
           piece.data == part.data;
  });
}

Reassembly::Messages::iterator Reassembly::begin_message(const ReceivedPart& part,
                                                         std::string key) {
  const auto sender = by_sender_.find(part.sender);
  if (sender != by_sender_.end() && sender->second.size() >= options_.most_per_sender) {
    ++counters_.dropped_for_sender;
    drop(sender->second.front());
  }
  if (!messages_.empty() && messages_.size() >= options_.most_messages) {
    ++counters_.dropped_for_messages;
    drop(messages_.begin());
  }
  const std::size_t octets = cost_of_message(part);
  const auto message = messages_.insert(
      messages_.end(),
      Message{std::move(key), std::string(part.sender), part.total, {}, {}, octets, {}, {}});
  OfSender& of_sender = by_sender_[message->sender];
  message->in_sender = of_sender.insert(of_sender.end(), message);
  by_key_.emplace(message->key, message);
  octets_ += octets;
  return message;
}

void Reassembly::keep(Messages::iterator message, const ReceivedPart& part, base::TimePoint now) {
  message->seen.set(part.sequence);
  message->pieces.push_back({part.sequence, part.alphabet, std::string(part.data), part.tag});
  message->octets += cost_of(part);
  octets_ += cost_of(part);
  message->last_part = now;
  messages_.splice(messages_.end(), messages_, message);
  OfSender& of_sender = by_sender_.find(message->sender)->second;
  of_sender.splice(of_sender.end(), of_sender, message->in_sender);
}

/// False: not even the last message, which is the newest, could stay.
bool Reassembly::make_room() {
  while (octets_ > options_.most_octets) {
    const bool is_last = messages_.size() == 1;
    ++counters_.dropped_for_octets;
    drop(messages_.begin());
    if (is_last) return false;
  }
  return true;
}

void Reassembly::drop(Messages::iterator message) {
  for (const Piece& piece : message->pieces) dropped_.push_back(piece.tag);
  take_out(message);
}

void Reassembly::take_out(Messages::iterator message) {
  octets_ -= message->octets;
  by_key_.erase(message->key);
  const auto sender = by_sender_.find(message->sender);
  sender->second.erase(message->in_sender);
  if (sender->second.empty()) by_sender_.erase(sender);
  messages_.erase(message);
}

void Reassembly::expire(base::TimePoint now) {
  while (!messages_.empty() && messages_.front().last_part + options_.timeout <= now) {
    ++counters_.expired;
    drop(messages_.begin());
  }
}

std::optional<base::TimePoint> Reassembly::next_expiry() const {
  if (messages_.empty()) return std::nullopt;
  return messages_.front().last_part + options_.timeout;
}

ReceivedMessage Reassembly::join(std::vector<Piece>& pieces) {
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return a.sequence < b.sequence; });
  ReceivedMessage message;
  for (std::size_t first = 0; first < pieces.size();) {
    // Decoded together, a pair that the sender cut in two is whole again.
    const Alphabet alphabet = pieces[first].alphabet;
    std::string run;
    for (; first < pieces.size() && pieces[first].alphabet == alphabet; ++first) {
      run.append(pieces[first].data);
    }
    message.body.append(decode(alphabet, run));
    message.is_text = message.is_text && alphabet != Alphabet::octets;
  }
  return message;
}

}  // namespace msggw::sms_text
