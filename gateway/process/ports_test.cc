// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/ports.h"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <string>
#include <vector>

namespace msggw::process {
namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using Names = std::vector<std::string>;

/// Somebody else, who has a port of TCP and one of UDP.
struct Other {
  boost::asio::io_context io;
  tcp::acceptor stream{io, {boost::asio::ip::address_v4::loopback(), 0}};
  udp::socket datagrams{io, {boost::asio::ip::address_v4::loopback(), 0}};

  std::uint16_t tcp_port() const { return stream.local_endpoint().port(); }
  std::uint16_t udp_port() const { return datagrams.local_endpoint().port(); }
};

TEST_CASE("ports of a gateway that somebody has") {
  const Other other;
  config::Config config;
  config.coap.address = boost::asio::ip::address_v4::loopback();
  config.coap.port = config.admin.port = config.msgin5g.port = 0;  // any free ones
  config.msgin5g.enabled = true;
  CHECK(taken_ports_of_gateway(config).empty());
  config.coap.port = other.udp_port();
  config.admin.port = config.msgin5g.port = other.tcp_port();
  CHECK(taken_ports_of_gateway(config) ==
        Names{"[coap] port " + std::to_string(other.udp_port()),
              "[admin] port " + std::to_string(other.tcp_port()),
              "[msgin5g] port " + std::to_string(other.tcp_port())});
  config.coap.enabled = config.admin.enabled = config.msgin5g.enabled = false;
  CHECK(taken_ports_of_gateway(config).empty());
}

TEST_CASE("ports of a Provisioning Function that somebody has, of the listeners that it opens") {
  const Other other;
  function::Options pf;
  pf.port = pf.tls_port = pf.admin_port = pf.coap.coap_port = pf.coap.coaps_port = 0;
  CHECK(taken_ports_of_function(pf, {}).empty());
  pf.port = pf.admin_port = pf.test.port = pf.coap.coap_port = pf.coap.coaps_port =
      other.tcp_port();
  const std::string port = " " + std::to_string(other.tcp_port());
  CHECK(taken_ports_of_function(pf, {}) ==
        Names{"[pf] port" + port, "[pf.coap] coap_port" + port, "[pf] admin_port" + port});
  pf.test.enabled = true;
  function::GatewayOptions gateway;
  gateway.psk_identity = "gw";
  const auto all = taken_ports_of_function(pf, {gateway});
  CHECK(all.size() == 5);
  CHECK(std::find(all.begin(), all.end(), "[pf.coap] coaps_port" + port) != all.end());
  CHECK(std::find(all.begin(), all.end(), "[pf.test] port" + port) != all.end());
}

}  // namespace
}  // namespace msggw::process
