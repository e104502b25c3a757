// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_server.h"

#include "gateway/demo/child.h"

namespace msggw::demo {

namespace {

/// As the Provisioning Function tells it.
constexpr const char* kServiceId = "m5s-1@msgin5g.example";
constexpr const char* kApplicationServer = "as-1@msgin5g.example";

std::string on_loopback(std::uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port);
}

}  // namespace

std::vector<std::string> sample_server(const cli::Ports& ports) {
  return {beside_this_program("msggw-sim"),
          "m5s",
          "--port",
          std::to_string(ports.server),
          "--control-port",
          std::to_string(ports.server_control),
          "--as",
          kApplicationServer};
}

msgin5g::Options sample_server_options(const cli::Ports& ports) {
  msgin5g::Options options;
  options.enabled = true;
  options.port = ports.msgin5g;
  options.server.name = "demo";
  options.server.service_id = kServiceId;
  options.server.uris = {
      {base::Scheme::http, base::Host(boost::asio::ip::address_v4::loopback()), ports.server}};
  options.servers = {options.server};
  return options;
}

messages::Address sample_recipient() {
  return {messages::AddressType::as, kApplicationServer};
}

std::string sample_server_url(const cli::Ports& ports) {
  return on_loopback(ports.server);
}

std::string sample_server_control(const cli::Ports& ports) {
  return on_loopback(ports.server_control);
}

}  // namespace msggw::demo
