// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/keyed_hash.h"
#include "gateway/core/handle_codec.h"
#include "gateway/core/tables.h"
#include "gateway/messages/contents.h"
#include "gateway/messages/drafts.h"
#include "gateway/messages/joining.h"
#include "gateway/messages/lanes.h"
#include "gateway/messages/limits.h"
#include "gateway/messages/metrics.h"
#include "gateway/messages/outbox.h"
#include "gateway/messages/shares.h"
#include "gateway/messages/trace.h"
#include "gateway/messages/tracking.h"
#include "gateway/messages/transactions.h"

namespace msggw::messages {

/// Of the keys of the window; the same over restarts, since the window is.
struct WindowKeys {
  base::HashKey low;
  base::HashKey high;
};
/// Made of the key of the handles, which the store keeps.
WindowKeys window_keys_of(const core::HandleKey& key);

/// An answer that waits for the commit of what it says.
struct Parked {
  std::optional<core::Bearer> bearer;  ///< none: of the server's side
  Answer answer;
  base::TimePoint deadline;
};

/// What is on its way to the store: at most one batch under way, and the next one, which gathers.
struct Batches {
  std::vector<MessageNo> changed;        ///< headers, each once
  std::vector<MessageNo> erased;         ///< headers that are gone; their rows go
  std::vector<MessageNo> erased_places;  ///< of segments whose set is closed
  std::vector<MessageNo> added;          ///< since the last batch was taken
  std::vector<Parked> parked;
  std::vector<MessageNo> added_under_way;
  std::vector<Parked> parked_under_way;
  std::size_t unsaved_octets = 0;
  std::uint64_t last = 0;       ///< number of the newest batch that was taken
  std::uint64_t committed = 0;  ///< number of the newest batch that is durable
};

/// Lanes whose head may go now, the urgent ones first, in each priority in turn.
class DueLanes {
 public:
  void push_back(const LaneId& id) { lanes_[static_cast<std::size_t>(id.priority)].push_back(id); }
  void push_front(const LaneId& id) {
    lanes_[static_cast<std::size_t>(id.priority)].push_front(id);
  }
  std::optional<LaneId> pop();
  std::size_t size() const noexcept;

 private:
  std::array<std::deque<LaneId>, kPriorities> lanes_;
};

/// The one set of tables of the messages, and the steps that its doors share. Whoever stands
/// outside reads it through a `const Queue&`; changing it is the business of the doors: DeviceSide
/// (adapters), ServerSide (the MSGin5G Server's adapter) and StoreSide (store, writer and loop).
/// Loop thread only.
class Queue {
 public:
  Queue(const Limits& limits, const core::Tables& devices, base::metrics::Registry& registry,
        const WindowKeys& keys);
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// Other limits from now on. What is there beyond them stays until it ends by itself.
  void set_limits(const Limits& other) {
    limits = other;
    transactions.limit_to(limits.reply_time, limits.max_transactions);
  }

  // Reading.

  /// Why the store can be given nothing more now; none: it can.
  std::optional<Refusal> no_store(std::size_t octets) const;
  /// Why nothing can be taken in now from or for the device; none: there is room. Neither a device,
  /// nor the devices that came from one address over CoAP, have more than they leave free of what
  /// there is for all, and each way leaves some of it to the other.
  std::optional<Refusal> no_room(core::DeviceNo device, Kind kind, std::size_t octets) const;
  Key key_of(const Message& message, bool up) const;
  /// The same for all segments of one message. Requires a segment.
  Key key_of_set(const Message& segment) const;
  /// Of what else two messages under one key must have in common to be the same: what they carry,
  /// and for which application.
  std::uint32_t content_hash_of(const Message& message) const noexcept;
  std::uint32_t hash_of(std::string_view text) const noexcept;
  /// The number of the batch with which all that has been decided up to now is durable; none: it
  /// is.
  std::optional<std::uint64_t> durable_with() const noexcept;

  // Steps that several doors take.

