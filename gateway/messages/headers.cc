// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/headers.h"

#include <algorithm>
#include <utility>

#include "gateway/base/result.h"

namespace msggw::messages {

MessageNo Headers::add(const Header& header) {
  put(next_, header);
  return MessageNo{next_++};
}

bool Headers::restore(MessageNo no, const Header& header) {
  if (number(no) < next_) return false;
  put(number(no), header);
  next_ = number(no) + 1;
  return true;
}

void Headers::continue_at(MessageNo no) {
  next_ = std::max(next_, number(no));
}

void Headers::put(std::uint64_t number, const Header& header) {
  const std::uint64_t chunk_number = number / kChunk;
  if (chunks_.empty()) first_chunk_ = chunk_number;
  while (first_chunk_ + chunks_.size() <= chunk_number) chunks_.emplace_back();
  auto& chunk = chunks_[chunk_number - first_chunk_];
  if (!chunk) chunk = std::make_unique<Chunk>();
  chunk->headers[number % kChunk] = header;
  chunk->taken[number % kChunk] = true;
  ++chunk->live;
  ++size_;
  if (!header.ended()) expect(*chunk, header.expires_s);
}

void Headers::expect(Chunk& chunk, std::uint32_t expires_s) noexcept {
  chunk.next_expiry_s = std::min(chunk.next_expiry_s, expires_s);
  next_expiry_s_ = std::min(next_expiry_s_, expires_s);
}

Headers::Chunk* Headers::chunk_of(std::uint64_t number) const noexcept {
  const std::uint64_t chunk_number = number / kChunk;
  if (chunk_number < first_chunk_ || chunk_number - first_chunk_ >= chunks_.size()) return nullptr;
  return chunks_[chunk_number - first_chunk_].get();
}

Header* Headers::find(MessageNo no) noexcept {
  return const_cast<Header*>(std::as_const(*this).find(no));
}

const Header* Headers::find(MessageNo no) const noexcept {
  const Chunk* const chunk = chunk_of(number(no));
  if (chunk == nullptr || !chunk->taken[number(no) % kChunk]) return nullptr;
  return &chunk->headers[number(no) % kChunk];
}

Header& Headers::at(MessageNo no) {
  return const_cast<Header&>(std::as_const(*this).at(no));
}

const Header& Headers::at(MessageNo no) const {
  const Header* const found = find(no);
  base::ensure(found != nullptr, "messages: a header that is there");
  return *found;
}

void Headers::erase(MessageNo no) {
  if (at(no).in_window) leave_window(no);
  Chunk* const chunk = chunk_of(number(no));
  chunk->taken[number(no) % kChunk] = false;
  --size_;
  if (--chunk->live > 0) return;
  chunks_[number(no) / kChunk - first_chunk_].reset();
  while (!chunks_.empty() && !chunks_.front()) {
    chunks_.pop_front();
    ++first_chunk_;
  }
}

void Headers::enter_window(MessageNo no) {
  Header& header = at(no);
  const bool added =
      part_of(header.window_key()).insert(static_cast<std::uint32_t>(number(no))).second;
  base::ensure(added, "messages: a number is in the window once");
  header.in_window = true;
}

void Headers::leave_window(MessageNo no) {
  Header& header = at(no);
  part_of(header.window_key()).erase(static_cast<std::uint32_t>(number(no)));
  header.in_window = false;
}

std::optional<MessageNo> Headers::in_window(const Key& key) const {
  const Part& part = part_of(key);
  const auto found = part.find(key);
  if (found == part.end()) return std::nullopt;
  return whole(*found);
}

std::size_t Headers::window() const noexcept {
  std::size_t count = 0;
  for (const Part& part : window_) count += part.size();
  return count;
}

/// There are never as many numbers in use that two have the same lower half.
MessageNo Headers::whole(std::uint32_t low) const noexcept {
  const auto back = static_cast<std::uint32_t>(static_cast<std::uint32_t>(next_) - low);
  return MessageNo{next_ - back};
}

std::size_t Headers::Hash::operator()(std::uint32_t low) const noexcept {
  return headers->find(headers->whole(low))->window_key().low;
}

bool Headers::Equal::operator()(const Key& key, std::uint32_t low) const noexcept {
  return headers->find(headers->whole(low))->window_key() == key;
}

std::array<Headers::Part, Headers::kParts> Headers::empty_window(const Headers& headers) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Part, kParts>{((void)I, Part(0, Hash{&headers}, Equal{&headers}))...};
  }(std::make_index_sequence<kParts>());
}

std::optional<MessageNo> Headers::first_from(MessageNo no) const noexcept {
  for (std::uint64_t at = std::max(number(no), first_chunk_ * kChunk); at < next_;) {
    const Chunk* const chunk = chunk_of(at);
    if (chunk == nullptr) {
      at = (at / kChunk + 1) * kChunk;
    } else if (chunk->taken[at % kChunk]) {
      return MessageNo{at};
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

void Headers::remind(MessageNo no) noexcept {
  expect(*chunk_of(number(no)), at(no).expires_s);
}

std::vector<MessageNo> Headers::take_expired(std::uint32_t now_s, std::size_t most) {
  std::vector<MessageNo> expired;
  std::uint32_t next_of_all = kNever;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    Chunk* const chunk = chunks_[i].get();
    if (chunk == nullptr) continue;
    if (chunk->next_expiry_s <= now_s && expired.size() < most) {
      chunk->next_expiry_s = kNever;
      for (std::size_t j = 0; j < kChunk; ++j) {
        const Header& header = chunk->headers[j];
        if (!chunk->taken[j] || header.ended()) continue;
        if (header.expires_s <= now_s)
          expired.push_back(MessageNo{(first_chunk_ + i) * kChunk + j});
        else
          chunk->next_expiry_s = std::min(chunk->next_expiry_s, header.expires_s);
      }
    }
    next_of_all = std::min(next_of_all, chunk->next_expiry_s);
  }
  next_expiry_s_ = next_of_all;
  return expired;
}

}  // namespace msggw::messages
