// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/device_json.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "gateway/base/document.h"

namespace msggw::roster {

namespace {

constexpr auto kJson = base::Encoding::json;

std::string registrations_of(const core::Device& device, base::TimePoint now) {
  std::string out = "[";
  for (const auto bearer : core::kAllBearers) {
    if (!holds(device, bearer, now)) continue;
    if (out.size() > 1) out += ',';
    base::ObjectWriter object(kJson, out);
    object.text("bearer", core::name_of(bearer));
    object.text("until", print_until(device.told_until_s(bearer)));
    if (device.binding(bearer).lifetime_s != core::Binding::kForever)
      object.number("lifetime", device.binding(bearer).lifetime_s);
    object.end();
  }
  return out + ']';
}

}  // namespace

bool holds(const core::Device& device, core::Bearer bearer, base::TimePoint now) {
  return device.told_until_s(bearer) > core::to_seconds(now);  // kForever too, and never kNever
}

std::string print_until(std::uint32_t until_s) {
  return until_s == core::Binding::kForever ? "forever" : print_time(until_s);
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

std::optional<std::uint32_t> parse_time(std::string_view text) noexcept {
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = -1;
    const char* const end = text.data() + at + digits;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc{} && stop == end ? value : -1;
  };
  const bool is_day = text.size() == 10;
  if (!is_day && text.size() != 20) return std::nullopt;
  if (text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{number(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                         std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  if (!date.ok() || date.year() < std::chrono::year{1970} || date.year() > std::chrono::year{2105})
    return std::nullopt;
  int seconds = 0;
  if (!is_day) {
    const int hour = number(11, 2);
    const int minute = number(14, 2);
    const int second = number(17, 2);
    const bool good = text[10] == 'T' && text[13] == ':' && text[16] == ':' && text[19] == 'Z' &&
                      hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 &&
                      second < 60;
    if (!good) return std::nullopt;
    seconds = hour * 3'600 + minute * 60 + second;
  }
  const auto day = std::chrono::sys_seconds{std::chrono::sys_days{date}};
  return static_cast<std::uint32_t>(day.time_since_epoch().count() + seconds);
}

std::string presence_json(const std::vector<SeenView>& all) {
  std::string out = "[";
  for (const SeenView& seen : all) {
    if (out.size() > 1) out += ',';
    base::ObjectWriter object(kJson, out);
    object.text("bearer", core::name_of(seen.bearer));
    object.text("state", core::name_of(seen.presence));
    if (seen.at_s != 0)
      object.text(seen.exact ? "lastSeen" : "lastSeenNotBefore", print_time(seen.at_s));
    object.end();
  }
  return out + ']';
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
  object.text("lastAsked", print_time(device.asked_s()));
  if (!view.source.empty()) object.text("source", view.source);
  if (!view.info.empty()) object.json("info", view.info);
  if (device.has_service_id()) object.text("serviceId", device.service_id);
  if (view.profile != nullptr) {
    object.texts("serverServiceIds", view.profile->server_service_ids);
    if (!view.profile->service_info.empty()) object.json("serviceInfo", view.profile->service_info);
  }
  if (device.ask_again_s > core::Device::kAskNow)
    object.text("askAgain", print_time(device.ask_again_s));
  object.json("registrations", registrations_of(device, now));
  if (!view.seen.empty()) object.json("presence", presence_json(view.seen));
  if (!view.postings.empty()) object.texts("postedAs", view.postings);
  if (view.refusal != nullptr) {
    std::string refusal;
    base::ObjectWriter writer(kJson, refusal);
    writer.text("cause", view.refusal->cause);
    writer.text("detail", view.refusal->detail);
    writer.text("at", print_time(view.refusal->at_s));
    writer.end();
    object.json("refusal", refusal);
  }
  if (!view.kept.empty()) object.texts("kept", view.kept);
  if (view.messages_ending != 0) object.number("messagesEnding", view.messages_ending);
  if (view.messages_sending != 0) object.number("messagesSending", view.messages_sending);
  object.end();
}

}  // namespace msggw::roster
