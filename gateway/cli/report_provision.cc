// SPDX-License-Identifier: Apache-2.0
// `msggw provision`.
#include "gateway/base/document.h"
#include "gateway/base/text.h"
#include "gateway/cli/report.h"

namespace msggw::cli {
namespace {

constexpr std::size_t kMostOctets = 4'096;

std::string safe(std::string_view text) {
  return base::printable(text, kMostOctets);
}

void line(std::ostream& out, std::string_view name, std::string_view value) {
  out << name << std::string(name.size() < 18 ? 18 - name.size() : 1, ' ') << value << '\n';
}

/// Who waits so long has waited long enough.
std::int64_t whole_seconds(base::Duration time) {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

void print_json(std::ostream& out, const ProvisionReport& report) {
  std::string text;
  base::ObjectWriter object(base::Encoding::json, text);
  const auto put = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) object.text(name, value);
  };
  object.text("outcome", report.outcome);
  object.text("privateId", report.private_id);
  object.text("protocol", report.protocol);
  put("status", report.status);
  object.number("elapsedMs", static_cast<std::uint64_t>(report.elapsed.count()));
  put("serviceId", report.service_id);
  if (!report.server_service_ids.empty())
    object.texts("serverServiceIds", report.server_service_ids);
  if (!report.service_info.empty()) object.json("serviceInfo", report.service_info);
  if (report.lifetime.count() > 0)
    object.number("lifetime", static_cast<std::uint64_t>(report.lifetime.count()));
  put("cause", report.cause);
  put("detail", report.detail);
  if (report.retry_after.count() > 0)
    object.number("retryAfter", static_cast<std::uint64_t>(whole_seconds(report.retry_after)));
  object.end();
  out << text << '\n';
}

void print_failure(std::ostream& err, const ProvisionReport& report) {
  err << "msggw provision: " << report.outcome;
  if (!report.cause.empty()) err << ": " << safe(report.cause);
  if (!report.detail.empty()) err << ": " << safe(report.detail);
  if (report.retry_after.count() > 0)
    err << ", retry after " << whole_seconds(report.retry_after) << " s";
  err << '\n';
}

}  // namespace

void print_provision(std::ostream& out, std::ostream& err, const ProvisionReport& report,
                     bool json) {
  if (json) return print_json(out, report);
  const bool provisioned = !report.service_id.empty();
  if (!provisioned && report.outcome != "released") return print_failure(err, report);
  line(out, "private id", safe(report.private_id));
  if (provisioned) {
    line(out, "service id", safe(report.service_id));
    std::string servers;
    for (const std::string& server : report.server_service_ids)
      servers.append(servers.empty() ? "" : ", ").append(safe(server));
    line(out, "servers", servers);
  } else {
    line(out, "service id", "released");
  }
  if (!report.service_info.empty()) {
    const bool plain = !base::has_control(report.service_info);
    line(out, "service info", plain ? std::string(report.service_info) : safe(report.service_info));
  }
  if (report.lifetime.count() > 0)
    line(out, "lifetime", std::to_string(report.lifetime.count()) + " s");
  line(out, "answered",
       safe(report.status) + " over " + safe(report.protocol) + " after " +
           std::to_string(report.elapsed.count()) + " ms");
}

}  // namespace msggw::cli
