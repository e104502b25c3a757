// SPDX-License-Identifier: Apache-2.0
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

using roster::holds;
using roster::print_until;

constexpr std::size_t kMostShown = 4'096;  ///< octets of one value
constexpr std::size_t kColumns = 8;

std::string safe(std::string_view text) {
  return base::printable(text, kMostShown);
}

/// JSON keeps its quotation marks: it is escaped only where it could change the terminal.
std::string safe_json(std::string_view json) {
  return base::is_plain(json) ? std::string(json) : safe(json);
}

/// Characters, not octets, since Private IDs may be any UTF-8.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

constexpr std::size_t kDay = 10;  ///< characters of a time that say the day

using Row = std::array<std::string, kColumns>;

/// In a removal a refusal is of the release: the row stays.
bool is_removal_refused(const DeviceView& view) {
  return view.device->state == core::DeviceState::removing && view.refusal != nullptr;
}

Row row_of(const DeviceView& view, base::TimePoint now) {
  const core::Device& device = *view.device;
  std::string via;
  std::uint32_t until_s = 0;
  for (const auto bearer : core::kAllBearers) {
    if (!holds(device, bearer, now)) continue;
    via.append(via.empty() ? "" : ",").append(core::name_of(bearer));
    until_s = std::max(until_s, device.told_until_s(bearer));
  }
  const std::string until = via.empty() ? "-" : print_until(until_s);
  return {safe(device.private_id),
          std::string(core::name_of(device.kind)),
          std::string(core::name_of(device.state)) + (is_removal_refused(view) ? ", refused" : ""),
          device.has_service_id() ? safe(device.service_id) : "-",
          via.empty() ? "-" : via,
          until,
          print_time(device.asked_s()).substr(0, kDay),
          view.source.empty() ? "-" : view.source};
}

void print_row(std::ostream& out, const Row& row, const std::array<std::size_t, kColumns>& widths) {
  for (std::size_t i = 0; i < kColumns; ++i) {
    out << row[i];
    const std::size_t own = width(row[i]);
    if (i + 1 < kColumns) out << std::string(std::max(widths[i], own) - own + 2, ' ');
  }
  out << '\n';
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

void print_table(std::ostream& out, const EachDevice& devices, base::TimePoint now) {
  const Row head{"PRIVATE ID",       "KIND",       "STATE", "SERVICE ID", "REACHED BY",
                 "REGISTERED UNTIL", "LAST ASKED", "SOURCE"};
  std::array<std::size_t, kColumns> widths{};
  for (std::size_t i = 0; i < kColumns; ++i) widths[i] = width(head[i]);
  bool any = false;
  devices([&](const DeviceView& view) {
    any = true;
    const Row row = row_of(view, now);
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], width(row[i]));
  });
  if (!any) {
    out << "no devices\n";
    return;
  }
  print_row(out, head, widths);
  devices([&](const DeviceView& view) { print_row(out, row_of(view, now), widths); });
}

void print_details(std::ostream& out, const DeviceView& view, base::TimePoint now) {
  const core::Device& device = *view.device;
  line(out, "private id", safe(device.private_id));
  if (!view.aliases.empty()) line(out, "aliases", joined(view.aliases));
  line(out, "kind", core::name_of(device.kind));
  line(out, "endpoint type", core::name_of(device.ue_type));
  line(out, "state", core::name_of(device.state));
  line(out, "service id", device.has_service_id() ? safe(device.service_id) : "none yet");
  if (view.profile != nullptr) {
    line(out, "servers", joined(view.profile->server_service_ids));
    if (!view.profile->service_info.empty())
      line(out, "service info", safe_json(view.profile->service_info));
  }
  if (!view.info.empty()) line(out, "information", safe_json(view.info));
  if (view.refusal != nullptr) {
    line(out, is_removal_refused(view) ? "release refused" : "refused",
         print_time(view.refusal->at_s) + " " + safe(view.refusal->cause));
    if (!view.refusal->detail.empty()) line(out, "reason given", safe(view.refusal->detail));
  }
  line(out, "first seen", print_time(device.first_seen_s));
  line(out, "last asked", print_time(device.asked_s()) + ", to a day");
  if (!view.source.empty()) line(out, "source", view.source);
  for (const auto bearer : core::kAllBearers) {
    if (!holds(device, bearer, now)) continue;
    line(out, "registered",
         std::string(core::name_of(bearer)) + " until " + print_until(device.told_until_s(bearer)));
  }
  for (const roster::SeenView& seen : view.seen) {
    const std::string when =
        seen.at_s == 0
            ? ""
            : (seen.exact ? ", last seen " : ", last seen not before ") + print_time(seen.at_s);
    line(out, "presence",
         std::string(core::name_of(seen.bearer)) + " " + std::string(core::name_of(seen.presence)) +
             when);
  }
  if (!view.postings.empty()) line(out, "posted as", joined(view.postings));
}

void print_json(std::ostream& out, const DeviceView& view, base::TimePoint now) {
  std::string json;
  roster::append_device_json(json, view, now);
  out << json << '\n';
}

}  // namespace msggw::cli
