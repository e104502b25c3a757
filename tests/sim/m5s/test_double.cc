// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/test_double.h"

#include <doctest/doctest.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <chrono>

namespace msggw::m5s {

namespace {

using boost::asio::ip::tcp;

tcp::endpoint loopback(std::uint16_t port = 0) {
  return {boost::asio::ip::address_v4::loopback(), port};
}

TestDouble::Answer exchange(std::uint16_t port, const std::string& method,
                            const std::string& target, const std::string& body) {
  boost::asio::io_context io;
  tcp::socket socket(io);
  socket.connect(loopback(port));
  boost::asio::write(socket,
                     boost::asio::buffer(method + " " + target +
                                         " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                                         "Content-Type: application/json\r\nContent-Length: " +
                                         std::to_string(body.size()) + "\r\n\r\n" + body));
  std::string text;
  boost::system::error_code end;
  boost::asio::read(socket, boost::asio::dynamic_buffer(text), end);
  TestDouble::Answer answer;
  const auto blank = text.find("\r\n\r\n");
  if (blank == text.npos) return answer;
  std::from_chars(text.data() + 9, text.data() + 12, answer.status);
  answer.head = text.substr(0, blank);
  answer.body = text.substr(blank + 4);
  return answer;
}

}  // namespace

boost::json::value TestDouble::Answer::json() const {
  return boost::json::parse(body);
}

TestDouble::TestDouble(const Options& options)
    : world_(options),
      io_(1),
      front_(io_, world_),
      listener_(io_, loopback(),
                [this](Request request, Reply reply) {
                  front_.handle(std::move(request), std::move(reply));
                }),
      control_(world_, front_),
      http_(io_, loopback(), "--control-port",
            [this](const smsc::HttpRequest& request, const smsc::HttpServer::Reply& reply) {
              control_.handle(request, reply);
            }) {
  front_.on_restart([this](Span down) { listener_.restart(down); });
  listener_.start();
  http_.start();
  thread_ = std::thread([this] { io_.run(); });
}

TestDouble::~TestDouble() {
  io_.stop();
  thread_.join();
}

TestDouble::Answer TestDouble::ask(const std::string& method, const std::string& target,
                                   const std::string& body) {
  return exchange(port(), method, target, body);
}

TestDouble::Answer TestDouble::control(const std::string& method, const std::string& target,
                                       const std::string& body) {
  return exchange(control_port(), method, "/m5s/v1" + target, body);
}

unsigned TestDouble::put_device(const std::string& id, std::uint16_t port, const char* kind) {
  return ask("PUT", "/msgs-ueregistration/v1/registrations/" + id,
             std::string(R"({"gwType":")") + kind +
                 R"(","lifetime":600,"targetUri":"http://127.0.0.1:)" + std::to_string(port) +
                 "\"}")
      .status;
}

void TestDouble::wait_for(const std::function<bool()>& condition, const char* what) {
  for (int i = 0; i < 6'000; ++i) {
    if (condition()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  FAIL("waited in vain for ", what);
}

TestGateway::TestGateway()
    : io_(1), listener_(io_, loopback(), [this](const Request& request, const Reply& reply) {
        handle(request, reply);
      }) {
  listener_.start();
  thread_ = std::thread([this] { io_.run(); });
}

TestGateway::~TestGateway() {
  io_.stop();
  thread_.join();
}

void TestGateway::answer_next(std::vector<Response> responses) {
  const std::lock_guard lock(mutex_);
  next_.assign(responses.begin(), responses.end());
}

std::vector<TestGateway::Asked> TestGateway::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void TestGateway::handle(const Request& request, const Reply& reply) {
  Response response;
  response.status = 204;
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back({request.target, request.version, boost::json::parse(request.body),
                      std::string(field(request.fields, "3gpp-sbi-message-priority"))});
    if (!next_.empty()) {
      response = next_.front();
      next_.pop_front();
    }
  }
  reply(std::move(response), Way::whole);
}

}  // namespace msggw::m5s
