// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msggw::mqtt {

/// One message for the broker.
struct Outgoing {
  std::string topic;
  std::string payload;
  std::string correlation;  ///< empty: none
  bool retained = false;
  std::uint64_t tag = 0;  ///< given back when the broker has answered; 0: nobody wants to know
  /// MQTT 5, beside the correlation data, as protocol/writer.h makes them.
  std::string properties = {};
  bool perishable = false;  ///< of no use any more over a later connection
};

/// Publications of QoS 1 that the broker has not acknowledged, in their order, with their packet
/// identifiers (MQTT 5, 2.2.1, 4.4). They stay over a connection: rewind() makes all of them due
/// again. Fixed places whose memory is used again; everything takes the same short time however
/// many there are. Loop thread only.
class Outstanding {
 public:
  static constexpr std::size_t kMost = 1'024;
  /// Packet identifiers above are left to others.
  static constexpr std::uint16_t kLastId = 65'000;

  struct Next {
    const Outgoing& message;
    std::uint16_t id;
    bool again;  ///< was sent before
  };

  bool is_full() const noexcept { return size_ == kMost; }
  std::size_t size() const noexcept { return size_; }
  /// A place for one more, to be filled in. Requires that it is not full.
  Outgoing& add();

  /// From now on the broker takes `window` unacknowledged ones at a time, and has none.
  void rewind(std::size_t window) noexcept;
  /// Whether one may be sent now.
  bool has_due() noexcept;
  /// The next one; it counts as sent. Requires has_due().
  Next take_due() noexcept;
  /// The broker has dealt with it, or will never get it. Returns its tag; none: no such one is with
  /// the broker.
  std::optional<std::uint64_t> done(std::uint16_t id) noexcept;
  /// Those that are perishable are done: their tags, the oldest first.
  std::vector<std::uint64_t> drop_perishable();

 private:
  struct Place {
    Outgoing message;
    bool done = false;
    bool sent = false;  ///< on any connection
  };

  static constexpr std::size_t kIds = kLastId;

  Place& place(std::size_t index) noexcept { return places_[(first_ + index) % kMost]; }
  void trim() noexcept;
  std::uint16_t id_of(std::size_t index) const noexcept {
    return static_cast<std::uint16_t>((first_id_ + index) % kIds + 1);
  }

  std::vector<Place> places_ = std::vector<Place>(kMost);
  std::size_t first_ = 0;     ///< place of the oldest
  std::size_t first_id_ = 0;  ///< of the oldest, from 0
  std::size_t size_ = 0;
  std::size_t sent_ = 0;  ///< of the oldest: on this connection
  std::size_t with_broker_ = 0;
  std::size_t window_ = kMost;
};

}  // namespace msggw::mqtt
