// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/http/client.h"
#include "adapters/wire/http/client_values.h"
#include "adapters/wire/http/steady_time.h"

namespace msggw::http {

/// The answer to one request while it comes in. What nghttp2 has checked is not checked again: the
/// order of its parts, the syntax of its fields, and that the body is as long as was announced.
class Http2Answer {
 public:
  /// A field of any header or trailer. False: they are too long together.
  bool take_field(std::string_view name, std::string_view value);
  /// The end of a header. What a 1xx said is forgotten. False: the answer is of no use.
  bool end_header();
  bool has_header() const noexcept { return has_header_; }  ///< of the final answer
  /// Of the body, by the server; none is known: 0.
  std::uint64_t announced_octets() const noexcept { return announced_octets_; }
  /// A piece of the body. False: it is of more than `most` octets.
  bool take_body(std::string_view octets, std::size_t most);
  ClientResponse take();

 private:
  ClientResponse response_;
  std::string retry_after_;
  std::uint64_t announced_octets_ = 0;
  std::size_t header_octets_ = 0;  // decoded, as lines of HTTP/1.1
  bool has_header_ = false;
};

/// One request of a Client over HTTP/2, and its answer.
struct Http2Exchange {
  ClientRequest request;  ///< nghttp2 reads fields and body where they are
  Done done;
  SteadyTime started;
  bool ended = false;       ///< its caller is told; what is left is to close its stream
  bool goes_again = false;  ///< a server has not processed it before

  std::string length;    ///< of the body, as a field
  std::size_t sent = 0;  ///< of the body

  Http2Answer answer;
  std::size_t frame_octets = 0;  ///< of its HEADERS frames
  bool reset_by_peer = false;

  std::int32_t stream = 0;
  std::list<Http2Exchange>::iterator self{};  ///< where it is kept
};

/// An exchange is spliced from one to the next and never moves in memory.
using Http2Exchanges = std::list<Http2Exchange>;

/// What all connections of one client share; it outlives each of them.
struct Http2ClientContext {
  ClientOptions options;
  SteadyTime now = std::chrono::steady_clock::now();  ///< when the handler of the loop began
  std::vector<Finished> finished{};                   ///< to be told
  Http2Exchanges unprocessed{};  ///< by the server that had them; each goes once more
  std::size_t in_flight = 0;

  /// Takes the caller out of the exchange, to be told of `result`.
  void finish(Http2Exchange& exchange, base::Result<ClientResponse> result);
  void fail(Http2Exchange& exchange, base::Errc code, std::string_view reason);
  /// Puts one out of `from`, with nothing left of its first try, among those that go once more.
  void put_back(Http2Exchange& exchange, Http2Exchanges& from);
  bool is_overdue(const Http2Exchange& exchange) const noexcept {
    return now - exchange.started > options.request_timeout;
  }
};

}  // namespace msggw::http
