// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/keyed_hash.h"
#include "provisioning/function/policy_options.h"

namespace msggw::function {

/// The servers of a rule and the order in which each Private ID is told of them: rendezvous hashing
/// by weight over Private ID and server. Nothing is remembered, and every Provisioning Function
/// with the same list gives the same order. The share of Private IDs that have a server first is
/// its share of the weights, and so on among those behind it. A server that comes, goes or changes
/// its weight changes the place of no other two towards each other.
///
/// The hash has no secret: whoever chooses a Private ID chooses its server, which the Private ID of
/// another device can do as well. A value that never changes.
class PolicyServers {
 public:
  /// Leaves out those of weight 0. At most `told` are named in an answer, 0: all.
  PolicyServers(const ServerOptions& options, std::size_t told);

  std::size_t told() const noexcept { return told_; }
  std::size_t size() const noexcept { return servers_.size(); }
  std::vector<std::string> all() const;
  /// Puts the Service IDs into `out`, whose memory is used again.
  void order(std::string_view private_id, std::vector<std::string>& out) const;

 private:
  struct Server {
    std::string service_id;
    double weight;
    base::HashKey key;
  };

  std::vector<Server> servers_;
  std::size_t told_;
  bool by_weight_;
};

}  // namespace msggw::function
