// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/mqtt_fleet.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <stdexcept>

namespace msggw::fleet {
namespace {

constexpr std::uint16_t kMqttPort = 1883, kSecurePort = 8883;
constexpr std::uint32_t kIdle = UINT32_MAX;
constexpr std::uint32_t kWaiting = UINT32_MAX - 1;
constexpr std::uint64_t kInterrupt = UINT64_MAX;
constexpr Instant kCheckEvery = std::chrono::milliseconds(20);
constexpr Instant kTickEvery = std::chrono::seconds(1);
constexpr std::uint64_t kTopicsEach = 100;  // topics in one SUBSCRIBE
// Of one connection, so that no buffer grows with the fleet.
constexpr std::size_t kSubscribesUnderWay = 4;
constexpr base::BackoffLimits kReconnect{base::Duration(100), base::Duration(2'000)};

base::TimePoint time_point(Instant now) {
  return base::TimePoint(std::chrono::floor<base::Duration>(now));
}

}  // namespace

struct MqttFleet::Connection {
  std::unique_ptr<MqttClient> client;
  std::string answers;  ///< the last level of the topics that devices name for their answers
  base::Backoff backoff{kReconnect, std::random_device{}()};
  std::uint64_t subscribed_to = 0;  ///< of its topics, SUBSCRIBE sent
  std::size_t under_way = 0;        ///< SUBSCRIBEs not acknowledged
  int watched = -1;                 ///< descriptor in the epoll
  bool watching_write = false;
};

MqttFleet::MqttFleet(Campaign& campaign)
    : campaign_(campaign),
      options_(campaign.options()),
      answers_(options_.answers()),
      keys_(options_.security, campaign.ids()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      slots_(options_.window),
      slot_of_(options_.devices, kIdle) {
  for (std::size_t slot = slots_.size(); slot > 0; --slot) {
    free_.push_back(static_cast<std::uint32_t>(slot - 1));
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kInterrupt;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, campaign_.interrupt_fd(), &event);
  open_connections();
}

MqttFleet::~MqttFleet() = default;

void MqttFleet::open_connections() {
  const HostPort to =
      split_host_port(options_.mqtt, options_.security.tls ? kSecurePort : kMqttPort);
  const std::size_t count = options_.connections + (answers_ == MqttAnswers::wildcard ? 1 : 0);
  for (std::size_t i = 0; i < count; ++i) add_connection(to);
  while (!all_subscribed()) {
    turn(std::chrono::milliseconds(50));
    if (campaign_.interrupt_fd() >= 0 && campaign_.done()) return;
    if (campaign_.now() > options_.timeout) {
      throw std::runtime_error(
          "mqtt://" + options_.mqtt +
          " did not accept the fleet's connections: " + connections_.front()->client->why());
    }
  }
}

void MqttFleet::add_connection(const HostPort& to) {
  const std::size_t number = connections_.size();
  auto connection = std::make_unique<Connection>();
  const std::string name = "fleet-" + std::to_string(getpid()) + "-" + std::to_string(number);
  connection->answers = "/answer-" + name;
  MqttClient::Settings settings{to.host,
                                to.port,
                                name,
                                options_.mqtt_version == "5",
                                options_.mqtt_user,
                                options_.mqtt_password};
  MqttClient::secure(settings, options_.security, keys_, campaign_.ids(),
                     static_cast<std::uint32_t>(number));
  connection->client = std::make_unique<MqttClient>(
      settings, MqttClient::Handlers{[this, number] {
                                       Connection& c = *connections_[number];
                                       c.backoff.succeeded();
                                       c.subscribed_to = 0;
                                       c.under_way = 0;
                                       subscribe_more(number);
                                     },
                                     [this, number] { lost(number); },
                                     [this](const MqttMessage& message) { on_message(message); },
                                     [this, number] {
                                       --connections_[number]->under_way;
                                       subscribe_more(number);
                                     }});
  connections_.push_back(std::move(connection));
  MqttClient& client = *connections_.back()->client;
  if (!client.connect()) {
    throw std::runtime_error("mqtt://" + options_.mqtt + " cannot be reached: " + client.why());
  }
  settle(number);
}

std::uint64_t MqttFleet::devices_of(std::size_t connection) const {
  if (connection >= options_.connections) return 0;
  return (options_.devices + options_.connections - 1 - connection) / options_.connections;
}

void MqttFleet::subscribe_more(std::size_t number) {
  Connection& c = *connections_[number];
  std::vector<std::string> topics;
  const bool one = answers_ == MqttAnswers::response || number >= options_.connections;
  const std::uint64_t all = one ? 1 : answers_ == MqttAnswers::wildcard ? 0 : devices_of(number);
  while (c.subscribed_to < all && c.under_way < kSubscribesUnderWay) {
    topics.clear();
    for (; c.subscribed_to < all && topics.size() < kTopicsEach; ++c.subscribed_to) {
      const auto device =
          static_cast<std::uint32_t>(c.subscribed_to * options_.connections + number);
      topics.push_back(number >= options_.connections      ? options_.prefix + "/+/registration"
                       : answers_ == MqttAnswers::response ? options_.prefix + "/+" + c.answers
                                                           : topic_of(device, "/registration"));
    }
    if (!c.client->subscribe(topics, options_.qos)) return;
    ++c.under_way;
  }
}

bool MqttFleet::all_subscribed() const {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const Connection& c = *connections_[i];
    const bool one = answers_ == MqttAnswers::response || i >= options_.connections;
    const std::uint64_t all = one ? 1 : answers_ == MqttAnswers::wildcard ? 0 : devices_of(i);
    if (!c.client->is_connected() || c.under_way > 0 || c.subscribed_to < all) return false;
  }
  return true;
}

void MqttFleet::lost(std::size_t number) {
  Connection& c = *connections_[number];
  ++campaign_.tally().connections_lost;
  c.watched = -1;  // the library has closed it
  c.backoff.failed(time_point(campaign_.now()));
}

void MqttFleet::run() {
  campaign_.begin();
  next_check_ = next_tick_ = Instant(0);
  while (!campaign_.done()) {
    const Instant now = campaign_.now();
    start_due(now);
    turn(campaign_.sleep(now, slots_.size() - free_.size()));
    campaign_.turn(campaign_.now());
  }
}

void MqttFleet::turn(Instant sleep) {
  for (const std::size_t number : touched_) settle(number);
  touched_.clear();
  std::array<epoll_event, 64> events;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::min(sleep, kCheckEvery));
  const int n = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                           static_cast<int>(ms.count()));
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kInterrupt) {
      campaign_.interrupted();
      continue;
    }
    MqttClient& client = *connections_[event.data.u64]->client;
    if ((event.events & EPOLLOUT) != 0) client.writable();
    if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0 && client.fd() >= 0) {
      client.readable();
    }
    settle(event.data.u64);
  }
  const Instant now = campaign_.now();
  if (now >= next_check_) check_timers(now);
}

