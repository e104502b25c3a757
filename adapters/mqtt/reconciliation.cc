// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/reconciliation.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "adapters/mqtt/topics.h"
#include "gateway/base/log.h"

namespace msggw::mqtt {

Reconciliation::Reconciliation(const base::Context& context, core::Registrations& registrations,
                               Connection& connection, Board& board)
    : io_(context.io),
      registrations_(registrations),
      connection_(connection),
      board_(board),
      metrics_{context.metrics} {}

void Reconciliation::end_turn(base::TimePoint now) {
  if (!connection_.is_ready()) {
    stage_ = Stage::resting;
    return;
  }
  if (session_ != connection_.sessions()) {
    session_ = connection_.sessions();
    if (!board_.was_thrown_off(connection_.lost_at())) {
      board_.release_held();
      again_after_ = kAgainFirst;
      again_at_.reset();
    }
    // What is not retained cannot be compared, and each connection would tell all devices again.
    stage_ = connection_.grants().retain ? Stage::due : Stage::resting;
  }
  if (board_.take_missed() && !again_at_) {
    again_at_ = now + again_after_;
    again_after_ = std::min<base::Duration>(again_after_ * 2, kAgainMost);
  }
  if (std::exchange(came_, false)) heard_ = now;
  clear_strays();
  switch (stage_) {
    case Stage::resting:
      if (!connection_.grants().retain || !again_at_ || now < *again_at_) return;
      board_.release_held();
      again_at_.reset();
      stage_ = Stage::due;
      return;
    case Stage::due:
      if (!board_.has_room()) return;
      began_ = heard_ = now;
      return begin();
    case Stage::reading: return read(now);
    case Stage::walking: return walk();
    case Stage::listening:
      if (now - heard_ >= kLinger && strays_.empty()) finish(now);
      return;
  }
}

void Reconciliation::begin() {
  seen_.assign(registrations_.tables().numbers(), false);
  adopting_.clear();
  strays_.clear();
  too_many_ = false;
  next_ = 0;
  wrong_ = cleared_ = posted_ = 0;
  connection_.watch(connection_.topics().registrations());
  stage_ = Stage::reading;
}

void Reconciliation::read(base::TimePoint now) {
  switch (connection_.watched()) {
    case Session::Watch::granted:
      if (now - heard_ < kQuiet) return;
      break;
    case Session::Watch::asked:
      if (now - heard_ < kAnswerWithin) return;
      break;
    case Session::Watch::refused:
      base::log::warn("broker_not_readable", {{"topics", connection_.topics().registrations()}});
      break;
    case Session::Watch::none: break;
  }
  stage_ = Stage::walking;
  walk();
}

void Reconciliation::found(std::string_view id, std::string_view body) {
  if (body.empty()) return;
  came_ = true;
  const auto device = registrations_.tables().find_private_id(id);
  const bool known =
      device && (registrations_.tables().is_posted(*device, id) || adopt(*device, id));
  if (!known) return add_stray(id);
  if (body == board_.wanted(*device, id)) {
    metrics_.right.Increment();
    const auto row = static_cast<std::size_t>(*device);
    if (row < seen_.size()) seen_[row] = true;
    return;
  }
  metrics_.wrong.Increment();
  ++wrong_;
  board_.owe(*device);
}

/// A row of an earlier version knows of no topic: what is found is its own.
bool Reconciliation::adopt(core::DeviceNo device, std::string_view id) {
  const core::Tables& tables = registrations_.tables();
  if (!tables.device(device).binding(core::Bearer::mqtt).alive()) return false;
  if (!adopting_.contains(device) && !tables.postings(device).empty()) return false;
  adopting_.insert(device);
  return registrations_.post(device, id);
}

void Reconciliation::add_stray(std::string_view id) {
  metrics_.stray.Increment();
  if (!connection_.options().shared_group.empty()) return;  // it may be another gateway's
  if (strays_.size() < kMostStrays)
    strays_.emplace_back(id);
  else
    too_many_ = true;
}

void Reconciliation::clear_strays() {
  const core::Tables& tables = registrations_.tables();
  while (!strays_.empty() && board_.has_room()) {
    const std::string& id = strays_.back();
    const auto device = tables.find_private_id(id);
    // Unless somebody has come to it meanwhile.
    if ((!device || !tables.is_posted(*device, id)) && !board_.clear(id)) return;
    ++cleared_;
    strays_.pop_back();
  }
}

void Reconciliation::walk() {
  // Devices that have come since the round began are told by that.
  const auto end = static_cast<std::uint32_t>(seen_.size());
  std::size_t rows = 0;
  // The next turn goes on; without this it would come with the next event.
  const auto soon = [this] { boost::asio::post(io_, [] {}); };
  while (next_ < end) {
    if (!board_.has_room() || board_.owed() >= kRowsATurn) return;
    if (rows++ == kRowsATurn) return soon();
    look_at(core::DeviceNo{next_++});
  }
  stage_ = Stage::listening;
}

void Reconciliation::look_at(core::DeviceNo device) {
  const core::Tables& tables = registrations_.tables();
  const core::Device& row = tables.device(device);
  std::size_t names = tables.postings(device).size();
  if (names == 0 && is_topic_level(row.private_id) &&
      !board_.wanted(device, row.private_id).empty())
    names = registrations_.post(device, row.private_id) ? 1 : 0;
  if (names == 0 || (names == 1 && seen_[static_cast<std::size_t>(device)])) return;
  metrics_.unseen.Increment();
  ++posted_;
  board_.is_durable(device) ? board_.tell(device) : board_.owe(device);
}

void Reconciliation::finish(base::TimePoint now) {
  connection_.unwatch(connection_.topics().registrations());
  std::vector<bool>().swap(seen_);
  adopting_ = {};
  base::log::info(
      "broker_reconciled",
      {{"wrong", wrong_}, {"unseen", posted_}, {"cleared", cleared_}, {"took", now - began_}});
  if (!again_at_) again_after_ = kAgainFirst;
  stage_ = too_many_ ? Stage::due : Stage::resting;
}

}  // namespace msggw::mqtt
