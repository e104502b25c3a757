// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/mqtt_responder.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "gateway/base/result.h"

namespace msggw::fleet {
namespace {

// Another process may take the port between our look and the broker's bind.
constexpr int kTries = 5;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

std::uint16_t free_port() {
  const base::UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  base::ensure(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0, "a free port");
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

TestBroker::TestBroker() {
  for (int i = 0; i < kTries && child_ < 0; ++i) {
    port_ = free_port();
    config_ = std::filesystem::temp_directory_path() /
              ("msggw-fleet-broker-" + std::to_string(getpid()) + "-" + std::to_string(port_));
    std::ofstream(config_) << "listener " << port_ << " 127.0.0.1\nallow_anonymous true\n"
                           << (geteuid() == 0 ? "user root\n" : "")
                           << "max_queued_messages 0\nmax_inflight_messages 1000\n";
    start();
  }
  if (child_ < 0) throw std::runtime_error("mosquitto does not start; is it installed?");
}

TestBroker::~TestBroker() {
  stop();
  std::filesystem::remove(config_);
}

void TestBroker::start() {
  child_ = fork();
  if (child_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const base::UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    dup2(null.get(), STDERR_FILENO);
    execlp("mosquitto", "mosquitto", "-c", config_.c_str(), nullptr);
    execl("/usr/sbin/mosquitto", "mosquitto", "-c", config_.c_str(), nullptr);
    _exit(127);
  }
  while (!accepts()) {
    if (waitpid(child_, nullptr, WNOHANG) != 0) {
      child_ = -1;
      return;
    }
    usleep(5'000);
  }
}

void TestBroker::stop() {
  if (child_ < 0) return;
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  child_ = -1;
}

void TestBroker::restart() {
  stop();
  start();
}

bool TestBroker::accepts() const {
  const base::UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port_);
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

MqttResponder::MqttResponder(std::uint16_t port, Handler handler)
    : handler_(std::move(handler)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      ready_(eventfd(0, EFD_CLOEXEC)),
      thread_([this, port] { serve(port); }) {
  eventfd_t count = 0;
  eventfd_read(ready_.get(), &count);
}

MqttResponder::~MqttResponder() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void MqttResponder::on_request(const MqttMessage& message) {
  const std::string topic(message.topic);
  const auto first = topic.find('/');
  const auto last = topic.rfind('/');
  const std::string id = topic.substr(first + 1, last - first - 1);
  for (std::string& body : handler_(id)) {
    // As at the gateway, a device has its answers on topics of its own alone.
    if (message.response_topic.starts_with(topic.substr(0, last + 1))) {
      to_publish_.push_back(
          {std::string(message.response_topic), body, false, std::string(message.correlation)});
    }
    to_publish_.push_back({topic.substr(0, last) + "/registration", std::move(body), true, ""});
  }
}

void MqttResponder::serve(std::uint16_t port) {
  MqttClient* self = nullptr;
  MqttClient client({.host = "127.0.0.1", .port = port, .client_id = "responder"},
                    {.connected = [&] { self->subscribe({{"msgin5g/+/register"}}, 1); },
                     .lost = [] {},
                     .message = [this](const MqttMessage& m) { on_request(m); },
                     .subscribed = [this] { eventfd_write(ready_.get(), 1); }});
  self = &client;
  client.connect();
  std::array<pollfd, 2> wait{{{stop_.get(), POLLIN, 0}, {-1, POLLIN, 0}}};
  while (wait[0].revents == 0) {
    if (client.fd() < 0) client.reconnect();
    wait[1].fd = client.fd();
    const bool write = client.wants_write() || !client.is_connected();
    wait[1].events = static_cast<short>(POLLIN | (write ? POLLOUT : 0));
    if (poll(wait.data(), wait.size(), 20) < 0) break;
    if (client.fd() >= 0 && (wait[1].revents & POLLOUT) != 0) client.writable();
    if (client.fd() >= 0 && (wait[1].revents & ~POLLOUT) != 0) client.readable();
    for (const Publication& p : to_publish_) {
      const MqttClient::Reply reply{"", p.correlation};
      client.publish(p.topic, p.body, 1, p.retain, p.correlation.empty() ? nullptr : &reply);
    }
    to_publish_.clear();
  }
}

}  // namespace msggw::fleet
