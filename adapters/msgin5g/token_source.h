// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "adapters/msgin5g/options.h"
#include "adapters/msgin5g/token_bodies.h"
#include "adapters/wire/http/client.h"
#include "gateway/base/backoff.h"
#include "gateway/base/context.h"
#include "gateway/base/metrics.h"

namespace msggw::msgin5g {

/// The access token that is shown to one MSGin5G Server: fetched before it is needed, one request
/// at a time, and fetched again before it expires. What the token endpoint does is environment:
/// while there is no token nothing is sent to the server, and nothing ends. Loop thread only.
class TokenSource {
 public:
  /// Both must outlive it. Requires that the options name an endpoint. Throws std::runtime_error as
  /// FarServer.
  TokenSource(const base::Context& context, const ServerOptions& options);

  /// Whether there is one.
  bool has() const { return context_.clock.now() < usable_until_; }
  /// The value of the Authorization field. Requires has().
  const std::string& authorization() const noexcept { return authorization_; }
  /// Which token that is.
  std::uint64_t number() const noexcept { return number_; }
  /// Whether there is none, and one was asked for in vain; reason() says why.
  bool is_failing() const { return !reason_.empty() && !has(); }
  const std::string& reason() const noexcept { return reason_; }

  /// A server has answered a request that showed that token.
  void accepted(std::uint64_t number) noexcept;
  /// ... with 401. True: the first time since a token was good, so that it is to be blamed on the
  /// token, and the next is on its way. After that it is the server's own trouble.
  bool rejected(std::uint64_t number);

  /// Asks for one if it is time to; once a turn.
  void end_turn(base::TimePoint now);
  /// When end_turn() has something to do, if nothing else happens; none: it waits for an answer.
  std::optional<base::TimePoint> next_turn() const;
  /// As FarServer::reload().
  void reload();

 private:
  enum Outcome : std::uint8_t { granted, refused, failed };

  std::unique_ptr<http::Client> make_client() const;
  void answered(const base::Result<http::ClientResponse>& answer, base::TimePoint asked);
  void take(TokenGrant grant, base::TimePoint asked);
  void has_failed(const base::Error& why, base::Duration retry_after);

  base::Context context_;
  const ServerOptions& options_;
  std::array<base::metrics::Counter*, 3> counts_{};  ///< by outcome
  base::metrics::Counter& rejections_;
  base::metrics::Gauge& good_;  ///< 0 while is_failing()
  std::unique_ptr<http::Client> client_;
  std::string authorization_;
  std::uint64_t number_ = 0;
  base::TimePoint usable_until_{};
  base::TimePoint renew_at_{};
  unsigned rejections_in_a_row_ = 0;
  base::Backoff backoff_;
  std::string reason_;  ///< why the newest request came to nothing, safe to print
  bool is_asking_ = false;
};

}  // namespace msggw::msgin5g
