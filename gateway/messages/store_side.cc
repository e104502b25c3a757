// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/store_side.h"

#include <algorithm>
#include <utility>

namespace msggw::messages {

namespace {

/// Ended in one turn, so that a million that expire at once hold up nobody.
constexpr std::size_t kMostExpired = 1'000;
/// When what cannot end yet is looked at again.
constexpr std::uint32_t kLookAgain_s = 30;

}  // namespace

base::Result<void> StoreSide::restore(MessageNo no, Header header) {
  const auto wrong = [no](const char* what) {
    return base::fail(base::Errc::storage, "message " + std::to_string(number(no)) + ": " + what);
  };
  if (static_cast<std::uint32_t>(header.device) >= queue_.devices.numbers())
    return wrong("of a device that there is not");
  const bool may_be_known = header.state != State::failed || header.may_stay_known();
  const bool is_known = header.key() != Key{} && may_be_known;
  // Of two with one key the newer counts.
  const auto older = is_known ? queue_.headers.in_window(header.window_key()) : std::nullopt;
  if (!queue_.headers.restore(no, header)) return wrong("out of order or stored twice");
  if (older) queue_.headers.leave_window(*older);
  if (is_known) queue_.headers.enter_window(no);
  if (header.owes_report()) queue_.owe(no);
  if (header.passed_on)
    queue_.enter_passed_on(no);
  else if (!header.ended() && header.kind != Kind::segment_down)
    queue_.enter_lane(no);
  return {};
}

base::Result<void> StoreSide::restore_place(MessageNo no, const Place& place) {
  if (queue_.joining.restore(no, place)) return {};
  return base::fail(base::Errc::storage, "segment " + std::to_string(number(no)) +
                                             ": there is no such message, or two are in one place");
}

base::Result<void> StoreSide::restore_tracked(MessageNo no, Tracked row) {
  Header* const header = queue_.headers.find(no);
  const bool may_be = header != nullptr && !header->ended() && !is_up(header->kind) &&
                      header->kind != Kind::segment_down;
  Lane* const lane = may_be && !header->passed_on ? queue_.lanes.find(lane_of(*header)) : nullptr;
  const bool is_there = may_be && (header->passed_on || (lane != nullptr && lane->head == no));
  const std::uint32_t expires_s = row.expires_s;
  if (!is_there || !queue_.tracking.restore(no, std::move(row)))
    return base::fail(base::Errc::storage,
                      "tracking " + std::to_string(number(no)) + ": no such message is under way");
  if (header->passed_on) return {};
  header->state = State::handed;
  ++queue_.in_hand;
  lane->phase = Lane::Phase::busy;
  lane->expires_s = expires_s;
  return {};
}

base::Result<void> StoreSide::restore_transactions(core::DeviceNo device,
                                                   const std::vector<Transaction>& all) {
  const auto no = static_cast<std::uint32_t>(device);
  if (no < queue_.devices.numbers() && queue_.transactions.restore(device, all)) return {};
  return base::fail(base::Errc::storage, "transactions of device " + std::to_string(no) +
                                             ": there is no such device, or they are too many");
}

base::Result<void> StoreSide::restore_draft(DraftNo no, Draft draft) {
  const bool has_device = static_cast<std::uint32_t>(draft.device) < queue_.devices.numbers();
  if (has_device && queue_.drafts.restore(no, std::move(draft))) return {};
  return base::fail(base::Errc::storage, "draft " + std::to_string(number(no)) +
                                             ": of a device that there is not, or out of order");
}

void StoreSide::start(base::TimePoint now) {
  queue_.turn = now;
  moment_.written(now);
  queue_.transactions.restored();
  queue_.joining.start();
  for (auto no = queue_.headers.first_from(MessageNo{}); no;
       no = queue_.headers.first_from(MessageNo{number(*no) + 1})) {
    const Header& header = queue_.headers.at(*no);
    if (header.ended() || header.passed_on || header.kind == Kind::segment_down) continue;
    const LaneId id = lane_of(header);
    if (queue_.lanes.find(id)->head == *no) queue_.make_due(id);
  }
}

/// Whether there is anything whose time must not be lost.
bool StoreSide::keeps_time() const noexcept {
  return queue_.headers.size() > 0 || queue_.transactions.devices() > 0 || queue_.drafts.size() > 0;
}

bool StoreSide::has_changes() const noexcept {
  return !queue_.batches.changed.empty() || !queue_.batches.erased.empty() ||
         queue_.tracking.has_changes() || queue_.transactions.has_changes() ||
         queue_.drafts.has_changes() || (keeps_time() && moment_.is_due(queue_.turn));
}

Changes StoreSide::take_changes() {
  Batches& batches = queue_.batches;
  base::ensure(batches.added_under_way.empty() && batches.parked_under_way.empty(),
               "messages: one batch in flight");
  ++batches.last;
  Changes changes;
  for (const MessageNo no : std::exchange(batches.changed, {})) {
    Header* const header = queue_.headers.find(no);
    if (header == nullptr) continue;
    header->changed = false;
    changes.headers.push_back(no);
    if (header->stored == header->needs_content()) continue;
    header->stored = header->needs_content();
    (header->stored ? changes.contents : changes.erased_contents).push_back(no);
    if (header->stored && header->kind == Kind::segment_down) changes.places.push_back(no);
  }
  changes.erased_headers = std::exchange(batches.erased, {});
  changes.erased_contents.insert(changes.erased_contents.end(), changes.erased_headers.begin(),
                                 changes.erased_headers.end());
  changes.erased_places = std::exchange(batches.erased_places, {});
  changes.tracking = queue_.tracking.take_changes();
  changes.transactions = queue_.transactions.take_changes();
  changes.drafts = queue_.drafts.take_changes();
  moment_.written(queue_.turn);
  if (!batches.added.empty()) changes.next = queue_.headers.next();
  batches.added_under_way = std::exchange(batches.added, {});
  batches.parked_under_way = std::exchange(batches.parked, {});
  batches.unsaved_octets = 0;
  return changes;
}

void StoreSide::committed() {
  queue_.batches.committed = queue_.batches.last;
  queue_.drafts.committed();
  for (Parked& parked : std::exchange(queue_.batches.parked_under_way, {}))
    queue_.tell(std::move(parked));
  for (const MessageNo no : std::exchange(queue_.batches.added_under_way, {})) {
    const Header* const header = queue_.headers.find(no);
    if (header == nullptr || header->ended()) continue;
    if (header->kind == Kind::segment_down) {
      queue_.joining.durable(no);
      continue;
    }
    const LaneId id = lane_of(*header);
    if (queue_.lanes.find(id)->head == no) queue_.make_due(id);
    const Lane& lane = *queue_.lanes.find(id);
    const bool goes_soon = lane.phase != Lane::Phase::resting;
    if (!goes_soon || queue_.is_cache_full()) queue_.contents.drop(no);
  }
}

std::vector<MessageNo> StoreSide::take_wanted(std::size_t most) {
  auto& wanted = queue_.wanted;
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, wanted.size()));
  std::vector<MessageNo> taken(wanted.begin(), wanted.begin() + count);
  wanted.erase(wanted.begin(), wanted.begin() + count);
  queue_.being_read += taken.size();
  std::sort(taken.begin(), taken.end());
  return taken;
}

