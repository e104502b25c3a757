#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sms/smsc.h"
#include "gateway/core/ids.h"

namespace msggw::sms {

/// A message from a device that the SMSC has not been answered yet.
struct OpenMessage {
  enum class Wish : std::uint8_t { registration, status, stop };

  Smsc::Request request;
  std::string number;     ///< of the device, E.164
  smpp::Address service;  ///< that it wrote to
  Wish wish = Wish::registration;
};

/// Those for which the core gave no answer at once, by the ticket that comes back with the answer.
/// A ticket is a place and the number of its use, so that an answer which comes twice or for
/// nothing finds nothing.
class OpenMessages {
 public:
  explicit OpenMessages(std::size_t most) : most_(most) {}

  bool is_full() const noexcept { return open_ >= most_; }
  std::size_t size() const noexcept { return open_; }

  /// The ticket that the next keep() will stand under. Requires !is_full().
  core::Ticket next_ticket() {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(places_.size()));
      places_.emplace_back();
    }
    return core::Ticket{std::uint64_t{places_[free_.back()].use} << 32 | free_.back()};
  }
  void keep(OpenMessage message) {
    Place& place = places_[free_.back()];
    free_.pop_back();
    place.message = std::move(message);
    place.open = true;
    ++open_;
  }
  /// The message, which is no longer open; none if the ticket is not known.
  std::optional<OpenMessage> take(core::Ticket ticket) {
    const auto index = static_cast<std::uint32_t>(ticket);
    const auto use = static_cast<std::uint32_t>(static_cast<std::uint64_t>(ticket) >> 32);
    if (index >= places_.size()) return std::nullopt;
    Place& place = places_[index];
    if (!place.open || place.use != use) return std::nullopt;
    place.open = false;
    ++place.use;
    free_.push_back(index);
    --open_;
    return std::move(place.message);
  }

 private:
  struct Place {
    OpenMessage message;
    std::uint32_t use = 0;
    bool open = false;
  };

  std::size_t most_;
  std::size_t open_ = 0;
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_;
};

}  // namespace msggw::sms
