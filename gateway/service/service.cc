// SPDX-License-Identifier: Apache-2.0
#include "gateway/service/service.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <utility>

#include "gateway/base/crash_point.h"
#include "gateway/base/log.h"
#include "storage/device_record.h"

namespace msggw::service {

namespace {

/// A row's key as the core's number; a key that is none becomes a number that the core refuses as
/// out of order.
template <class Number>
Number number(std::uint64_t key) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  return Number(static_cast<std::uint32_t>(std::min(key, most)));
}

[[noreturn]] void unreadable(const std::string& what) {
  throw std::runtime_error("the device store cannot be read: " + what +
                           "; restore the folder from a backup, or move it away to begin anew");
}

}  // namespace

Service::Service(const base::Context& context, const Doors& doors, storage::Store& store)
    : context_(context),
      doors_(doors),
      store_(store),
      timer_(context.io),
      writer_(
          store, context.metrics, "gateway",
          [this](std::uint64_t number) {
            base::crash_point("gateway-committed");
            boost::asio::post(context_.io, [this, number] {
              committing_ = false;
              doors_.commits.committed(number);
            });
          },
          [this](bool in_place) {
            boost::asio::post(context_.io,
                              [this, in_place] { doors_.turn.set_store_in_place(in_place); });
          }) {}

void Service::load() {
  const auto started = context_.clock.now();
  std::string problem;
  const auto keep = [&](const base::Result<void>& result) {
    if (!result && problem.empty()) problem = result.error().detail;
  };
  const auto loaded_profiles =
      store_.load(storage::kProfiles, [&](std::uint64_t key, std::string_view octets) {
        auto profile = storage::parse_profile(octets);
        if (!profile) return keep(base::fail(profile.error().code, profile.error().detail));
        keep(doors_.commits.restore_profile(number<core::ProfileNo>(key), std::move(*profile)));
      });
  keep(loaded_profiles);
  const auto loaded_devices =
      store_.load(storage::kDevices, [&](std::uint64_t key, std::string_view octets) {
        auto row = storage::parse_device(octets);
        if (!row) return keep(base::fail(row.error().code, row.error().detail));
        keep(doors_.commits.restore_device(number<core::DeviceNo>(key), std::move(row->device),
                                           std::move(row->info), std::move(row->refusal),
                                           std::move(row->aliases), std::move(row->postings)));
      });
  keep(loaded_devices);
  if (!problem.empty()) unreadable(problem);
  base::log::info("store_loaded", {{"devices", doors_.commits.tables().devices()},
                                   {"pending", doors_.commits.tables().on_their_way()},
                                   {"took", context_.clock.now() - started}});
}

void Service::attach(client::Client& client, std::vector<core::Adapter*> adapters) {
  client_ = &client;
  adapters_ = std::move(adapters);
}

void Service::end_turn() {
  const base::TimePoint now = context_.clock.now();
  doors_.turn.tick(now);
  ask();
  deliver();
  for (core::Adapter* adapter : adapters_) adapter->end_turn(now);
  client_->end_turn(now);
  write();
  wake_at_deadline(now);
}

void Service::ask() {
  client_->withdraw(doors_.journey.take_withdrawn());
  while (client_->room() > 0) {
    const auto next = doors_.journey.next_ask();
    if (!next) return;
    client_->ask(*next);
  }
}

void Service::deliver() {
  core::Outbox& outbox = doors_.turn.outbox();
  for (const auto& [bearer, answer] : outbox.answers) {
    base::crash_point("gateway-answers");
    for (core::Adapter* adapter : adapters_) {
      if (adapter->bearer() == bearer) adapter->answer(answer);
    }
  }
  for (const auto& [bearer, device, first] : outbox.notices) {
    for (core::Adapter* adapter : adapters_) {
      if (adapter->bearer() == bearer) adapter->notice(device, first);
    }
  }
  for (const auto& [device, private_id] : outbox.partings) {
    for (core::Adapter* adapter : adapters_) adapter->parted(device, private_id);
  }
  for (const core::DeviceNo device : outbox.gone) {
    for (core::Adapter* adapter : adapters_) adapter->gone(device);
  }
  outbox.answers.clear();
  outbox.notices.clear();
  outbox.partings.clear();
  outbox.gone.clear();
}

/// One batch in flight; what changes meanwhile goes together in the next one.
void Service::write() {
  if (committing_ || !doors_.commits.has_changes()) return;
  const core::Changes changes = doors_.commits.take_changes();
  storage::Batch batch = writer_.recycled();
  for (const core::ProfileNo no : changes.profiles) {
    batch.put_with(storage::kProfiles, static_cast<std::uint64_t>(no), [&](std::string& out) {
      storage::append_profile(out, doors_.commits.tables().profile(no));
    });
  }
  for (const core::DeviceNo no : changes.devices) {
    batch.put_with(storage::kDevices, static_cast<std::uint64_t>(no), [&](std::string& out) {
      storage::append_device(out, doors_.commits.tables().device(no),
                             doors_.commits.tables().info(no), doors_.commits.tables().refusal(no),
                             doors_.commits.tables().aliases(no),
                             doors_.commits.tables().others_posted.of(no));
    });
  }
  base::crash_point("gateway-decided");
  committing_ = true;
  writer_.submit(std::move(batch), changes.number);
}

void Service::wake_at_deadline(base::TimePoint now) {
  const auto deadline = doors_.turn.next_deadline();
  if (!deadline || *deadline == timer_at_) return;
  timer_at_ = *deadline;
  timer_.expires_after(std::max(base::Duration{1}, *deadline - now));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) timer_at_ = base::TimePoint::max();  // the end of this turn does the work
  });
}

}  // namespace msggw::service
