// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/table_lines.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "gateway/base/document.h"
#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/core/private_id.h"
#include "gateway/roster/device_line.h"
#include "provisioning/function/policy_options.h"

namespace msggw::commands {

namespace {

using base::Errc;

constexpr std::uint64_t kVersion = 1;

std::optional<std::uint64_t> number_in(const boost::json::value& value, const char* name) {
  const auto* const member = base::member(value, name);
  boost::json::error_code none;
  const auto number = member == nullptr ? 0 : member->to_number<std::uint64_t>(none);
  return member == nullptr || none ? std::nullopt : std::optional(number);
}

base::Result<AssignmentLine> of_device(std::string_view text) {
  const auto line = roster::parse_device_line(text);
  if (!line) return tl::unexpected(line.error());
  const core::Device& device = line->stored.device;
  if (device.service_id.size() > function::AssignmentRecord::kMostTextOctets)
    return base::fail(Errc::incorrect, "serviceId is longer than that of an assignment can be");
  return AssignmentLine{device.ue_type, device.private_id, device.service_id, {}};
}

}  // namespace

std::string first_line(const TableHead& head) {
  std::string out;
  base::ObjectWriter object(base::Encoding::json, out);
  object.text("export", "msggw " + head.of);
  object.number("version", kVersion);
  if (head.credentials) object.json("credentials", "true");
  object.end();
  return out;
}

base::Result<TableHead> parse_first_line(std::string_view line) {
  const auto value = base::parse_json(line, {.octets = 4'096});
  const auto of = value ? base::text_member(*value, "export") : std::nullopt;
  if (of != "msggw gateway" && of != "msggw pf")
    return base::fail(Errc::incorrect, "it does not begin as what `msggw export` writes");
  if (number_in(*value, "version") != kVersion)
    return base::fail(Errc::incorrect, "a later version of msggw has written it");
  const auto* const credentials = base::member(*value, "credentials");
  return TableHead{std::string(of->substr(6)), credentials != nullptr};
}

std::string last_line(std::size_t lines) {
  std::string out;
  base::ObjectWriter object(base::Encoding::json, out);
  object.json("end", "true");
  object.number("lines", lines);
  object.end();
  return out;
}

std::optional<std::size_t> parse_last_line(std::string_view line) {
  if (!line.starts_with("{\"end\":")) return std::nullopt;
  const auto value = base::parse_json(line, {.octets = 4'096});
  return value ? number_in(*value, "lines") : std::nullopt;
}

void append_assignment(std::string& out, const function::AssignmentRecord& record,
                       std::string_view rule) {
  base::ObjectWriter object(base::Encoding::json, out);
  object.text("privateId", record.private_id);
  object.text("ueType", core::name_of(record.ue_type));
  object.text("serviceId", record.service_id);
  object.text("rule", rule);
  object.end();
}

base::Result<AssignmentLine> parse_assignment(std::string_view text, bool of_gateway) {
  if (of_gateway) return of_device(text);
  const auto value = base::parse_json(text, {.octets = 16 * 1024});
  if (!value) return tl::unexpected(value.error());
  const auto wrong = [](const char* name) {
    return base::fail(Errc::incorrect, std::string(name) + " is not what an export has there");
  };
  AssignmentLine line;
  const auto type = base::text_member(*value, "ueType");
  const auto ue_type = type ? core::ue_type_of(*type) : std::nullopt;
  if (!ue_type) return wrong("ueType");
  line.ue_type = *ue_type;
  line.private_id = base::text_member(*value, "privateId").value_or("");
  const auto id = core::PrivateId::parse(line.private_id, core::PrivateId::kMostOctets);
  if (!id || id->text() != line.private_id) return wrong("privateId");
  line.service_id = base::text_member(*value, "serviceId").value_or("");
  if (line.service_id.empty() || base::has_control(line.service_id) ||
      line.service_id.size() > function::AssignmentRecord::kMostTextOctets)
    return wrong("serviceId");
  line.rule = base::text_member(*value, "rule").value_or("");
  if (line.rule.empty() || line.rule.size() > function::RuleOptions::kMostNameOctets ||
      base::has_control(line.rule))
    return wrong("rule");
  if (value->get_object().size() != 4) return wrong("another member");
  return line;
}

}  // namespace msggw::commands
