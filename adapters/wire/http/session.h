// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/field.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/wire/http/counters.h"
#include "adapters/wire/http/server.h"
#include "adapters/wire/http/steady_time.h"
#include "gateway/base/sources.h"

namespace msggw::http {

/// The time as the sessions of a server see it: brought up to date a few times a second, so that no
/// request asks a clock or formats a date.
struct CoarseTime {
  SteadyTime now;
  std::string date;  ///< IMF-fixdate (RFC 9110 5.6.7), 29 octets

  void update();
};

/// What all sessions of a server share.
struct SessionContext {
  const ServerOptions& options;
  Counters& counters;
  const CoarseTime& time;
  ReadsBody reads_body{};  ///< none: always
  /// What is kept of requests.
  base::RoomBySource buffered{options.max_buffered_octets};
  /// Whose octets are being looked at.
  base::Source source = base::Source::none;
  /// What clients have not taken, at most options.max_unread_octets and the answers of a turn.
  std::size_t unread = 0;
  /// A request was refused since that was all; whoever sees it frees some.
  bool is_full = false;
  /// Sessions end when what they have been asked is answered. Who has just come may ask once.
  bool leaving = false;
};

/// A request while it comes in. Its strings are used again for the next one.
struct Received {
  std::string method;
  std::string target;
  std::string content_type;
  std::string accept;
  std::string authorization;
  std::string host;
  std::string origin;
  std::string message_priority;
  std::string body;
  bool expects_continue = false;
  std::uint64_t announced_octets = 0;  ///< by Content-Length, if there was a 100 to decide on

  /// Counts so many octets as kept by context.source, or says that they are too many.
  std::optional<Refusal> charge(std::size_t octets, SessionContext& context);
  /// Takes one field, if anybody looks at it. What it says against the request, if anything.
  /// `name` tells apart what is `unknown` to Beast.
  std::optional<Refusal> add(boost::beast::http::field field, std::string_view name,
                             std::string_view value, SessionContext& context);
  /// Takes a piece of the body; nothing is taken if that would pass a limit.
  std::optional<Refusal> add_body(std::string_view octets, SessionContext& context);
  void clear(SessionContext& context) noexcept;
  std::size_t charged() const noexcept { return charged_; }
  bool is_head() const noexcept { return method == "HEAD"; }

  /// The view for the handler, or none if the target is not a path (RFC 9112 3.2: origin-form,
  /// absolute-form or "*").
  std::optional<Request> view(unsigned version) const noexcept;
  /// Whether the body is to be waited for; `octets` as Content-Length says.
  bool wants_body(unsigned version, std::uint64_t octets, const SessionContext& context);

 private:
  /// What may come several times is one list (RFC 9110 5.3).
  std::optional<Refusal> add_to_list(std::string& list, std::string_view value,
                                     SessionContext& context);

  std::size_t charged_ = 0;
  base::Source charged_to_ = base::Source::none;
};

/// `response` if its status and fields can be sent, else (counted) the 500 to send in its place.
Response sound(Response response, Counters& counters);
/// The server's own answer, a problem document (RFC 9457).
Response refusal_response(Refusal refusal);
/// The same as HTTP/1.1, behind which the connection ends.
std::string refusal_text(Refusal refusal);
/// Whether a response of this status to this method is sent without a body (RFC 9110 6.4.1).
bool is_bodiless(unsigned status, bool head) noexcept;

}  // namespace msggw::http
