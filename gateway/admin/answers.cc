// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/answers.h"

#include <utility>

#include "gateway/admin/guard.h"

namespace msggw::admin {

namespace {

unsigned status_of(base::Errc code) noexcept {
  switch (code) {
    case base::Errc::malformed:
    case base::Errc::missing:
    case base::Errc::incorrect:
    case base::Errc::too_large: return 400;
    case base::Errc::unsupported: return 415;
    case base::Errc::unknown_device: return 404;
    case base::Errc::refused: return 409;
    case base::Errc::overloaded:
    case base::Errc::unavailable: return 503;
    case base::Errc::storage: return 500;
  }
  return 500;
}

}  // namespace

http::Response json_answer(unsigned status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  response.body += '\n';
  return response;
}

http::Response failure(const base::Error& error) {
  return problem(status_of(error.code), base::name_of(error.code), error.detail);
}

http::Response not_allowed(const char* allow) {
  auto response = problem(405, "METHOD_NOT_ALLOWED", std::string("allowed here: ") + allow);
  response.headers.emplace_back("allow", allow);
  return response;
}

http::Response not_stored() {
  return problem(503, "storage",
                 "the store does not commit now; what was taken in is not lost while the gateway "
                 "runs, and sending it again does no harm");
}

}  // namespace msggw::admin