  struct Arrival {
    Kind kind{};
    core::DeviceNo device{};
    std::chrono::seconds lifetime{};
    bool wants_report = false;
    Priority priority = Priority::normal;
    std::optional<Key> key{};  ///< of a message, which is to be known again
    std::uint32_t content_hash = 0;
    bool withheld = false;
  };
  /// As no_room(), unless as many of the oldest as are needed give way (Limits::at_limit).
  std::optional<Refusal> make_room(const Arrival& arrival, std::size_t octets, base::TimePoint now);
  /// Into its lane, unless it is a segment; it goes on when it is durable.
  MessageNo take_in(const Arrival& arrival, Carried&& carried, base::TimePoint now);
  void enter_lane(MessageNo no);  ///< its own, also at start
  /// The answer leaves with the commit that makes the message durable; at once if it is.
  void answer_when_durable(MessageNo no, Parked parked);
  void tell(Parked parked);
  /// The head of the lane may go, if it is durable, nobody has it, and there is a way to go.
  void make_due(const LaneId& id);
  bool is_durable(MessageNo no) const;
  /// What waits for the device is from now on for who proves to be it alone, also what is still to
  /// be joined.
  void withhold(core::DeviceNo device);
  void withhold_lane(const LaneId& id);
  /// Whether it is registered over one of the bearers that vouch for it.
  bool is_vouched_for(core::DeviceNo device) const;
  /// A bit for each bearer over which the downward lane may go now.
  std::uint8_t ways_of(const LaneId& id) const;
  /// Of the ways by which a message may go the one over which the device is there (core::Presence);
  /// of equals the first, so that an SMS, which costs, comes last. Requires that there are some.
  core::Bearer best_of(core::DeviceNo device, std::uint8_t ways) const;
  /// The next lane of `due` whose head is in RAM; what is not is wanted.
  std::optional<MessageNo> next_of(DueLanes& due);
  /// The end of a message, durable with the next batch: `done` or `failed` with its cause. The
  /// first end counts. Of a segment, its set fails. `said` is for the operator, `words` for the
  /// report, which else has the name of the cause.
  void end(MessageNo no, State state, Cause cause, base::TimePoint now, std::string_view said = {},
           std::string_view words = {});
  /// One that has just ended: who asked for a report gets one in the same batch, or, if it is made
  /// of a content that is in the store alone, when that has been read; the row says that it is
  /// owed. Not upward of what is done: the server tells the sender what becomes of it.
  void conclude(MessageNo no, base::TimePoint now, std::string_view words = {});
  /// Its report is owed; also at start.
  void owe(MessageNo no);
  /// `message` has come again as `no`, which is of a device that is `device` now. If it has failed,
  /// who asks for a report is told so once more: he may never have heard that it was taken. Returns
  /// with which message the answer is durable, or why there is no room for the report.
  tl::expected<MessageNo, Refusal> tell_again(MessageNo no, core::DeviceNo device,
                                              const Message& message, base::TimePoint now);
  /// One that has ended: its header stays while it is in the window.
  void keep_in_window(MessageNo no);
  /// Its rows go with the next batch.
  void forget(MessageNo no);
  /// The end of all that waits one way.
  void end_all(core::DeviceNo device, bool up, Cause cause, base::TimePoint now);
  /// Nobody is told of the end of these any more.
  void silence(core::DeviceNo device, bool up);
  /// Whether something of the device is still to go up: what it sent, or a report about what was
  /// for it.
  bool sends(core::DeviceNo device) const;
  /// Something of it need not go up any more; if that was the last and somebody waits for that, he
  /// is told.
  void went_up(core::DeviceNo device);
  /// The head of its lane is given out. A bearer has to prove it within Limits::proof_within.
  void hand_over(MessageNo no);
  /// It comes again later, and the lane rests until then.
  void rest(MessageNo no, std::string_view said = {});
  /// The same, as if nothing had happened.
  void put_back(MessageNo no);
  /// The bearer's network has it: the lane goes on, and the message ends later.
  void pass_on(MessageNo no);
  void enter_passed_on(MessageNo no);
  void leave_passed_on(MessageNo no);
  /// Of a device that was removed: those are in no lane.
  std::vector<MessageNo> passed_on_of(core::DeviceNo device) const;
  /// What was wanted is there: a report that was owed is made, a lane that waited goes on.
  void loaded(MessageNo no, Carried carried, base::TimePoint now);
  void unreadable(MessageNo no, base::TimePoint now);
  void mark_changed(MessageNo no);
  bool is_cache_full() const noexcept { return contents.octets() > limits.cache_octets; }
  /// For the operator: what happens to a message that is there; the caller may say more in it.
  MessageEvent& note(MessageNo no, Happening what) {
    const Header& header = headers.at(no);
    return trace.add({{}, no, {}, header.device, header.kind, what});
  }
  /// One that is not taken in: counted, and noted.
  Answer refuse(core::DeviceNo device, Kind kind, Answer answer, Refusal why);
  /// Headers that have ended and are older than the window leave it.
  void trim_window(base::TimePoint now);

