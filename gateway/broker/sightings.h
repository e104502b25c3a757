// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/mqtt/access/guard.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/core/ids.h"

namespace msggw::broker {

/// What the broker's plugin tells (access/report.h): which devices are connected, and how often
/// somebody was turned away. One connection counts, the newest. To lose one that has told something
/// costs a look at all devices: after that one other is let in, and the next when kCalm has gone
/// by. Loop thread only.
class Sightings {
 public:
  static constexpr base::Duration kCalm{1'000};

  /// All on the loop thread.
  struct Events {
    /// The device has a connection to the broker, or none any longer. Also of one that was seen
    /// before the plugin was lost, and has none when it is back.
    std::function<void(core::DeviceNo, bool is_connected)> seen;
    /// Nothing is known of any.
    std::function<void()> lost;
  };

  /// `folder` and `generation` as the Keeper has them; what is said of another generation is not
  /// heard. `devices` is how many numbers have been given. Listens at once; what keeps it from that
  /// is an event, and it tries again at a later turn, as it does when its socket is taken away.
  Sightings(const base::Context& context, const std::filesystem::path& folder, Events events,
            std::function<const std::string&()> generation, std::function<std::uint32_t()> devices);
  ~Sightings();
  Sightings(const Sightings&) = delete;
  Sightings& operator=(const Sightings&) = delete;

  void end_turn(base::TimePoint now);
  bool is_told() const noexcept { return is_told_; }
  /// Why the plugin could not tell anything; empty: it can.
  const std::string& reason() const noexcept { return reason_; }
  bool is_connected(core::DeviceNo device) const {
    const auto index = static_cast<std::size_t>(device);
    return index < connected_.size() && connected_[index];
  }

 private:
  using Protocol = boost::asio::local::stream_protocol;
  struct Peer;

  base::Result<void> listen();
  bool is_there() const;
  void accept();
  void accept_at(std::chrono::steady_clock::time_point when);
  void read(const std::shared_ptr<Peer>& peer);
  bool take(Peer& peer, std::string_view octets);
  bool take_line(Peer& peer, std::string_view line);
  void see(std::uint32_t device, bool is_there);
  void tell();
  void tell_of_missing();
  void lose();

  base::Context context_;
  std::filesystem::path path_;
  Events events_;
  std::function<const std::string&()> generation_;
  std::function<std::uint32_t()> devices_;
  base::metrics::Gauge& there_;
  base::metrics::Gauge& devices_there_;
  std::array<base::metrics::Counter*, mqtt::access::kRefusals> refused_;
  base::log::Limit log_limit_{1};

  Protocol::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  std::chrono::steady_clock::time_point calm_until_;
  base::TimePoint listen_at_{};
  std::pair<std::uint64_t, std::uint64_t> socket_{};  ///< which file: device and inode
  std::string reason_;
  std::shared_ptr<Peer> peer_;
  bool is_told_ = false;
  std::vector<bool> connected_;  ///< by number, and so the others
  std::vector<bool> told_;       ///< of these, to Events
  std::vector<bool> before_;     ///< told when the plugin was lost
  std::vector<std::uint32_t> changed_;
  std::size_t count_ = 0;
};

}  // namespace msggw::broker
