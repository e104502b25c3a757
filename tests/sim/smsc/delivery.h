// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <queue>
#include <string>
#include <vector>

#include "tests/sim/fleet/pacing.h"

namespace msggw::smsc {

using fleet::Instant;

/// One deliver_sm to be sent. What it says is where `kind` and the two numbers point to.
struct Delivery {
  enum class Kind : std::uint8_t {
    message,   ///< `owner` in Messages, `index` its step
    receipt,   ///< `index` in ReceiptTable
    campaign,  ///< `owner` a campaign, `index` its number
  };
  Kind kind = Kind::message;
  std::uint32_t attempts = 0;  ///< times sent
  std::uint32_t owner = 0;
  std::uint32_t index = 0;
};

/// A system_id, what waits for it, and how many of its binds receive.
struct Account {
  std::string name;
  std::deque<Delivery> queue;
  std::size_t receivers = 0;
};

/// Deliveries that come later: delayed receipts, and what is tried again.
class Later {
 public:
  struct Item {
    Instant due{};
    std::uint64_t order = 0;     ///< of two that are due together the earlier one comes first
    Account* account = nullptr;  ///< null: anybody's
    Delivery delivery;
  };

  void add(Instant due, Account* account, const Delivery& delivery) {
    items_.push({due, ++order_, account, delivery});
  }
  bool empty() const { return items_.empty(); }
  Instant due() const { return items_.top().due; }
  Item take() {
    Item item = items_.top();
    items_.pop();
    return item;
  }

 private:
  struct Behind {
    bool operator()(const Item& a, const Item& b) const {
      return a.due != b.due ? a.due > b.due : a.order > b.order;
    }
  };
  std::priority_queue<Item, std::vector<Item>, Behind> items_;
  std::uint64_t order_ = 0;
};

}  // namespace msggw::smsc
