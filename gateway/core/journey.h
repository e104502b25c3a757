// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/log.h"
#include "gateway/core/tables.h"

namespace msggw::core {

enum class AskKind : std::uint8_t {
  provision,  ///< obtain the Service ID (or what is told with it anew)
  release     ///< give it back: the device has been removed
};

/// One request that the provisioning client should make. Points into the tables.
struct ProvisioningAsk {
  AskKind kind = AskKind::provision;
  DeviceNo device{};
  UeType ue_type{};
  std::string_view private_id;
  std::string_view info;
};

/// What the Provisioning Function answered for one device.
struct Provisioned {
  std::string service_id;
  ServiceProfile profile;
  /// For how long the profile is good; 0: for ever.
  std::chrono::seconds lifetime{0};
};

/// The door of the provisioning client: the way of a device from its Private ID to its Service ID
/// (the contribution 6.X.1.4, steps 2 to 4), and what comes later: renewal and release. Loop thread
/// only.
class Journey {
 public:
  explicit Journey(Tables& tables) : tables_(tables) {}

  /// The next device to ask for: the lanes take turns, oldest first in each. Each device comes once
  /// until one of the calls below for it.
  std::optional<ProvisioningAsk> next_ask();
  /// Asks that have not ended and are wanted no more: the operator does not wait for them. Each is
  /// to be ended by failed() as soon as it is not under way any more.
  std::vector<DeviceNo> take_withdrawn();
  void provisioned(DeviceNo device, Provisioned answer, base::TimePoint now);
  /// To an ask of kind release: done, or the Provisioning Function knew nothing of it.
  void released(DeviceNo device);
  void refused(DeviceNo device, std::string cause, std::string detail, base::TimePoint now);
  /// The answer was of no use (or none came); the device is due again after a back-off of at least
  /// `retry_after`. `why` is for its operator, safe to print; empty: the ask was withdrawn.
  void failed(DeviceNo device, base::Duration retry_after, base::TimePoint now,
              std::string_view why = {});

 private:
  Pending* ask_ended(DeviceNo no);
  void release_refused(DeviceNo no, Pending& pending, std::string cause, std::string detail,
                       base::TimePoint now);
  void keep_profile(DeviceNo no, Provisioned& answer, base::TimePoint now);
  void profile_renewed(DeviceNo no, Pending& pending, Provisioned answer, base::TimePoint now);
  void end_renewal(DeviceNo no, bool renewed);
  void put_off(DeviceNo no, Pending& pending, std::string_view why, base::TimePoint now);
  void rest(DeviceNo no, Pending& pending, base::Duration at_least, base::TimePoint now);

  Tables& tables_;
  /// The last of these: in an outage all devices are told the same.
  std::shared_ptr<const std::string> last_answer_ = std::make_shared<const std::string>();
  base::log::Limit conflict_log_;
  base::log::Limit renewal_log_;
  base::log::Limit release_log_;
};

}  // namespace msggw::core
