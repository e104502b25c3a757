// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "gateway/base/keyed_hash.h"
#include "gateway/messages/message.h"

namespace msggw::messages {

enum class AddressNo : std::uint32_t {};

/// Each address once, however many name it. Loop thread only.
class AddressBook {
 public:
  /// The number of the address, which is held once more.
  AddressNo hold(const Address& address);
  /// Requires that it is held; it goes with the last that holds it.
  void release(AddressNo no);
  /// Valid until it goes.
  const Address& at(AddressNo no) const;
  std::size_t size() const noexcept { return numbers_.size(); }

 private:
  struct Hash {
    base::HashKey key;
    std::size_t operator()(const Address& address) const noexcept {
      return base::keyed_hash(key, address.address) + static_cast<std::size_t>(address.type);
    }
  };
  using Numbers = std::unordered_map<Address, AddressNo, Hash>;
  struct Held {
    Numbers::const_iterator where;
    std::uint32_t times = 0;
  };

  Numbers numbers_{0, Hash{base::random_hash_key()}};
  std::vector<Held> held_;
  std::vector<AddressNo> free_;
};

}  // namespace msggw::messages
