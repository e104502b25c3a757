// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sms/doors.h"
#include "adapters/sms/doubtful_parts.h"
#include "adapters/sms/finished_texts.h"
#include "adapters/sms/held_texts.h"
#include "adapters/sms/inbox.h"
#include "adapters/sms/open_message.h"
#include "adapters/sms/options.h"
#include "adapters/sms/origins.h"
#include "adapters/sms/partial_drops.h"
#include "gateway/base/context.h"
#include "gateway/base/keyed_hash.h"
#include "gateway/base/log.h"
#include "gateway/core/open_requests.h"

namespace msggw::sms {

/// What devices write to others (TS 23.554 8.7.1): texts and data that are no business of the
/// gateway's own, whole or in parts, from the registration of their sender to the answer for the
/// SMSC. Where messages are not offered they are acknowledged and dropped.
///
/// The SMSC is answered when what it brought is durable: a message in the queue, or a draft
/// (messages::DeviceSide::keep) of a part, or of a text whose sender has no Service ID yet. Drafts
/// are dropped by the commit that makes a message of them. Loop thread only.
class Uplink {
 public:
  struct Events {
    std::function<void(const Smsc::Request&, smpp::Status)> reply;
    /// Why its sender may not send messages; none: he may.
    std::function<std::optional<core::Denial>(const OpenMessage&)> why_not;
    /// Whether a text is for the gateway itself: a keyword or, in a first contact, information.
    std::function<bool(const Text&, bool is_first)> is_own;
    /// A long one of that kind is whole. Whoever gets it answers the SMSC.
    std::function<void(OpenMessage, Text)> own;
    /// Nobody takes what the device has written. Returns Smsc::Request::after of the answer.
    std::function<std::uint64_t(core::DeviceNo, const Writing&, const messages::Refusal&)> refused;
    /// When the SMSC was bound by its youngest connection, or lost its last.
    std::function<base::TimePoint(SmscNo)> bound_since;
  };

  /// All references must outlive it.
  Uplink(const base::Context& context, const Options& options, const Doors& doors, Events events);

  /// At start, in the order in which they came: what a process before this one acknowledged.
  void restore(const messages::DeviceSide::Restored& one, Writing writing);
  /// The options have changed in place.
  void reconfigure();
  /// Requires OpenMessage::is_content, and that the core has recorded the device. Answers the SMSC,
  /// now or after the commit.
  void take(core::DeviceNo device, OpenMessage message);
  void answer(const messages::Answer& answer);
  /// The state of the device has changed: what is held of it may go.
  void notice(core::DeviceNo device);
  void gone(core::DeviceNo device);
  void end_turn(base::TimePoint now);
  std::optional<base::TimePoint> next_deadline() const;

  /// When the SMSC may last have missed one of our answers.
  base::TimePoint unsure_since(SmscNo smsc) const;
  /// It was told to give again what may have been taken.
  void answered_late(SmscNo smsc);

  bool is_full() const noexcept { return open_.is_full(); }
  /// What has been written and is no message yet.
  struct Kept {
    std::size_t texts = 0;          ///< whole, and wait for a Service ID or for room
    std::size_t long_messages = 0;  ///< of which parts are still to come
  };
  Kept kept() const { return {held_.size(), inbox_.incomplete()}; }
  Kept kept_of(core::DeviceNo device) const;

 private:
  /// Whose answer waits for the store.
  struct Parked {
    Smsc::Request request;
    base::TimePoint since{};
  };
  using Drafts = std::vector<messages::DraftNo>;
  struct Asked {
    messages::SendRequest request;
    bool is_again = false;  ///< it is a message already
  };
  /// Of a draft that holds one.
  struct PartSeen {
    base::TimePoint came;
    bool is_first;
  };

  void take_part(core::DeviceNo device, OpenMessage message, base::TimePoint now);
  void take_whole(core::DeviceNo device, OpenMessage message, Text text, base::TimePoint now);
  void complete(core::DeviceNo device, OpenMessage message, sms_text::Added added,
                core::Ticket kept, base::TimePoint now);
  void remember(core::DeviceNo device, const Writing& last, const sms_text::Added& added,
                base::TimePoint now);
  void hold(core::DeviceNo device, OpenMessage message, Text text, base::TimePoint now);
  void doubt(DoubtfulParts::Part part, base::TimePoint now);
  void settle_doubtful(base::TimePoint now);
  void settle_before(core::DeviceNo device, const Writing& next, base::TimePoint now);
  std::optional<base::TimePoint> lacked_until(const Writing& part) const;
  void add_kept(DoubtfulParts::Part part, base::TimePoint at, bool is_restored);
  void let_go(core::DeviceNo device, base::TimePoint now);
  void end_held(core::DeviceNo device, base::TimePoint now);
  Asked request_of(core::DeviceNo device, const Writing& writing, const Text& text,
                   const Seen& seen, base::TimePoint now);
  Origins::Origin origin_of(const messages::SendRequest& request, const Writing& writing,
                            const Seen& seen, base::TimePoint now);
  bool is_recorded_alone(core::DeviceNo device) const;
  bool has_to_wait(core::DeviceNo device) const {
    return is_recorded_alone(device) || held_.has(device);
  }
  std::uint64_t refuse(core::DeviceNo device, const Writing& writing, const messages::Refusal& why,
                       base::TimePoint now);
  /// What may be taken later.
  void put_off(const OpenMessage& message, const messages::Refusal& why);
  void refuse_now(core::DeviceNo device, OpenMessage& message, const messages::Refusal& why,
                  bool is_done, base::TimePoint now);
  void count_part(const sms_text::Added& added, bool is_own = false);
  void count(base::Errc code) { refused_[static_cast<std::size_t>(code)]->Increment(); }
  void drop(const Drafts& drafts);
  void drop_parts();
  bool has_first(const std::vector<std::uint64_t>& tags) const;
  std::vector<base::TimePoint> came_of(const std::vector<std::uint64_t>& tags) const;

  const Options& options_;
  const core::Tables& tables_;
  messages::DeviceSide* messages_;  ///< null: messages are not offered
  const base::Clock& clock_;
  Events events_;
  Inbox inbox_;
  PartialDrops partial_drops_;
  HeldTexts held_;
  FinishedTexts finished_;
  DoubtfulParts doubtful_;
  core::OpenRequests<Parked> open_;
  Origins origins_;
  base::HashKey content_key_;
  std::vector<base::TimePoint> late_;  ///< of each SMSC, when an answer was last late or no
  boost::unordered_flat_map<std::uint64_t, PartSeen> parts_;  ///< by their drafts
  std::optional<base::TimePoint> next_try_;                   ///< for what is held
  base::log::Limit refused_log_{1};
  std::vector<base::metrics::Counter*> refused_;     ///< by Errc
  std::array<base::metrics::Counter*, 2> received_;  ///< messages, parts of what is not whole
  base::metrics::Counter& held_dropped_;
  base::metrics::Gauge& held_now_;
  base::metrics::Gauge& partial_;
};

}  // namespace msggw::sms
