// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/reassembly.h"

#include <algorithm>

namespace msggw::sms_text {

namespace {

// What one row costs beside its own octets: nodes of the lists and maps, the heap's own overhead.
// Rounded up, so that most_octets bounds memory and not only text.
constexpr std::size_t kMessageOverhead = 512;
constexpr std::size_t kPartOverhead = 64;
/// Of one SMS, of an octet each before they are packed.
constexpr std::size_t kMostCharacters = 160;

bool is_possible(const ReceivedPart& part) noexcept {
  return part.total != 0 && part.sequence != 0 && part.sequence <= part.total;
}

std::size_t cost_of(const ReceivedPart& part) noexcept {
  return part.data.size() + kPartOverhead;
}

/// Of a whole message whose first part is this one, which may be the short one at its end.
std::size_t cost_of_parts(const ReceivedPart& part) noexcept {
  return part.total * std::max(cost_of(part), kPartOverhead + kMostCharacters);
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
  if (!is_possible(part)) {
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
  const bool begins = found == by_key_.end();
  if (const auto outcome = no_room(part, begins ? nullptr : &*found->second)) return {*outcome};
  const auto message = begins ? begin_message(part, std::move(key)) : found->second;
  keep(message, part, now);
  if (message->pieces.size() < message->total) return {Added::Outcome::waiting};
  Added added{Added::Outcome::complete, join(message->pieces)};
  for (const Piece& piece : message->pieces) {  // join() has put them in order
    added.tags.push_back(piece.tag);
    added.digests.push_back(digest_of(piece.alphabet, piece.data));
  }
  take_out(message);
  ++counters_.completed;
  return added;
}

/// None: there is room for the part, of `message` or, if that is null, of one that it begins.
std::optional<Added::Outcome> Reassembly::no_room(const ReceivedPart& part,
                                                  const Message* message) {
  if (part.is_acknowledged) return std::nullopt;
  const bool begins = message == nullptr;
  const std::size_t taken = begins ? 0 : message->octets;
  const std::size_t wanted = begins ? cost_of_message(part) + cost_of_parts(part)
                                    : std::max(taken, message->used + cost_of(part));
  if (wanted > most_of_sender()) {
    ++counters_.refused;
    return Added::Outcome::refused;
  }
  const auto found = by_sender_.find(part.sender);
  const OfSender sender = found == by_sender_.end() ? OfSender{} : found->second;
  if ((begins && sender.messages >= options_.most_per_sender) ||
      sender.octets - taken + wanted > most_of_sender()) {
    ++counters_.above_sender;
    return Added::Outcome::sender_full;
  }
  const bool has_place = !begins || messages_.size() < options_.most_messages;
  if (has_place && octets_ - taken + wanted <= options_.most_octets) return std::nullopt;
  ++(has_place ? counters_.above_octets : counters_.above_messages);
  return Added::Outcome::full;
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
  const auto message = messages_.insert(messages_.end(), Message{std::move(key),
                                                                 std::string(part.sender),
                                                                 part.total,
                                                                 {},
                                                                 {},
                                                                 0,
                                                                 cost_of_message(part),
                                                                 {}});
  ++by_sender_[message->sender].messages;
  by_key_.emplace(message->key, message);
  take_octets(*message, cost_of_message(part) + cost_of_parts(part));
  return message;
}

void Reassembly::take_octets(Message& message, std::size_t octets) {
  message.octets += octets;
  octets_ += octets;
  by_sender_.find(message.sender)->second.octets += octets;
}

void Reassembly::keep(Messages::iterator message, const ReceivedPart& part, base::TimePoint now) {
  message->seen.set(part.sequence);
  message->pieces.push_back({part.sequence, part.alphabet, std::string(part.data), part.tag});
  message->used += cost_of(part);
  if (message->used > message->octets) take_octets(*message, message->used - message->octets);
  message->last_part = now;
  messages_.splice(messages_.end(), messages_, message);
}

std::size_t Reassembly::incomplete_of(std::string_view sender) const {
  const auto found = by_sender_.find(sender);
  return found == by_sender_.end() ? 0 : found->second.messages;
}

void Reassembly::drop(Messages::iterator message) {
  for (const Piece& piece : message->pieces) dropped_.push_back(piece.tag);
  take_out(message);
}

void Reassembly::take_out(Messages::iterator message) {
  octets_ -= message->octets;
  by_key_.erase(message->key);
  const auto sender = by_sender_.find(message->sender);
  sender->second.octets -= message->octets;
  if (--sender->second.messages == 0) by_sender_.erase(sender);
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
