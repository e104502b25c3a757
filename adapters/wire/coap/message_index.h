// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <optional>

#include "adapters/wire/coap/endpoint.h"

namespace msggw::coap {

/// Finds the row of a table by the message that it is about without holding its identity: sixteen
/// octets a row, which the caller's `id_of(row)` confirms. Taking a row out looks at no other.
class MessageIndex {
 public:
  template <class IdOf>
  std::optional<std::uint64_t> find(const MessageId& id, const IdOf& id_of) const {
    const auto found = slots_.find(Probe<IdOf>{id, id_of});
    if (found == slots_.end()) return std::nullopt;
    return found->row;
  }

  /// Requires that find() knows no row of this message, and that none has this number.
  void insert(const MessageId& id, std::uint64_t row) { slots_.insert(Slot{row, id.hash}); }
  void erase(const MessageId& id, std::uint64_t row) { slots_.erase(Slot{row, id.hash}); }

  bool empty() const noexcept { return slots_.empty(); }

 private:
  struct Slot {
    std::uint64_t row;
    std::uint64_t hash;
  };
  template <class IdOf>
  struct Probe {
    const MessageId& id;
    const IdOf& id_of;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Slot& slot) const noexcept { return slot.hash; }
    template <class IdOf>
    std::size_t operator()(const Probe<IdOf>& probe) const noexcept {
      return probe.id.hash;
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Slot& a, const Slot& b) const noexcept { return a.row == b.row; }
    template <class IdOf>
    bool operator()(const Probe<IdOf>& probe, const Slot& slot) const {
      return probe.id.hash == slot.hash && probe.id_of(slot.row) == probe.id;
    }
    template <class IdOf>
    bool operator()(const Slot& slot, const Probe<IdOf>& probe) const {
      return (*this)(probe, slot);
    }
  };

  boost::unordered_flat_set<Slot, Hash, Equal> slots_;
};

}  // namespace msggw::coap
