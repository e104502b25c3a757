// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/test_relay.h"

namespace msggw::coap::test {

using boost::asio::ip::udp;

Relay::Relay(Loop& loop, std::uint16_t server_port)
    : socket_(loop.io, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
      server_(boost::asio::ip::address_v4::loopback(), server_port) {
  receive();
}

void Relay::forge(std::string_view octets) {
  socket_.send_to(boost::asio::buffer(octets.data(), octets.size()), server_);
}

void Relay::receive() {
  socket_.async_receive_from(boost::asio::buffer(octets_), from_,
                             [this](const boost::system::error_code& error, std::size_t size) {
                               if (error == boost::asio::error::operation_aborted) return;
                               if (!error) received({octets_.data(), size});
                               receive();
                             });
}

void Relay::received(std::string_view octets) {
  const bool from_server = from_ == server_;
  if (!from_server) client_ = from_;
  const std::size_t count = from_server ? ++to_client : ++to_server;
  if (loses && loses(from_server ? To::client : To::server, count, octets)) return;
  boost::system::error_code ignored;
  socket_.send_to(boost::asio::buffer(octets), from_server ? client_ : server_, 0, ignored);
}

}  // namespace msggw::coap::test
