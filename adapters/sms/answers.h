// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "adapters/sms/doors.h"
#include "adapters/sms/open_message.h"
#include "adapters/sms/options.h"
#include "adapters/sms/return_paths.h"
#include "gateway/base/clock.h"
#include "gateway/base/metrics.h"
#include "gateway/messages/outbox.h"

namespace msggw::sms {

/// What devices are told by SMS, and when: once at the end of their first contact, and where they
/// asked by a keyword, not too often. Each text is written down (messages::DeviceSide::tell) in the
/// turn in which what it tells is decided, so both are durable with one commit or neither is. What
/// calls return is the batch that makes it durable; 0: nothing is told. Loop thread only.
class Answers {
 public:
  /// References must outlive it.
  Answers(const Options& options, const Doors& doors, base::metrics::Registry& registry);

  /// The options have changed in place.
  void follow_options();
  /// At start: a way that an earlier process kept.
  void restore(core::DeviceNo device, const Writing& path, messages::DraftNo draft);
  /// The core has taken the device's message; `began`: its registration over SMS began with it.
  std::uint64_t registered(core::DeviceNo device, const OpenMessage& message, bool began,
                           base::TimePoint now);
  /// The device's registration has ended by its own word.
  std::uint64_t stopped(core::DeviceNo device, const OpenMessage& message, base::TimePoint now);
  /// The end of its first contact.
  void decided(core::DeviceNo device, base::TimePoint now);
  /// Nobody takes what the device has written.
  std::uint64_t refused(core::DeviceNo device, const Writing& writing, const messages::Refusal& why,
                        base::TimePoint now);
  /// It will not be told of the end of a first contact.
  void forget_path(core::DeviceNo device);
  void gone(core::DeviceNo device) {
    forget_path(device);
    rate_.forget(device);
  }

 private:
  enum class Unsaid : std::uint8_t { too_often, no_source, no_number, no_room };
  /// The words of the configuration, and which of them they are.
  struct Template {
    const char* about;
    const std::string& text;
  };

  Template of_first_contact(core::DeviceNo device) const;
  std::uint64_t keep(core::DeviceNo device, const OpenMessage& message, base::TimePoint now);
  std::uint64_t say(core::DeviceNo device, const std::string& number, const Template& what,
                    std::optional<ReturnPath> path, base::TimePoint now);
  std::uint64_t write_down(core::DeviceNo device, const std::string& number, const char* about,
                           std::string text, std::optional<ReturnPath> path, base::TimePoint now);
  std::uint64_t unsaid(Unsaid why);

  const Options& options_;
  const core::Registrations& registrations_;
  messages::DeviceSide& messages_;
  std::array<base::metrics::Counter*, 4> unsaid_;
  ReturnPaths paths_;
  /// That hold one of them each, where it is the only way: there is no Options::source.
  boost::unordered_flat_map<core::DeviceNo, messages::DraftNo> drafts_;
  AnswerRate rate_;
};

}  // namespace msggw::sms
