// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/listening.h"

#include <sys/socket.h>

#include <cerrno>

namespace msggw::base {

namespace {

void share(int socket, int whether) noexcept {
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &whether, sizeof whether);
}

std::string name_of(std::string_view section, std::string_view option) {
  return section.empty() ? std::string(option) : std::string(section).append(".").append(option);
}

std::string way_out(int error, const ListenerNames& names) {
  const std::string port = name_of(names.section, names.port_option);
  if (error == EADDRINUSE)
    return "; another process serves it: stop that one or set another " + port;
  if (error == EACCES)
    return "; ports below 1024 need the capability CAP_NET_BIND_SERVICE: set another " + port;
  if (error == EADDRNOTAVAIL)
    return "; this host does not have the address: correct " +
           name_of(names.address_section, "address");
  return {};
}

}  // namespace

void cannot_listen(const std::string& what, int error, const ListenerNames& names) {
  const bool is_address = error == EADDRNOTAVAIL;
  throw CannotListen(what + way_out(error, names),
                     is_address ? names.address_section : names.section,
                     is_address ? "address" : names.port_option);
}

SharedPort::SharedPort(int has, int comes) noexcept : has_(has), comes_(comes) {
  if (has_ == kNone) return;
  share(has_, 1);
  share(comes_, 1);
}

SharedPort::~SharedPort() {
  if (has_ == kNone) return;
  share(has_, 0);
  share(comes_, 0);
}

}  // namespace msggw::base