/// Brings the epoll in line with what the connection wants.
void MqttFleet::settle(std::size_t number) {
  Connection& c = *connections_[number];
  const int fd = c.client->fd();
  if (fd < 0) return;
  const bool write = c.client->wants_write() || !c.client->is_connected();
  if (fd == c.watched && write == c.watching_write) return;
  epoll_event event{};
  event.events = EPOLLIN | (write ? static_cast<std::uint32_t>(EPOLLOUT) : 0);
  event.data.u64 = number;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
  c.watched = fd;
  c.watching_write = write;
}

void MqttFleet::check_timers(Instant now) {
  next_check_ = now + kCheckEvery;
  const bool tick = now >= next_tick_;
  if (tick) next_tick_ = now + kTickEvery;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& c = *connections_[i];
    if (tick) c.client->tick();
    if (c.client->fd() < 0 && time_point(now) >= c.backoff.next_try() && !c.client->reconnect()) {
      c.backoff.failed(time_point(now));
    }
    settle(i);
  }
  for (Slot& s : slots_) {
    if (s.sent == 0) continue;
    if (now - s.asked >= options_.timeout) {
      const Campaign::End end{s.device, s.asked, now};
      forget(s.device);
      campaign_.timed_out(end);
    } else if (now >= s.again && s.sent <= options_.retries) {
      ++s.sent;
      s.again = now + options_.ask_again;
      ++campaign_.tally().retransmissions;
      publish(s);
    }
  }
}

