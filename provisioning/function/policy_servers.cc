// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/policy_servers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace msggw::function {

namespace {

/// Fixed for ever: other ones would give every endpoint another server.
constexpr base::HashKey kServerKey{0x6D73'6769'6E35'6770, 0x726F'7669'7369'6F6E};

struct Place {
  double score;
  std::uint32_t server;
};

/// Of n servers with weights w the one with the largest -w / ln(u) is each with probability w / sum
/// of all w, when each u is uniform in (0, 1).
double score(double weight, std::uint64_t hash) noexcept {
  constexpr double kStep = 0x1p-53;
  const double uniform = (static_cast<double>(hash >> 11) + 0.5) * kStep;
  return -weight / std::log(uniform);
}

}  // namespace

PolicyServers::PolicyServers(const ServerOptions& options, std::size_t told)
    : told_(told), by_weight_(options.by_weight) {
  for (const ServerOption& server : options.list) {
    if (server.weight == 0) continue;
    const std::uint64_t hash = base::keyed_hash(kServerKey, server.service_id);
    servers_.push_back(
        {server.service_id, static_cast<double>(server.weight), {hash, ~kServerKey.k0}});
  }
  if (told_ == 0 || told_ > servers_.size()) told_ = servers_.size();
  // One alone, or a list in which all are equal places, needs no hash.
  by_weight_ = by_weight_ && servers_.size() > 1;
}

std::vector<std::string> PolicyServers::all() const {
  std::vector<std::string> ids;
  for (const Server& server : servers_) ids.push_back(server.service_id);
  return ids;
}

void PolicyServers::order(std::string_view private_id, std::vector<std::string>& out) const {
  out.resize(told_);
  if (!by_weight_) {
    for (std::size_t i = 0; i < told_; ++i) out[i] = servers_[i].service_id;
    return;
  }
  std::array<Place, PolicyOptions::kMostServers> places;
  const auto end = places.begin() + static_cast<std::ptrdiff_t>(servers_.size());
  for (std::uint32_t i = 0; i < servers_.size(); ++i) {
    places[i] = {score(servers_[i].weight, base::keyed_hash(servers_[i].key, private_id)), i};
  }
  // The position breaks ties, which are as rare as equal hashes, so that the order is always one.
  std::partial_sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(told_), end,
                    [](const Place& a, const Place& b) {
                      return a.score != b.score ? a.score > b.score : a.server < b.server;
                    });
  for (std::size_t i = 0; i < told_; ++i) out[i] = servers_[places[i].server].service_id;
}

}  // namespace msggw::function
