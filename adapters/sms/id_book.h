// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/clock.h"
#include "gateway/base/keyed_hash.h"

namespace msggw::sms {

/// Values by the message id that an SMSC gave, oldest first. Every call is O(1). For one thread.
template <class Value>
class IdBook {
 public:
  struct Entry {
    std::string id;
    Value value;
    base::TimePoint since;
  };

  /// `key` is needed because what is searched by comes from outside.
  explicit IdBook(base::HashKey key) : by_id_(0, Hash{key}) {}
  IdBook(const IdBook&) = delete;
  IdBook& operator=(const IdBook&) = delete;

  /// Returns the entry of the same id that gave way, if there was one.
  std::optional<Entry> put(std::string id, Value value, base::TimePoint now) {
    auto old = take(id);
    entries_.push_back({std::move(id), std::move(value), now});
    by_id_.emplace(entries_.back().id, std::prev(entries_.end()));
    return old;
  }
  /// Returns the entry of `id`, which is in the book no more.
  std::optional<Entry> take(std::string_view id) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return std::nullopt;
    return remove(found->second);
  }
  /// Returns null if there is none. Valid until it is changed or taken.
  const Value* find(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &found->second->value;
  }
  /// Returns null if it is empty.
  const Entry* oldest() const { return entries_.empty() ? nullptr : &entries_.front(); }
  /// Requires that it is not empty.
  Entry take_oldest() { return remove(entries_.begin()); }
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  using Entries = std::list<Entry>;
  struct Hash {
    base::HashKey key;
    std::size_t operator()(std::string_view text) const noexcept {
      return base::keyed_hash(key, text);
    }
  };

  Entry remove(typename Entries::iterator at) {
    by_id_.erase(std::string_view(at->id));
    Entry entry = std::move(*at);
    entries_.erase(at);
    return entry;
  }

  Entries entries_;
  boost::unordered_flat_map<std::string_view, typename Entries::iterator, Hash> by_id_;
};

}  // namespace msggw::sms
