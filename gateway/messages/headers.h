// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/messages/header.h"

namespace msggw::messages {

/// The headers by number, and by key as long as they are in the window of duplicates. About 55
/// octets each: they stand in chunks, which are made and freed as a whole, so that nothing is
/// copied when a million wait; a chunk goes when the last of its headers does. Loop thread only.
class Headers {
 public:
  Headers() = default;
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;

  /// The header gets the next number.
  MessageNo add(const Header& header);
  /// At start, in ascending order: false if `no` is not above all before. Numbers that are left
  /// out stay free.
  bool restore(MessageNo no, const Header& header);
  /// The number that add() gives next is at least this.
  void continue_at(MessageNo no);

  bool holds(MessageNo no) const noexcept { return find(no) != nullptr; }
  /// Null: there is none of this number.
  Header* find(MessageNo no) noexcept;
  const Header* find(MessageNo no) const noexcept;
  /// Requires holds(no).
  Header& at(MessageNo no);
  const Header& at(MessageNo no) const;
  /// Takes it out of the window too. Requires holds(no).
  void erase(MessageNo no);

  /// Into the window and out of it. Requires that no other in the window has its window_key().
  void enter_window(MessageNo no);
  void leave_window(MessageNo no);
  /// By Header::window_key().
  std::optional<MessageNo> in_window(const Key& key) const;
  std::size_t window() const noexcept;

  /// The first header from `no` on; none: there is none.
  std::optional<MessageNo> first_from(MessageNo no) const noexcept;
  std::size_t size() const noexcept { return size_; }
  MessageNo next() const noexcept { return MessageNo{next_}; }

  /// When the next of those that have not ended expires, in seconds as the header has it, or
  /// earlier; kNever: none.
  std::uint32_t next_expiry_s() const noexcept { return next_expiry_s_; }
  /// Those that have not ended and whose time has come by `now_s`, in ascending order, at most
  /// about `most`; if there are more, next_expiry_s() still lies in the past. The caller ends each,
  /// or gives it another expires_s and calls remind().
  std::vector<MessageNo> take_expired(std::uint32_t now_s, std::size_t most);
  /// next_expiry_s() looks at this one again.
  void remind(MessageNo no) noexcept;

  static constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();

 private:
  static constexpr std::size_t kChunk = 1'024;
  struct Chunk {
    std::array<Header, kChunk> headers;
    std::bitset<kChunk> taken;
    std::uint16_t live = 0;
    std::uint32_t next_expiry_s = kNever;  ///< of its headers, or earlier
  };
  // The window holds the lower half of each number; the key is read from the header. In parts, so
  // that none takes long to grow.
  struct Hash {
    using is_transparent = void;
    const Headers* headers;
    std::size_t operator()(std::uint32_t low) const noexcept;
    std::size_t operator()(const Key& key) const noexcept { return key.low; }
  };
  struct Equal {
    using is_transparent = void;
    const Headers* headers;
    bool operator()(std::uint32_t a, std::uint32_t b) const noexcept { return a == b; }
    bool operator()(const Key& key, std::uint32_t low) const noexcept;
    bool operator()(std::uint32_t low, const Key& key) const noexcept { return (*this)(key, low); }
  };
  using Part = boost::unordered_flat_set<std::uint32_t, Hash, Equal>;
  static constexpr std::size_t kParts = 64;

  Part& part_of(const Key& key) noexcept { return window_[key.high % kParts]; }
  const Part& part_of(const Key& key) const noexcept { return window_[key.high % kParts]; }
  MessageNo whole(std::uint32_t low) const noexcept;
  Chunk* chunk_of(std::uint64_t number) const noexcept;
  void put(std::uint64_t number, const Header& header);
  void expect(Chunk& chunk, std::uint32_t expires_s) noexcept;

  static std::array<Part, kParts> empty_window(const Headers& headers);

  std::deque<std::unique_ptr<Chunk>> chunks_;  ///< null: nothing of it is left
  std::uint64_t first_chunk_ = 0;              ///< number of chunks_.front()
  std::uint64_t next_ = 1;
  std::size_t size_ = 0;
  std::uint32_t next_expiry_s_ = kNever;  ///< of the chunks, or earlier
  std::array<Part, kParts> window_ = empty_window(*this);
};

}  // namespace msggw::messages
