// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/keyed_hash.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/base/result.h"
#include "gateway/core/device.h"
#include "gateway/core/infos.h"
#include "gateway/core/lifetimes.h"
#include "gateway/core/limits.h"
#include "gateway/core/metrics.h"
#include "gateway/core/newcomers.h"
#include "gateway/core/outbox.h"
#include "gateway/core/pending.h"
#include "gateway/core/postings.h"
#include "gateway/core/presence.h"
#include "gateway/core/profiles.h"
#include "gateway/core/registry.h"
#include "gateway/core/server_book.h"
#include "gateway/core/timeline.h"
#include "gateway/core/trace.h"

namespace msggw::core {

/// An answer that waits for the commit of what it says.
struct Parked {
  Outbox::ToAdapter to;
  base::TimePoint deadline;
};

/// What a commit sets free.
struct AfterCommit {
  std::vector<DeviceNo> steps;  ///< devices on their way to a Service ID
  std::vector<Parked> parked;   ///< oldest first
  std::vector<Outbox::Notice> notices;
  std::vector<Outbox::Parting> partings;
};

/// What is on its way to the store: at most one batch under way, and the next one, which gathers.
struct Batches {
  std::vector<DeviceNo> changed;
  std::vector<ProfileNo> new_profiles;
  std::uint64_t last = 0;       ///< number of the newest batch that was taken
  std::uint64_t committed = 0;  ///< number of the newest batch that is durable
  std::vector<DeviceNo> in_flight;
  AfterCommit next;
  AfterCommit under_way;
};

/// The one set of tables of the gateway. Whoever stands outside the core reads it through a
/// `const Tables&`; changing it is the business of the doors, one for each kind of caller:
/// Registrations (adapters), Operations (the operator), Journey (the provisioning client), Commits
/// (the store and its writer) and Turn (the loop). Gateway owns all of them. Loop thread only.
class Tables {
 public:
  /// `key` and `seed` are random in production and fixed in tests.
  Tables(const Limits& limits, base::metrics::Registry& registry, base::HashKey key,
         std::uint64_t seed);
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  // Reading. References and views are valid until the next call of any door.

  const Device& device(DeviceNo no) const { return registry.at(no); }
  const ServiceProfile& profile(ProfileNo no) const { return profiles.at(no); }
  /// What the device or the operator said of it; may be empty.
  std::string_view info(DeviceNo no) const { return infos.at(registry.at(no).info); }
  /// Null: the Provisioning Function has not refused it.
  const Refusal* refusal(DeviceNo no) const;
  /// Its Private IDs beside Device::private_id, canonical, oldest first.
  std::span<const std::string> aliases(DeviceNo no) const { return registry.aliases(no); }
  /// The names under which how the device stands may be posted outside (Postings), also for a
  /// device that is gone and whose postings are still to be taken away.
  std::vector<std::string_view> postings(DeviceNo no) const;
  bool is_posted(DeviceNo no, std::string_view name) const;
  /// Where its bearer may bring it what there is unasked; empty: nowhere.
  std::string_view push_target(DeviceNo no) const;
  /// Who observes what there is for it; empty: nobody.
  std::string_view observer(DeviceNo no) const;
  /// All that is stored beside the row itself.
  DeviceTexts texts(DeviceNo no) const;
  /// By any of its Private IDs in any spelling.
  std::optional<DeviceNo> find_private_id(std::string_view private_id) const;
  std::size_t devices() const noexcept { return registry.living(); }
  /// Numbers below this have been given; those of removed devices stay given.
  std::uint32_t numbers() const noexcept { return static_cast<std::uint32_t>(registry.size()); }
  std::size_t devices_in(DeviceState state) const noexcept {
    return by_state[static_cast<std::size_t>(state)];
  }
  /// Devices on their way; service_id: recorded ones, whether asked for or not.
  std::size_t on_their_way(Purpose purpose = Purpose::service_id) const noexcept {
    return pending_table.count(purpose);
  }
  /// The answer to any request of a device that is suspended, being removed, or refused with
  /// nothing under way to change that, or while the store is gone; none: go on.
  std::optional<Answer> refusal_of(DeviceNo device, Ticket ticket) const;
  /// Why nothing may be promised now; none: the store is in its place.
  std::optional<base::Error> no_store() const;
  bool has_changes() const noexcept {
    return !batches.changed.empty() || !batches.new_profiles.empty();
  }
  /// The number of the batch with which all that has been decided up to now is durable; none: it
  /// is.
  std::optional<std::uint64_t> durable_with() const noexcept;
  /// "Pending" says that the device is recorded, by whichever of its names it came.
  bool may_say_pending(const Pending& pending) const noexcept;

  // Steps that several doors take.

