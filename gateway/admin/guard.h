// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/wire/http/server.h"
#include "gateway/base/address.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/base/sources.h"

namespace msggw::admin {

/// A problem document (RFC 9457): status, cause, detail.
http::Response problem(unsigned status, std::string_view cause, std::string_view detail);

/// Who may use the operator's API: whoever shows the token. Against web pages in the browser of
/// somebody near: a Host that is neither a numeric address, nor localhost, nor one of `hosts`
/// (DNS rebinding), or an Origin that is not that of the Host (a form on another site), is refused
/// before the token is looked at. Each refusal is counted and told in an event; of many some, so
/// that no source and no reason hides the others.
class Guard {
 public:
  Guard(std::string token, std::vector<base::Host> hosts, const base::Context& context);

  void set_hosts(std::vector<base::Host> hosts) { hosts_ = std::move(hosts); }

  /// The refusal, 401 or 403; none: go on.
  std::optional<http::Response> refuse(const http::Request& request);

 private:
  /// Why requests are turned away.
  struct Reason {
    static constexpr unsigned kEachSecond = 20;  ///< events, of all sources

    Reason(const char* name, base::metrics::Registry& metrics);

    const char* name;
    base::metrics::Counter& refused;
    base::RateBySource rate;  ///< of events
    base::log::Limit log{kEachSecond};
    std::uint64_t suppressed = 0;
  };

  bool shows_token(std::string_view authorization) const noexcept;
  void tell(const http::Request& request, Reason& reason);

  const base::Clock& clock_;
  std::string token_;
  std::vector<base::Host> hosts_;
  Reason cross_site_;
  Reason no_token_;
  Reason wrong_token_;
};

}  // namespace msggw::admin
