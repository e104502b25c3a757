// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/devices/coap_devices.h"

#include <algorithm>
#include <random>
#include <stdexcept>

#include "tests/sim/devices/watch.h"

namespace msggw::devices {

namespace {

namespace coap = fleet::coap;

constexpr std::uint16_t kCoapPort = 5'683, kSecurePort = 5'684;
constexpr std::size_t kMostPeers = 1'000;
constexpr std::size_t kMostRunLength = 16;
constexpr std::uint32_t kRegisteringAtOnce = 512;
constexpr std::uint8_t kMostSent = 5;  // RFC 7252 4.8, MAX_RETRANSMIT; then all begins again
constexpr Instant kCheckEvery = std::chrono::milliseconds(10);
constexpr std::uint64_t kCommands = UINT64_MAX - 1;
constexpr std::uint64_t kInterrupt = UINT64_MAX;

std::size_t peers_of(const Options& options) {
  if (options.security.any()) return options.devices;
  const std::size_t most = std::min<std::size_t>(options.devices, kMostPeers);
  return options.peers == 0 ? most : options.peers;
}

fleet::HostPort gateway_of(const Options& options) {
  return fleet::split_host_port(options.coap, options.security.any() ? kSecurePort : kCoapPort);
}

}  // namespace

CoapDevices::CoapDevices(Talk& talk)
    : talk_(talk),
      options_(talk.options()),
      proof_(options_.how_proven()),
      peers_(peers_of(options_)),
      sources_(fleet::open_sources(gateway_of(options_), peers_, options_.security, talk.ids())),
      run_length_(static_cast<std::uint32_t>(
          std::clamp<std::size_t>(options_.devices / peers_, 1, kMostRunLength))),
      devices_(options_.devices),
      next_mid_(peers_),
      generation_(std::random_device{}()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  std::array<std::uint8_t, coap::kHeaderOctets> ping;
  coap::encode_empty(coap::Type::con, static_cast<std::uint16_t>(generation_), ping);
  if (!sources_->reachable(ping))
    throw std::runtime_error("nobody listens at coap://" + options_.coap);
  std::minstd_rand random(generation_);
  for (auto& mid : next_mid_) mid = static_cast<std::uint16_t>(random());
  for (std::size_t i = 0; i < sources_->size(); ++i) watch(epoll_, sources_->fd(i), i);
  watch(epoll_, talk_.interrupt_fd(), kInterrupt);
  watch(epoll_, talk_.commands_fd(), kCommands);
}

void CoapDevices::run() {
  register_all();
  if (!talk_.done()) talk_.ready();
  while (!talk_.done()) turn(true);
}

void CoapDevices::register_all() {
  std::uint32_t next = 0;
  while (registered_ < options_.devices && !talk_.done()) {
    for (; next < options_.devices && registering_ < kRegisteringAtOnce; ++next) {
      ++registering_;
      start(What::registration, next);
    }
    turn(false);
  }
}

void CoapDevices::turn(bool may_send) {
  Instant now = traffic::clock_now();
  while (may_send) {
    const auto message = talk_.next(now);
    if (!message) break;
    const std::size_t slot =
        static_cast<std::size_t>(&start(What::message, message->device) - slots_.data());
    slots_[slot].message = *message;
    transmit(slot);
  }
  for (; !inboxes_.empty() && inboxes_.top().first <= now; inboxes_.pop())
    ask_inbox(inboxes_.top().second);
  if (may_send) disturb(now);
  sources_->flush();
  wait(talk_.sleep(now));
  now = traffic::clock_now();
  if (now >= next_check_) check_timers(now);
  talk_.turn();
}

void CoapDevices::wait(Instant most) {
  std::array<epoll_event, 64> events;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::min(most, kCheckEvery));
  const int n = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                           static_cast<int>(ms.count()));
  for (int i = 0; i < n; ++i) {
    const std::uint64_t what = events[static_cast<std::size_t>(i)].data.u64;
    if (what == kInterrupt) {
      talk_.interrupt();
    } else if (what == kCommands) {
      if (!talk_.read_commands()) forget(epoll_, talk_.commands_fd());
    } else {
      receive(what);
    }
  }
}

CoapDevices::Slot& CoapDevices::start(What what, std::uint32_t device) {
  if (free_.empty()) {
    free_.push_back(slots_.size());
    slots_.emplace_back();
  }
  Slot& slot = slots_[free_.back()];
  free_.pop_back();
  slot.what = what;
  slot.device = device;
  slot.is_free = false;
  slot.sent = 0;
  slot.due = Instant(0);
  slot.pause = options_.ask_again;
  slot.generation = ++generation_;
  slot.mid = next_mid_[peer_of(device)]++;
  return slot;
}

/// The request that fits how the device takes what is there for it.
void CoapDevices::ask_inbox(std::uint32_t device) {
  if (proof_ == Proof::push) return;
  Device& of = devices_[device];
  if (of.asks_inbox || !of.is_registered) return;
  of.asks_inbox = true;
  const bool observes = proof_ == Proof::acknowledgement || proof_ == Proof::none;
  start(observes ? What::observation : What::poll, device);
}

