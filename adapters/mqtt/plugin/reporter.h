// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "adapters/mqtt/access/guard.h"
#include "gateway/base/clock.h"
#include "gateway/base/handle.h"

namespace msggw::mqtt::plugin {

/// Tells the gateway who is connected (report.h), without ever waiting for it. If it is away, or
/// does not read, what was to be told is let go, and the next connection begins anew. One thread.
class Reporter {
 public:
  static constexpr std::size_t kMostWaiting = 256 << 10;  ///< octets
  static constexpr base::Duration kTryEvery{1'000};

  Reporter(const std::filesystem::path& folder, access::Guard& guard)
      : path_(folder / "plugin.sock"), guard_(guard) {}

  /// At each turn of the broker; `generation` is Guard::generation(). Who has heard of one has the
  /// same numbers in those that it makes later, so its connection goes on.
  void turn(const std::string& generation, base::TimePoint now);

 private:
  void connect(const std::string& generation, base::TimePoint now);
  void tell_all();
  void tell_changes();
  void send();
  void close() { socket_.reset(); }

  std::filesystem::path path_;
  access::Guard& guard_;
  base::UniqueFd socket_;
  bool told_all_ = false;
  std::optional<std::uint32_t> told_up_to_;
  std::string waiting_;
  base::TimePoint try_at_{};
};

}  // namespace msggw::mqtt::plugin
