// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/messages/queue.h"

namespace msggw::messages {

/// The two kinds of Message Gateway that one process may be (TS 23.554 5.3.4).
enum class Role : std::uint8_t { l3g, n3g };

/// What goes up: a message of a device or a report for one. Points into the tables: valid until
/// the next call of any door.
struct Upward {
  MessageNo no{};
  core::DeviceNo device{};
  const Carried& carried;
  base::TimePoint expires;  ///< by the time of the process
};

/// The door of the MSGin5G Server's adapter. Loop thread only.
class ServerSide {
 public:
  /// Whether some bearer could ever bring that content to the device.
  using Carries = std::function<bool(core::DeviceNo, std::string_view content)>;

  explicit ServerSide(Queue& queue) : queue_(queue) {}

  /// Asked of each message that is whole: one that is too long for its bearer is refused at once.
  void ask_whether_carried(Carries carries) { carries_ = std::move(carries); }

  /// TS 29.538 6.2.2 and 6.3.2: a message for a device. An answer now is a refusal, or the message
  /// is here already; else it comes through the outbox after the commit. unknown_device:
  /// RECIPIENT_NOT_FOUND; unsupported: ADDR_TYPE_NOT_SUPPORTED; overloaded and unavailable: as
  /// Queue::make_room(). A segment is answered by itself, and waits for the others of its message
  /// (Joining).
  std::optional<Answer> deliver(Role role, Message message, core::Ticket ticket,
                                base::TimePoint now);
  /// TS 29.538 6.2.3 and 6.3.3: what became of a message that a device sent. Answers as deliver().
  std::optional<Answer> deliver_report(Role role, Report report, core::Ticket ticket,
                                       base::TimePoint now);

  /// The next to be sent, of devices with a profile that `has_room` says yes to: of each device and
  /// priority one at a time, until one of the three calls below for it. None: nothing, or it is
  /// still to be read.
  std::optional<Upward> next(const std::function<bool(core::ProfileNo)>& has_room);
  /// The server has it.
  void accepted(MessageNo no, base::TimePoint now);
  /// The server says that it will not take this message, ever. `said`, here and below, is for the
  /// operator: its own words, safe to print.
  void rejected(MessageNo no, Cause cause, base::TimePoint now, std::string_view said = {});
  /// No answer, or one about the server and not about the message: it goes again. One that came to
  /// nothing Limits::most_tries times while others passed ends, so that it does not hold its lane.
  void undecided(MessageNo no, base::TimePoint now, std::string_view said = {});
  /// The same, and it goes again when go_on() says so. Until then it waits, and may expire or be
  /// removed. False: it has ended.
  bool rests(MessageNo no, base::TimePoint now, std::string_view said = {});
  /// Nothing happens if it has ended, or was given out again since.
  void go_on(MessageNo no);

  const Queue& queue() const noexcept { return queue_; }

 private:
  std::optional<Answer> gather(core::DeviceNo device, Message segment, core::Ticket ticket,
                               base::TimePoint now);
  std::optional<Answer> answer(core::DeviceNo device, Kind kind, Parked parked,
                               tl::expected<MessageNo, Refusal> no);
  std::optional<core::DeviceNo> device_of(Role role, const Address& address) const;
  Answer refused(core::Ticket ticket, std::string message_id, Refusal why);
  Answer no_recipient(core::Ticket ticket, std::string message_id);

  Queue& queue_;
  Carries carries_;
  std::uint32_t passed_ = 0;  ///< messages that the server took, modulo 2^32
  std::size_t turn_ = 0;      ///< of the profiles
};

}  // namespace msggw::messages
