// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "adapters/msgin5g/options.h"
#include "adapters/wire/http/client.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace msggw::msgin5g {

/// The MSGin5G Server has taken the message or report on.
struct Done {};
/// ... and holds it for a recipient that is away.
struct Stored {};
/// The message has failed for good; sending it again changes nothing.
struct Ended {
  std::string cause;   ///< the server's own word, else "DELY_FAILED" or "HTTP_413"
  std::string detail;  ///< empty: none given
};
/// The server does not know who sends; it is to be registered again.
struct OriginatorUnknown {
  std::string reason;
};
/// The server, or the way to it, cannot serve anybody now; nothing is known of the message, which
/// may have been taken on. It stays, and another address is tried.
struct ServerTrouble {
  std::string reason;
  base::Duration retry_after{0};  ///< what the server asks for; 0: not said
};

/// Causes, details and reasons are safe to print and of bounded length.
using Meaning = std::variant<Done, Stored, Ended, OriginatorUnknown, ServerTrouble>;

/// What an answer to deliver-ue-message or deliver-report means (TS 29.538 5.3.2.4, 5.3.2.5) for
/// the message or report `message_id` (empty: any):
///
/// | answer                                                            | meaning           |
/// | ----------------------------------------------------------------- | ----------------- |
/// | 200 without a status or with one that nobody here knows; 204      | Done              |
/// | 200 with DELY_STORED                                              | Stored            |
/// | 200 with DELY_FAILED; 413, 422; 400, but for INVALID_API          | Ended             |
/// | 404 about the originator: ORIGINATOR_NOT_FOUND,                   | OriginatorUnknown |
/// | ORIGINATOR_NOT_REGISTERED, or invalidParams within /oriAddr       |                   |
/// | 403, 404 with another cause about the message                     | Ended             |
/// | any other, silence, and a 200 that is no ack or one of another    | ServerTrouble     |
/// | message                                                           |                   |
///
/// A cause is about the message unless it is INVALID_API, RESOURCE_URI_STRUCTURE_NOT_FOUND, or
/// about who calls (CCA_VERIFICATION_FAILURE, ACCESS_TOKEN_CLAIM_MISSING). Without a problem
/// document there is none.
Meaning meaning_of(const http::ClientResponse& answer, std::string_view message_id,
                   const Limits& limits);

/// The same of a request that has no answer: ServerTrouble.
Meaning meaning_of(const base::Error& silence);

/// It is as the request said.
struct Granted {
  /// For how long, where the server says so; it may be less than what was asked for.
  std::optional<std::chrono::seconds> lifetime = std::nullopt;
};
/// The server does not do it for this device, or knows no such registration.
struct Declined {
  std::string cause;   ///< the server's own word, else "HTTP_413"
  std::string detail;  ///< empty: none given
};
/// The server answers, and not as one that registers devices in this way.
struct NotOffered {
  std::string reason;
};
/// Texts as of Meaning.
using RegistrationMeaning = std::variant<Granted, Declined, NotOffered, ServerTrouble>;

/// What an answer, or none, to a request of msgs-ueregistration means
/// (docs/msgs-ueregistration.yaml; of a bulk request as a whole: whether there are results):
///
/// | answer                                                           | meaning       |
/// | ---------------------------------------------------------------- | ------------- |
/// | 200 with JSON or without a body; 201, 204                        | Granted       |
/// | 409, 413, 422; 400, but for INVALID_API                          | Declined      |
/// | 403, 404 with a cause about the device (as above)                | Declined      |
/// | 408, 425, 429, 5xx but for 501, silence                          | ServerTrouble |
/// | any other                                                        | NotOffered    |
RegistrationMeaning registration_meaning_of(const base::Result<http::ClientResponse>& answer,
                                            const Limits& limits);
/// The same of one result of a bulk request. `cause` as it came.
RegistrationMeaning registration_meaning_of(unsigned status, std::string_view cause);
/// `lifetime` of a body or a result that may say it.
std::optional<std::chrono::seconds> lifetime_in(const boost::json::value& grant) noexcept;

}  // namespace msggw::msgin5g
