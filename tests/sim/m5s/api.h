// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/m5s/world.h"

namespace msggw::m5s {

/// A request as the interfaces of the double read it: before faults are looked for, and before
/// anything is done.
struct Asked {
  Subject subject{};
  std::vector<std::string> path{};  ///< percent-decoded segments
  boost::json::object body{};
  std::optional<Response> refusal{};  ///< it is none of ours, or cannot be read
};

/// msgs-msgdelivery and msgs-asregistration of TS 29.538, and msgs-ueregistration
/// (docs/msgs-ueregistration.yaml).
class Api {
 public:
  static constexpr std::size_t kMostBulk = 1'000;
  static constexpr std::int64_t kMostLifetime = 366 * 24 * 3600;  ///< seconds

  /// `world` must outlive it.
  explicit Api(World& world) : world_(world) {}

  Asked read(const Request& request) const;
  Response carry_out(const Asked& asked);

 private:
  Response deliver_message(const Asked& asked, Originator by);
  Response deliver_report(const Asked& asked);
  Response register_ue(const Asked& asked);
  Response register_bulk(const Asked& asked);
  Response deregister_ue(const Asked& asked);
  Response register_as(const Asked& asked);
  Response deregister_as(const Asked& asked);
  std::optional<Problem> put(const std::string& service_id, const boost::json::object& body,
                             unsigned& status);

  World& world_;
};

Response json_response(unsigned status, const boost::json::object& body);

}  // namespace msggw::m5s
