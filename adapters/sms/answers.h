// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "adapters/sms/open_message.h"
#include "adapters/sms/options.h"
#include "adapters/sms/return_paths.h"
#include "adapters/sms/submissions.h"
#include "gateway/base/clock.h"
#include "gateway/base/metrics.h"
#include "gateway/core/registrations.h"
#include "gateway/messages/outbox.h"

namespace msggw::sms {

/// What devices are told by SMS, and when: once at the end of their first contact, and where they
/// asked by a keyword, not too often. Loop thread only.
class Answers {
 public:
  /// References must outlive it.
  Answers(const Options& options, const core::Registrations& registrations,
          Submissions& submissions, base::metrics::Registry& registry);

  /// The message of a device has been answered by the core, other than with `failed`.
  void answered(const OpenMessage& message, const core::Answer& answer, base::TimePoint now);
  /// The device's state changed; `first`: this ends its first contact.
  void notice(core::DeviceNo device, bool first, base::TimePoint now);
  /// Nobody takes what the device has written.
  void refused(core::DeviceNo device, const Writing& writing, const messages::Refusal& why,
               base::TimePoint now);
  void gone(core::DeviceNo device) {
    paths_.forget(device);
    rate_.forget(device);
  }

 private:
  enum class Unsaid : std::uint8_t { too_often, no_source, no_number };

  const std::string* text_for(const OpenMessage& message, const core::Answer& answer) const;
  void say(core::DeviceNo device, const std::string& number, const std::string& text,
           const std::optional<ReturnPath>& path, base::TimePoint now);
  void send(const std::string& number, std::string text, const std::optional<ReturnPath>& path,
            base::TimePoint now);
  void count(Unsaid why) { unsaid_[static_cast<std::size_t>(why)]->Increment(); }

  const Options& options_;
  const core::Registrations& registrations_;
  Submissions& submissions_;
  std::array<base::metrics::Counter*, 3> unsaid_;
  ReturnPaths paths_;
  AnswerRate rate_;
};

}  // namespace msggw::sms
