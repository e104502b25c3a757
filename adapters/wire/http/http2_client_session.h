// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/wire/http/frame_budget.h"
#include "adapters/wire/http/http2_exchange.h"
#include "adapters/wire/http/output.h"
#include "gateway/base/handle.h"

namespace msggw::http {

/// The client's side of one HTTP/2 connection (RFC 9113) without the connection: exchanges in,
/// octets out; octets in, results to the context, and what the server says it has not processed.
/// Time is the context's `now`. What nghttp2 guards
/// against it answers itself; frames that bring nothing have a budget, and so has DATA of requests
/// that are over.
class Http2ClientSession {
 public:
  /// `origin` is what all exchanges name. The preface goes out with the first flush().
  Http2ClientSession(Http2ClientContext& context, const base::Uri& origin, Output& out);
  Http2ClientSession(const Http2ClientSession&) = delete;
  Http2ClientSession& operator=(const Http2ClientSession&) = delete;

  /// Since the server's SETTINGS, until a GOAWAY.
  bool takes_requests() const noexcept;
  /// How many now: what the server allows at a time, but for those that are open.
  std::size_t room() const noexcept;
  /// Requires room() > 0. Takes the first of `waiting`.
  void submit(Http2Exchanges& waiting);
  void receive(std::string_view octets);
  /// Moves what may be sent now into the output, up to a bound; call again when that was written.
  void flush();
  /// Called a few times a second: requests have a time, so has a peer that says nothing, and a
  /// connection without requests.
  void check_time();
  /// The connection is gone: the end of all exchanges that are open.
  void fail(base::Errc code, std::string_view reason);

  bool is_settled() const noexcept { return settled_; }  ///< the server's SETTINGS came
  /// It has carried a request, or ends because nobody has one.
  bool was_of_use() const noexcept { return of_use_; }
  /// Why the connection is to be closed, when what is in the output has been written; none: it goes
  /// on. All exchanges have ended.
  const std::optional<base::Error>& over() const noexcept { return over_; }

 private:
  using Session = base::Handle<nghttp2_session, nghttp2_session_del>;
  struct Callbacks;  // the trampolines
  template <class, class>
  friend struct Http2Callbacks;

  void begin(const nghttp2_frame_hd& frame);
  int header(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  void received(const nghttp2_frame& frame);
  void data(std::int32_t id, std::string_view octets);
  void sent(const nghttp2_frame& frame);
  static std::size_t unsent(const Http2Exchange& exchange) noexcept {
    return exchange.request.body.size() - exchange.sent;
  }
  int send_data(Http2Exchange& exchange, const std::uint8_t* frame_header, std::size_t length);
  void closed(std::int32_t id, std::uint32_t error);

  Http2Exchange* find(std::int32_t id) const noexcept;
  std::size_t streams() const noexcept { return open_.size() + closing_.size(); }
  bool header_complete(Http2Exchange& exchange);
  void whole(Http2Exchange& exchange);
  void drop(Http2Exchange& exchange, base::Errc code, std::string_view reason);
  void calm();
  void end(std::uint32_t error, base::Errc code, std::string_view reason);
  bool expire();
  base::Error reason_of_end() const;
  base::Error reason_of_close(const Http2Exchange& exchange, std::uint32_t error) const;

  Http2ClientContext& context_;
  Output& out_;
  const char* scheme_;
  std::string authority_;
  FrameBudget budget_;
  Session session_;
  Http2Exchanges open_;             // oldest first
  Http2Exchanges closing_;          // their callers are told
  std::uint64_t data_allowed_ = 0;  // octets, of what was asked for and is or was waited for
  SteadyTime heard_;
  SteadyTime idle_since_;
  std::optional<SteadyTime> pinged_;            // and nothing was heard since
  std::optional<std::uint32_t> said_goodbye_;   // error code of our GOAWAY
  std::optional<std::uint32_t> heard_goodbye_;  // of the server's
  std::optional<base::Error> over_;
  bool settled_ = false;
  bool of_use_ = false;
};

}  // namespace msggw::http
