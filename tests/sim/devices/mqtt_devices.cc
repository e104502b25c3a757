// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/devices/mqtt_devices.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>
#include <utility>

#include "gateway/base/backoff.h"
#include "tests/sim/devices/watch.h"
#include "tests/sim/fleet/answers.h"

namespace msggw::devices {

namespace {

constexpr std::uint16_t kMqttPort = 1'883, kSecurePort = 8'883;
constexpr std::string_view kPrefix = "msgin5g/";
constexpr std::array<const char*, 4> kHeard{"/registration", "/ack", "/down", "/reports"};
constexpr std::size_t kDevicesEach = 25;  // in one SUBSCRIBE
constexpr std::size_t kSubscribesUnderWay = 4;
constexpr Instant kCheckEvery = std::chrono::milliseconds(20);
constexpr Instant kTickEvery = std::chrono::seconds(1);
constexpr Instant kSoon = std::chrono::milliseconds(100);  // whatever retryAfter says
constexpr std::uint64_t kCommands = UINT64_MAX - 1;
constexpr std::uint64_t kInterrupt = UINT64_MAX;
constexpr base::BackoffLimits kReconnect{base::Duration(20), base::Duration(200)};

base::TimePoint time_point(Instant now) {
  return base::TimePoint(std::chrono::floor<base::Duration>(now));
}

}  // namespace

struct MqttDevices::Connection {
  std::unique_ptr<fleet::MqttClient> client;
  base::Backoff backoff{kReconnect, std::random_device{}()};
  std::size_t subscribed = 0;  ///< of its devices, SUBSCRIBE sent
  std::size_t under_way = 0;   ///< SUBSCRIBEs not acknowledged
  Instant online{0};           ///< when its devices said it last
  Instant asleep_until{0};     ///< it stays away
  int watched = -1;            ///< descriptor in the epoll
  bool watching_write = false;
};

MqttDevices::MqttDevices(Talk& talk)
    : talk_(talk),
      options_(talk.options()),
      proof_(options_.how_proven()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      devices_(options_.devices),
      keys_(options_.security, talk.ids()) {
  for (std::uint32_t device = 0; device < options_.devices; ++device)
    by_id_.emplace(talk_.ids().text(device), device);
  watch(epoll_, talk_.interrupt_fd(), kInterrupt);
  watch(epoll_, talk_.commands_fd(), kCommands);
  const std::size_t count = options_.security.proves()
                                ? options_.devices
                                : std::min<std::size_t>(options_.connections, options_.devices);
  for (std::size_t i = 0; i < count; ++i) connections_.emplace_back();
  for (std::size_t i = 0; i < count; ++i) add_connection();
}

MqttDevices::~MqttDevices() = default;

void MqttDevices::add_connection() {
  const auto free = std::find(connections_.begin(), connections_.end(), nullptr);
  const auto number = static_cast<std::size_t>(free - connections_.begin());
  const fleet::Security& security = options_.security;
  const auto to = fleet::split_host_port(options_.mqtt, security.tls ? kSecurePort : kMqttPort);
  fleet::MqttClient::Settings settings{
      to.host, to.port, "devices-" + std::to_string(getpid()) + "-" + std::to_string(number)};
  settings.is_kept = options_.keep_sessions;
  settings.version_5 = !options_.keep_sessions;
  fleet::MqttClient::secure(settings, security, keys_, talk_.ids(),
                            static_cast<std::uint32_t>(number));
  connections_[number] = std::make_unique<Connection>();
  auto& client = connections_[number]->client;
  client = std::make_unique<fleet::MqttClient>(
      settings, fleet::MqttClient::Handlers{
                    [this, number] {
                      Connection& c = *connections_[number];
                      c.backoff.succeeded();
                      c.subscribed = c.under_way = 0;
                      subscribe_more(number);
                    },
                    [this, number] {
                      Connection& c = *connections_[number];
                      c.watched = -1;  // the library has closed it
                      c.backoff.failed(time_point(traffic::clock_now()));
                      talk_.count("connection lost");
                    },
                    [this](const fleet::MqttMessage& message) { on_message(message); },
                    [this, number] {
                      --connections_[number]->under_way;
                      subscribe_more(number);
                    }});
  if (!client->connect())
    throw std::runtime_error("mqtt://" + options_.mqtt + " cannot be reached: " + client->why());
  settle(number);
}

void MqttDevices::subscribe_more(std::size_t number) {
  Connection& c = *connections_[number];
  const std::size_t all = connections_.size();
  const std::size_t own = (devices_.size() + all - 1 - number) / all;
  std::vector<std::string> topics;
  while (c.subscribed < own && c.under_way < kSubscribesUnderWay) {
    topics.clear();
    for (; c.subscribed < own && topics.size() < kDevicesEach * kHeard.size(); ++c.subscribed) {
      const auto device = static_cast<std::uint32_t>(c.subscribed * all + number);
      for (const char* const name : kHeard)
        topics.push_back(std::string(kPrefix).append(talk_.ids().text(device)).append(name));
    }
    if (!c.client->subscribe(topics, 1)) return;
    ++c.under_way;
  }
  if (c.subscribed >= own && c.under_way == 0) be_online(number);
}

/// Its devices are there, now also to hear what waits for them.
void MqttDevices::be_online(std::size_t number) {
  const Instant now = traffic::clock_now();
  connections_[number]->online = now;
  for (std::size_t i = number; i < devices_.size(); i += connections_.size()) {
    const auto device = static_cast<std::uint32_t>(i);
    devices_[i].is_registered ? publish(device, "/status", "online", true)
                              : register_it(device, now);
  }
}

void MqttDevices::register_it(std::uint32_t device, Instant now) {
  devices_[device].again = now + options_.ask_again;
  publish(device, "/register", proof_ == Proof::report ? R"({"reports":true})" : "{}", false);
}

void MqttDevices::publish(std::uint32_t device, std::string_view name, std::string_view body,
                          bool retained) {
  topic_.assign(kPrefix).append(talk_.ids().text(device)).append(name);
  const std::size_t number = device % connections_.size();
  if (!connections_[number]->client->publish(topic_, body, 1, retained))
    talk_.count("not published");
}

void MqttDevices::run() {
  while (!all_registered() && !talk_.done()) turn(false);
  if (!talk_.done()) talk_.ready();
  while (!talk_.done()) turn(true);
}

void MqttDevices::turn(bool may_send) {
  Instant now = traffic::clock_now();
  while (may_send) {
    const auto message = talk_.next(now);
    if (!message) break;
    devices_[message->device].sending = *message;
    if (!std::exchange(devices_[message->device].is_looked_at, true))
      sending_.push_back(message->device);
    send(message->device, now);
  }
  for (std::size_t i = 0; i < connections_.size(); ++i) settle(i);
  wait(talk_.sleep(now));
  now = traffic::clock_now();
  if (now >= next_check_) check_timers(now);
  talk_.turn();
}

void MqttDevices::send(std::uint32_t device, Instant now) {
  devices_[device].again = now + options_.ask_again;
  publish(device, "/send", talk_.body_of(*devices_[device].sending), false);
}

void MqttDevices::wait(Instant most) {
  std::array<epoll_event, 64> events;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::min(most, kCheckEvery));
  const int n = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                           static_cast<int>(ms.count()));
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const std::uint64_t what = event.data.u64;
    if (what == kInterrupt) {
      talk_.interrupt();
    } else if (what == kCommands) {
      if (!talk_.read_commands()) forget(epoll_, talk_.commands_fd());
    } else {
      // Reading comes first: what a broker has sent before its end would be lost with the write
      // that fails.
      fleet::MqttClient& client = *connections_[what]->client;
      if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) client.readable();
      if ((event.events & EPOLLOUT) != 0 && client.fd() >= 0) client.writable();
    }
  }
}