void MqttFleet::start_due(Instant now) {
  while (!free_.empty()) {
    const auto device = campaign_.next(now, slots_.size() - free_.size());
    if (!device) return;
    forget(*device);  // it may have been waiting
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot] = {*device, 1, now, now + options_.ask_again};
    slot_of_[*device] = slot;
    if (answers_ != MqttAnswers::response) {
      campaign_.ids().write(*device, id_);
      by_id_.insert_or_assign(id_, *device);
    }
    publish(slots_[slot]);
  }
}

void MqttFleet::publish(const Slot& s) {
  const std::size_t number = s.device % options_.connections;
  Connection& c = *connections_[number];
  char device[sizeof s.device];
  std::memcpy(device, &s.device, sizeof device);
  std::string answers;
  if (answers_ == MqttAnswers::response) answers = topic_of(s.device, c.answers);
  const MqttClient::Reply reply{answers, {device, sizeof device}};
  if (!c.client->publish(topic_of(s.device, "/register"), options_.info, options_.qos, false,
                         answers.empty() ? nullptr : &reply)) {
    ++campaign_.tally().send_failures;
  }
  if (touched_.empty() || touched_.back() != number) touched_.push_back(number);
}

std::string MqttFleet::topic_of(std::uint32_t device, std::string_view last) const {
  return options_.prefix + "/" + campaign_.ids().text(device) + std::string(last);
}

std::optional<std::uint32_t> MqttFleet::device_of(const MqttMessage& message) const {
  if (answers_ == MqttAnswers::response) {
    std::uint32_t device = 0;
    if (message.correlation.size() != sizeof device) return std::nullopt;
    std::memcpy(&device, message.correlation.data(), sizeof device);
    if (device >= slot_of_.size()) return std::nullopt;
    return device;
  }
  constexpr std::string_view kLast = "/registration";
  std::string_view id = message.topic;
  if (!id.starts_with(options_.prefix) || !id.ends_with(kLast) ||
      id.size() < options_.prefix.size() + 1 + kLast.size()) {
    return std::nullopt;
  }
  id.remove_prefix(options_.prefix.size() + 1);
  id.remove_suffix(kLast.size());
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

void MqttFleet::on_message(const MqttMessage& message) {
  if (message.retained || message.payload.empty()) return;
  const auto device = device_of(message);
  if (!device || slot_of_[*device] == kIdle) {
    ++campaign_.tally().late;
    return;
  }
  if (const auto answer = parse_answer(message.payload))
    on_answer(*device, *answer);
  else
    ++campaign_.tally().malformed;
}

void MqttFleet::on_answer(std::uint32_t device, const Answer& answer) {
  const std::uint32_t slot = slot_of_[device];
  const Instant asked = slot == kWaiting ? waiting_[device] : slots_[slot].asked;
  const Campaign::End end{device, asked, campaign_.now()};
  switch (answer.state) {
    case Answer::State::registered: forget(device); return campaign_.registered(end, &answer);
    case Answer::State::refused:
      forget(device);
      return campaign_.refused(end, answer.cause.empty() ? "no cause" : answer.cause);
    case Answer::State::pending: break;
  }
  if (slot == kWaiting) return;  // said twice
  if (!campaign_.pending(end, answer.retry_after)) return forget(device);
  free_.push_back(slot);
  slots_[slot].sent = 0;
  slot_of_[device] = kWaiting;
  waiting_[device] = asked;
}

void MqttFleet::forget(std::uint32_t device) {
  const std::uint32_t slot = slot_of_[device];
  if (slot == kIdle) return;
  if (slot == kWaiting) {
    waiting_.erase(device);
  } else {
    slots_[slot].sent = 0;
    free_.push_back(slot);
  }
  slot_of_[device] = kIdle;
  if (answers_ == MqttAnswers::response) return;
  campaign_.ids().write(device, id_);
  by_id_.erase(id_);
}

}  // namespace msggw::fleet