void StoreSide::loaded(MessageNo no, Carried carried, base::TimePoint now) {
  --queue_.being_read;
  queue_.loaded(no, std::move(carried), now);
}

void StoreSide::unreadable(MessageNo no, base::TimePoint now) {
  --queue_.being_read;
  queue_.unreadable(no, now);
}

void StoreSide::wanted_again(MessageNo no) {
  --queue_.being_read;
  queue_.wanted.push_back(no);
}

void StoreSide::leaving(core::DeviceNo device, base::TimePoint now) {
  queue_.reachable.erase(device);
  queue_.transactions.forget(device);
  queue_.end_all(device, false, Cause::unknown_recipient, now);
}

bool StoreSide::still_sends(core::DeviceNo device) {
  if (!queue_.sends(device)) return false;
  queue_.awaited.insert(device);
  return true;
}

void StoreSide::forgotten(core::DeviceNo device, base::TimePoint now) {
  queue_.drafts.drop_all(device);
  for (const bool up : {true, false}) {
    queue_.silence(device, up);
    queue_.end_all(device, up, Cause::removed, now);
  }
  queue_.went_up(device);
}

void StoreSide::gone(core::DeviceNo device, base::TimePoint now) {
  queue_.awaited.erase(device);
  queue_.transactions.forget(device);
  forgotten(device, now);
}

