// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/smsc/wire.h"

namespace msggw::smsc {

/// Text of at most N octets without an allocation; the rest is cut.
template <std::size_t N>
class Cut {
 public:
  void operator=(std::string_view text) {
    size_ = static_cast<std::uint8_t>(text.copy(octets_.data(), N));
  }
  std::string_view view() const { return {octets_.data(), size_}; }

 private:
  static_assert(N < 256);
  std::array<char, N> octets_;
  std::uint8_t size_ = 0;
};

/// The latest PDUs, the oldest give way. Not thread-safe.
class Journal {
 public:
  struct Entry {
    std::uint64_t number = 0;
    std::int64_t at = 0;  ///< Unix time, ms
    std::uint32_t link = 0;
    std::uint32_t command = 0;
    Status status = 0;
    std::uint32_t sequence = 0;
    bool in = false;
    bool has_sm = false;
    std::uint8_t esm_class = 0, data_coding = 0, registered_delivery = 0;
    std::uint16_t octets_size = 0;
    Cut<16> account;
    Cut<20> source, destination;
    Cut<64> message_id;
    Cut<160> octets;

    void set(const Sm& sm);
  };
  struct Filter {
    std::string_view command{};
    std::string_view account{};
    std::string_view direction{};  ///< "in", "out", or empty
    std::uint64_t since = 0;       ///< only entries with higher numbers
    std::size_t limit = 1'000;
  };

  explicit Journal(std::size_t most) { keep(most); }

  bool on() const { return most_ > 0; }
  /// The place for the next entry, cleared and numbered. Only when on().
  Entry& next();
  void keep(std::size_t most);
  void clear();
  /// {"entries":[..],"last":N,"lost":N}: the first `limit` that pass.
  boost::json::object list(const Filter& filter) const;

 private:
  std::vector<Entry> ring_;
  std::size_t most_ = 0;
  std::uint64_t last_ = 0;     ///< number of the latest entry
  std::uint64_t cleared_ = 0;  ///< entries up to this number were cleared
};

}  // namespace msggw::smsc
