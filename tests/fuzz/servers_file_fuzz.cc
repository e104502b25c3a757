// SPDX-License-Identifier: Apache-2.0
// Any octets as a file of MSGin5G Servers: either every mistake is told within the limits, or there
// are servers with names and Service IDs of their own that can be asked.
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/base/text.h"
#include "gateway/config/files/servers_file.h"
#include "gateway/config/language/config_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using msggw::base::ensure;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto all = msggw::config_files::load_servers_text(text, "fuzz", {});
    ensure(!all.empty() && all.size() <= msggw::config_files::kMostServers,
           "there are 1 to kMostServers");
    std::set<std::string> names;
    std::set<std::string> service_ids;
    for (const auto& one : all) {
      ensure(names.insert(one.name).second, "no two servers have one name");
      ensure(!one.service_id.empty() && service_ids.insert(one.service_id).second,
             "no two servers have one Service ID");
      ensure(!one.uris.empty(), "a server has an address");
      for (const auto& uri : one.uris) {
        ensure(!msggw::base::is_coap(uri.scheme), "it can be asked over HTTP");
        ensure(msggw::base::is_secure(uri.scheme) || uri.host.is_loopback(),
               "and not in cleartext");
      }
      ensure(one.http.tls.certificate.empty() == one.http.tls.key.empty(),
             "a certificate has its key");
    }
  } catch (const msggw::config_language::ConfigError& error) {
    ensure(!error.problems().empty() && error.problems().size() <= error.kMostProblems,
           "a refused file has 1 to kMostProblems problems");
    for (const std::string& problem : error.problems()) {
      ensure(!msggw::base::has_control(problem) && problem.starts_with("fuzz"),
             "a problem is one printable line that names the file");
    }
  }
  return 0;
}
