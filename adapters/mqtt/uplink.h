// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/mqtt/board.h"
#include "adapters/mqtt/doors.h"
#include "adapters/mqtt/held_message.h"
#include "adapters/mqtt/origins.h"
#include "adapters/mqtt/refusals.h"
#include "adapters/mqtt/sender.h"
#include "gateway/base/clock.h"
#include "gateway/core/open_requests.h"

namespace msggw::mqtt {

/// What devices send (TS 23.554 8.7.1), and the answers to it: on <id>/ack, and on the response
/// topic where there is one; of what is refused on the response topic alone. "Accepted" comes after
/// the commit. Requires that messages are offered. Loop thread only.
class Uplink {
 public:
  /// The longest body that is looked at: JSON may make six octets of one of content, and has a
  /// frame around it. Without messages 0.
  static std::size_t most_octets(const Doors& doors) noexcept;

  /// All references must outlive it.
  Uplink(const Doors& doors, const Options& options, Board& board, Refusals& refusals);

  /// The device that speaks, if nothing is against it and it is registered; else it is told why it
  /// may neither send nor report, the same of one that there is not and of one not registered.
  std::optional<core::DeviceNo> admit(const Sender& sender, std::optional<core::DeviceNo> device,
                                      std::optional<base::Error> against, base::TimePoint now);

  /// A structured message of that device.
  void send(core::DeviceNo device, const Sender& sender, const Incoming& incoming,
            base::TimePoint now);
  /// Content alone. MQTT 5: the user properties appId and msgId say the rest. Of both the Message
  /// Expiry Interval is their lifetime, if they say none that is shorter.
  void up(core::DeviceNo device, const Sender& sender, const Incoming& incoming,
          base::TimePoint now);
  /// Limits of both have changed.
  void reconfigure(const Doors& doors, const Options& options);
  /// Once, when the broker is there: what a process before this one told the broker that it took,
  /// and what was still to wait for a Service ID, is sent before anything that comes.
  void resume(base::TimePoint now);
  void answer(const messages::Answer& answer, base::TimePoint now);
  /// Tells what became of a request, unless there are more refusals than are told.
  void tell(const Sender& sender, const messages::Answer& answer, base::TimePoint now);

 private:
  void refuse(const Sender& sender, std::string message_id, messages::Refusal why,
              base::TimePoint now);
  void take(core::DeviceNo device, const HeldMessage& came, base::TimePoint now);
  void take_plain(core::DeviceNo device, const HeldMessage& came, base::TimePoint now);
  void pass_on(HeldMessage came, messages::SendRequest request, base::TimePoint now);
  std::size_t max_content_octets() const noexcept;

  core::Registrations& registrations_;
  messages::DeviceSide* messages_;  ///< not called where messages are not offered
  std::size_t most_octets_;
  Board& board_;
  Refusals& refusals_;
  core::SharedRequests<OpenRequest> open_;
  Origins origins_;
};

}  // namespace msggw::mqtt