std::uint32_t CoapDevices::peer_of(std::uint32_t device) const {
  return static_cast<std::uint32_t>(device / run_length_ % peers_);
}

std::string_view CoapDevices::handle_of(std::uint32_t device) const {
  return {devices_[device].handle.data(), devices_[device].handle.size()};
}

/// Bit 63 tells the two kinds apart.
std::uint64_t CoapDevices::token_of(std::size_t slot) const {
  const Slot& of = slots_[slot];
  if (of.what == What::observation) return std::uint64_t{1} << 63 | of.device;
  return std::uint64_t{slot} << 32 | of.generation;
}

std::size_t CoapDevices::encode(const Slot& slot, std::uint64_t token) {
  const auto room = sources_->prepare(peer_of(slot.device));
  if (slot.what == What::registration) {
    talk_.ids().write(slot.device, id_);
    coap::Registration request{.mid = slot.mid, .token = token, .ep = id_, .echo = slot.echo};
    if (proof_ == Proof::push) {
      base_ = "coap://" + sources_->address_of(peer_of(slot.device)) + '/' +
              std::to_string(slot.device);
      request.base = base_;
    }
    return coap::encode(request, room);
  }
  coap::Request request{.mid = slot.mid,
                        .token = token,
                        .handle = handle_of(slot.device),
                        .resource = "inbox",
                        .echo = slot.echo};
  switch (slot.what) {
    case What::registration:
    case What::observation: request.observe = true; break;
    case What::poll:
      if (devices_[slot.device].after.empty()) break;
      id_.assign("after=").append(devices_[slot.device].after);
      request.query = id_;
      break;
    case What::report:
      talk_.write_report(slot.about, body_);
      request.code = coap::kPost;
      request.resource = "report";
      request.json = body_;
      break;
    case What::message:
      request.code = coap::kPost;
      request.resource = "msg";
      request.json = talk_.body_of(slot.message);
      break;
  }
  return coap::encode(request, room);
}

void CoapDevices::transmit(std::size_t number) {
  Slot& slot = slots_[number];
  ++slot.sent;
  slot.due = traffic::clock_now() + slot.pause;
  slot.pause *= 2;
  sources_->commit(encode(slot, token_of(number)));
}

/// As another request, that the server takes for no repetition.
void CoapDevices::begin_again(std::size_t number, Instant in) {
  Slot& slot = slots_[number];
  slot.sent = 0;
  slot.generation = ++generation_;
  slot.mid = next_mid_[peer_of(slot.device)]++;
  slot.pause = options_.ask_again;
  slot.due = traffic::clock_now() + in;
}

void CoapDevices::release(std::size_t number) {
  Slot& slot = slots_[number];
  slot.is_free = true;
  slot.about.clear();
  slot.echo.clear();
  free_.push_back(number);
}

/// What they had asked is asked again, and registering again tells the gateway that they are back.
void CoapDevices::disturb(Instant now) {
  for (; !asleep_.empty() && asleep_.front().first <= now; asleep_.pop()) {
    const std::uint32_t device = asleep_.front().second;
    sources_->sleep(peer_of(device), false);
    registration_ended(device);
  }
  if (options_.disturb == 0) return;
  const auto pause =
      std::chrono::duration_cast<Instant>(std::chrono::duration<double>(1 / options_.disturb));
  if (next_disturbance_ == Instant(0)) next_disturbance_ = now;
  for (; next_disturbance_ <= now; next_disturbance_ += pause) {
    const std::uint32_t number = disturbances_++;
    // A prime: all devices in turns, neighbours at different times.
    const auto device = static_cast<std::uint32_t>(std::uint64_t{number} * 7'919 % devices_.size());
    if (!devices_[device].is_registered) continue;
    const std::uint32_t peer = peer_of(device);
    switch (number % 3) {
      case 0: sources_->restart(peer); break;
      case 1: sources_->roam(peer); break;
      default:
        talk_.count("slept");
        sources_->sleep(peer, true);
        asleep_.emplace(now + options_.sleep_for, device);
        continue;
    }
    talk_.count(number % 3 == 0 ? "restarted" : "roamed");
    registration_ended(device);
  }
}

/// All slots are looked at: as many as the window has, and nothing to keep in order on a packet's
/// path.
void CoapDevices::check_timers(Instant now) {
  next_check_ = now + kCheckEvery;
  sources_->tick();
  for (; sessions_ < sources_->sessions().established; ++sessions_) talk_.count("sessions begun");
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].is_free || slots_[i].due > now) continue;
    if (slots_[i].sent > 0) talk_.count("sent again");
    if (slots_[i].sent == kMostSent) begin_again(i, Instant(0));
    transmit(i);
  }
}

}  // namespace msggw::devices
