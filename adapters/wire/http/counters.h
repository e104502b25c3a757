// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "gateway/base/metrics.h"

namespace msggw::http {

/// Why the server itself turned a request or a connection away; label `reason` of
/// msggw_http_refused_total.
enum class Refusal {
  malformed,    ///< 400, not HTTP; on HTTP/2 a stream or connection error
  incomplete,   ///< the client left in the middle of a request
  version,      ///< 505
  header_size,  ///< 431
  body_size,    ///< 413
  length,       ///< 411, nothing tells where the body ends
  coding,       ///< 501, a transfer coding other than chunked
  encoding,     ///< 415, a content coding
  expectation,  ///< 417
  timeout,      ///< 408, or an answer that the client does not take in time
  memory,       ///< 503, max_buffered_octets
  connections,  ///< 503, max_connections
  tls,          ///< handshake failed
  cleartext,    ///< 400, HTTP where TLS is spoken
  answer,       ///< 500, the handler's response was not sound
  displaced,    ///< a connection gave its place to another
  unread,       ///< too much that the client does not take, max_unread_octets...
  flood,        ///< too many HTTP/2 frames that bring nothing, max_useless_frames
  revoked,      ///< a CRL that was read names the client's certificate
};
inline constexpr std::size_t kRefusals = 19;

/// What the client is told: status, cause (of TS 29.500 table 5.2.7.2-1 where that has one) and a
/// sentence. 0 where nobody is there to be told.
struct RefusalText {
  const char* reason;
  unsigned status;
  const char* cause;
  const char* detail;
};
const RefusalText& text_of(Refusal refusal) noexcept;

/// The metrics of one server, looked up once.
class Counters {
 public:
  Counters(base::metrics::Registry& registry, const std::string& server);

  void opened() { connections_.Increment(); }
  void closed() { connections_.Decrement(); }
  void request(unsigned version) { (version == 20 ? requests_2_ : requests_1_).Increment(); }
  void response(unsigned status) { responses_[status / 100 % 6]->Increment(); }
  void refused(Refusal refusal) { refused_[static_cast<std::size_t>(refusal)]->Increment(); }
  void dropped() { dropped_.Increment(); }

 private:
  base::metrics::Gauge& connections_;
  base::metrics::Counter& requests_1_;
  base::metrics::Counter& requests_2_;
  base::metrics::Counter& dropped_;
  std::array<base::metrics::Counter*, 6> responses_{};
  std::array<base::metrics::Counter*, kRefusals> refused_{};
};

}  // namespace msggw::http
