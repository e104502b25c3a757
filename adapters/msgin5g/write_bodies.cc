// SPDX-License-Identifier: Apache-2.0
#include <string>
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

/// Around the texts of a message, and a little more.
constexpr std::size_t kAroundTexts = 256;

/// RFC 3339, which knows years of four digits only.
std::optional<std::string> date_time(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  if (int{date.year()} < 0 || int{date.year()} > 9'999) return std::nullopt;
  const std::chrono::hh_mm_ss clock{time - day};
  std::string text = "0000-00-00T00:00:00Z";
  const auto put = [&](std::size_t begin, std::size_t end, long number) {
    for (; end > begin; number /= 10) text[--end] = static_cast<char>('0' + number % 10);
  };
  put(0, 4, int{date.year()});
  put(5, 7, unsigned{date.month()});
  put(8, 10, unsigned{date.day()});
  put(11, 13, clock.hours().count());
  put(14, 16, clock.minutes().count());
  put(17, 19, clock.seconds().count());
  return text;
}

base::Result<void> append_store(base::ObjectWriter& out, const StoreAndForward& store) {
  out.json("stoAndFwInd", store.wanted ? "true" : "false");
  if (!store.wanted || !store.until) return {};
  const auto until = date_time(*store.until);
  if (!until)
    return base::fail(base::Errc::incorrect, "an expiry beyond the year 9999 cannot be written");
  out.object("stoAndFwParams",
             [&](base::ObjectWriter& params) { params.text("exprTime", *until); });
  return {};
}

}  // namespace

base::Result<std::string> write_message(const Message& message, PayloadEncoding encoding,
                                        const StoreAndForward& store) {
  auto payload = payload_of(message.content, encoding);
  if (!payload) return payload;
  std::string body;
  body.reserve(kAroundTexts + message.from.address.size() + message.to.address.size() +
               message.message_id.size() + payload->size());
  base::ObjectWriter writer(kEncoding, body);
  elements::append_address(writer, "oriAddr", message.from);
  elements::append_address(writer, "destAddr", message.to);
  if (!message.application.empty()) writer.text("appId", message.application);
  writer.text("msgId", message.message_id);
  if (message.wants_report) writer.json("delivStReqInd", "true");
  if (!payload->empty()) writer.text("payload", *payload);
  if (message.segment) elements::append_segment(writer, *message.segment);
  if (auto stored = append_store(writer, store); !stored)
    return tl::unexpected(std::move(stored.error()));
  writer.end();
  return body;
}

std::string write_report(const Report& report) {
  std::string body;
  base::ObjectWriter writer(kEncoding, body);
  elements::append_address(writer, "oriAddr", report.from);
  elements::append_address(writer, "destAddr", report.to);
  writer.text("msgId", report.message_id);
  elements::append_outcome(writer, report);
  writer.end();
  return body;
}

}  // namespace msggw::msgin5g
