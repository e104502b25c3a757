// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/http/server.h"
#include "gateway/base/address.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"

namespace msggw::admin {

/// A problem document (RFC 9457): status, cause, detail.
http::Response problem(unsigned status, std::string_view cause, std::string_view detail);

/// Who may use the operator's API: whoever shows the token. Against web pages in the browser of
/// somebody near: a Host that is neither a numeric address, nor localhost, nor one of `hosts`
/// (DNS rebinding), or an Origin that is not that of the Host (a form on another site), is refused
/// before the token is looked at. Each refusal is counted and told in an event, of many within a
/// second some.
class Guard {
 public:
  Guard(std::string token, std::vector<base::Host> hosts, const base::Context& context);

  /// The refusal, 401 or 403; none: go on.
  std::optional<http::Response> refuse(const http::Request& request);

 private:
  bool shows_token(std::string_view authorization) const noexcept;
  void tell(const http::Request& request, std::string_view reason);

  const base::Clock& clock_;
  std::string token_;
  std::vector<base::Host> hosts_;
  base::metrics::Counter& cross_site_;
  base::metrics::Counter& no_token_;
  base::log::Limit log_;
};

}  // namespace msggw::admin
