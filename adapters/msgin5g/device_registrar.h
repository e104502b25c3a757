// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/msgin5g/registrar.h"
#include "adapters/msgin5g/registration_bodies.h"
#include "adapters/msgin5g/servers.h"
#include "gateway/base/backoff.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/core/server_registrations.h"
#include "gateway/core/server_walk.h"

namespace msggw::msgin5g {

/// Registers devices by msgs-ueregistration (docs/msgs-ueregistration.yaml) at the server that
/// their messages go to, and takes them off. Loop thread only.
///
/// Each server has a lane of its own, so that a slow one delays nobody else's devices: what is to
/// be said out of turn waits there, and the rest is brought by a walk over the table when there is
/// room for it. One device goes by itself, several that wait go together. Requests to one server
/// are few, so that messages pass; those about one device go one after the other. A server that
/// does not answer is asked by one request at a time whether it does, and then told of all.
class DeviceRegistrar final : public Registrar {
 public:
  /// Whether the server has registered the device or refuses to.
  using Told = std::function<void(core::DeviceNo, bool registered)>;

  /// All must outlive it.
  DeviceRegistrar(const base::Context& context, const Options& options, Servers& servers,
                  core::ServerRegistrations& door);
  DeviceRegistrar(const DeviceRegistrar&) = delete;
  DeviceRegistrar& operator=(const DeviceRegistrar&) = delete;

  /// From now on devices are registered as reached at `target`, the apiRoot of this gateway, and
  /// `told` is called for each, from handlers of the loop.
  void begin(const base::Uri& target, Told told);
  bool lost(core::DeviceNo device) override { return door_.lost(device); }
  /// The options have changed in place, and Servers with them. `tells_again`: devices may be of
  /// other servers, or what is said of them is other, `target` say; all servers are told of theirs
  /// again.
  void reconfigure(const base::Uri& target, bool tells_again);

  /// Sends what may be sent now; once at the end of a turn.
  void end_turn(base::TimePoint now);
  /// When end_turn() has something to do, if nothing else happens and some server serves.
  std::optional<base::TimePoint> next_turn(base::TimePoint now) const;
  /// Takes nothing more from the door.
  void stop() noexcept { stopped_ = true; }
  /// Whether no request is under way.
  bool idle() const noexcept { return under_way_ == 0; }

 private:
  using Task = core::ServerTask;
  using Tasks = std::vector<Task>;
  enum Outcome : std::uint8_t { registered, deregistered, refused, failed, dropped };

  /// What one server is asked for.
  struct Lane {
    static constexpr std::size_t kBulkMost = 500;        ///< devices
    static constexpr std::size_t kMostWaiting = 10'000;  ///< and as many that rest

    Lane(base::metrics::Registry& metrics, FarServer& far, const core::ServerWalk& its_walk);
    void put(std::deque<Task>& where, Task task);
    void count(Outcome outcome) { counts[outcome]->Increment(); }
    bool has_trouble() const noexcept { return left_out || !resting.empty(); }

    FarServer& server;
    core::ServerWalk walk;
    std::array<base::metrics::Counter*, 5> counts{};  ///< by outcome
    std::deque<Task> waiting;                         ///< goes before what the walk brings
    std::deque<Task> resting;                         ///< had trouble while others passed
    bool left_out = false;      ///< devices to be registered, for want of room; the walk finds them
    bool walks_again = false;   ///< as soon as it may
    std::size_t under_way = 0;  ///< requests
    Tasks company;              ///< of the request that is being put together
    std::size_t company_octets = 0;
    FarAddress* company_address = nullptr;
    std::size_t bulk_most = kBulkMost;  ///< less after one without an answer
    base::TimePoint no_bulk_until{};
    base::Backoff pause;  ///< of a server that does not offer this
    base::Backoff rest;   ///< of devices that have trouble while others pass
    bool served = true;
    bool was_away = false;
  };
  struct Busy {
    Task::Kind kind;
    std::optional<Task> next;
  };

  // device_registrar.cc
  void add_lanes();
  void watch(Lane& lane, base::TimePoint now);
  void look_at_server(Lane& lane);
  void queue(Task task);
  bool has_room(const Lane& lane, base::TimePoint now) const;
  void work(Lane& lane, base::TimePoint now);
  std::optional<Task> next(Lane& lane, base::TimePoint now);
  void take(Lane& home, Task task, base::TimePoint now);
  bool is_overtaken(const Task& task);
  bool wait_for_other(Task& task);
  std::size_t most_company(const Lane& lane, base::TimePoint now) const;
  Lane& lane_of(const FarServer& server) { return lanes_.at(&server); }

  // device_requests.cc
  void send_company(Lane& lane, base::TimePoint now);
  void send_one(Lane& lane, FarAddress& address, Task task, base::TimePoint now);
  void send_bulk(Lane& lane, FarAddress& address, Tasks tasks, base::TimePoint now);
  void start(Lane& lane, FarAddress& address, http::ClientRequest request, FarServer::Ended ended,
             base::TimePoint now);
  void bulk_ended(Lane& lane, const Tasks& tasks, const FarServer::Exchange& exchange,
                  const base::Result<http::ClientResponse>& answer);
  void no_results(Lane& lane, const Tasks& tasks, const RegistrationMeaning& why,
                  base::TimePoint now);
  void settle(Lane& lane, const Task& task, const RegistrationMeaning& meaning,
              base::TimePoint now);
  void granted(Lane& lane, const Task& task, const Granted& grant);
  void not_offered(Lane& lane, const NotOffered& why, base::TimePoint now);
  void is_free(const Task& task);

  base::Context context_;
  const Options& options_;
  Servers& servers_;
  core::ServerRegistrations& door_;
  Reach reach_;
  Told told_;
  std::map<const FarServer*, Lane> lanes_;
  std::unordered_map<std::string, Busy> busy_;  ///< Service IDs of which something is under way
  std::size_t under_way_ = 0;                   ///< requests
  bool stopped_ = false;
  base::metrics::Gauge& waiting_gauge_;
  base::log::Limit log_limit_{1};
};

}  // namespace msggw::msgin5g
