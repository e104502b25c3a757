// `msggw devices` and `msggw provision`.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/cli/report.h"

namespace msggw::cli {
namespace {

constexpr std::size_t kMostShown = 4'096;  ///< octets of one value
constexpr std::size_t kColumns = 6;

std::string safe(std::string_view text) {
  return base::printable(text, kMostShown);
}

/// JSON keeps its quotation marks: it is escaped only where it could change the terminal.
std::string safe_json(std::string_view json) {
  return base::has_control(json) ? safe(json) : std::string(json);
}

/// Characters, not octets, since Private IDs may be any UTF-8.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

bool holds(const core::Binding& binding, base::TimePoint now) {
  const auto now_s = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return binding.alive() && (binding.until_s == core::Binding::kForever || binding.until_s > now_s);
}

std::string print_until(const core::Binding& binding) {
  return binding.until_s == core::Binding::kForever ? "forever" : print_time(binding.until_s);
}

using Row = std::array<std::string, kColumns>;

Row row_of(const core::Device& device, base::TimePoint now) {
  std::string via;
  std::uint32_t until_s = 0;
  for (const auto bearer : core::kAllBearers) {
    const core::Binding& binding = device.binding(bearer);
    if (!holds(binding, now)) continue;
    via.append(via.empty() ? "" : ",").append(core::name_of(bearer));
    until_s = std::max(until_s, binding.until_s);
  }
  const std::string until = via.empty()                          ? "-"
                            : until_s == core::Binding::kForever ? "forever"
                                                                 : print_time(until_s);
  return {safe(device.private_id),
          std::string(core::name_of(device.kind)),
          std::string(core::name_of(device.state)),
          device.has_service_id() ? safe(device.service_id) : "-",
          via.empty() ? "-" : via,
          until};
}

void print_row(std::ostream& out, const Row& row, const std::array<std::size_t, kColumns>& widths) {
  for (std::size_t i = 0; i < kColumns; ++i) {
    out << row[i];
    if (i + 1 < kColumns) out << std::string(widths[i] - width(row[i]) + 2, ' ');
  }
  out << '\n';
}

/// Builds one JSON object, member by member.
class JsonObject {
 public:
  void text(std::string_view name, std::string_view value) {
    key(name);
    base::append_json_string(out_, value);
  }
  void raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
  }
  void number(std::string_view name, std::uint64_t value) { raw(name, std::to_string(value)); }
  void texts(std::string_view name, std::span<const std::string> values) {
    key(name);
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) out_ += ',';
      base::append_json_string(out_, values[i]);
    }
    out_ += ']';
  }
  std::string take() { return out_ + '}'; }

 private:
  void key(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    base::append_json_string(out_, name);
    out_ += ':';
  }

  std::string out_ = "{";
};

std::string registrations_of(const core::Device& device, base::TimePoint now) {
  std::string out;
  for (const auto bearer : core::kAllBearers) {
    const core::Binding& binding = device.binding(bearer);
    if (!holds(binding, now)) continue;
    JsonObject object;
    object.text("bearer", core::name_of(bearer));
    object.text("until", print_until(binding));
    object.number("lifetime", binding.lifetime_s);
    out.append(out.empty() ? "" : ",").append(object.take());
  }
  return "[" + out + "]";
}

void line(std::ostream& out, std::string_view name, std::string_view value) {
  out << name << std::string(name.size() < 18 ? 18 - name.size() : 1, ' ') << value << '\n';
}

std::string joined(std::span<const std::string> values) {
  std::string out;
  for (const std::string& value : values) out.append(out.empty() ? "" : ", ").append(safe(value));
  return out;
}

}  // namespace

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

void print_table(std::ostream& out, std::span<const DeviceView> devices, base::TimePoint now) {
  if (devices.empty()) {
    out << "no devices\n";
    return;
  }
  const Row head{"PRIVATE ID", "KIND", "STATE", "SERVICE ID", "REACHED BY", "REGISTERED UNTIL"};
  std::array<std::size_t, kColumns> widths{};
  // Two passes that make the rows twice, so that a table of millions is not held in memory.
  for (std::size_t i = 0; i < kColumns; ++i) widths[i] = width(head[i]);
  for (const DeviceView& view : devices) {
    const Row row = row_of(*view.device, now);
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  print_row(out, head, widths);
  for (const DeviceView& view : devices) print_row(out, row_of(*view.device, now), widths);
}

void print_details(std::ostream& out, const DeviceView& view, base::TimePoint now) {
  const core::Device& device = *view.device;
  line(out, "private id", safe(device.private_id));
  line(out, "kind", core::name_of(device.kind));
  line(out, "endpoint type", core::name_of(device.ue_type));
  line(out, "state", core::name_of(device.state));
  line(out, "service id", device.has_service_id() ? safe(device.service_id) : "none yet");
  if (view.profile != nullptr) {
    line(out, "servers", joined(view.profile->server_service_ids));
    if (!view.profile->service_info.empty())
      line(out, "service info", safe_json(view.profile->service_info));
  }
  if (view.refusal != nullptr) {
    line(out, "refused", print_time(view.refusal->at_s) + " " + safe(view.refusal->cause));
    if (!view.refusal->detail.empty()) line(out, "reason given", safe(view.refusal->detail));
  }
  line(out, "first seen", print_time(device.first_seen_s));
  for (const auto bearer : core::kAllBearers) {
    const core::Binding& binding = device.binding(bearer);
    if (!holds(binding, now)) continue;
    line(out, "registered", std::string(core::name_of(bearer)) + " until " + print_until(binding));
  }
}

void print_json(std::ostream& out, const DeviceView& view, base::TimePoint now) {
  const core::Device& device = *view.device;
  JsonObject object;
  object.text("privateId", device.private_id);
  object.text("kind", core::name_of(device.kind));
  object.text("ueType", core::name_of(device.ue_type));
  object.text("state", core::name_of(device.state));
  object.text("firstSeen", print_time(device.first_seen_s));
  if (device.has_service_id()) object.text("serviceId", device.service_id);
  if (view.profile != nullptr) {
    object.texts("serverServiceIds", view.profile->server_service_ids);
    if (!view.profile->service_info.empty()) object.raw("serviceInfo", view.profile->service_info);
  }
  object.raw("registrations", registrations_of(device, now));
  if (view.refusal != nullptr) {
    JsonObject refusal;
    refusal.text("cause", view.refusal->cause);
    refusal.text("detail", view.refusal->detail);
    refusal.text("at", print_time(view.refusal->at_s));
    object.raw("refusal", refusal.take());
  }
  out << object.take() << '\n';
}

void print_provisioned(std::ostream& out, const Provisioned& answer, bool json) {
  if (json) {
    JsonObject object;
    object.text("serviceId", answer.service_id);
    object.texts("serverServiceIds", answer.server_service_ids);
    if (!answer.service_info.empty()) object.raw("serviceInfo", answer.service_info);
    out << object.take() << '\n';
    return;
  }
  line(out, "service id", safe(answer.service_id));
  line(out, "servers", joined(answer.server_service_ids));
  if (!answer.service_info.empty()) line(out, "service info", safe_json(answer.service_info));
}

}  // namespace msggw::cli
