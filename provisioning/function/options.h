#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/http/server.h"
#include "provisioning/protocol/messages.h"

namespace msggw::function {

/// How Service IDs are made and what goes with them. Only the Service ID is kept with an
/// assignment: the rest is sent as it is configured at the time of the answer, so that a change
/// reaches a known device when it asks again.
struct Policy {
  /// Template of new Service IDs. `{id}` is required, once, and becomes 20 random lower-case
  /// letters and digits;
  /// `{type}` becomes "ue", "as", "l3g" or "n3g" by the ueType of the first request.
  std::string service_id_template = "{type}-{id}@msgin5g.example";
  std::vector<std::string> server_service_ids = {"m5s-1@msgin5g.example"};
  /// Compact JSON object, empty: none.
  std::string service_info = R"({"segmentSize":2048})";
};

/// The [pf] section of the configuration: the Provisioning Function, alone or embedded.
struct Options {
  std::filesystem::path folder = "/var/lib/msggw/pf";
  /// Keep nothing on disk (tests): every restart forgets all Service IDs.
  bool volatile_store = false;
  std::string address = "127.0.0.1";
  /// HTTP/1.1 and HTTP/2 in cleartext; 0: any free one. Opened on a loopback address only, unless
  /// allow_cleartext.
  std::uint16_t port = 7480;
  bool allow_cleartext = false;  ///< open the cleartext port on other addresses too
  /// The same with TLS, if `tls` names a certificate; 0: any free one.
  std::uint16_t tls_port = 7443;
  /// The operator's listener of `msggw pf` on 127.0.0.1: /metrics, /healthz, /readyz; 0: none.
  std::uint16_t admin_port = 7481;
  http::ServerTls tls;                  ///< an empty certificate: no TLS listener
  std::size_t max_connections = 1'024;  ///< of each listener
  /// Private IDs that may have a Service ID; above: 403 QUOTA_EXCEEDED for new ones. About 120
  /// octets of RAM each.
  std::size_t max_assignments = 20'000'000;
  /// Requests that wait for a commit; above: 503 NF_CONGESTION.
  std::size_t max_unanswered = 100'000;
  protocol::WireLimits wire;
  Policy policy;
};

}  // namespace msggw::function
