// SPDX-License-Identifier: Apache-2.0
// Devices with several Private IDs: which may be joined, and which not.
#include <algorithm>
#include <utility>

#include "gateway/core/operations.h"

namespace msggw::core {

namespace {

bool is_going(const Device& device) noexcept {
  return device.state == DeviceState::removing || device.state == DeviceState::removed;
}

}  // namespace

base::Result<bool> Operations::add_alias(DeviceNo no, std::string_view private_id) {
  const std::string wanted(private_id);
  auto aliases = new_aliases(no, tables_.registry.at(no).private_id, {&wanted, 1});
  if (!aliases) return tl::unexpected(std::move(aliases.error()));
  const bool is_new = !aliases->empty();
  join(no, std::move(*aliases));
  return is_new;
}

base::Result<bool> Operations::remove_alias(DeviceNo no, std::string_view private_id) {
  const auto parsed = PrivateId::parse(private_id, tables_.limits.max_private_id_octets);
  if (!parsed) return tl::unexpected(parsed.error());
  const Device& device = tables_.registry.at(no);
  if (is_going(device)) return base::fail(base::Errc::refused, "the device is being removed");
  if (parsed->text() == device.private_id) {
    return base::fail(
        base::Errc::refused,
        parsed->text() + " is the device's first Private ID, no alias; it goes with the device");
  }
  if (!tables_.registry.remove_alias(no, parsed->text())) return false;
  tables_.batches.next.partings.push_back({no, parsed->text()});
  tables_.mark_changed(no);
  tables_.count_aliases();
  return true;
}

/// Those of `wanted`, canonical and each once, that the device is still to be given; none for
/// `device` means the new one that `private_id` will be. Changes nothing, so that a request with
/// one that cannot be joined leaves no trace.
base::Result<std::vector<std::string>> Operations::new_aliases(
    std::optional<DeviceNo> no, std::string_view private_id,
    std::span<const std::string> wanted) const {
  std::vector<std::string> found;
  if (wanted.empty()) return found;
  const auto too_many =
      base::fail(base::Errc::refused, "a device may have " +
                                          std::to_string(tables_.limits.max_aliases_per_device) +
                                          " aliases (limits.max_aliases_per_device)");
  if (wanted.size() > Device::kMostAliases) return too_many;
  if (no && is_going(tables_.registry.at(*no)))
    return base::fail(base::Errc::refused, "the device is being removed");
  const std::string_view first =
      no ? std::string_view(tables_.registry.at(*no).private_id) : private_id;
  for (const std::string& each : wanted) {
    auto alias = PrivateId::parse(each, tables_.limits.max_private_id_octets);
    if (!alias) {
      return base::fail(alias.error().code, "alias: " + alias.error().detail);
    }
    if (alias->text() == first) {
      return base::fail(base::Errc::refused,
                        alias->text() + " is the device's first Private ID, no alias");
    }
    const auto holder = tables_.registry.find_private_id(alias->text());
    if (holder && holder != no) return tl::unexpected(taken(alias->text(), *holder));
    if (holder || std::find(found.begin(), found.end(), alias->text()) != found.end()) continue;
    found.push_back(alias->text());
  }
  const std::size_t has = no ? tables_.registry.aliases(*no).size() : 0;
  if (!found.empty() && has + found.size() > tables_.limits.max_aliases_per_device) return too_many;
  return found;
}

/// Why `alias`, which names `holder`, cannot be another device's, and the way out.
base::Error Operations::taken(std::string_view alias, DeviceNo holder) const {
  const Device& device = tables_.registry.at(holder);
  std::string detail(alias);
  const bool going = is_going(device);
  if (device.private_id != alias) {
    detail += " is an alias of the device " + device.private_id;
    if (!going) {
      detail += "; take it away first: msggw devices remove " + device.private_id + " --alias " +
                std::string(alias);
    }
  } else {
    detail += " is a device of its own, state ";
    detail += name_of(device.state);
    detail += device.has_service_id() ? ", Service ID " + device.service_id : ", no Service ID yet";
    if (!going) detail += "; remove it first: msggw devices remove " + device.private_id;
  }
  if (going) detail += "; it is being removed, try again when it is gone";
  return {base::Errc::refused, std::move(detail)};
}

void Operations::join(DeviceNo no, std::vector<std::string> aliases) {
  if (aliases.empty()) return;
  for (std::string& alias : aliases) tables_.registry.add_alias(no, std::move(alias));
  if (Pending* pending = tables_.pending_table.find(no))
    pending->named_with = tables_.batches.last + 1;
  tables_.mark_changed(no);
  tables_.count_aliases();
}

}  // namespace msggw::core
