// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/messages/policy.h"
#include "gateway/messages/queue.h"

namespace msggw::messages {

/// Messages and reports that an operator means by what they have in common. What is not said fits
/// all.
struct Selection {
  std::optional<core::DeviceNo> device{};
  std::optional<bool> up{};
  std::optional<Priority> priority{};
  std::optional<State> state{};  ///< none: those that have not ended
};

/// A part of the list: those that are selected, in ascending number.
struct Page {
  std::vector<MessageNo> numbers;
  std::optional<MessageNo> next;  ///< where the list goes on; none: it ends here
};

/// What a lane waits for.
enum class WaitsFor : std::uint8_t {
  commit,   ///< its head is not durable yet
  content,  ///< what its head carries is being read from the store
  turn,     ///< it may go as soon as the server's adapter, or the bearer, takes it
  end,      ///< its head is handed over; what becomes of it is not known yet
  device,   ///< the device is reachable over no bearer
  rest,     ///< its head came back, and nobody has said that it may go again
  proof     ///< it is withheld until the device proves who it is
};
/// "commit", ...
std::string_view name_of(WaitsFor what) noexcept;

/// A lane that holds messages.
struct Waiting {
  LaneId lane;
  std::uint32_t messages = 0;
  std::uint64_t octets = 0;
  MessageNo head{};    ///< the others wait behind this one
  unsigned tries = 0;  ///< of the head, that came to nothing (Limits::most_tries)
  WaitsFor what{};
};

/// What is held of a device.
struct Held {
  std::size_t down = 0;  ///< messages, segments and reports for it: they end when it is removed
  std::size_t up = 0;    ///< messages and reports from it: they go up before its row goes

  std::size_t all() const noexcept { return down + up; }
};

/// When it was taken in, and when it expires, by the time of the process.
struct Times {
  base::TimePoint accepted;
  base::TimePoint expires;
};
/// Requires that its header is there.
Times times_of(const Queue& queue, MessageNo no);

/// Brings what messages carry, from RAM or from the store, off the loop where that may take time.
/// `done` is called from the loop, later, with as many as there were numbers; none: it is not there
/// any more, or the store cannot be read. Numbers ascend.
using ReadContents = std::function<void(
    std::vector<MessageNo> numbers, std::function<void(std::vector<std::optional<Carried>>)> done)>;

/// The door of the operator: what waits, for what, and its end by hand. What is carried is not to
/// be seen here (ReadContents). Loop thread only.
class OperatorSide {
 public:
  /// Headers that one call looks at, however few of them fit.
  static constexpr std::size_t kMostLookedAt = 50'000;

  /// Of `policy` the servers alone are looked at.
  OperatorSide(Queue& queue, const Policy& policy) : queue_(queue), servers_(policy.servers) {}

  void set_policy(const Policy& policy) { servers_ = policy.servers; }

  /// From `first` on, at most `most`; a page may be short, or empty, before the end. Of one device,
  /// what waits costs a look at its lanes alone, unless something is passed on.
  Page page(const Selection& selection, MessageNo first, std::size_t most) const;
  /// The lanes of the device, downward ones first, urgent ones first.
  std::vector<Waiting> waiting(core::DeviceNo device) const;
  Held held_of(core::DeviceNo device) const;
  /// Segments for it that wait for the others of their message.
  std::size_t segments_of(core::DeviceNo device) const {
    return queue_.joining.sets().segments_of(device);
  }
  /// Messages for it that its network has accepted, and has not said yet what became of.
  std::size_t passed_on(core::DeviceNo device) const;
  /// A bit for each bearer over which the device is reachable now.
  std::uint8_t reachable_over(core::DeviceNo device) const;
  /// The same of those that it is registered over and that may bring it messages.
  std::uint8_t carried_over(core::DeviceNo device) const;
  /// Whether one of the device's MSGin5G Servers is known here. If not, what it sends is refused.
  /// Requires that it has its Service ID.
  bool has_server(core::DeviceNo device) const;

  /// Ends it with Cause::removed, as failed; whoever asked for a report gets one. It is durable
  /// with durable_with(). unknown_device: no such message waits. refused: somebody has it in hand,
  /// and says soon what became of it.
  base::Result<void> remove(MessageNo no, base::TimePoint now);
  /// The number of the batch with which all that has been decided up to now is durable
  /// (core::Tables::durable_with()); none: it is.
  std::optional<std::uint64_t> durable_with() const;

  const Queue& queue() const noexcept { return queue_; }

 private:
  Page page_of_device(const Selection& selection, MessageNo first, std::size_t most) const;
  WaitsFor what_for(const LaneId& id, const Lane& lane) const;

  Queue& queue_;
  std::vector<std::string> servers_;
};

}  // namespace msggw::messages