/// Brings the epoll in line with what the connection wants.
void MqttDevices::settle(std::size_t number) {
  Connection& c = *connections_[number];
  const int fd = c.client->fd();
  if (fd < 0) return;
  const bool write = c.client->wants_write() || !c.client->is_connected();
  if (fd == c.watched && write == c.watching_write) return;
  epoll_event event{};
  event.events = EPOLLIN | (write ? static_cast<std::uint32_t>(EPOLLOUT) : 0);
  event.data.u64 = number;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0)
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  c.watched = fd;
  c.watching_write = write;
}

void MqttDevices::disturb(Instant now) {
  if (options_.disturb == 0 || !all_registered()) return;
  const auto pause =
      std::chrono::duration_cast<Instant>(std::chrono::duration<double>(1 / options_.disturb));
  if (next_disturbance_ == Instant(0)) next_disturbance_ = now;
  const std::size_t all = connections_.size();
  for (; next_disturbance_ <= now; next_disturbance_ += pause) {
    const std::size_t number = disturbances_++;
    Connection& c = *connections_[number % all];
    c.client->cut();
    if ((number + number / all) % 3 != 0) continue;
    c.asleep_until = now + options_.sleep_for;
    talk_.count("slept");
  }
}

void MqttDevices::check_timers(Instant now) {
  next_check_ = now + kCheckEvery;
  disturb(now);
  const bool tick = now >= next_tick_;
  if (tick) next_tick_ = now + kTickEvery;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& c = *connections_[i];
    if (tick) c.client->tick();
    const bool is_due = now >= c.asleep_until && time_point(now) >= c.backoff.next_try();
    if (c.client->fd() < 0 && is_due && !c.client->reconnect()) c.backoff.failed(time_point(now));
    if (options_.observe_every.count() > 0 && c.client->is_connected() && c.under_way == 0 &&
        now - c.online >= options_.observe_every)
      be_online(i);
    settle(i);
  }
  std::erase_if(sending_, [this](std::uint32_t device) {
    return !(devices_[device].is_looked_at = devices_[device].sending.has_value());
  });
  for (const std::uint32_t device : sending_) {
    if (devices_[device].again > now) continue;
    talk_.count("sent again");
    send(device, now);
  }
  if (all_registered()) return;
  for (std::uint32_t device = 0; device < devices_.size(); ++device) {
    if (!devices_[device].is_registered && devices_[device].again <= now) register_it(device, now);
  }
}

