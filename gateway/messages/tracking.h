// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/core/ids.h"
#include "gateway/messages/header.h"

namespace msggw::messages {

/// A message that a bearer has, and what it wrote down of it.
struct Tracked {
  core::Bearer bearer{};
  std::uint32_t expires_s = 0;  ///< of the message, if it comes back
  std::string octets;           ///< the bearer's own

  bool operator==(const Tracked&) const = default;
};

/// What bearers must still know after a restart of messages that they have passed on. Each row goes
/// when its message ends or comes back. About 100 octets and what the bearer wrote. Loop thread
/// only.
class Tracking {
 public:
  /// Null: there is none. Valid until the next call.
  const Tracked* find(MessageNo no) const noexcept;
  /// In place of what there was.
  void put(MessageNo no, Tracked row);
  /// False: there was none.
  bool drop(MessageNo no);
  /// At start. False: there is one already.
  bool restore(MessageNo no, Tracked row);

  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& [no, row] : rows_) visit(no, row);
  }
  /// In ascending number.
  std::vector<MessageNo> of(core::Bearer bearer) const;
  std::size_t size() const noexcept { return rows_.size(); }
  bool has_changes() const noexcept { return !changed_.empty(); }
  /// Those whose row is to be written, or erased if there is none; each once.
  std::vector<MessageNo> take_changes();

 private:
  boost::unordered_flat_map<MessageNo, Tracked> rows_;
  std::vector<MessageNo> changed_;
};

}  // namespace msggw::messages
