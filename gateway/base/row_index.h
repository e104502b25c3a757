// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/base/keyed_hash.h"

namespace msggw::base {

/// Finds the row of a table by a text column without holding the text: eight octets a row (number
/// and hash), which the caller's `text_of(row)` confirms. Growing it touches no text, so a turn
/// that doubles a table of a million rows stays short. Not thread-safe.
class RowIndex {
 public:
  explicit RowIndex(HashKey key) : key_(key) {}

  template <class TextOf>
  std::optional<std::uint32_t> find(std::string_view text, const TextOf& text_of) const {
    const auto found = slots_.find(Probe<TextOf>{hash(text), text, text_of});
    if (found == slots_.end()) return std::nullopt;
    return found->row;
  }

  /// Requires that no row with this text is in the index.
  void insert(std::string_view text, std::uint32_t row) { slots_.insert(Slot{row, hash(text)}); }

  void erase(std::string_view text, std::uint32_t row) { slots_.erase(Slot{row, hash(text)}); }

  void reserve(std::size_t rows) { slots_.reserve(rows); }
  std::size_t size() const noexcept { return slots_.size(); }

 private:
  struct Slot {
    std::uint32_t row;
    std::uint32_t hash;
  };
  template <class TextOf>
  struct Probe {
    std::uint32_t hash;
    std::string_view text;
    const TextOf& text_of;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const auto& slot_or_probe) const noexcept { return slot_or_probe.hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Slot& a, const Slot& b) const noexcept { return a.row == b.row; }
    template <class TextOf>
    bool operator()(const Probe<TextOf>& probe, const Slot& slot) const {
      return probe.hash == slot.hash && probe.text_of(slot.row) == probe.text;
    }
    template <class TextOf>
    bool operator()(const Slot& slot, const Probe<TextOf>& probe) const {
      return (*this)(probe, slot);
    }
  };

  std::uint32_t hash(std::string_view text) const noexcept {
    return static_cast<std::uint32_t>(keyed_hash(key_, text));
  }

  HashKey key_;
  boost::unordered_flat_set<Slot, Hash, Equal> slots_;
};

}  // namespace msggw::base
