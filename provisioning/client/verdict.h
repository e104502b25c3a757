// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "adapters/wire/coap/message.h"
#include "gateway/base/clock.h"
#include "gateway/core/journey.h"
#include "provisioning/protocol/messages.h"

namespace msggw::client {

/// What a status says of a request, before anybody looks at the body:
///
/// | HTTP, and items of a bulk answer | CoAP                         | meaning                     |
/// | -------------------------------- | ---------------------------- | --------------------------- |
/// | 200, 201                         | 2.01, 2.04, 2.05             | done, the body tells        |
/// | 204                              | 2.02                         | done, without a body        |
/// | 400, 403, 409, 410, 413, 422     | 4.00, 4.03, 4.09, 4.13, 4.22 | refused                     |
/// | 408, 425, 502, 503, 504          | 4.08, 5.02, 5.03, 5.04       | unavailable                 |
/// | 429                              | 4.29                         | not_now                     |
/// | 404                              | 4.04                         | not_found                   |
/// | 405, 501                         | 4.05, 5.01                   | not_offered                 |
/// | any other                        | any other                    | useless                     |
///
/// Useless are 401 and 415 (a wrong token or format) and 500 (a fault of the other side) too.
enum class Meaning {
  done,
  done_without_body,
  refused,
  unavailable,
  not_now,      ///< for this device; others may fare better
  not_found,    ///< the resource, or the Private ID in it
  not_offered,  ///< there is no such request here
  useless
};
Meaning meaning_of_http(unsigned status) noexcept;
Meaning meaning_of_coap(coap::Code code) noexcept;

/// An answer of the Provisioning Function, by whichever protocol it came.
struct Reply {
  Meaning meaning = Meaning::useless;
  std::string status;                          ///< "HTTP 403", "CoAP 4.03"; safe to print
  std::optional<protocol::Encoding> encoding;  ///< of the body; none: another type, or none
  std::string content_type;                    ///< for people, as it came
  std::string body;
  base::Duration retry_after{0};  ///< Retry-After; Max-Age of CoAP's; 0: absent
};

/// The Private ID has no Service ID (any more).
struct Released {};
/// The Provisioning Function's policy said no; asking again changes nothing.
struct Refused {
  std::string cause;
  std::string detail;
};
/// An answer that is of no use for this device; others may fare better. Asked again after the
/// device's back-off.
struct Useless {
  std::string reason;
};
/// The address cannot serve anybody now.
struct Unavailable {
  std::string reason;
  base::Duration retry_after{0};
  /// The wait is told of this device alone, which is not asked for again before; of the address it
  /// says no more than any failure does.
  bool of_device = false;
};

/// The answer to another request: what else comes this way is not to be trusted either.
struct Strayed {};

using Verdict = std::variant<core::Provisioned, Released, Refused, Useless, Unavailable, Strayed>;

/// What an answer to a provisioning request means for the device: `done` with a whole body is
/// Provisioned, without one Useless; `refused` is Refused, with the cause of its problem body;
/// `unavailable` is Unavailable, and so is `not_now`, of the device if a wait is told; the rest is
/// Useless. Causes and details are safe to print. An answer that says it is about another Private
/// ID than `asked` (canonical; empty: anyone) is Strayed.
Verdict judge(Reply reply, const protocol::WireLimits& limits, std::string_view asked = {});
/// The same of a release: `done` and `done_without_body` are Released, and so is `not_found` if the
/// Provisioning Function says that the Private ID is not there, and not the resource as such.
Verdict judge_release(Reply reply, const protocol::WireLimits& limits);
/// The same for one item of a bulk answer.
Verdict judge(protocol::DecodedBulkItem item, std::string_view asked = {});
/// For people, why an answer is of no use: its status, and what its problem body says of it. Safe
/// to print, of bounded length.
std::string reason_of(const Reply& reply, const protocol::WireLimits& limits);

}  // namespace msggw::client
