// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "tests/sim/smsc/control.h"

namespace msggw::smsc {

/// A whole SMSC on free loopback ports, in a thread of its own; tests see what its peers see.
class TestSmsc {
 public:
  explicit TestSmsc(Behaviour behaviour = {}, const TlsFiles& tls = {});
  ~TestSmsc();

  std::uint16_t port() const { return server_.port(); }
  std::uint16_t control_port() const { return http_.port(); }

  struct Answer {
    unsigned status = 0;
    boost::json::value json;
    std::string head;
  };
  /// A request below /smsc/v1.
  Answer call(const std::string& method, const std::string& target, const std::string& body = {},
              const std::string& header = "Host: 127.0.0.1\r\n");
  boost::json::value get(const std::string& target) { return call("GET", target).json; }
  boost::json::value post(const std::string& target, const std::string& body) {
    return call("POST", target, body).json;
  }
  void put_options(const std::string& body);
  std::uint64_t counter(const char* name);
  /// Asks until `condition` is true; fails the test when it never is.
  static void wait_for(const std::function<bool()>& condition, const char* what);

 private:
  Centre centre_;
  boost::asio::io_context io_;
  Server server_;
  Control control_;
  HttpServer http_;
  std::thread thread_;
};

}  // namespace msggw::smsc
