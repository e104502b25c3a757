// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "tests/sim/exchange/device.h"
#include "tests/sim/fleet/mqtt_client.h"

namespace msggw::exchange {

namespace {

using Clock = std::chrono::steady_clock;

class MqttDevice final : public Device {
 public:
  MqttDevice(const std::string& host, std::uint16_t port, const std::string& private_id)
      : topic_("msgin5g/" + private_id + "/"),
        client_({host, port, "exchange-" + std::to_string(::getpid())},
                {[this] { connected_ = true; }, [this] { lost_ = true; },
                 [this](const fleet::MqttMessage& message) { keep(message); },
                 [this] { subscribed_ = true; }}) {
    if (!client_.connect()) throw std::runtime_error("the broker: " + client_.why());
    wait([this] { return connected_; }, "the broker does not answer");
    const std::array<std::string, 4> topics = {topic_ + "registration", topic_ + "ack",
                                               topic_ + "down", topic_ + "reports"};
    if (!client_.subscribe(topics, 1)) throw std::runtime_error("the broker takes no subscription");
    wait([this] { return subscribed_; }, "the broker takes no subscription");
  }

  std::string register_it() override {
    publish("register", {});
    for (;;) {
      const auto answer = next(registrations_, "the device is not registered");
      if (const auto* const id = answer.if_contains("serviceId")) {
        publish("status", "online");
        return std::string(id->as_string());
      }
    }
  }
  void send(const boost::json::object& message) override {
    publish("send", boost::json::serialize(message));
    const auto ack = next(acks_, "the gateway does not acknowledge");
    if (ack.at("state") != "accepted") throw std::runtime_error(boost::json::serialize(ack));
  }
  boost::json::object receive() override { return next(came_, "nothing came for the device"); }
  void report(const boost::json::object& report) override {
    publish("report", boost::json::serialize(report));
  }

 private:
  using Bodies = std::deque<boost::json::object>;

  void publish(const char* name, const std::string& body) {
    if (!client_.publish(topic_ + name, body, 1, false))
      throw std::runtime_error("the broker takes nothing");
  }

  void keep(const fleet::MqttMessage& message) {
    boost::json::error_code wrong;
    auto body = boost::json::parse({message.payload.data(), message.payload.size()}, wrong);
    if (wrong || !body.is_object()) return;
    const std::string_view name = message.topic.substr(message.topic.rfind('/') + 1);
    Bodies& bodies = name == "registration" ? registrations_ : name == "ack" ? acks_ : came_;
    bodies.push_back(std::move(body.as_object()));
  }

  boost::json::object next(Bodies& bodies, const char* otherwise) {
    wait([&] { return !bodies.empty(); }, otherwise);
    auto body = std::move(bodies.front());
    bodies.pop_front();
    return body;
  }

  template <class Condition>
  void wait(Condition condition, const char* otherwise) {
    const auto until = Clock::now() + kPatience;
    while (!condition()) {
      if (lost_) throw std::runtime_error("the broker has closed the connection");
      if (Clock::now() > until) throw std::runtime_error(otherwise);
      pollfd ready{client_.fd(), POLLIN, 0};
      if (client_.wants_write()) ready.events |= POLLOUT;
      ::poll(&ready, 1, 100);
      if ((ready.revents & POLLOUT) != 0) client_.writable();
      if ((ready.revents & ~POLLOUT) != 0) client_.readable();
      client_.tick();
    }
  }

  std::string topic_;
  bool connected_ = false;
  bool subscribed_ = false;
  bool lost_ = false;
  Bodies registrations_;
  Bodies acks_;
  Bodies came_;
  fleet::MqttLibrary library_;
  fleet::MqttClient client_;
};

}  // namespace

std::unique_ptr<Device> make_mqtt_device(const std::string& host, std::uint16_t port,
                                         const std::string& private_id) {
  return std::make_unique<MqttDevice>(host, port, private_id);
}

}  // namespace msggw::exchange
