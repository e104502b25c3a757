// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/ports.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <utility>

#include "provisioning/function/listeners.h"

namespace msggw::process {

namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using Address = boost::asio::ip::address;

enum class Kind { http, coap_stream, coap_datagrams };

/// As a listener would find it: connections of TCP that have ended do not hold their port, and an
/// IPv6 address of CoAP is for both families.
template <class Protocol>
bool is_taken(Kind kind, const Address& address, std::uint16_t port) {
  boost::asio::io_context io;
  typename Protocol::socket socket(io);
  const typename Protocol::endpoint at(address, port);
  boost::system::error_code error;
  socket.open(at.protocol(), error);
  if (address.is_v6()) socket.set_option(boost::asio::ip::v6_only(kind == Kind::http), error);
  if (kind != Kind::coap_datagrams)
    socket.set_option(boost::asio::socket_base::reuse_address(true), error);
  socket.bind(at, error);
  return error == boost::asio::error::address_in_use;
}

class Taken {
 public:
  void look_at(Kind kind, const std::string& option, const Address& address, std::uint16_t port) {
    if (port == 0) return;
    const bool taken = kind == Kind::coap_datagrams ? is_taken<udp>(kind, address, port)
                                                    : is_taken<tcp>(kind, address, port);
    std::string name = option + " " + std::to_string(port);
    if (taken && std::find(all_.begin(), all_.end(), name) == all_.end())
      all_.push_back(std::move(name));
  }
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

template <class Listener>
std::string option_of(const Listener& listener) {
  return "[" + listener.section + "] " + listener.port_option;
}

}  // namespace

std::vector<std::string> taken_ports_of_gateway(const config::Config& config) {
  Taken taken;
  const coap_adapter::Options& coap = config.coap;
  const auto look = [&](bool listens, Kind kind, const char* option, std::uint16_t port) {
    if (coap.enabled && listens) taken.look_at(kind, option, coap.address, port);
  };
  look(coap.udp, Kind::coap_datagrams, "[coap] port", coap.port);
  look(coap.tcp, Kind::coap_stream, "[coap] port", coap.port);
  look(coap.secure.udp, Kind::coap_datagrams, "[coap.secure] port", coap.secure.port);
  look(coap.secure.tcp, Kind::coap_stream, "[coap.secure] port", coap.secure.port);
  if (config.admin.enabled)
    taken.look_at(Kind::http, "[admin] port", config.admin.address, config.admin.port);
  if (config.msgin5g.enabled)
    taken.look_at(Kind::http, "[msgin5g] port", config.msgin5g.address, config.msgin5g.port);
  return taken.take();
}

std::vector<std::string> taken_ports_of_function(
    const function::Options& pf, const std::vector<function::GatewayOptions>& gateways) {
  const bool has_psk = std::any_of(gateways.begin(), gateways.end(),
                                   [](const auto& one) { return !one.psk_identity.empty(); });
  Taken taken;
  for (const base::Scheme scheme : function::schemes_to_open(pf, has_psk)) {
    if (!base::is_coap(scheme)) {
      const http::ServerOptions http = function::http_listener(pf, scheme);
      taken.look_at(Kind::http, option_of(http), http.address, http.port);
    } else {
      const coap::ServerOptions coap = function::coap_listener(pf, scheme, {});
      const Kind kind = coap::is_stream(coap.transport) ? Kind::coap_stream : Kind::coap_datagrams;
      taken.look_at(kind, option_of(coap), coap.address, coap.port);
    }
  }
  taken.look_at(Kind::http, "[pf] admin_port", boost::asio::ip::address_v4::loopback(),
                pf.admin_port);
  if (pf.test.enabled) taken.look_at(Kind::http, "[pf.test] port", pf.test.address, pf.test.port);
  return taken.take();
}

}  // namespace msggw::process
