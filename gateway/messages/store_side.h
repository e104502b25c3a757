// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "gateway/messages/queue.h"

namespace msggw::messages {

/// Rows to be written as one batch. The rows are read from the tables, before the next call of any
/// door.
struct Changes {
  std::vector<MessageNo> headers;          ///< put into `queue`
  std::vector<MessageNo> contents;         ///< put into `messages`
  std::vector<MessageNo> erased_headers;   ///< of `queue`
  std::vector<MessageNo> erased_contents;  ///< of `messages`
  std::vector<MessageNo> places;           ///< put into `segments`
  std::vector<MessageNo> erased_places;    ///< of `segments`
  Drafts::Changes drafts;                  ///< put into `drafts`, and erased
  std::vector<MessageNo> tracking;         ///< put into `tracking`, or erased if there is none
  /// Put into `transactions`, or erased if there are none.
  std::vector<core::DeviceNo> transactions;
  std::optional<MessageNo> next;  ///< the number that the next message gets, if it moved
};

/// The door of the store, its writer and the loop: rows read back at start, rows to be written,
/// what a commit sets free, contents that are to be read, and what time brings about. Loop thread
/// only.
class StoreSide {
 public:
  explicit StoreSide(Queue& queue) : queue_(queue) {}

  // At start, when the time goes on (core::Commits::begin()), in this order. Each returns `storage`
  // if a row contradicts an earlier one or names no device.

  /// In ascending number.
  base::Result<void> restore(MessageNo no, Header header);
  base::Result<void> restore_place(MessageNo no, const Place& place);
  /// It is still with its bearer.
  base::Result<void> restore_tracked(MessageNo no, Tracked row);
  base::Result<void> restore_transactions(core::DeviceNo device,
                                          const std::vector<Transaction>& all);
  base::Result<void> restore_draft(DraftNo no, Draft draft);
  /// After the last restore(): the next number as stored. Rows of messages that are over go, their
  /// numbers must not come again: a device may know one.
  void continue_at(MessageNo next) { queue_.headers.continue_at(next); }
  /// Last: what waits may go.
  void start(base::TimePoint now);

  /// Also when the moment that is stored is old while anything waits.
  bool has_changes() const noexcept;
  /// Requires that no batch is under way.
  Changes take_changes();
  /// The batch is durable.
  void committed();

  /// Contents to be read from the store, in ascending number, at most `most`. Each ends with one
  /// of the two calls below.
  std::vector<MessageNo> take_wanted(std::size_t most);
  void loaded(MessageNo no, Carried carried, base::TimePoint now);
  /// There is no such row, or it cannot be read as one.
  void unreadable(MessageNo no, base::TimePoint now);
  /// The store could not be read now.
  void wanted_again(MessageNo no);

  /// The device's removal goes with the next batch: what waits for it ends now, told to who asked
  /// for it. What it sent goes up still.
  void leaving(core::DeviceNo device, base::TimePoint now);
  /// Whether something of the device is still to go up. Then it is in Outbox::have_sent when
  /// nothing is.
  bool still_sends(core::DeviceNo device);
  /// Its row goes whatever waits: all of that ends now, and nobody is told.
  void forgotten(core::DeviceNo device, base::TimePoint now);
  /// Its row has ended, and its number may become another's: nothing is left of it.
  void gone(core::DeviceNo device, base::TimePoint now);

  /// Once a turn, after everything was taken in.
  void tick(base::TimePoint now);
  /// At the end of a turn, for the operator: what happened in it has its time.
  void date_events(base::TimePoint now) { queue_.trace.stamp(now); }
  std::optional<base::TimePoint> next_deadline() const;
  Outbox& outbox() noexcept { return queue_.outbox; }

  const Queue& queue() const noexcept { return queue_; }

 private:
  bool keeps_time() const noexcept;
  void end_expired(base::TimePoint now);
  void drop_overdue(std::vector<Parked>& parked, base::TimePoint now);
  void show();

  Queue& queue_;
  core::MomentAge moment_;
};

}  // namespace msggw::messages
