// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <utility>

#include "adapters/elements/elements.h"
#include "adapters/msgin5g/bodies.h"
#include "adapters/msgin5g/content.h"
#include "gateway/base/document.h"

namespace msggw::msgin5g {

namespace {

using messages::Message;
using messages::Report;

constexpr auto kEncoding = base::Encoding::json;

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
  base::ObjectWriter writer(kEncoding, params);
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
  base::ObjectWriter writer(kEncoding, body);
  elements::append_address(writer, kEncoding, "oriAddr", message.from);
  elements::append_address(writer, kEncoding, "destAddr", message.to);
  if (!message.application.empty()) writer.text("appId", message.application);
  writer.text("msgId", message.message_id);
  if (message.wants_report) writer.json("delivStReqInd", "true");
  if (!payload->empty()) writer.text("payload", *payload);
  if (message.segment) elements::append_segment(writer, kEncoding, *message.segment);
  if (auto stored = append_store(writer, store); !stored)
    return tl::unexpected(std::move(stored.error()));
  writer.end();
  return body;
}

std::string write_report(const Report& report) {
  std::string body;
  base::ObjectWriter writer(kEncoding, body);
  elements::append_address(writer, kEncoding, "oriAddr", report.from);
  elements::append_address(writer, kEncoding, "destAddr", report.to);
  writer.text("msgId", report.message_id);
  elements::append_outcome(writer, report);
  writer.end();
  return body;
}

}  // namespace msggw::msgin5g
