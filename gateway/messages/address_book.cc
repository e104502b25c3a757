// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/address_book.h"

#include "gateway/base/result.h"

namespace msggw::messages {

AddressNo AddressBook::hold(const Address& address) {
  const auto [where, is_new] = numbers_.try_emplace(address, AddressNo{});
  if (!is_new) {
    ++held_[static_cast<std::size_t>(where->second)].times;
    return where->second;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<AddressNo>(held_.size()));
    held_.emplace_back();
  }
  const AddressNo no = free_.back();
  free_.pop_back();
  where->second = no;
  held_[static_cast<std::size_t>(no)] = {where, 1};
  return no;
}

void AddressBook::release(AddressNo no) {
  Held& held = held_[static_cast<std::size_t>(no)];
  base::ensure(held.times > 0, "messages: an address that is held");
  if (--held.times > 0) return;
  numbers_.erase(held.where);
  free_.push_back(no);
}

const Address& AddressBook::at(AddressNo no) const {
  return held_[static_cast<std::size_t>(no)].where->first;
}

}  // namespace msggw::messages
