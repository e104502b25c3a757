#include "adapters/mqtt/open_requests.h"

#include "gateway/base/result.h"

namespace msggw::mqtt {

core::Ticket OpenRequests::next_ticket() {
  base::ensure(!is_full(), "a place for the open request");
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  return core::Ticket{std::uint64_t{places_[index].use} << 32 | index};
}

void OpenRequests::keep(const Sender& sender) {
  Place& place = places_[free_.back()];
  free_.pop_back();
  place.open = true;
  place.request.id.assign(sender.id);
  place.request.response_topic.assign(sender.response_topic);
  place.request.correlation.assign(sender.correlation);
  ++open_;
}

const OpenRequests::Request* OpenRequests::take(core::Ticket ticket) {
  const auto index = static_cast<std::uint32_t>(ticket);
  const auto use = static_cast<std::uint32_t>(static_cast<std::uint64_t>(ticket) >> 32);
  if (index >= places_.size()) return nullptr;
  Place& place = places_[index];
  if (!place.open || place.use != use) return nullptr;
  place.open = false;
  ++place.use;
  free_.push_back(index);
  --open_;
  return &place.request;
}

}  // namespace msggw::mqtt
