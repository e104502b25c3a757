// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/sim/m5s/control.h"
#include "tests/sim/m5s/listener.h"

namespace msggw::m5s {

/// A whole double on free loopback ports, in a thread of its own; tests see what its peers see.
class TestDouble {
 public:
  explicit TestDouble(const Options& options = {});
  ~TestDouble();

  struct Answer {
    unsigned status = 0;  ///< 0: the connection ended without one
    std::string head;
    std::string body;
    boost::json::value json() const;
  };
  /// A request to its listener, by HTTP/1.1 put together by hand; waits for the end of the
  /// connection.
  Answer ask(const std::string& method, const std::string& target, const std::string& body = {});
  /// The same below /m5s/v1 of the tester's interface.
  Answer control(const std::string& method, const std::string& target,
                 const std::string& body = {});
  /// Registers a device that is reached at `port`. Its status.
  unsigned put_device(const std::string& id, std::uint16_t port, const char* kind = "N3G");
  std::uint16_t port() const { return listener_.port(); }
  std::uint16_t control_port() const { return http_.port(); }

  /// Asks until `condition` is true; fails the test when it never is.
  static void wait_for(const std::function<bool()>& condition, const char* what);

 private:
  World world_;
  boost::asio::io_context io_;
  Front front_;
  Listener listener_;
  Control control_;
  smsc::HttpServer http_;
  std::thread thread_;
};

/// A gateway that answers 204, or as it is told, and remembers what it was asked.
class TestGateway {
 public:
  TestGateway();
  ~TestGateway();

  std::uint16_t port() const { return listener_.port(); }
  /// The answers to the next requests, in order; then 204 again.
  void answer_next(std::vector<Response> responses);
  struct Asked {
    std::string target;
    unsigned version;
    boost::json::value body;
    std::string priority;  ///< 3gpp-sbi-message-priority
  };
  std::vector<Asked> asked() const;
  std::size_t count() const { return asked().size(); }

 private:
  void handle(const Request& request, const Reply& reply);

  mutable std::mutex mutex_;
  std::vector<Asked> asked_;
  std::deque<Response> next_;
  boost::asio::io_context io_;
  Listener listener_;
  std::thread thread_;
};

}  // namespace msggw::m5s
