// SPDX-License-Identifier: Apache-2.0
// What a MSGin5G Server sends, as a message and as a report: what is refused can be answered, and
// what is taken can be written again and is read as the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/msgin5g/bodies.h"
#include "gateway/base/json.h"
#include "gateway/base/text.h"

namespace {

using namespace msggw::msgin5g;
using msggw::base::ensure;
using msggw::messages::Message;

void check_line(std::string_view text, std::size_t most) {
  ensure(text.size() <= most, "an identifier is within its limit");
  ensure(msggw::base::is_utf8(text) && !msggw::base::has_control(text), "an identifier is sound");
}

void check_refusal(const Problem& problem, const Limits& limits) {
  const auto response = response_of(problem);
  ensure(response.status >= 400 && response.status < 500, "bad input is the peer's fault");
  ensure(!problem.detail.empty(), "a refusal says why");
  ensure(problem.invalid_params.size() <= limits.invalid_params, "elements are within their limit");
  ensure(read_problem(response.body, {}).has_value(), "a problem can be read");
}

void check_message(std::string_view body, PayloadEncoding encoding, const Limits& limits) {
  const auto encoding_of = [encoding](const Message&) { return encoding; };
  const auto message = read_message(body, encoding_of, limits);
  if (!message) return check_refusal(message.error(), limits);
  check_line(message->from.address, limits.address_octets);
  check_line(message->to.address, limits.address_octets);
  check_line(message->message_id, limits.message_id_octets);
  check_line(message->application, limits.application_octets);
  if (message->segment) check_line(message->segment->set, limits.segment_set_octets);
  ensure(!message->to.address.empty() && !message->message_id.empty(), "it goes somewhere");
  ensure(message->content.size() <= limits.content_octets, "content is within its limit");
  const auto written = write_message(*message, encoding, {});
  ensure(written.has_value(), "what was read can be written");
  const auto again = read_message(*written, encoding_of, {});
  ensure(again.has_value() && *again == *message, "a message is the same when it was written");
}

void check_report(std::string_view body, const Limits& limits) {
  const auto report = read_report(body, limits);
  if (!report) return check_refusal(report.error(), limits);
  check_line(report->failure_cause, limits.failure_cause_octets);
  const auto again = read_report(write_report(*report), {});
  ensure(again.has_value() && *again == *report, "a report is the same when it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  Limits limits;
  limits.body_octets = 4'096;
  limits.address_octets = 64;
  limits.message_id_octets = 32;
  limits.content_octets = 256;
  limits.invalid_params = 4;
  check_message(body, PayloadEncoding::text, limits);
  check_message(body, PayloadEncoding::base64, limits);
  check_report(body, limits);
  return 0;
}
