// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/elements/faults.h"
#include "adapters/msgin5g/options.h"
#include "adapters/wire/http/server.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace msggw::msgin5g {

/// Why a request of a MSGin5G Server is refused: a status and a cause of TS 29.500 table 5.2.7.2-1,
/// or of ours where that has none (*).
enum class Refusal : std::uint8_t {
  uri,                 ///< 404 RESOURCE_URI_STRUCTURE_NOT_FOUND
  api,                 ///< 400 INVALID_API, an unknown version
  method,              ///< 405, without a cause
  unknown_method,      ///< 501, without a cause
  client,              ///< 403, without a cause: who calls may not
  token,               ///< 401, without a cause
  token_claim,         ///< 401 ACCESS_TOKEN_CLAIM_MISSING
  scope,               ///< 403, without a cause: the token is for another API
  media_type,          ///< 415, without a cause
  format,              ///< 400 INVALID_MSG_FORMAT
  missing,             ///< 400 MANDATORY_IE_MISSING
  incorrect,           ///< 400 MANDATORY_IE_INCORRECT
  optional_incorrect,  ///< 400 OPTIONAL_IE_INCORRECT
  too_large,           ///< 413 PAYLOAD_TOO_LARGE (*)
  address_type,        ///< 403 ADDR_TYPE_NOT_SUPPORTED (*)
  delivery_status,     ///< 403 DELIVERY_STATUS_NOT_SUPPORTED (*)
  recipient,           ///< 404 RECIPIENT_NOT_FOUND (*)
  congestion_risk,     ///< 429 NF_CONGESTION_RISK, a limit of this sender or recipient
  congestion,          ///< 503 NF_CONGESTION, a limit of the gateway
  store,               ///< 500 SYSTEM_FAILURE, nothing can be promised
};
inline constexpr std::size_t kRefusals = 20;

struct RefusalText {
  const char* outcome;  ///< label of msggw_server_requests_total
  unsigned status;
  const char* cause;  ///< empty: none
};
const RefusalText& text_of(Refusal refusal) noexcept;

/// One element at fault (TS 29.571 5.2.4.2).
struct InvalidParam {
  std::string param;   ///< a JSON Pointer into the body, "/destAddr/addr", or "header content-type"
  std::string reason;  ///< the end of a sentence that begins with the element: "is missing"

  bool operator==(const InvalidParam&) const = default;
};

/// A request refused.
struct Problem {
  Refusal why = Refusal::store;
  std::string detail;  ///< a sentence for the person who can mend it
  std::vector<InvalidParam> invalid_params = {};
  base::Duration retry_after{0};  ///< when to ask again; 0: not said
  std::string challenge = {};     ///< of a token: the value of WWW-Authenticate (RFC 6750 3)
};

/// The ProblemDetails (TS 29.571 5.2.4.1) of `problem` with its status, title, detail, cause and
/// invalidParams. Retry-After in whole seconds, rounded up; Allow, Accept and WWW-Authenticate
/// where they belong to the status.
http::Response response_of(const Problem& problem);

/// 413: a body of more than `body_octets`.
Problem too_long(const Limits& limits);

/// What is wrong with the elements of a body. The cause is that of the gravest; all elements are
/// named, those of the gravest first. Requires !faults.none().
Problem problem_of(elements::Faults faults);

/// A ProblemDetails as a MSGin5G Server wrote it, as far as it can be read: what is absent or of a
/// wrong type is empty. Octets as they came: print them escaped.
struct ServerProblem {
  std::string cause;
  std::string detail;
  std::vector<InvalidParam> invalid_params;
};

/// malformed: no JSON object; too_large: above `body_octets`. At most `invalid_params` are kept.
base::Result<ServerProblem> read_problem(std::string_view body, const Limits& limits);

}  // namespace msggw::msgin5g
