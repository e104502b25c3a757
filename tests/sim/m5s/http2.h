// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/handle.h"
#include "tests/sim/m5s/exchange.h"

namespace msggw::m5s {

/// One HTTP/2 connection (RFC 9113) without the connection, of either side: octets in, messages
/// out, and back. nghttp2 calls nobody but this class; what it heard is fetched afterwards.
class Http2 {
 public:
  static constexpr std::uint32_t kMostStreams = 1'000;
  enum class Side { client, server };
  /// What a client's connection begins with (RFC 9113 3.4).
  static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  explicit Http2(Side side);
  Http2(const Http2&) = delete;
  Http2& operator=(const Http2&) = delete;

  /// False: the other side broke the protocol; what take_output() has is its last word.
  bool receive(std::string_view octets);
  /// A whole message: a request for the server's side, a response for the client's.
  struct Heard {
    std::int32_t stream = 0;
    Fields fields;  ///< pseudo-header fields too
    std::string body;
    bool too_large = false;
  };
  std::vector<Heard> take_heard();
  /// Client: streams that ended without a whole response.
  std::vector<std::int32_t> take_lost();

  /// Client: a request. Returns its stream; negative: no more can begin on this connection.
  std::int32_t ask(const Fields& fields, std::string body);
  /// Server. With `half` the stream is reset in the middle of the body.
  void answer(std::int32_t stream, const Fields& fields, std::string body, bool half);
  void reset(std::int32_t stream);
  /// What may be sent now; call it again when that is written.
  std::string take_output();
  bool is_over() const;

 private:
  struct Stream {
    Fields fields;
    std::string body;
    std::size_t fields_octets = 0;
    bool too_large = false;
    bool whole = false;
    std::string output;
    std::size_t sent = 0;
    bool half = false;
  };
  struct Callbacks;

  Stream* find(std::int32_t stream);
  nghttp2_session* make();

  Side side_;
  std::map<std::int32_t, Stream> streams_;  // outlives the session, which points into it
  std::vector<Heard> heard_;
  std::vector<std::int32_t> lost_;
  base::Handle<nghttp2_session, nghttp2_session_del> session_;
};

}  // namespace msggw::m5s
