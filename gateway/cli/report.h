// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/sections/config.h"
#include "gateway/core/device.h"
#include "gateway/roster/device_json.h"

namespace msggw::cli {

using roster::DeviceView;
using roster::print_time;

// What comes from devices and from the Provisioning Function is printed with controls escaped, so
// that it cannot change the terminal. `now` tells registrations that have run out from those that
// hold. Times are UTC.

/// Shows devices one by one.
using EachDevice = std::function<void(const std::function<void(const DeviceView&)>&)>;

/// An aligned table with a head, or `no devices`. Of the devices, which may be millions, none is
/// kept: they are shown once for the widths and once more to be printed, then perhaps not the same.
void print_table(std::ostream& out, const EachDevice& devices, base::TimePoint now);

/// One "name: value" a line.
void print_details(std::ostream& out, const DeviceView& view, base::TimePoint now);

/// What roster::append_device_json() makes, and a line feed.
void print_json(std::ostream& out, const DeviceView& view, base::TimePoint now);

/// What came of `msggw provision`; what is not there is empty.
struct ProvisionReport {
  /// "provisioned", "released", "refused", "unavailable", "useless", "unknown" (there is no such
  /// Private ID)
  std::string_view outcome;
  std::string_view private_id;
  std::string_view protocol;  ///< the URI's scheme
  std::string_view status;    ///< "HTTP 201", "CoAP 2.01"; empty: no answer came
  base::Duration elapsed{0};
  std::string_view service_id;
  std::span<const std::string> server_service_ids;
  std::string_view service_info;  ///< compact JSON object
  std::chrono::seconds lifetime{0};
  std::string_view cause;  ///< of a failure
  std::string_view detail;
  base::Duration retry_after{0};
};
/// `json`: one JSON object and a line feed, whatever the outcome, with the members outcome,
/// privateId, protocol, status, elapsedMs, serviceId, serverServiceIds, serviceInfo, lifetime,
/// cause, detail, retryAfter (seconds), each if there is one. Otherwise a success as "name: value"
/// lines to `out`, a failure as one line to `err`.
void print_provision(std::ostream& out, std::ostream& err, const ProvisionReport& report,
                     bool json);

/// An address of the Provisioning Function, and where it comes from.
struct FunctionAddress {
  std::string uri;
  std::string origin;
};

/// What `msggw check` says about a good configuration. `addresses` in the order they are tried.
void print_check(std::ostream& out, const config::Config& config, std::string_view file,
                 std::span<const FunctionAddress> addresses);
/// The same for `msggw check --pf`.
void print_check_function(std::ostream& out, const config::Config& config, std::string_view file);

// What the gateway answered about messages, for people. False if it is not such an answer.

void print_messages_head(std::ostream& out);
/// A line of the table below that head.
void print_message_row(std::ostream& out, const boost::json::value& message);
/// One "name: value" a line; what it carries, if it is there, escaped or as base64.
void print_message(std::ostream& out, const boost::json::value& message);
bool print_why(std::ostream& out, const boost::json::value& why);
bool print_trace(std::ostream& out, const boost::json::value& trace);

/// What GET /api/v1/status answered, for people. False if it is not such an answer.
bool print_status(std::ostream& out, std::string_view json);
/// Whether such an answer tells of nothing that is down.
bool is_well(std::string_view json);

}  // namespace msggw::cli
