// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/device_json.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "gateway/base/document.h"

namespace msggw::roster {

namespace {

constexpr auto kJson = base::Encoding::json;

std::string registrations_of(const core::Device& device, base::TimePoint now) {
  std::string out = "[";
  for (const auto bearer : core::kAllBearers) {
    const core::Binding& binding = device.binding(bearer);
    if (!holds(binding, now)) continue;
    if (out.size() > 1) out += ',';
    base::ObjectWriter object(kJson, out);
    object.text("bearer", core::name_of(bearer));
    object.text("until", print_until(binding));
    object.number("lifetime", binding.lifetime_s);
    object.end();
  }
  return out + ']';
}

}  // namespace

bool holds(const core::Binding& binding, base::TimePoint now) {
  return binding.alive() &&
         (binding.until_s == core::Binding::kForever || binding.until_s > core::to_seconds(now));
}

std::string print_until(const core::Binding& binding) {
  return binding.until_s == core::Binding::kForever ? "forever" : print_time(binding.until_s);
}

std::string print_time(std::uint32_t unix_seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds{unix_seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", int{date.year()},
                unsigned{date.month()}, unsigned{date.day()},
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

void append_device_json(std::string& out, const DeviceView& view, base::TimePoint now) {
  const core::Device& device = *view.device;
  base::ObjectWriter object(kJson, out);
  object.text("privateId", device.private_id);
  if (!view.aliases.empty()) object.texts("aliases", view.aliases);
  object.text("kind", core::name_of(device.kind));
  object.text("ueType", core::name_of(device.ue_type));
  object.text("state", core::name_of(device.state));
  object.text("firstSeen", print_time(device.first_seen_s));
  if (!view.info.empty()) object.json("info", view.info);
  if (device.has_service_id()) object.text("serviceId", device.service_id);
  if (view.profile != nullptr) {
    object.texts("serverServiceIds", view.profile->server_service_ids);
    if (!view.profile->service_info.empty()) object.json("serviceInfo", view.profile->service_info);
  }
  if (device.ask_again_s > core::Device::kAskNow)
    object.text("askAgain", print_time(device.ask_again_s));
  object.json("registrations", registrations_of(device, now));
  if (view.refusal != nullptr) {
    std::string refusal;
    base::ObjectWriter writer(kJson, refusal);
    writer.text("cause", view.refusal->cause);
    writer.text("detail", view.refusal->detail);
    writer.text("at", print_time(view.refusal->at_s));
    writer.end();
    object.json("refusal", refusal);
  }
  object.end();
}

}  // namespace msggw::roster
