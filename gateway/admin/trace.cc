// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/trace.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <optional>
#include <vector>

#include "gateway/admin/message_json.h"
#include "gateway/admin/remembered_ids.h"
#include "gateway/base/document.h"

namespace msggw::admin {

namespace {

constexpr auto kJson = base::Encoding::json;

/// An event of either kind, written but for its time. What happened again and again, and nothing
/// else meanwhile, is one.
struct Told {
  base::TimePoint at;  ///< the first time
  std::string json;
  base::TimePoint last = at;
  std::uint64_t times = 1;
};

std::string json_of(const core::DeviceEvent& event, const core::Tables& devices) {
  std::string out;
  base::ObjectWriter writer(kJson, out);
  writer.text("what", core::name_of(event.what));
  writer.text("privateId", devices.device(event.device).private_id);
  if (event.bearer < core::kBearers)
    writer.text("bearer", core::name_of(static_cast<core::Bearer>(event.bearer)));
  if (!event.why.view().empty()) writer.text("why", event.why.view());
  writer.end();
  return out;
}

/// `private_id` is that of its device, or empty.
std::string json_of(const messages::MessageEvent& event, std::string_view private_id) {
  std::string out;
  base::ObjectWriter writer(kJson, out);
  writer.text("what", messages::name_of(event.what));
  if (event.no != messages::MessageNo{}) writer.number("message", messages::number(event.no));
  writer.text("kind", messages::name_of(event.kind));
  if (!private_id.empty()) writer.text("privateId", private_id);
  if (!event.message_id.view().empty()) writer.text("msgId", event.message_id.view());
  if (event.bearer < core::kBearers)
    writer.text("bearer", core::name_of(static_cast<core::Bearer>(event.bearer)));
  if (!event.why.empty()) writer.text("why", event.why);
  if (!event.said.view().empty()) writer.text("said", event.said.view());
  if (event.other != messages::MessageNo{}) writer.number("report", messages::number(event.other));
  writer.end();
  return out;
}

std::vector<Told> collapsed(std::vector<Told> all) {
  std::vector<Told> told;
  for (Told& one : all) {
    if (told.empty() || told.back().json != one.json) {
      told.push_back(std::move(one));
      continue;
    }
    told.back().last = one.at;
    ++told.back().times;
  }
  return told;
}

std::string json_of(const Told& told) {
  std::string out;
  base::ObjectWriter writer(kJson, out);
  writer.text("at", print_moment(told.at));
  if (told.times > 1) {
    writer.number("times", told.times);
    writer.text("last", print_moment(told.last));
  }
  writer.end();
  out.back() = ',';
  return out.append(told.json, 1);  // its members behind these
}

class Search {
 public:
  Search(const TraceQuery& query, const core::Tables& devices, const messages::Queue& queue)
      : query_(query), devices_(devices), queue_(queue) {
    device_ = devices.find_private_id(query.of);
    if (!device_) device_ = devices.registry.find_service_id(query.of);
    for (std::size_t i = 0; i < devices.trace.size(); ++i) {
      const core::DeviceEvent& event = devices.trace[i];
      if (event.what == core::Happening::gone) gone_[event.device] = time_of(event.at);
    }
  }

  std::optional<core::DeviceNo> device() const noexcept { return device_; }

  std::vector<Told> events() {
    if (!device_) find_numbers();
    std::vector<Told> all;
    for (std::size_t i = 0; i < queue_.trace.size(); ++i) {
      const messages::MessageEvent& event = queue_.trace[i];
      if (!is_meant(event)) continue;
      const base::TimePoint at = time_of(event.at);
      const bool is_its = !is_of_another(event.device, at);
      if (is_its && event.no != messages::MessageNo{}) known_.push_back(event.no);
      const std::string_view private_id =
          is_its ? std::string_view(devices_.device(event.device).private_id) : std::string_view();
      all.push_back({at, json_of(event, private_id)});
    }
    for (std::size_t i = 0; device_ && i < devices_.trace.size(); ++i) {
      const core::DeviceEvent& event = devices_.trace[i];
      const base::TimePoint at = time_of(event.at);
      if (event.device != *device_ || is_of_another(event.device, at)) continue;
      all.push_back({at, json_of(event, devices_)});
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Told& a, const Told& b) { return a.at < b.at; });
    return collapsed(std::move(all));
  }

  /// After events(): how what they name stands.
  std::string messages_json() {
    std::sort(known_.begin(), known_.end());
    known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
    if (known_.size() > kMostTraced) known_.erase(known_.begin(), known_.end() - kMostTraced);
    std::string out = "[";
    const RememberedIds remembered(queue_.trace);
    for (const messages::MessageNo no : known_) {
      if (!queue_.headers.holds(no)) continue;
      if (out.size() > 1) out += ',';
      append_message_json(out, {no, queue_.contents.find(no), false, remembered.of(no)}, queue_);
    }
    return out + ']';
  }

 private:
  base::TimePoint time_of(base::TimePoint at) const noexcept {
    return at == base::TimePoint{} ? query_.now : at;
  }
  /// Numbers of devices that were forgotten are given again.
  bool is_of_another(core::DeviceNo no, base::TimePoint at) const {
    const auto gone = gone_.find(no);
    return gone != gone_.end() && at <= gone->second;
  }
  bool is_meant(const messages::MessageEvent& event) const {
    if (device_) return event.device == *device_ && !is_of_another(*device_, time_of(event.at));
    return numbers_.contains(event.no) ||
           (event.no == messages::MessageNo{} && event.message_id.is_of(query_.of));
  }
  /// Only an event that a message came with has its msgId.
  void find_numbers() {
    for (std::size_t i = 0; i < queue_.trace.size(); ++i) {
      const messages::MessageEvent& event = queue_.trace[i];
      if (event.no != messages::MessageNo{} && event.message_id.is_of(query_.of))
        numbers_.insert(event.no);
    }
  }

  const TraceQuery& query_;
  const core::Tables& devices_;
  const messages::Queue& queue_;
  std::optional<core::DeviceNo> device_;
  boost::unordered_flat_map<core::DeviceNo, base::TimePoint> gone_;  ///< the last of that number
  boost::unordered_flat_set<messages::MessageNo> numbers_;           ///< under the msgId
  std::vector<messages::MessageNo> known_;  ///< of the events, if still the device's
};

}  // namespace

std::string trace_json(const TraceQuery& query, const core::Tables& devices,
                       const messages::Queue& queue) {
  Search search(query, devices, queue);
  const std::vector<Told> all = search.events();
  const std::size_t skipped = all.size() > kMostTraced ? all.size() - kMostTraced : 0;
  std::string events = "[";
  for (std::size_t i = skipped; i < all.size(); ++i)
    events.append(events.size() > 1 ? "," : "").append(json_of(all[i]));
  const bool is_full =
      devices.trace.total() > devices.trace.most() || queue.trace.total() > queue.trace.most();
  std::string out;
  base::ObjectWriter writer(kJson, out);
  if (const auto device = search.device()) {
    writer.text("privateId", devices.device(*device).private_id);
    writer.text("state", core::name_of(devices.device(*device).state));
  }
  writer.text("began", print_moment(query.began));
  writer.json("full", is_full ? "true" : "false");
  if (skipped > 0) writer.number("leftOut", skipped);
  writer.json("messages", search.messages_json());
  writer.json("events", events + "]");
  writer.end();
  return out;
}

}  // namespace msggw::admin
