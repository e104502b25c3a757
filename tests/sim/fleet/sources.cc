// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/sources.h"

#include "tests/sim/fleet/dtls_sources.h"
#include "tests/sim/fleet/tls_sources.h"
#include "tests/sim/fleet/udp_sources.h"

namespace msggw::fleet {

std::unique_ptr<Sources> open_sources(const HostPort& server, std::size_t peers,
                                      const Security& security, const Ids& ids) {
  if (security.dtls) return std::make_unique<DtlsSources>(server, peers, security, ids);
  if (security.tls) return std::make_unique<TlsSources>(server, peers, security, ids);
  return std::make_unique<UdpSources>(server.host, server.port, peers);
}

}  // namespace msggw::fleet
