#pragma once

#include <string>
#include <variant>

#include "adapters/http/client.h"
#include "gateway/base/clock.h"
#include "gateway/core/gateway.h"
#include "provisioning/protocol/messages.h"

namespace msggw::client {

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
};

using Verdict = std::variant<core::Provisioned, Refused, Useless, Unavailable>;

/// What an HTTP answer to a provisioning request means:
///
/// | answer                                                            | means       |
/// | 200, 201 with a whole body                                        | Provisioned |
/// | 200, 201 with a body, content type or Service ID that is of no use | Useless     |
/// | 400, 403, 409, 410, 413, 422                                      | Refused, with the cause of
/// its problem body | | 408, 425, 429, 502, 503, 504                                      |
/// Unavailable, with its Retry-After | | any other status (401 and 404 are a wrong token or path,
/// 500 a fault of the other side) | Useless |
Verdict judge(const http::ClientResponse& response, const protocol::WireLimits& limits);

}  // namespace msggw::client
