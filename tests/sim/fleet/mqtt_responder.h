// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "gateway/base/handle.h"
#include "tests/sim/fleet/mqtt_client.h"

namespace msggw::fleet {

/// A mosquitto of the test's own on a free loopback port, in a folder of its own. Throws
/// std::runtime_error if none is installed or it does not start.
class TestBroker {
 public:
  TestBroker();
  TestBroker(const TestBroker&) = delete;
  TestBroker& operator=(const TestBroker&) = delete;
  ~TestBroker();

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// kill -9 and start again on the same port.
  void restart();

 private:
  void start();
  void stop();
  bool accepts() const;

  std::string config_;
  std::uint16_t port_ = 0;
  pid_t child_ = -1;
};

/// What stands in for a gateway: each `<prefix>/<id>/register` goes to a function that says which
/// bodies to publish on
/// `<prefix>/<id>/registration`, retained like a gateway's (and on the response topic where one is
/// given). A thread of its own; reconnects.
class MqttResponder {
 public:
  /// Called on the responder's thread only.
  using Handler = std::function<std::vector<std::string>(const std::string& id)>;

  /// Returns once it is subscribed.
  MqttResponder(std::uint16_t port, Handler handler);
  ~MqttResponder();

 private:
  void serve(std::uint16_t port);
  void on_request(const MqttMessage& message);

  Handler handler_;
  base::UniqueFd stop_;
  base::UniqueFd ready_;
  MqttLibrary library_;
  struct Publication {
    std::string topic;
    std::string body;
    bool retain;
    std::string correlation;
  };
  std::vector<Publication> to_publish_;
  std::thread thread_;
};

}  // namespace msggw::fleet
