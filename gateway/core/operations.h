// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/log.h"
#include "gateway/core/newcomers.h"
#include "gateway/core/selection.h"
#include "gateway/core/tables.h"

namespace msggw::core {

/// A device that an operator puts into the table before it shows up (the contribution 6.X.1.4,
/// pre-condition 3: "the non-MSGin5G UEs are provisioned in the Message Gateway"). Arguments live
/// for the call.
struct AddRequest {
  std::optional<UeType> ue_type = UeType::non_3gpp;  ///< none: non_3gpp, if it is new
  std::string_view private_id;                       ///< in any spelling
  std::string_view info;                             ///< compact JSON object, or empty
  /// Other Private IDs of the device, in any spelling.
  std::span<const std::string> aliases = {};
};
struct Added {
  DeviceNo device{};
  bool is_new = false;     ///< false: it was known before, by this or another spelling or an alias
  std::size_t joined = 0;  ///< of the aliases, those that it did not have
  bool has_changed = false;  ///< it is new, has new aliases, or was a newcomer that gave way
  // What was said of a known device and is not so: it stays as it was.
  bool has_other_type = false;
  bool has_other_info = false;
};

/// The door of the operator: which devices there are, what they are called, whether they are
/// served. Everything is decided at once and durable with Tables::durable_with(). Returns `refused`
/// where the device's state forbids it; the detail says why. Loop thread only.
class Operations {
 public:
  /// `key` is that of the store (SourceMarks).
  Operations(Tables& tables, const base::BlockCipher::Key& key) : tables_(tables), marks_(key) {}

  /// Returns `unavailable` if the device is being removed; `overloaded` as a first contact would;
  /// `malformed`, `missing` or `too_large` for a Private ID or the information; `refused` for an
  /// alias, as add_alias() does. All or nothing: on an error no alias is joined either.
  base::Result<Added> add_device(const AddRequest& request, base::TimePoint now);
  /// Requests of the device are refused and nothing is asked for it until resume(). False, as
  /// below: nothing was to be done, it is suspended.
  base::Result<bool> suspend(DeviceNo device, base::TimePoint now);
  /// The device goes on where it stood. False: it is not suspended.
  base::Result<bool> resume(DeviceNo device);
  /// Ends its registrations and lets the Provisioning Function release its Service ID; then the row
  /// goes. Its number is never used again, its Private ID may be added or show up as a new device.
  /// False: it is being removed, and its Service ID released.
  base::Result<bool> remove(DeviceNo device, base::TimePoint now);
  /// The same without the Provisioning Function's consent: it is not asked, or not once more, and
  /// keeps what it has assigned. The row goes with the next commits, or, if a request is under way,
  /// when that has ended. The device's number may be given again. Also for a device that is being
  /// removed. False: it goes so already.
  base::Result<bool> forget(DeviceNo device, base::TimePoint now);
  /// Asks the Provisioning Function about the device once more, now.
  base::Result<void> ask_again(DeviceNo device);
  /// Joins another Private ID to the device: whoever shows it, over any bearer, is that device. The
  /// Provisioning Function is asked about the first one only. False: it was joined before. Returns
  /// `refused` if it is the first one, a device of its own or another's alias, if the device is
  /// being removed, or has as many as max_aliases_per_device allows; `malformed`, `missing` or
  /// `too_large` for the Private ID.
  base::Result<bool> add_alias(DeviceNo device, std::string_view private_id);
  /// Takes it away, so that it may be added or show up as a new device. Registrations that were
  /// made by it run on. False: it was none of the device. Returns `refused` if it is the first one,
  /// or if the device is being removed, which frees them all.
  base::Result<bool> remove_alias(DeviceNo device, std::string_view private_id);

  bool is_selected(DeviceNo device, const Selection& selection) const;
  /// Its row goes without a release, by forget() or to make room, and is still there, though it
  /// waits for nothing that it sent.
  bool is_leaving(DeviceNo device) const {
    const Device& of = tables_.registry.at(device);
    return of.state == DeviceState::removing && of.newcomer && !tables_.sending.contains(device);
  }
  /// Whence its first contact came (SourceMarks::name_of()).
  std::string source_of(DeviceNo device) const {
    return marks_.name_of(tables_.registry.at(device).source);
  }

  /// Whether no new device can be taken in before the next commit (max_unsaved_devices).
  bool is_crowded() const noexcept {
    return tables_.unsaved_devices >= tables_.limits.max_unsaved_devices;
  }
  const Tables& tables() const noexcept { return tables_; }

 private:
  void hold(DeviceNo no, base::TimePoint now);

  // joining.cc
  base::Result<std::vector<std::string>> new_aliases(std::optional<DeviceNo> device,
                                                     std::string_view private_id,
                                                     std::span<const std::string> wanted) const;
  base::Error taken(std::string_view alias, DeviceNo holder) const;
  void join(DeviceNo no, std::vector<std::string> aliases);

  Tables& tables_;
  SourceMarks marks_;
  base::log::Limit forget_log_;
};

}  // namespace msggw::core
