#include "adapters/coap/test_world.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>

namespace msggw::coap::test {

namespace {

Options on_loopback(Options options) {
  options.address = "127.0.0.1";
  options.port = 0;
  options.receive_buffer_octets = 100'000;
  return options;
}

}  // namespace

World::World(Options options, core::Limits limits) {
  gateway_.emplace(limits, metrics_, base::HashKey{1, 2}, 3);
  adapter_.emplace(io_, on_loopback(std::move(options)), *gateway_, limits, clock_, metrics_);
  adapter_->start();
}

void World::turn(std::chrono::milliseconds wait) {
  io_.run_one_for(wait);
  io_.poll();
  const auto now = clock_.now();
  gateway_->tick(now);
  if (commits && in_flight_) {
    gateway_->committed(*std::exchange(in_flight_, std::nullopt));
    ++batches;
  }
  if (!in_flight_ && gateway_->has_changes()) in_flight_ = gateway_->take_changes().number;
  if (provisions) {
    while (const auto ask = gateway_->next_ask()) {
      ++asks;
      const core::DeviceNo device = ask->device;
      if (refusal.empty()) {
        core::Provisioned answer;
        answer.service_id = "sid-" + std::string(ask->private_id) + "@example.org";
        answer.profile = {{"server@example.org"}, service_info};
        gateway_->provisioned(device, std::move(answer), now);
      } else {
        gateway_->refused(device, refusal, "not on the list", now);
      }
    }
  }
  core::Outbox out = std::exchange(gateway_->outbox(), {});
  for (const auto& to : out.answers) adapter_->answer(to.answer);
  for (const auto& notice : out.notices) adapter_->notice(notice.device, notice.first);
  adapter_->end_turn(now);
}

bool World::until(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    turn();
  }
  return true;
}

double World::metric(const std::string& line) const {
  const std::string text = base::metrics::expose(metrics_);
  const auto at = text.find("\n" + line + " ");
  if (at == std::string::npos) return -1;
  return std::stod(text.substr(at + 1 + line.size()));
}

Device::Device(World& world)
    : world_(world), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(world.port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
}

void Device::send_octets(std::string_view octets) {
  REQUIRE(::send(socket_.get(), octets.data(), octets.size(), 0) ==
          static_cast<ssize_t>(octets.size()));
}

std::optional<Message> Device::poll() {
  char octets[2048];
  const ssize_t size = ::recv(socket_.get(), octets, sizeof octets, 0);
  if (size < 0) return std::nullopt;
  auto message = decode({octets, static_cast<std::size_t>(size)});
  REQUIRE(message.has_value());
  return message;
}

Message Device::receive() {
  std::optional<Message> message;
  REQUIRE(world_.until([&] { return (message = poll()).has_value(); }));
  return std::move(*message);
}

Message Device::ask(const Message& message) {
  send(message);
  return receive();
}

bool Device::nothing_comes() {
  // A ping would do, but libcoap answers at most four in a second.
  Message probe = request(kGet, "probe", ++ping_mid_);
  const Message answer = ask(probe);
  return answer.mid == probe.mid && answer.token == probe.token;
}

}  // namespace msggw::coap::test
