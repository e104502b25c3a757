// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/answers.h"

#include <algorithm>
#include <utility>

#include "adapters/sms/counters.h"
#include "adapters/sms/numbers.h"
#include "adapters/sms/texts.h"
#include "adapters/sms/words.h"
#include "gateway/base/text.h"

namespace msggw::sms {

Answers::Answers(const Options& options, const Doors& doors, base::metrics::Registry& registry)
    : options_(options),
      registrations_(doors.registrations),
      messages_(doors.messages),
      unsaid_(counters(registry, "msggw_sms_unsaid_total",
                       "Messages to devices that were not sent, by why", "reason", "too_often",
                       "no_source", "no_number", "no_room")),
      paths_(options.max_open_requests),
      rate_(options.answer_every, options.max_open_requests) {}

std::uint64_t Answers::registered(core::DeviceNo device, const OpenMessage& message, bool began,
                                  base::TimePoint now) {
  const ReturnPath path{message.request.smsc, message.service};
  const bool is_decided =
      registrations_.tables().device(device).state != core::DeviceState::recorded;
  const bool is_told_later = began && !is_decided;
  const std::uint64_t kept = is_told_later ? keep(device, message, now) : 0;
  if (!is_told_later) paths_.heard(path);
  const Template first = of_first_contact(device);
  if (began && is_decided && !first.text.empty())
    return say(device, message.number, first, path, now);
  if (message.wish != OpenMessage::Wish::status) return kept;
  if (is_told_later && !options_.answer.empty()) return kept;
  if (options_.answer_status.empty()) return kept;
  if (!rate_.pass(device, now)) return std::max(kept, unsaid(Unsaid::too_often));
  return std::max(
      kept, say(device, message.number, {"answer_status", options_.answer_status}, path, now));
}

/// Also over a restart, unless it is known anyway.
std::uint64_t Answers::keep(core::DeviceNo device, const OpenMessage& message,
                            base::TimePoint now) {
  paths_.keep(device, {message.request.smsc, message.service});
  const bool is_told = !options_.answer.empty() || !options_.answer_refused.empty();
  const bool has_room = drafts_.size() < options_.max_open_requests;
  if (!is_told || !options_.source.empty() || !has_room || drafts_.contains(device)) return 0;
  Writing path;
  path.smsc = message.request.smsc;
  path.number = message.number;
  path.service = message.service;
  path.piece.sequence = 0;
  const auto draft =
      messages_.keep(device, core::Bearer::sms, kNobody, encode(path, options_), now);
  if (!draft) return 0;
  drafts_.emplace(device, *draft);
  return messages_.queue().durable_with().value_or(0);
}

void Answers::restore(core::DeviceNo device, const Writing& path, messages::DraftNo draft) {
  if (registrations_.tables().device(device).state != core::DeviceState::recorded)
    return messages_.drop(draft);
  paths_.keep(device, {path.smsc, path.service});
  drafts_.emplace(device, draft);
}

void Answers::forget_path(core::DeviceNo device) {
  paths_.forget(device);
  const auto draft = drafts_.find(device);
  if (draft == drafts_.end()) return;
  messages_.drop(draft->second);
  drafts_.erase(draft);
}

std::uint64_t Answers::stopped(core::DeviceNo device, const OpenMessage& message,
                               base::TimePoint now) {
  const ReturnPath path{message.request.smsc, message.service};
  paths_.heard(path);
  if (options_.answer_stop.empty()) return 0;
  if (!rate_.pass(device, now)) return unsaid(Unsaid::too_often);
  return say(device, message.number, {"answer_stop", options_.answer_stop}, path, now);
}

void Answers::decided(core::DeviceNo device, base::TimePoint now) {
  auto path = paths_.take(device);
  forget_path(device);
  const Template what = of_first_contact(device);
  if (what.text.empty()) return;
  const std::string number = number_of(device, registrations_.tables());
  if (number.empty()) return static_cast<void>(unsaid(Unsaid::no_number));
  say(device, number, what, std::move(path), now);
}

std::uint64_t Answers::refused(core::DeviceNo device, const Writing& writing,
                               const messages::Refusal& why, base::TimePoint now) {
  if (options_.answer_unsent.empty()) return 0;
  if (!rate_.pass(device, now)) return unsaid(Unsaid::too_often);
  Words words = words_of(registrations_.view(device, core::Bearer::sms), nullptr);
  words.cause = why.cause;
  words.detail = why.error.detail;
  return write_down(device, writing.number, "answer_unsent", fill(options_.answer_unsent, words),
                    ReturnPath{writing.smsc, writing.service}, now);
}

Answers::Template Answers::of_first_contact(core::DeviceNo device) const {
  if (registrations_.tables().device(device).has_service_id()) return {"answer", options_.answer};
  return {"answer_refused", options_.answer_refused};
}

std::uint64_t Answers::say(core::DeviceNo device, const std::string& number, const Template& what,
                           std::optional<ReturnPath> path, base::TimePoint now) {
  return write_down(device, number, what.about,
                    fill(what.text, words_of(registrations_.view(device, core::Bearer::sms),
                                             registrations_.tables().refusal(device))),
                    std::move(path), now);
}

std::uint64_t Answers::write_down(core::DeviceNo device, const std::string& number,
                                  const char* about, std::string text,
                                  std::optional<ReturnPath> path, base::TimePoint now) {
  if (!options_.source.empty()) {
    if (!path) path.emplace();
    path->service = source_address(options_.source);
  }
  if (!path || !base::is_plain(path->service.text)) return unsaid(Unsaid::no_source);
  if (text.empty()) return 0;
  messages::Message told = text_to(number, *path, std::move(text), options_);
  told.message_id = about;
  if (messages_.tell(device, std::move(told), options_.outgoing_lifetime, now))
    return unsaid(Unsaid::no_room);
  return messages_.queue().durable_with().value_or(0);
}

std::uint64_t Answers::unsaid(Unsaid why) {
  unsaid_[static_cast<std::size_t>(why)]->Increment();
  return 0;
}

}  // namespace msggw::sms
