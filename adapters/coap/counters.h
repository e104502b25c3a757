#pragma once

#include <array>

#include "adapters/coap/message.h"
#include "gateway/base/metrics.h"

namespace msggw::coap {

/// Why a request was refused by the adapter itself; what the core refuses shows in the response
/// codes.
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
  stopping
};
inline constexpr std::size_t kReasons = 12;
std::string_view name_of(Reason reason) noexcept;

/// The adapter's metrics, looked up once.
class Counters {
 public:
  explicit Counters(base::metrics::Registry& registry);

  void request(Method method) { requests_[static_cast<std::size_t>(method)]->Increment(); }
  void response(Code code) {
    if (auto* counter = responses_[static_cast<std::size_t>(code)]) counter->Increment();
  }
  void refused(Reason reason) { refused_[static_cast<std::size_t>(reason)]->Increment(); }

  base::metrics::Counter& retransmissions;
  base::metrics::Gauge& open_exchanges;
  base::metrics::Gauge& sessions;

 private:
  std::array<base::metrics::Counter*, kMethods + 1> requests_{};
  std::array<base::metrics::Counter*, 256> responses_{};
  std::array<base::metrics::Counter*, kReasons> refused_{};
};

}  // namespace msggw::coap
