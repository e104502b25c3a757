#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/core/device.h"

namespace msggw::cli {

/// One device as it is shown. What it points to outlives the call that it is given to.
struct DeviceView {
  const core::Device* device = nullptr;
  const core::ServiceProfile* profile = nullptr;  ///< null before there is a Service ID
  const core::Refusal* refusal = nullptr;         ///< null unless refused
};

// What comes from devices and from the Provisioning Function is printed with controls escaped, so
// that it cannot change the terminal. `now` tells registrations that have run out from those that
// hold. Times are UTC.

/// An aligned table with a head, or `no devices`.
void print_table(std::ostream& out, std::span<const DeviceView> devices, base::TimePoint now);

/// One "name: value" a line.
void print_details(std::ostream& out, const DeviceView& view, base::TimePoint now);

/// One JSON object and a line feed: privateId, kind, ueType, state, firstSeen, registrations, and
/// where there are any serviceId, serverServiceIds, serviceInfo, refusal.
void print_json(std::ostream& out, const DeviceView& view, base::TimePoint now);

/// The answer of the Provisioning Function to `msggw provision`.
struct Provisioned {
  std::string_view service_id;
  std::span<const std::string> server_service_ids;
  std::string_view service_info;  ///< compact JSON object, or empty
};
void print_provisioned(std::ostream& out, const Provisioned& answer, bool json);

/// What `msggw check` says about a good configuration. `derived_root` is the API root made from mcc
/// and mnc, used if the configuration names no uris.
void print_check(std::ostream& out, const config::Config& config, std::string_view file,
                 std::string_view derived_root);
/// The same for `msggw check --pf`.
void print_check_function(std::ostream& out, const config::Config& config, std::string_view file);

/// Unix seconds as "2026-01-31T23:59:59Z".
std::string print_time(std::uint32_t unix_seconds);

}  // namespace msggw::cli
