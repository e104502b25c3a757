// SPDX-License-Identifier: Apache-2.0
// `msggw status`.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "gateway/cli/json_members.h"
#include "gateway/cli/report.h"

namespace msggw::cli {
namespace {

constexpr std::size_t kName = 18;
constexpr std::size_t kUrl = 44;
constexpr std::size_t kSmscAddress = 28;
constexpr std::size_t kBind = 13;
constexpr std::size_t kSmscState = 12;
constexpr std::size_t kPart = 22;
constexpr std::size_t kState = 9;

std::string duration(std::uint64_t seconds) {
  const auto part = [&](std::uint64_t unit, const char* name) {
    const std::uint64_t count = seconds / unit;
    seconds %= unit;
    return count == 0 ? std::string() : std::to_string(count) + name;
  };
  std::string out = part(86'400, "d ");
  out += part(3'600, "h ");
  out += part(60, "min ");
  return out + std::to_string(seconds) + "s";
}

/// The state of an address.
std::string words_of(const std::string& state) {
  return state == "not_asked" ? "not asked yet" : state;
}

void print_list(std::ostream& out, const boost::json::value& status, std::string_view member,
                std::string_view detail, std::string_view state) {
  const auto* list = base::member(status, member);
  if (list == nullptr || !list->is_array()) return;
  for (const auto& each : list->get_array()) {
    out << "  " << padded(text_of(each, "url"), kUrl);
    if (!state.empty()) out << padded(words_of(text_of(each, state)), 6);
    const std::string reason = text_of(each, "reason");
    std::string told = detail.empty() ? std::string() : text_of(each, detail);
    if (const std::string at = text_of(each, "lastAnswer"); !at.empty())
      told += (told.empty() ? "answered last at " : ", answered last at ") + at;
    out << told << (told.empty() || reason.empty() ? "" : ": ") << reason << '\n';
  }
}

void print_smscs(std::ostream& out, const boost::json::value& status) {
  const auto* list = base::member(status, "smscs");
  if (list == nullptr || !list->is_array()) return;
  out << "\nSMSCs\n";
  for (const auto& each : list->get_array()) {
    const std::string reason = text_of(each, "reason");
    out << "  " << padded(text_of(each, "name"), kName - 2)
        << padded(text_of(each, "address"), kSmscAddress) << padded(text_of(each, "bind"), kBind)
        << padded(text_of(each, "state"), kSmscState) << "since " << text_of(each, "since")
        << (reason.empty() ? "" : ": ") << reason << '\n';
  }
}

/// What devices have written that is no message yet.
void print_kept(std::ostream& out, const boost::json::value& status) {
  const auto* kept = base::member(status, "kept");
  if (kept == nullptr || !kept->is_object()) return;
  out << "  " << padded("kept", kName - 2) << number_of(*kept, "texts")
      << " texts that wait for a Service ID or for room, " << number_of(*kept, "longMessages")
      << " long messages that lack parts\n";
}

void print_servers(std::ostream& out, const boost::json::value& status) {
  const auto* list = base::member(status, "servers");
  if (list == nullptr || !list->is_array()) return;
  out << "\nMSGin5G Servers\n";
  for (const auto& each : list->get_array()) {
    const std::uint64_t under_way = number_of(each, "underWay");
    out << "  " << padded(text_of(each, "name"), kName - 2) << text_of(each, "serviceId") << ", "
        << under_way << " under way\n";
    print_list(out, each, "addresses", {}, "state");
  }
}

void print_degraded(std::ostream& out, const boost::json::value& status) {
  const auto* list = base::member(status, "degraded");
  if (list == nullptr || !list->is_array() || list->get_array().empty()) return;
  out << "\ndegraded\n";
  for (const auto& each : list->get_array()) {
    const std::string name = text_of(each, "name");
    out << "  " << padded(text_of(each, "part"), kPart) << padded(text_of(each, "state"), kState)
        << "since " << text_of(each, "since") << (name.empty() ? "" : ", ") << name << ": "
        << text_of(each, "why") << '\n';
  }
}

void line(std::ostream& out, std::string_view name, std::string_view value) {
  out << padded(std::string(name), kName) << value << '\n';
}

/// "up" and what it lacks, or "down" and why; nothing if the gateway has no such part.
void print_part(std::ostream& out, const boost::json::value& status, std::string_view name,
                std::string_view why, std::string_view lacks = {}) {
  if (base::member(status, name) == nullptr) return;
  const std::string reason = text_of(status, why);
  const std::string missing = text_of(status, lacks);
  line(out, name,
       text_of(status, name) + (reason.empty() ? "" : ": ") + reason +
           (missing.empty() ? "" : ", without ") + missing);
}

/// Of a Provisioning Function.
void print_numbers(std::ostream& out, const boost::json::value& status) {
  const auto of = [&](const char* now, const char* most) {
    return std::to_string(number_of(status, now)) + ", at most " +
           std::to_string(number_of(status, most));
  };
  line(out, "assignments", of("assignments", "maxAssignments"));
  line(out, "unanswered", of("unanswered", "maxUnanswered"));
  line(out, "rules", std::to_string(number_of(status, "rules")));
  const bool tells_apart = base::member(status, "gateways") != nullptr;
  line(out, "gateways",
       tells_apart ? std::to_string(number_of(status, "gateways")) : "not told apart");
}

void print_head(std::ostream& out, const boost::json::value& status) {
  const std::string commit = text_of(status, "commit");
  line(out, "msggw",
       text_of(status, "version") + (commit.empty() ? "" : " of " + commit) + ", up for " +
           duration(number_of(status, "uptime")));
  line(out, "folder", text_of(status, "folder"));
  print_part(out, status, "store", "storeReason");
  print_part(out, status, "broker", "brokerReason", "brokerLacks");
  print_degraded(out, status);
}

void print_listeners(std::ostream& out, const boost::json::value& status) {
  out << "\nlisteners\n";
  print_list(out, status, "listeners", "purpose", {});
}

void print_devices(std::ostream& out, const boost::json::value& status,
                   const boost::json::value& devices) {
  out << "\ndevices\n";
  for (const auto& member : devices.get_object()) {
    const std::string name(member.key());
    out << "  " << padded(base::printable(name), kName - 2) << number_of(devices, name) << '\n';
  }
  out << "\non their way\n";
  for (const char* name : {"pending", "renewing"})
    out << "  " << padded(name, kName - 2) << number_of(status, name) << '\n';
}

}  // namespace

bool is_well(std::string_view json) {
  const auto status = base::parse_json(json, {.octets = 1 << 20});
  if (!status || text_of(*status, "store") != "up") return false;
  const auto* list = base::member(*status, "degraded");
  if (list == nullptr || !list->is_array()) return true;  // of before 0.2
  return std::none_of(list->get_array().begin(), list->get_array().end(),
                      [](const auto& each) { return text_of(each, "state") == "down"; });
}

bool print_status(std::ostream& out, std::string_view json) {
  const auto parsed = base::parse_json(json, {.octets = 1 << 20});
  if (!parsed) return false;
  const boost::json::value& status = *parsed;
  const auto* devices = base::member(status, "devices");
  const bool of_gateway = devices != nullptr && devices->is_object();
  if (!of_gateway && base::member(status, "assignments") == nullptr) return false;
  print_head(out, status);
  if (of_gateway) {
    out << "\nProvisioning Function\n";
    print_list(out, status, "provisioningFunctions", "origin", "state");
    print_servers(out, status);
    print_smscs(out, status);
    print_kept(out, status);
    print_devices(out, status, *devices);
  } else {
    out << '\n';
    print_numbers(out, status);
  }
  print_listeners(out, status);
  return true;
}

}  // namespace msggw::cli