void StoreSide::tick(base::TimePoint now) {
  queue_.has_moved = false;
  queue_.turn = now;
  end_expired(now);
  queue_.trim_window(now);
  queue_.transactions.tick(queue_.timeline.seconds(now));
  drop_overdue(queue_.batches.parked_under_way, now);
  drop_overdue(queue_.batches.parked, now);
  show();
}

void StoreSide::end_expired(base::TimePoint now) {
  const std::uint32_t now_s = queue_.timeline.seconds(now);
  // Those whose end is to be told are read first, and as many as that takes its time go at once.
  if (queue_.headers.next_expiry_s() > now_s || queue_.wanted.size() >= Queue::kMostRead) return;
  for (const MessageNo no : queue_.headers.take_expired(now_s, kMostExpired)) {
    const Header* const header = queue_.headers.find(no);
    if (header == nullptr || header->ended()) continue;  // with another segment of its set
    if (header->kind == Kind::segment_down) {
      queue_.joining.expired(no, now);
      continue;
    }
    const bool handed = header->state == State::handed;
    if (!handed)
      queue_.end(no, State::failed, Cause::expired, now);
    else if (!is_up(header->kind))
      queue_.end(no, State::failed, Cause::no_proof, now);
    Header* const still = queue_.headers.find(no);
    if (still == nullptr || still->ended()) continue;
    // The server's adapter has it, which says what becomes of it.
    still->expires_s = now_s + kLookAgain_s;
    queue_.headers.remind(no);
  }
}

void StoreSide::show() {
  Metrics& metrics = queue_.metrics;
  metrics.waiting.Set(static_cast<double>(queue_.lanes.all().messages));
  metrics.waiting_octets.Set(static_cast<double>(queue_.lanes.all().octets));
  metrics.withheld.Set(static_cast<double>(queue_.lanes.withheld()));
  metrics.in_hand.Set(static_cast<double>(queue_.in_hand));
  metrics.tracked.Set(static_cast<double>(queue_.tracking.size()));
  metrics.reports_owed.Set(static_cast<double>(queue_.owed.size()));
  metrics.cached_octets.Set(static_cast<double>(queue_.contents.octets()));
  metrics.open_sets.Set(static_cast<double>(queue_.joining.sets().size()));
  metrics.open_set_octets.Set(static_cast<double>(queue_.joining.sets().octets()));
  metrics.drafts.Set(static_cast<double>(queue_.drafts.size()));
  metrics.transactions.Set(static_cast<double>(queue_.transactions.devices()));
  const Transactions::Dropped dropped = queue_.transactions.take_dropped();
  metrics.transactions_of_device_dropped.Increment(static_cast<double>(dropped.of_device));
  metrics.transactions_of_all_dropped.Increment(static_cast<double>(dropped.of_all));
}

/// Answers that wait longer than anybody should for the store, which must be failing. The message
/// stays: sent again, it is known.
void StoreSide::drop_overdue(std::vector<Parked>& parked, base::TimePoint now) {
  std::size_t overdue = 0;
  while (overdue < parked.size() && parked[overdue].deadline <= now) {
    Parked& one = parked[overdue++];
    one.answer.refusal =
        refusal(base::Errc::unavailable, "STORE_UNAVAILABLE",
                "the gateway cannot store this now; try again", queue_.limits.retry_after);
    queue_.tell(std::move(one));
  }
  parked.erase(parked.begin(), parked.begin() + static_cast<std::ptrdiff_t>(overdue));
}

std::optional<base::TimePoint> StoreSide::next_deadline() const {
  std::optional<base::TimePoint> next;
  const auto sooner = [&](base::TimePoint at) { next = next ? std::min(*next, at) : at; };
  if (queue_.has_moved) sooner(queue_.turn);
  if (queue_.headers.next_expiry_s() != Headers::kNever)
    sooner(queue_.timeline.process_time(queue_.headers.next_expiry_s()));
  if (keeps_time() && !moment_.is_due(queue_.turn)) sooner(moment_.due());
  for (const auto* parked : {&queue_.batches.parked, &queue_.batches.parked_under_way}) {
    if (!parked->empty()) sooner(parked->front().deadline);
  }
  return next;
}

}  // namespace msggw::messages
