#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/http/client.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/core/gateway.h"
#include "provisioning/client/breaker.h"
#include "provisioning/client/options.h"
#include "provisioning/client/verdict.h"
#include "provisioning/protocol/address.h"

namespace msggw::client {

/// Obtains Service IDs from the Provisioning Function on behalf of devices (the
/// contribution 6.X.1.4). The durable queue is the device table; this holds the few asks in hand.
/// Each ask ends in exactly one of the three events, or stays in hand while no address of the
/// Provisioning Function answers: an outage is nobody's fault, so it costs no device a back-off,
/// and all are served as soon as one probe gets through.
///
/// Loop thread only; events come from handlers of the loop, never from inside ask().
class Client {
 public:
  struct Events {
    std::function<void(core::DeviceNo, core::Provisioned)> provisioned;
    std::function<void(core::DeviceNo, std::string cause, std::string detail)> refused;
    std::function<void(core::DeviceNo)> failed;
  };

  /// `roots` are the API roots to ask, in order of preference; at least one.
  Client(boost::asio::io_context& io, const Options& options, const std::vector<protocol::ApiRoot>& roots,
         const base::Clock& clock, base::metrics::Registry& metrics, std::uint64_t seed,
         Events events);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// How many asks may be handed over now.
  std::size_t room() const noexcept;
  /// Requires room() > 0 and that the device is not in hand.
  void ask(const core::ProvisioningAsk& ask);
  /// Sends what may be sent now; once at the end of a turn.
  void end_turn(base::TimePoint now);

  /// Whether some address answered last time it was asked (true before the first request).
  bool available() const noexcept;

 private:
  struct Job {
    core::DeviceNo device;
    unsigned tries = 0;
    std::string body;
  };
  struct Metrics {
    explicit Metrics(base::metrics::Registry& registry);
    base::metrics::Counter& provisioned;
    base::metrics::Counter& refused;
    base::metrics::Counter& useless;
    base::metrics::Counter& unavailable;
    base::metrics::Gauge& in_hand;
    base::metrics::Gauge& up;
    base::metrics::Histogram& seconds;
  };

  Breaker* pick(base::TimePoint now);
  void send(Job job, Breaker& address, base::TimePoint now);
  void done(Job job, Breaker& address, base::TimePoint sent,
            base::Result<http::ClientResponse> response);
  void unavailable(Job job, Breaker& address, const Unavailable& why, base::TimePoint now);
  void answered(Breaker& address);
  void useless(const Job& job, const Useless& why, base::TimePoint now);
  void wake_for_probe();

  /// An ask whose request got no answer this often while others did is handed back: it may be its
  /// own fault.
  static constexpr unsigned kMostTries = 3;

  Options options_;
  const base::Clock& clock_;
  Events events_;
  Metrics metrics_;
  std::vector<std::unique_ptr<Breaker>> addresses_;
  std::deque<Job> queue_;
  std::size_t in_hand_ = 0;
  base::log::Limit log_limit_;
  boost::asio::steady_timer probe_timer_;
  http::Client http_;
};

}  // namespace msggw::client
