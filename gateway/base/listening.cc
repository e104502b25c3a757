// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/listening.h"

#include <cerrno>

namespace msggw::base {

std::string way_out_of_bind(int error, std::string_view section, std::string_view port_option) {
  const auto name = [section](std::string_view option) {
    return section.empty() ? std::string(option) : std::string(section).append(".").append(option);
  };
  if (error == EADDRINUSE)
    return "; another process serves it: stop that one or set another " + name(port_option);
  if (error == EACCES)
    return "; ports below 1024 need the capability CAP_NET_BIND_SERVICE: set another " +
           name(port_option);
  if (error == EADDRNOTAVAIL)
    return "; this host does not have the address: correct " + name("address");
  return {};
}

}  // namespace msggw::base