  Limits limits;
  const core::Tables& devices;
  Metrics metrics;
  const core::Timeline& timeline;
  base::TimePoint turn{};  ///< when the turn began, by the time of the process
  MessageTrace trace{kMostMessageEvents};
  Headers headers;
  Lanes lanes{headers};
  Shares shares;
  Contents contents;
  Batches batches;
  Tracking tracking;
  Transactions transactions{limits.reply_time, limits.max_transactions};
  Joining joining{*this};
  Drafts drafts;
  Outbox outbox;
  std::vector<DueLanes> due_up;  ///< by the device's profile
  std::array<DueLanes, core::kBearers> due_down;
  /// The bearers over which a device is reachable now, a bit for each.
  struct Reach {
    std::uint8_t bearers = 0;
    std::uint8_t by_claim = 0;  ///< of these, where nothing has proven that it is the device
    std::uint8_t texts = 0;     ///< a bit for each over which texts may go now

    bool empty() const noexcept { return (bearers | texts) == 0; }
  };
  boost::unordered_flat_map<core::DeviceNo, Reach> reachable;
  /// A bit for each bearer over which whoever is registered has proven to be the device.
  std::uint8_t vouching = 0;
  std::uint8_t carrying = 0;     ///< and for each that may bring messages to devices
  bool has_moved = false;        ///< a lane goes over another bearer, whose turn may be over
  std::deque<MessageNo> wanted;  ///< contents to be read from the store
  std::size_t in_hand = 0;       ///< messages in State::handed
  /// Messages that are passed on, by device, and what they take in the store.
  boost::unordered_flat_map<core::DeviceNo, std::uint32_t> passed_on;
  std::uint64_t passed_on_octets = 0;
  std::size_t being_read = 0;  ///< of those that were, taken and not brought yet
  /// Contents that are wanted or being read; more lanes than that wait for their turn to be read,
  /// or all heads would be in RAM once a server is back after an outage.
  static constexpr std::size_t kMostRead = 128;
  /// Of these the report is owed (Header::owes_report). They count in the limits of all devices.
  boost::unordered_flat_set<MessageNo> owed;
  std::uint64_t owed_octets = 0;
  /// What a device said of some of these; not over a restart.
  boost::unordered_flat_map<MessageNo, std::string> owed_words;
  boost::unordered_flat_map<core::DeviceNo, std::uint32_t> owed_upward;  ///< of these, how many
  /// Devices of which somebody waits for the last to go up.
  boost::unordered_flat_set<core::DeviceNo> awaited;

 private:
  std::vector<MessageNo> waiting(core::DeviceNo device, bool up) const;
  void leave_lane(MessageNo no);
  std::optional<Refusal> no_common_room(core::DeviceNo device, bool up, std::size_t octets) const;
  std::optional<Refusal> no_share(core::DeviceNo device, const Lanes::Load& left) const;
  Refusal full(bool of_device, const char* why) const;
  Lanes::Load own_of(core::DeviceNo device, Kind kind) const;
  bool fits(const Lanes::Load& own, std::size_t octets) const;
  std::optional<std::vector<MessageNo>> giving_way(const Arrival& arrival,
                                                   std::size_t octets) const;
  MessageNo report(MessageNo no, core::DeviceNo device, Message message, base::TimePoint now,
                   std::string_view words);
  void no_longer_owe(MessageNo no);
  DueLanes& due_of(const LaneId& id);

  WindowKeys keys_;
  MessageNo window_tail_{};  ///< headers below have been looked at by trim_window()
};

}  // namespace msggw::messages
