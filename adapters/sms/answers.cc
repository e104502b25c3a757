// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/answers.h"

#include <utility>

#include "adapters/sms/counters.h"
#include "adapters/sms/numbers.h"
#include "adapters/sms/words.h"

namespace msggw::sms {

Answers::Answers(const Options& options, const core::Registrations& registrations,
                 Submissions& submissions, base::metrics::Registry& registry)
    : options_(options),
      registrations_(registrations),
      submissions_(submissions),
      unsaid_(counters(registry, "msggw_sms_unsaid_total",
                       "Messages to devices that were not sent, by why", "reason", "too_often",
                       "no_source", "no_number")),
      paths_(options.max_open_requests),
      rate_(options.answer_every, options.max_open_requests) {}

void Answers::answered(const OpenMessage& message, const core::Answer& answer,
                       base::TimePoint now) {
  const ReturnPath path{message.request.smsc, message.service};
  if (answer.verdict == core::Verdict::pending && answer.began)
    paths_.keep(answer.device, path);
  else
    paths_.heard(path);
  const std::string* const text = text_for(message, answer);
  if (text == nullptr || text->empty()) return;
  const bool was_asked_for = text != &options_.answer;
  if (was_asked_for && !rate_.pass(answer.device, now)) return count(Unsaid::too_often);
  say(answer.device, message.number, *text, path, now);
}

/// Null: nothing.
const std::string* Answers::text_for(const OpenMessage& message, const core::Answer& answer) const {
  const bool has_text = !options_.answer.empty();
  if (answer.verdict == core::Verdict::deregistered) return &options_.answer_stop;
  if (answer.verdict == core::Verdict::provisioned && answer.began && has_text)
    return &options_.answer;
  if (message.wish != OpenMessage::Wish::status) return nullptr;
  const bool is_told_later = answer.verdict == core::Verdict::pending && answer.began && has_text;
  return is_told_later ? nullptr : &options_.answer_status;
}

/// A device that was told nothing at its first contact is told how it ended.
void Answers::notice(core::DeviceNo device, bool first, base::TimePoint now) {
  if (!first) return paths_.forget(device);
  const auto path = paths_.take(device);
  const bool good = registrations_.tables().device(device).has_service_id();
  const std::string& text = good ? options_.answer : options_.answer_refused;
  if (text.empty()) return;
  const std::string number = number_of(device, registrations_.tables());
  number.empty() ? count(Unsaid::no_number) : say(device, number, text, path, now);
}

void Answers::refused(core::DeviceNo device, const Writing& writing, const messages::Refusal& why,
                      base::TimePoint now) {
  if (options_.answer_unsent.empty()) return;
  if (!rate_.pass(device, now)) return count(Unsaid::too_often);
  Words words = words_of(registrations_.view(device, core::Bearer::sms), nullptr);
  words.cause = why.cause;
  words.detail = why.error.detail;
  send(writing.number, fill(options_.answer_unsent, words),
       ReturnPath{writing.smsc, writing.service}, now);
}

void Answers::say(core::DeviceNo device, const std::string& number, const std::string& text,
                  const std::optional<ReturnPath>& path, base::TimePoint now) {
  send(number,
       fill(text, words_of(registrations_.view(device, core::Bearer::sms),
                           registrations_.tables().refusal(device))),
       path, now);
}

void Answers::send(const std::string& number, std::string text,
                   const std::optional<ReturnPath>& path, base::TimePoint now) {
  Outgoing message;
  if (!options_.source.empty()) {
    message.from = source_address(options_.source);
  } else if (path) {
    message.from = path->service;
  } else {
    return count(Unsaid::no_source);
  }
  if (path) message.smsc = path->smsc;
  message.to = number;
  message.text = std::move(text);
  if (message.text.empty()) return;
  // Counted where it is not taken.
  static_cast<void>(submissions_.add(std::move(message), now));
}

}  // namespace msggw::sms
