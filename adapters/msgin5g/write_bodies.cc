// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <utility>

#include "adapters/msgin5g/bodies.h"
#include "adapters/msgin5g/content.h"
#include "gateway/base/document.h"

namespace msggw::msgin5g {

namespace {

using messages::Address;
using messages::Message;
using messages::Report;
using messages::Segment;

void append_address(base::ObjectWriter& out, std::string_view name, const Address& address) {
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  writer.text("addrType", messages::name_of(address.type));
  writer.text("addr", address.address);
  writer.end();
  out.document(name, body);
}

void append_segment(base::ObjectWriter& out, const Segment& segment) {
  std::string params;
  base::ObjectWriter writer(base::Encoding::json, params);
  writer.text("segId", segment.set);
  if (segment.total) writer.number("totalSegCount", *segment.total);
  writer.number("segNumb", segment.number);
  if (segment.last) writer.json("lastSegFlag", "true");
  writer.end();
  out.json("segInd", "true");
  out.document("segParams", params);
}

/// RFC 3339, which knows years of four digits only.
std::optional<std::string> date_time(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  if (int{date.year()} < 0 || int{date.year()} > 9'999) return std::nullopt;
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", int{date.year()},
                unsigned{date.month()}, unsigned{date.day()},
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

base::Result<void> append_store(base::ObjectWriter& out, const StoreAndForward& store) {
  out.json("stoAndFwInd", store.wanted ? "true" : "false");
  if (!store.wanted || !store.until) return {};
  const auto until = date_time(*store.until);
  if (!until)
    return base::fail(base::Errc::incorrect, "an expiry beyond the year 9999 cannot be written");
  std::string params;
  base::ObjectWriter writer(base::Encoding::json, params);
  writer.text("exprTime", *until);
  writer.end();
  out.document("stoAndFwParams", params);
  return {};
}

}  // namespace

base::Result<std::string> write_message(const Message& message, PayloadEncoding encoding,
                                        const StoreAndForward& store) {
  auto payload = payload_of(message.content, encoding);
  if (!payload) return payload;
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  append_address(writer, "oriAddr", message.from);
  append_address(writer, "destAddr", message.to);
  if (!message.application.empty()) writer.text("appId", message.application);
  writer.text("msgId", message.message_id);
  if (message.wants_report) writer.json("delivStReqInd", "true");
  if (!payload->empty()) writer.text("payload", *payload);
  if (message.segment) append_segment(writer, *message.segment);
  if (auto stored = append_store(writer, store); !stored)
    return tl::unexpected(std::move(stored.error()));
  writer.end();
  return body;
}

std::string write_report(const Report& report) {
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  append_address(writer, "oriAddr", report.from);
  append_address(writer, "destAddr", report.to);
  writer.text("msgId", report.message_id);
  if (!report.failure_cause.empty()) writer.text("failureCause", report.failure_cause);
  writer.text("delivSt", report.delivered ? kDelivered : kFailed);
  writer.end();
  return body;
}

}  // namespace msggw::msgin5g
