// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/standing.h"
#include "adapters/wire/tls/handshake.h"
#include "gateway/base/metrics.h"

namespace msggw::coap {

/// Why a request was refused before anybody judged what it asks for; what is refused after that
/// shows in the response codes.
enum class Reason {
  malformed,
  bad_option,
  bad_query,
  bad_body,
  body_too_large,
  body_incomplete,
  unsupported_format,
  not_acceptable,
  unknown_path,
  wrong_method,
  too_many_open,
  wrong_handles,  ///< too many of one peer's address
  not_admitted,   ///< the listener does not serve this peer, or not this
  too_many_connections,
  stopping
};
inline constexpr std::size_t kReasons = 15;
std::string_view name_of(Reason reason) noexcept;

/// A server's metrics, looked up once. Servers with the same prefix share them.
class ServerCounters {
 public:
  ServerCounters(base::metrics::Registry& registry, const std::string& prefix);

  void request(Method method) {
    const auto number = static_cast<std::size_t>(method);
    if (number <= kMethods) requests_[number]->Increment();
  }
  void response(Code code) {
    if (auto* counter = responses_[static_cast<std::size_t>(code)]) counter->Increment();
  }
  void refused(Reason reason) { refused_[static_cast<std::size_t>(reason)]->Increment(); }

  void handshake_failed(tls::Failure why) { failures_[static_cast<std::size_t>(why)]->Increment(); }

  void lapsed(Lapse why) { lapsed_[static_cast<std::size_t>(why)]->Increment(); }

  base::metrics::Counter& retransmissions;
  base::metrics::Counter& unsent;
  base::metrics::Counter& shortened;
  base::metrics::Counter& revoked;
  base::metrics::Counter& gave_way;      ///< to sessions of others
  base::metrics::Counter& gave_way_own;  ///< to those of the same identity, or source
  base::metrics::Gauge& open_exchanges;
  base::metrics::Gauge& sessions;
  base::metrics::Gauge& handshakes;

 private:
  std::array<base::metrics::Counter*, kMethods + 1> requests_{};
  std::array<base::metrics::Counter*, 256> responses_{};
  std::array<base::metrics::Counter*, kReasons> refused_{};
  std::array<base::metrics::Counter*, tls::kFailures> failures_{};
  std::array<base::metrics::Counter*, kLapses> lapsed_{};
};

}  // namespace msggw::coap
