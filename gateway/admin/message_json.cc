// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/message_json.h"

#include <algorithm>

#include "gateway/base/base64.h"
#include "gateway/base/document.h"
#include "gateway/base/text.h"
#include "gateway/roster/device_json.h"

namespace msggw::admin {

namespace {

constexpr auto kJson = base::Encoding::json;

std::string json_of(const messages::Address& address) {
  std::string out;
  base::ObjectWriter writer(kJson, out);
  writer.text("addrType", messages::name_of(address.type));
  writer.text("addr", address.address);
  writer.end();
  return out;
}

std::string json_of(const messages::Segment& segment) {
  std::string out;
  base::ObjectWriter writer(kJson, out);
  writer.text("segId", segment.set);
  writer.number("segNumb", segment.number);
  if (segment.total) writer.number("totalSegCount", *segment.total);
  if (segment.last) writer.json("lastSegFlag", "true");
  writer.end();
  return out;
}

/// Whether a terminal may be given it: line ends and tabs are escaped in JSON, and the rest is seen
/// as what it is.
bool is_text(std::string_view content) {
  std::string rest(content);
  std::erase_if(rest, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
  return base::is_plain(rest);
}

void append(base::ObjectWriter& writer, const messages::Message& message, bool with_content) {
  writer.text("msgId", message.message_id);
  writer.json("oriAddr", json_of(message.from));
  writer.json("destAddr", json_of(message.to));
  if (!message.application.empty()) writer.text("appId", message.application);
  if (message.segment) writer.json("segParams", json_of(*message.segment));
  writer.number("contentOctets", message.content.size());
  if (!with_content) return;
  if (is_text(message.content)) {
    writer.text("content", message.content);
  } else {
    std::string digits;
    base::append_base64(digits, message.content);
    writer.text("contentBase64", digits);
  }
}

void append(base::ObjectWriter& writer, const messages::Report& report, bool) {
  writer.text("msgId", report.message_id);
  writer.json("oriAddr", json_of(report.from));
  writer.json("destAddr", json_of(report.to));
  writer.text("delivSt", report.delivered ? "REPT_DELY_SUCCESS" : "REPT_DELY_FAILED");
  if (!report.failure_cause.empty()) writer.text("failureCause", report.failure_cause);
}

}  // namespace

void append_message_json(std::string& out, const MessageView& view, const messages::Queue& queue) {
  const messages::Header& header = queue.headers.at(view.no);
  const core::Device& device = queue.devices.device(header.device);
  const messages::Times times = messages::times_of(queue, view.no);
  base::ObjectWriter writer(kJson, out);
  writer.number("number", messages::number(view.no));
  writer.text("kind", messages::name_of(header.kind));
  writer.text("privateId", device.private_id);
  if (device.has_service_id()) writer.text("serviceId", device.service_id);
  writer.text("stage", messages::name_of(header.state));
  if (header.cause != messages::Cause::none) writer.text("cause", messages::name_of(header.cause));
  writer.text("priority", messages::name_of(header.priority));
  writer.json("delivStReqInd", header.wants_report ? "true" : "false");
  if (header.withheld && !header.ended()) writer.json("withheld", "true");
  writer.text("accepted", roster::print_time(core::to_seconds(times.accepted)));
  writer.text("expires", roster::print_time(core::to_seconds(times.expires)));
  writer.number("octets", header.octets);
  if (view.carried != nullptr)
    std::visit([&](const auto& of) { append(writer, of, view.with_content); }, *view.carried);
  else if (!view.message_id.empty())
    writer.text("msgId", view.message_id);
  writer.end();
}

std::string print_moment(base::TimePoint at) {
  std::string text = roster::print_time(core::to_seconds(at));
  const auto milliseconds =
      std::to_string(at.time_since_epoch() % std::chrono::seconds{1} / base::Duration{1});
  text.pop_back();
  return text + '.' + std::string(3 - milliseconds.size(), '0') + milliseconds + 'Z';
}

}  // namespace msggw::admin
