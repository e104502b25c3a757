// SPDX-License-Identifier: Apache-2.0
#include "gateway/service/service.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "gateway/base/crash_point.h"
#include "gateway/base/log.h"
#include "storage/credential_record.h"
#include "storage/device_record.h"
#include "storage/gateway_loader.h"
#include "storage/message_record.h"
#include "storage/moment.h"

namespace msggw::service {

namespace {

constexpr std::size_t kReadAtOnce = 64;
constexpr std::size_t kForOperator = 16;  ///< of these, while he wants to see some
/// After the store could not be read.
constexpr base::Duration kReadAgain{500};

/// What the clock of the machine shows, however it has been set.
base::TimePoint wall_time() {
  return std::chrono::floor<base::Duration>(std::chrono::system_clock::now());
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
      operator_reads_(doors.messages.queue()),
      reader_(store, storage::kMessages,
              [this](std::vector<storage::Reader::Row> rows) {
                boost::asio::post(context_.io, [this, rows = std::move(rows)]() mutable {
                  brought(std::move(rows));
                });
              }),
      writer_(
          store, context.metrics, "gateway",
          [this](std::uint64_t number) {
            base::crash_point("gateway-committed");
            boost::asio::post(context_.io, [this, number] {
              committing_ = false;
              doors_.commits.committed(number);
              doors_.messages.committed();
              if (around_.durable) around_.durable(devices_under_way_, credentials_under_way_);
            });
          },
          [this](bool in_place) {
            boost::asio::post(context_.io,
                              [this, in_place] { doors_.turn.set_store_in_place(in_place); });
          }) {}

void Service::load() {
  const auto started = context_.clock.now();
  const auto loaded = storage::load_gateway(
      store_, {doors_.commits, doors_.credentials, doors_.messages}, started, wall_time());
  if (!loaded) unreadable(loaded.error().detail);
  // Of a key file that is not the right one no backup of the folder is the cure.
  if (const auto key = doors_.credentials.start(); !key)
    throw std::runtime_error(key.error().detail);
  see_off(context_.clock.now());  // before anybody is released
  base::log::info("store_loaded", {{"devices", doors_.commits.tables().devices()},
                                   {"pending", doors_.commits.tables().on_their_way()},
                                   {"messages", doors_.messages.queue().lanes.all().messages},
                                   {"took", context_.clock.now() - started}});
}

void Service::attach(client::Client& client, Surroundings around) {
  client_ = &client;
  around_ = std::move(around);
}

void Service::end_turn() {
  const base::TimePoint now = context_.clock.now();
  doors_.turn.tick(now);
  doors_.messages.tick(now);
  if (around_.device_messages != nullptr) around_.device_messages->tick(now);
  ask();
  deliver();
  deliver_messages();
  for (core::Adapter* adapter : around_.adapters) adapter->end_turn(now);
  if (around_.end_server_turn) around_.end_server_turn(now);
  client_->end_turn(now);
  doors_.turn.date_events(now);
  doors_.messages.date_events(now);
  read(now);
  write(now);
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
    for (core::Adapter* adapter : around_.adapters) {
      if (adapter->bearer() == bearer) adapter->answer(answer);
    }
  }
  for (const auto& [bearer, device] : outbox.decisions) {
    for (core::Adapter* adapter : around_.adapters) {
      if (adapter->bearer() == bearer) adapter->decided(device);
    }
  }
  for (const auto& [bearer, device, first] : outbox.notices) {
    for (core::Adapter* adapter : around_.adapters) {
      if (adapter->bearer() == bearer) adapter->notice(device, first);
    }
  }
  for (const auto& [bearer, device] : outbox.expired) {
    for (core::Adapter* adapter : around_.adapters) {
      if (adapter->bearer() == bearer) adapter->expired(device);
    }
  }
  for (const auto& [device, private_id] : outbox.partings) {
    for (core::Adapter* adapter : around_.adapters) adapter->parted(device, private_id);
  }
  const base::TimePoint now = context_.clock.now();
  see_off(now);
  for (const core::DeviceNo device : outbox.gone) {
    doors_.messages.gone(device, now);
    doors_.credentials.gone(device);
    for (core::Adapter* adapter : around_.adapters) adapter->gone(device);
  }
  outbox.answers.clear();
  outbox.notices.clear();
  outbox.decisions.clear();
  outbox.partings.clear();
  outbox.expired.clear();
  outbox.gone.clear();
}

/// Who leaves is let go when what he sent has gone up.
void Service::see_off(base::TimePoint now) {
  core::Outbox& outbox = doors_.turn.outbox();
  const auto leaving = std::exchange(outbox.leaving, {});
  const auto parting = std::exchange(outbox.parting_from_server, {});
  for (const core::DeviceNo device : leaving) doors_.messages.leaving(device, now);
  for (const core::DeviceNo device : std::exchange(outbox.forgotten, {}))
    doors_.messages.forgotten(device, now);
  for (const auto* const some : {&leaving, &parting}) {
    for (const core::DeviceNo device : *some) {
      if (doors_.messages.still_sends(device))
        doors_.turn.still_sends(device);
      else
        doors_.turn.has_sent(device);
    }
  }
}

void Service::deliver_messages() {
  messages::Outbox& outbox = doors_.messages.outbox();
  for (const auto& [bearer, answer] : outbox.to_devices) {
    for (messages::Adapter* adapter : around_.message_adapters) {
      if (adapter->bearer() == bearer) adapter->answer(answer);
    }
  }
  for (const messages::Answer& answer : outbox.to_server) around_.to_server(answer);
  // Whoever says that it can reach the device may be told of more.
  for (const core::DeviceNo device : std::exchange(outbox.waited_for, {})) {
    for (messages::Adapter* adapter : around_.message_adapters) adapter->waited_for(device);
  }
  for (const core::DeviceNo device : std::exchange(outbox.have_sent, {}))
    doors_.turn.has_sent(device);
  outbox.to_devices.clear();
  outbox.to_server.clear();
}

/// One request in flight; what is wanted meanwhile goes together in the next one.
void Service::read(base::TimePoint now) {
  if (reading_ || now < read_after_) return;
  std::vector<std::uint64_t> keys;
  const std::size_t wanted = kReadAtOnce - (operator_reads_.empty() ? 0 : kForOperator);
  for (const messages::MessageNo no : doors_.messages.take_wanted(wanted))
    keys.push_back(messages::number(no));
  wanted_under_way_ = keys.size();
  const auto to_see = operator_reads_.take(kReadAtOnce - keys.size());
  keys.insert(keys.end(), to_see.begin(), to_see.end());
  if (keys.empty()) return;
  reading_ = true;
  reader_.submit(std::move(keys));
}

void Service::brought(std::vector<storage::Reader::Row> rows) {
  reading_ = false;
  const base::TimePoint now = context_.clock.now();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [key, value] = rows[i];
    const messages::MessageNo no{key};
    if (i >= wanted_under_way_) {
      std::optional<messages::Carried> seen;
      if (value && *value) {
        if (auto carried = storage::parse_carried(**value)) seen = std::move(*carried);
      }
      operator_reads_.brought(std::move(seen));
      continue;
    }
    if (!value) {  // the store cannot be read now: the writer tells why
      doors_.messages.wanted_again(no);
      read_after_ = now + kReadAgain;
      continue;
    }
    base::Result<messages::Carried> carried = base::fail(base::Errc::storage, "no such row");
    if (*value) carried = storage::parse_carried(**value);
    if (carried) {
      doors_.messages.loaded(no, std::move(*carried), now);
      continue;
    }
    base::log::error("message_unreadable", {{"message", key}, {"reason", carried.error().detail}});
    doors_.messages.unreadable(no, now);
  }
}

/// One batch in flight; what changes meanwhile goes together in the next one.
void Service::write(base::TimePoint now) {
  if (committing_ || !has_changes() || now < commit_after_) return;
  const core::Changes changes = doors_.commits.take_changes();
  storage::Batch batch = writer_.recycled();
  for (const core::ProfileNo no : changes.profiles) {
    batch.put_with(storage::kProfiles, static_cast<std::uint64_t>(no), [&](std::string& out) {
      storage::append_profile(out, doors_.commits.tables().profile(no));
    });
  }
  for (const core::DeviceNo no : changes.devices) {
    batch.put_with(storage::kDevices, static_cast<std::uint64_t>(no), [&](std::string& out) {
      const core::Tables& tables = doors_.commits.tables();
      storage::append_device(out, tables.device(no), tables.texts(no));
    });
  }
  const messages::Changes of_messages = doors_.messages.take_changes();
  storage::put_changes(batch, doors_.messages.queue(), of_messages);
  credentials_under_way_ = doors_.credentials.take_changes();
  storage::put_credentials(batch, doors_.credentials.book(), credentials_under_way_);
  if (around_.durable) devices_under_way_ = changes.devices;
  storage::put_moment(batch,
                      {doors_.commits.tables().timeline.at(context_.clock.now()), wall_time()});
  base::crash_point("gateway-decided");
  committing_ = true;
  commit_after_ = batch.size() < kMany ? now : now + kApart;
  writer_.submit(std::move(batch), changes.number);
}

void Service::wake_at_deadline(base::TimePoint now) {
  auto deadline = doors_.turn.next_deadline();
  const auto at = [&](std::optional<base::TimePoint> time) {
    if (time) deadline = deadline ? std::min(*deadline, *time) : *time;
  };
  at(doors_.messages.next_deadline());
  if (around_.device_messages != nullptr) at(around_.device_messages->next_deadline());
  if (read_after_ > now) at(read_after_);
  if (!committing_ && has_changes()) at(commit_after_);
  if (!deadline || *deadline == timer_at_) return;
  timer_at_ = *deadline;
  timer_.expires_after(std::max(base::Duration{1}, *deadline - now));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) timer_at_ = base::TimePoint::max();  // the end of this turn does the work
  });
}

}  // namespace msggw::service
