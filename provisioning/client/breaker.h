#pragma once

#include <cstdint>
#include <string>

#include "gateway/base/backoff.h"
#include "provisioning/client/options.h"

namespace msggw::client {

/// One address of the Provisioning Function and whether it is worth asking. Closed: requests flow.
/// Open, after `breaker_failures` failures in a row or when the address itself asked for a pause:
/// one probe at a time, after a back-off with full jitter. A success closes it. Loop thread only.
class Breaker {
 public:
  Breaker(std::string url, const Options& options, std::uint32_t seed);

  const std::string& url() const noexcept { return url_; }
  bool open() const noexcept { return open_; }
  /// Whether a request may be sent now.
  bool allows(base::TimePoint now) const noexcept {
    return !open_ || (!probing_ && now >= backoff_.next_try());
  }
  /// When the next probe may be sent; means something while open and not probing.
  base::TimePoint next_probe() const noexcept { return backoff_.next_try(); }
  bool probing() const noexcept { return probing_; }

  void sent() noexcept { probing_ = open_; }
  /// Each of these ends a request that was sent. True if it opened or closed the breaker.
  bool succeeded() noexcept;
  bool failed(base::TimePoint now, base::Duration retry_after) noexcept;

 private:
  std::string url_;
  unsigned most_failures_;
  base::Duration most_retry_after_;
  base::Backoff backoff_;
  unsigned failures_in_a_row_ = 0;
  bool open_ = false;
  bool probing_ = false;
};

}  // namespace msggw::client
