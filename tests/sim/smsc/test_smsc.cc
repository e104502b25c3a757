// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/test_smsc.h"

#include <doctest/doctest.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <charconv>

namespace msggw::smsc {
namespace {

using boost::asio::ip::tcp;

tcp::endpoint loopback() {
  return {boost::asio::ip::address_v4::loopback(), 0};
}

}  // namespace

TestSmsc::TestSmsc(Behaviour behaviour, const TlsFiles& tls)
    : centre_(std::move(behaviour)),
      io_(1),
      server_(io_, centre_, loopback(), tls),
      control_(centre_, server_),
      http_(io_, loopback(), "--control", [this](HttpRequest request, HttpServer::Reply reply) {
        control_.handle(std::move(request), std::move(reply));
      }) {
  server_.on_tick([this] { control_.check_times(); });
  server_.start();
  http_.start();
  thread_ = std::thread([this] { io_.run(); });
}

TestSmsc::~TestSmsc() {
  io_.stop();
  thread_.join();
}

TestSmsc::Answer TestSmsc::call(const std::string& method, const std::string& target,
                                const std::string& body, const std::string& header) {
  boost::asio::io_context io;
  tcp::socket socket(io);
  socket.connect({boost::asio::ip::address_v4::loopback(), control_port()});
  const std::string request =
      method + " /smsc/v1" + target + " HTTP/1.1\r\n" + header +
      "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  boost::asio::write(socket, boost::asio::buffer(request));
  std::string text;
  boost::system::error_code end;
  boost::asio::read(socket, boost::asio::dynamic_buffer(text), end);
  Answer answer;
  REQUIRE(text.size() > 12);
  std::from_chars(text.data() + 9, text.data() + 12, answer.status);
  const auto blank = text.find("\r\n\r\n");
  REQUIRE(blank != text.npos);
  answer.head = text.substr(0, blank);
  if (blank + 4 < text.size()) answer.json = boost::json::parse(text.substr(blank + 4));
  return answer;
}

void TestSmsc::put_options(const std::string& body) {
  REQUIRE(call("PUT", "/options", body).status == 200);
}

std::uint64_t TestSmsc::counter(const char* name) {
  return get("/counters").at(name).to_number<std::uint64_t>();
}

void TestSmsc::wait_for(const std::function<bool()>& condition, const char* what) {
  for (int i = 0; i < 6'000; ++i) {
    if (condition()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  FAIL("waited in vain for ", what);
}

}  // namespace msggw::smsc
