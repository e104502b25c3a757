#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/http/server.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "provisioning/function/ledger.h"
#include "provisioning/function/options.h"
#include "provisioning/protocol/messages.h"

namespace msggw::function {

/// What a provisioning response says beside the Service ID, checked: at least one server,
/// everything within `limits`. Throws std::runtime_error, naming the fault.
protocol::Response response_template(const Policy& policy, const protocol::WireLimits& limits);

/// The Provisioning Function over HTTP (docs/provisioning-openapi.yaml): turns requests into
/// questions to the ledger and its verdicts into answers. An answer that promises what is not
/// durable yet is parked until the commit. Loop thread only.
class HttpFace {
 public:
  /// `ledger` must outlive this object; `answers` comes from response_template().
  HttpFace(const protocol::WireLimits& limits, protocol::Response answers, Ledger& ledger,
           base::metrics::Registry& metrics);

  void handle(const http::Request& request, const http::Responder& responder);

  /// Gives the answers that waited for this commit. Between Ledger::committed() and
  /// Ledger::reclaim().
  void committed(CommitNo no);

  /// Forgets what waits: the listeners are closed.
  void drop_parked() noexcept;

  /// One rate-limited event if requests were turned away for a limit since the last time.
  void log_refusals(base::TimePoint now);

 private:
  enum class Method : std::uint8_t { post, get, del, other };
  static constexpr std::size_t kMethods = 4;
  static constexpr std::size_t kStatuses = 400;  ///< 200 to 599

  /// A request on its way to an answer.
  struct Exchange {
    http::Responder responder;
    Method method;
    protocol::Encoding encoding;  ///< of the answer
  };
  struct Parked {
    Exchange exchange;
    Verdict::What what;
    Row row;
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  static Method method_of(std::string_view method) noexcept;

  void on_post(const http::Request& request, const Exchange& exchange, bool acceptable);
  void on_get(const Exchange& exchange, std::string_view private_id);
  void on_delete(const Exchange& exchange, std::string_view private_id);
  void on_health(const Exchange& exchange);

  void settle(const Exchange& exchange, const Verdict& verdict);
  void say(const Exchange& exchange, Verdict::What what, Row row);
  void say_assignment(const Exchange& exchange, unsigned status, Row row);
  void refuse_method(const http::Request& request, const Exchange& exchange, const char* allow);
  void refuse_accept(const Exchange& exchange);
  void refuse_private_id(const Exchange& exchange, const base::Error& error, const char* where);
  void refuse_overload(const Exchange& exchange);
  void refuse_quota(const Exchange& exchange);
  void refuse(const Exchange& exchange, const protocol::Problem& problem, Headers headers = {});
  void respond(const Exchange& exchange, http::Response response);
  void count(Method method, unsigned status);

  protocol::WireLimits limits_;
  protocol::Response answer_;  ///< the Service ID is put in for each answer, the rest stays
  Ledger& ledger_;
  base::metrics::Registry& metrics_;
  std::array<std::array<base::metrics::Counter*, kStatuses>, kMethods> counters_{};

  /// Of the commit in flight and of the gathering one, by the lowest bit of their numbers.
  std::array<std::vector<Parked>, 2> parked_;

  base::log::Limit refusal_events_{1};
  std::uint64_t refused_overload_ = 0;
  std::uint64_t refused_quota_ = 0;
};

}  // namespace msggw::function
