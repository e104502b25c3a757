// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <memory>

#include "gateway/messages/header.h"

namespace msggw::messages {

/// What is carried, of those messages that have it in RAM: what has just come in, what is under way
/// or goes soon, and what was read ahead. The rest is in the store alone. Loop thread only.
class Contents {
 public:
  /// Requires that there is none of that number.
  void put(MessageNo no, Carried&& carried);
  /// Null: it is not in RAM. Valid until it is dropped.
  const Carried* find(MessageNo no) const noexcept;
  /// Nothing happens if it is not in RAM.
  void drop(MessageNo no);
  /// Out of RAM, without a copy. Requires that it is there.
  Carried take(MessageNo no);

  /// Of RAM, with what the allocator and the table add, roughly.
  std::size_t octets() const noexcept { return octets_; }
  std::size_t size() const noexcept { return by_number_.size(); }

  /// What `carried` takes in the store, roughly: its texts and what is around them.
  static std::size_t octets_of(const Carried& carried) noexcept;

 private:
  boost::unordered_flat_map<MessageNo, std::unique_ptr<Carried>> by_number_;
  std::size_t octets_ = 0;
};

}  // namespace msggw::messages