  /// Why no new device can be taken in now; none: there is room.
  std::optional<base::Error> no_room() const;
  /// A new row, which is asked for when it is durable.
  DeviceNo record(PrivateId private_id, UeType type, std::string_view info, Lane lane,
                  base::TimePoint now);
  /// The device was made by an open first contact from `source`.
  void begin_newcomer(DeviceNo no, SourceMark source);
  /// Puts a newcomer's row among those that may give way, also at start.
  void enlist(DeviceNo no);
  bool may_give_way(DeviceNo no) const;
  /// It is no newcomer any more: it came again, or the operator took notice of it.
  void settle(DeviceNo no);
  /// Whether `name` is among the device's postings, or could be made one.
  bool post(DeviceNo no, std::string_view name);
  /// Nothing stands there any more.
  void unpost(DeviceNo no, std::string_view name);
  /// Whether it is kept: there may be as many as Limits::max_push_targets. Empty: nowhere.
  bool set_push_target(DeviceNo no, std::string_view target);
  /// Empty: nobody.
  void set_observer(DeviceNo no, std::string_view observer);
  /// Its registration over CoAP has ended, and with it who is pushed to or observes.
  void forget_ways(DeviceNo no);
  /// At start, whatever the limit.
  void restore_push_target(DeviceNo no, std::string target);
  /// While the table is nearly full, a newcomer of the largest crowd gives way or two: the gateway
  /// forgets the row, the Provisioning Function keeps the assignment, so that the device gets the
  /// same Service ID when it does come back.
  void make_room(base::TimePoint now);
  /// Ends all registrations and takes the device off its way; with the commit its release is due
  /// (Purpose::release), or, if it gives way, the row goes.
  void begin_removal(DeviceNo no, base::TimePoint now);
  /// What comes next for a device whose removal is durable: its release is due, or, if there is to
  /// be none, it leaves; not before what it sent has gone up. Requires that no ask is in hand.
  void go_on_removing(DeviceNo no, Pending& pending);
  /// The row of a device in state removing goes with the next commit, and nothing is asked of the
  /// Provisioning Function. Requires that no ask is in hand.
  void leave(DeviceNo no, Pending& pending);
  /// Leaves nothing of the device but its number. Requires that no ask is in hand.
  void bury(DeviceNo no);
  /// Open requests of a device that will not be served: told so with the commit of that decision.
  void answer_waiters(DeviceNo no, Pending& pending, base::TimePoint now);
  /// Bearers over which the device is registered learn of the decision when it is durable.
  void notify_bearers(DeviceNo no);
  /// They learn now of the end of its first contact, which is not durable yet.
  void decided(DeviceNo no);
  /// The device whose first ask is under way, or null: one with a renewal or a release under way
  /// has been served.
  Pending* first_ask(DeviceNo no) {
    return const_cast<Pending*>(std::as_const(*this).first_ask(no));
  }
  const Pending* first_ask(DeviceNo no) const;
  /// Asks for a device that has its Service ID once more.
  void begin_renewal(DeviceNo no, Lane lane);
  /// The device, which had said nothing of itself, has now: asked for with, whatever is under way.
  /// At most one more ask in the life of a row, also over a restart.
  void add_info(DeviceNo no, std::string_view info, Lane lane);
  /// The end of a device's way: what is due next begins.
  void end_way(DeviceNo no);
  /// A refusal is final until a while later the device shows up again, or the operator wants it.
  void reopen_refused(DeviceNo no, std::string_view new_info, Lane lane);
  /// The end of a device's way, unless somebody still has it.
  void forget(DeviceNo no);
  void mark_changed(DeviceNo no);
  void set_info(DeviceNo no, std::string_view info);
  void set_state(DeviceNo no, DeviceState state);
  void count_state(DeviceState state, int difference);
  void count_aliases();
  void count_postings();
  /// `sooner`: a reminder that there may be is too late.
  void remind_of_end(DeviceNo no, Bearer bearer, bool sooner = false);
  /// It has a Service ID, and can be reached or sends its last: it is to be registered at the
  /// MSGin5G Server.
  bool belongs_at_server(DeviceNo no) const;
  /// What makes it belong there has just become so, or is so no more.
  void came_for_server(DeviceNo no);
  void left_server(DeviceNo no);
  /// It has another profile now: the servers of the one before have it no more.
  void leave_server_of(DeviceNo no, ProfileNo profile);
  void trace_of(DeviceNo no, Happening what, std::string_view why = {}) {
    trace.add({{}, no, what, kBearers, why});
  }
  void trace_of(DeviceNo no, Happening what, Bearer bearer) {
    trace.add({{}, no, what, static_cast<std::uint8_t>(bearer), {}});
  }

  Limits limits;
  Metrics metrics;
  Timeline timeline;
  MomentAge moment;
  base::TimePoint turn{};  ///< when it began, by the time of the process
  std::mt19937_64 jitter;  ///< of back-offs; nothing that a peer must not guess comes from it
  Registry registry;
  Profiles profiles;
  Infos infos;
  Newcomers newcomers;
  Postings others_posted;  ///< beside Device::posted; postings() knows all
  /// Gave way, and their numbers may be given again when everybody has been told.
  std::vector<DeviceNo> buried;
  std::size_t giving_way = 0;  ///< rows that go and are not released (Device::newcomer)
  /// Asks in hand that are wanted no more (Journey::take_withdrawn).
  std::vector<DeviceNo> withdrawn;
  PendingTable pending_table;
  Lifetimes lifetimes;
  Presences presences;
  ServerBook server_book;
  /// Have left, or leave, and something that they sent is still to go up (Turn::still_sends()).
  boost::unordered_flat_set<DeviceNo> sending;
  boost::unordered_flat_map<DeviceNo, Refusal> refusals;
  boost::unordered_flat_map<DeviceNo, std::string> push_targets;
  boost::unordered_flat_map<DeviceNo, std::string> observers;
  Outbox outbox;
  DeviceTrace trace{kMostDeviceEvents};
  Batches batches;
  std::size_t unsaved_devices = 0;  ///< new ones whose first commit is still to come
  std::array<std::size_t, kDeviceStates> by_state{};
  bool store_in_place = true;

 private:
  bool let_one_go(base::TimePoint now);

  base::log::Limit give_way_log_;
};

}  // namespace msggw::core
