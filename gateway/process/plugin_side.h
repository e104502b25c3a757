// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "adapters/mqtt/options.h"
#include "gateway/base/context.h"
#include "gateway/broker/keeper.h"
#include "gateway/broker/sightings.h"
#include "gateway/core/tables.h"
#include "gateway/credentials/book.h"

namespace msggw::process {

/// What the gateway does for the broker's plugin: it writes what that may know, and hears what it
/// tells. Loop thread only.
class PluginSide {
 public:
  /// Gives `mqtt` the user and the password by which the gateway comes to the broker, where it has
  /// none. About 40 ms.
  PluginSide(const base::Context& context, mqtt::Options& mqtt, credentials::Book& book,
             const core::Tables& tables, broker::Sightings::Events events);

  void durable(const std::vector<core::DeviceNo>& devices,
               const std::vector<credentials::CredentialNo>& changed) {
    keeper_.durable(devices, changed);
  }
  void end_turn(base::TimePoint now) {
    keeper_.end_turn(now);
    sightings_.end_turn(now);
  }
  /// Whether the broker has all that was to be taken from it.
  bool has_told_gone() const noexcept { return keeper_.has_told_gone(); }
  /// Why the plugin does not know what it is to, or tells nothing; empty: it does both.
  std::string trouble() const;
  /// Whether the broker knows by which password the gateway comes, or will not for now.
  bool has_tried() const noexcept { return keeper_.has_tried(); }
  /// The process ends. Likewise the others.
  void hurry(base::TimePoint now) {
    keeper_.hurry();
    keeper_.end_turn(now);
  }
  bool is_done() const noexcept { return keeper_.is_done(); }
  /// An event if the broker still lets somebody in whom it was to turn away.
  void say_what_is_left() const;

 private:
  broker::Keeper keeper_;
  broker::Sightings sightings_;
};

}  // namespace msggw::process
