// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace msggw::coap {

/// Which sessions each of those has who hold them, the one silent longest first, so that none has
/// all. Each step takes the same time however many there are. One thread.
template <class Key>
class SessionsByOwner {
  using Owner = std::pair<const std::string, std::list<Key>>;

 public:
  /// Where a session stands; that of a new one is nowhere.
  class Place {
    friend class SessionsByOwner;
    Owner* owner_ = nullptr;
    typename std::list<Key>::iterator at_{};
  };

  std::size_t count(const std::string& owner) const {
    const auto found = owners_.find(owner);
    return found == owners_.end() ? 0 : found->second.size();
  }
  /// The one silent longest. Requires that there is one.
  const Key& first(const std::string& owner) const { return owners_.at(owner).front(); }
  Place add(const std::string& owner, const Key& session) {
    Place place;
    place.owner_ = &*owners_.try_emplace(owner).first;  // which stays where it is
    place.at_ = place.owner_->second.insert(place.owner_->second.end(), session);
    return place;
  }
  void heard(const Place& place) {
    if (place.owner_ == nullptr) return;
    std::list<Key>& all = place.owner_->second;
    all.splice(all.end(), all, place.at_);
  }
  void remove(const Place& place) {
    if (place.owner_ == nullptr) return;
    place.owner_->second.erase(place.at_);
    if (place.owner_->second.empty()) owners_.erase(owners_.find(place.owner_->first));
  }

 private:
  std::unordered_map<std::string, std::list<Key>> owners_;
};

}  // namespace msggw::coap
