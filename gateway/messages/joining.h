// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <tl/expected.hpp>

#include "gateway/base/clock.h"
#include "gateway/messages/outbox.h"
#include "gateway/messages/segment_sets.h"

namespace msggw::messages {

class Queue;

/// Makes one message of the segments that a MSGin5G Server delivers (TS 23.554 8.5): in any order,
/// some twice, numbered from 0 or 1, over restarts. Each segment is a row of its own, durable
/// before it is answered; when the last is, their contents are read, and the whole takes its place
/// in the device's queue in the same batch that ends them. They stay in the window of duplicates
/// for as long as the whole does.
///
/// A set to which nothing comes for Limits::segment_time fails with Cause::segments_missing; who
/// asked for a report gets one. A part of Queue, whose doors call it. Loop thread only.
class Joining {
 public:
  explicit Joining(Queue& queue) : queue_(queue) {}
  Joining(const Joining&) = delete;
  Joining& operator=(const Joining&) = delete;

  /// Requires a segment. Its number, also if it is here already; else why it is not taken:
  /// too_large, or overloaded and unavailable as Queue::make_room().
  tl::expected<MessageNo, Refusal> gather(core::DeviceNo device, Message segment,
                                          base::TimePoint now);
  /// It is durable.
  void durable(MessageNo no);
  /// Its content is there. Requires a segment that has not ended; likewise below.
  void loaded(MessageNo no, Carried carried, base::TimePoint now);
  /// Its time is over, and with it perhaps that of its set.
  void expired(MessageNo no, base::TimePoint now);
  /// The end of its set.
  void end(MessageNo no, Cause cause, base::TimePoint now);
  void end_all(core::DeviceNo device, Cause cause, base::TimePoint now);
  /// What becomes of these is withheld.
  void withhold(core::DeviceNo device);
  /// Nobody is told of the end of these.
  void silence(core::DeviceNo device);

  /// At start, when its header is there. False: there is no such segment, or it is there twice.
  bool restore(MessageNo no, const Place& place);
  /// After the last restore().
  void start();
  /// Requires one whose set is open.
  Place place_of(MessageNo no) const;
  const SegmentSets& sets() const noexcept { return sets_; }

 private:
  /// Sets whose contents are in RAM at a time.
  static constexpr std::size_t kMostAtATime = 4;

  struct Segment;
  std::optional<MessageNo> repeated(const Segment& segment, base::TimePoint now);
  tl::expected<MessageNo, Refusal> tell_again(MessageNo no, core::DeviceNo device,
                                              const Message& message, base::TimePoint now);
  std::optional<Refusal> no_room(const Segment& segment);
  SegmentSet* set_of(MessageNo no) noexcept;
  void attach(MessageNo no, const Place& place);
  void join_if_whole(SetNo no);
  void read_next();
  void join(SetNo no, base::TimePoint now);
  Message whole_of(const SegmentSet& set) const;
  void close(SetNo no, Cause cause, base::TimePoint now);
  void release(SetNo no);

  Queue& queue_;
  SegmentSets sets_;
  std::deque<SetNo> to_read_;  ///< whole; some are closed
  std::size_t being_read_ = 0;
};

}  // namespace msggw::messages
