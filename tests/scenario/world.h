// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/metrics.h"
#include "gateway/core/gateway.h"
#include "storage/device_record.h"
#include "storage/handle_key.h"
#include "storage/memory_store.h"
#include "storage/moment.h"

namespace msggw::scenario {

/// The core with everything around it played by the test, one step at a time: the clock, the
/// writer, the Provisioning Function. Rows really go through the store's codec, so restart() is
/// what a restart is.
class World {
 public:
  explicit World(core::Limits limits = {})
      : limits_(limits), store_(storage::gateway_tables().size()) {
    storage::Batch key;
    key.put(storage::kMeta, storage::kHandleKey, "\x01the key of tests");
    base::ensure(store_.apply(key).has_value(), "the memory store takes a batch");
    restart();
  }

  core::Gateway& gateway() { return *gateway_; }
  base::TimePoint now() const { return now_; }
  void pass(base::Duration time) {
    gateway_->turn().date_events(now_);
    now_ += time;
    wall_ += time;
    gateway_->turn().tick(now_);
  }

  /// A device asks; the ticket is the answer's name.
  std::optional<core::Answer> show_up(const std::string& private_id, core::Bearer bearer,
                                      std::uint64_t ticket,
                                      std::optional<std::chrono::seconds> lifetime = {},
                                      std::string_view info = {}) {
    core::RegisterRequest request;
    request.bearer = bearer;
    request.ticket = core::Ticket{ticket};
    request.private_id = private_id;
    request.lifetime = lifetime;
    request.info = info;
    return gateway_->registrations().register_device(request, now_);
  }

  /// The writer takes what has changed; `commit()` makes it durable, `power_cut()` loses it.
  bool take() {
    if (!gateway_->commits().has_changes()) return false;
    const core::Changes changes = gateway_->commits().take_changes();
    number_ = changes.number;
    in_flight_.clear();
    for (const core::ProfileNo no : changes.profiles) {
      in_flight_.put_with(
          storage::kProfiles, static_cast<std::uint64_t>(no),
          [&](std::string& out) { storage::append_profile(out, gateway_->tables().profile(no)); });
    }
    for (const core::DeviceNo no : changes.devices) {
      in_flight_.put_with(storage::kDevices, static_cast<std::uint64_t>(no), [&](std::string& out) {
        storage::append_device(out, gateway_->tables().device(no), gateway_->tables().texts(no));
      });
    }
    storage::put_moment(in_flight_, {gateway_->tables().timeline.at(now_), wall_});
    return true;
  }
  void commit() {
    base::ensure(store_.apply(in_flight_).has_value(), "the memory store takes a batch");
    gateway_->commits().committed(number_);
  }
  /// Everything that changed, durable.
  void settle() {
    while (take()) commit();
  }

  /// The process dies and starts again: only what was committed is left.
  void restart() {
    gateway_.emplace(limits_, metrics_.emplace_back(),
                     core::Randomness{{1, 2}, handle_key(), seed_++});
    const auto check = [](const auto& result) {
      base::ensure(result.has_value(), "the stored row is good");
    };
    gateway_->commits().begin(storage::last_moment(store_).value(), now_, wall_);
    check(store_.load(storage::kProfiles, [&](std::uint64_t key, std::string_view row) {
      check(gateway_->commits().restore_profile(core::ProfileNo(key),
                                                storage::parse_profile(row).value()));
    }));
    check(store_.load(storage::kDevices, [&](std::uint64_t key, std::string_view row) {
      check(gateway_->commits().restore_device(core::DeviceNo(key),
                                               storage::parse_device(row).value()));
    }));
  }

  /// The machine is off for a while, and its clock shows what it likes when it boots.
  void reboot(base::TimePoint wall) {
    now_ = wall_ = wall;
    restart();
    gateway_->turn().tick(now_);
  }
  base::TimePoint wall() const { return wall_; }
  /// Somebody sets the clock of the machine.
  void set_wall(base::TimePoint wall) { wall_ = wall; }

  /// The client takes the next ask.
  std::optional<core::DeviceNo> ask() {
    const auto next = gateway_->journey().next_ask();
    if (!next) return std::nullopt;
    asked_.push_back(std::string(next->private_id));
    last_kind_ = next->kind;
    last_info_ = next->info;
    return next->device;
  }
  /// Of the last ask.
  core::AskKind kind() const { return last_kind_; }
  const std::string& info() const { return last_info_; }
  /// The Provisioning Function answers; its Service ID is a pure function of the Private ID.
  void provision(core::DeviceNo no, std::chrono::seconds lifetime = {},
                 const std::string& server = "m5s-1") {
    gateway_->journey().provisioned(no,
                                    {"svc-" + gateway_->tables().device(no).private_id,
                                     {{server}, R"({"segmentSize":2048})"},
                                     lifetime},
                                    now_);
  }
  core::HandleKey handle_key() { return storage::handle_key(store_).value(); }
  /// The value behind this line of the exposition since the last restart(); -1: there is no such
  /// line.
  double metric(const std::string& name_and_labels) const {
    const std::string text = base::metrics::expose(metrics_.back());
    const std::size_t at = text.find("\n" + name_and_labels + " ");
    return at == std::string::npos
               ? -1
               : std::strtod(text.c_str() + at + name_and_labels.size() + 2, nullptr);
  }
  core::DeviceState state(core::DeviceNo no) { return gateway_->tables().device(no).state; }
  /// The configuration from the next restart() on.
  core::Limits& limits() { return limits_; }

  std::vector<core::Outbox::ToAdapter> answers() {
    return std::exchange(gateway_->turn().outbox().answers, {});
  }
  std::vector<core::Outbox::Notice> notices() {
    return std::exchange(gateway_->turn().outbox().notices, {});
  }
  std::vector<core::Outbox::Decision> decisions() {
    return std::exchange(gateway_->turn().outbox().decisions, {});
  }
  const std::vector<std::string>& asked() const { return asked_; }

 private:
  core::Limits limits_;
  base::TimePoint now_{std::chrono::seconds{1'800'000'000}};
  base::TimePoint wall_ = now_;
  std::uint64_t seed_ = 1;
  std::deque<base::metrics::Registry> metrics_;
  storage::MemoryStore store_;
  std::optional<core::Gateway> gateway_;
  storage::Batch in_flight_;
  std::uint64_t number_ = 0;
  std::vector<std::string> asked_;
  core::AskKind last_kind_ = core::AskKind::provision;
  std::string last_info_;
};

}  // namespace msggw::scenario
