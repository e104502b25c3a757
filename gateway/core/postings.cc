// SPDX-License-Identifier: Apache-2.0
// The part of Tables that knows where devices are posted.
#include "gateway/core/postings.h"

#include <algorithm>
#include <utility>

#include "gateway/core/tables.h"

namespace msggw::core {

std::vector<std::string_view> Tables::postings(DeviceNo no) const {
  std::vector<std::string_view> names;
  const Device& device = registry.at(no);
  if (device.posted) names.emplace_back(device.private_id);
  const auto others = others_posted.of(no);
  names.insert(names.end(), others.begin(), others.end());
  return names;
}

bool Tables::is_posted(DeviceNo no, std::string_view name) const {
  const Device& device = registry.at(no);
  if (device.posted && device.private_id == name) return true;
  const auto others = others_posted.of(no);
  return std::find(others.begin(), others.end(), name) != others.end();
}

bool Tables::post(DeviceNo no, std::string_view name) {
  if (is_posted(no, name)) return true;
  Device& device = registry.at(no);
  const std::size_t has = others_posted.of(no).size() + (device.posted ? 1 : 0);
  if (has >= limits.max_postings_per_device) {
    metrics.unposted.Increment();
    return false;
  }
  if (name == device.private_id)
    device.posted = true;
  else
    others_posted.add(no, std::string(name));
  // "Pending" may be posted when the name is durable, and not before.
  if (Pending* pending = pending_table.find(no)) pending->named_with = batches.last + 1;
  mark_changed(no);
  count_postings();
  return true;
}

void Tables::unpost(DeviceNo no, std::string_view name) {
  Device& device = registry.at(no);
  if (device.posted && device.private_id == name)
    device.posted = false;
  else if (!others_posted.remove(no, name))
    return;
  mark_changed(no);
  count_postings();
  const bool is_free = device.state == DeviceState::removed && others_posted.of(no).empty();
  if (is_free && std::exchange(device.newcomer, false)) buried.push_back(no);
}

void Tables::count_postings() {
  metrics.other_postings.Set(static_cast<double>(others_posted.size()));
}

}  // namespace msggw::core