void MqttDevices::on_message(const fleet::MqttMessage& message) {
  std::string_view id = message.topic;
  const std::size_t slash = id.rfind('/');
  if (!id.starts_with(kPrefix) || slash < kPrefix.size()) return talk_.count("a strange topic");
  const std::string_view name = id.substr(slash);
  id = id.substr(kPrefix.size(), slash - kPrefix.size());
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return talk_.count("a strange topic");
  const Instant now = traffic::clock_now();
  if (name == "/ack") return on_ack(found->second, message.payload, now);
  if (name == "/registration") return on_registration(found->second, message.payload);
  on_down(found->second, message.payload, now);
}

void MqttDevices::on_registration(std::uint32_t device, std::string_view body) {
  const auto answer = fleet::parse_answer(body);
  if (devices_[device].is_registered || !answer || answer->service_id.empty()) return;
  devices_[device].is_registered = true;
  ++registered_;
  talk_.registered(device, answer->service_id);
  publish(device, "/status", "online", true);
}

/// Of the device's message, or the refusal of a report: that has the msgId of a message of the
/// server, which numbers its own in the same way.
void MqttDevices::on_ack(std::uint32_t device, std::string_view body, Instant now) {
  Device& of = devices_[device];
  const auto stamp = traffic::read_id(traffic::text_in(body, "msgId"));
  if (!of.sending || stamp != of.sending->stamp) return talk_.count("late");
  const Sending what = *of.sending;
  if (traffic::text_in(body, "state") == "accepted") {
    of.sending.reset();
    return talk_.accepted(what, now);
  }
  const std::string_view why = traffic::text_in(body, "cause");
  if (body.find(R"("retryAfter")") == body.npos) {
    of.sending.reset();
    return talk_.refused(what, why, now);
  }
  talk_.count(why);
  of.again = now + kSoon;
}

void MqttDevices::on_down(std::uint32_t device, std::string_view body, Instant now) {
  const auto given = talk_.got(device, body, now);
  if (!given || given->is_report || proof_ != Proof::report) return;
  talk_.write_report(given->id, body_);
  publish(device, "/report", body_, false);
  talk_.reported(device, given->id);
}

}  // namespace msggw::devices
