// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/standing.h"

#include <chrono>

namespace msggw::coap {

std::string_view name_of(Lapse why) noexcept {
  return why == Lapse::credential ? "credential" : "certificate";
}

Standing::Standing(const ServerSecurity& security, const Identity& identity,
                   const ssl_st* connection)
    : until_(tls::peer_until(connection)) {
  if (security.whom) whom_ = security.whom(identity);
}

std::optional<Lapse> Standing::look(const ServerSecurity& security, const Identity& identity,
                                    base::TimePoint now) {
  if (std::chrono::floor<std::chrono::seconds>(now) >= until_) return Lapse::certificate;
  if (!security.whom || identity.kind == Identity::Kind::none) return std::nullopt;
  const auto whom = security.whom(identity);
  if (!whom_ && identity.kind == Identity::Kind::certificate) whom_ = whom;
  return whom == whom_ && (whom || identity.kind == Identity::Kind::certificate)
             ? std::nullopt
             : std::optional(Lapse::credential);
}

}  // namespace msggw::coap
