// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>
#include <cstddef>
#include <utility>

#include "gateway/base/json.h"

namespace msggw::base {

/// What the JSON and the CBOR parser share: a value made from the parser's events, its items
/// counted, a key that comes twice in one object found. For json.cc and cbor.cc only; lives on
/// their stack.
class DocumentBuilder {
 public:
  DocumentBuilder(const DocumentLimits& limits, boost::json::storage_ptr storage)
      : most_items_(limits.items), stack_({}, room_.data(), room_.size()) {
    stack_.reset(std::move(storage));
  }
  DocumentBuilder(const DocumentBuilder&) = delete;
  DocumentBuilder& operator=(const DocumentBuilder&) = delete;

  /// Call once for each value (not for keys), before it is pushed. False: one more than the limit
  /// allows.
  bool count_item() noexcept { return items_++ < most_items_; }

  boost::json::value_stack& stack() noexcept { return stack_; }

  void push_object(std::size_t members) {
    members_ += members;
    stack_.push_object(members);
  }

  /// The whole value; malformed if a key comes twice in one of its objects.
  Result<boost::json::value> finish();

 private:
  /// Values waiting for their container; above, from the heap.
  static constexpr std::size_t kRoom = 2'048;

  std::size_t most_items_;
  std::size_t items_ = 0;
  std::size_t members_ = 0;
  alignas(std::max_align_t) std::array<unsigned char, kRoom> room_;
  boost::json::value_stack stack_;
};

}  // namespace msggw::base
