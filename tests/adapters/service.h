// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "gateway/base/context.h"
#include "gateway/core/adapter.h"
#include "gateway/core/gateway.h"

namespace msggw::test {

/// What the service is around the core, for the tests of one adapter: a store that commits at once
/// or hangs, a Provisioning Function that answers, refuses or is away, and the turn, stepped by the
/// test. Service IDs are "sid-0", "sid-1" ... in the order of the devices.
class Service {
 public:
  enum class Provisioning { answers, refuses, away };

  explicit Service(core::Limits limits = {});
  virtual ~Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// One turn, or what there is of it within a few milliseconds.
  void turn();
  /// Turns until `done`; false: not within `most`.
  bool until(const std::function<bool()>& done,
             std::chrono::milliseconds most = std::chrono::seconds(20));
  /// The value behind this line of the exposition ("name{label=\"x\"}"); -1: there is no such line.
  double metric(const std::string& name_and_labels) const;

  base::Clock clock;
  base::metrics::Registry registry;
  core::Limits limits;
  boost::asio::io_context io;
  base::Context context{io, clock, registry};
  core::Gateway gateway;
  bool commits = true;                    ///< false: the store hangs
  std::chrono::milliseconds patience{2};  ///< that a turn has if nothing is there yet
  Provisioning provisioning = Provisioning::answers;
  std::string service_info = R"({"segmentSize":2048})";
  std::size_t asks = 0;  ///< that the Provisioning Function has answered
  std::size_t batches = 0;

 private:
  /// Null: none at the moment.
  virtual core::Adapter* served() = 0;
  /// What else there is around the adapter has its turn, before the adapter ends its own.
  virtual void play() {}
  void commit();
  void provision(base::TimePoint now);
  void tell(core::Adapter& adapter);

  std::deque<core::DeviceNo> asked_;
  std::optional<std::uint64_t> batch_;
};

}  // namespace msggw::test
