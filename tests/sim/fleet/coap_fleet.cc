// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/coap_fleet.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace msggw::fleet {
namespace {

constexpr std::uint16_t kCoapPort = 5683, kSecurePort = 5684;
constexpr std::size_t kMostRunLength = 16;
constexpr Instant kCheckEvery = std::chrono::milliseconds(20);
constexpr std::uint64_t kInterrupt = UINT64_MAX;
constexpr std::uint32_t kGenerations = 0xff'ffff;

std::uint32_t peer_in(std::uint64_t token) {
  return static_cast<std::uint32_t>(token >> 40);
}

std::uint64_t mid_key(std::size_t socket, std::uint16_t mid) {
  return socket << 16 | mid;
}

void watch(int epoll, int fd, std::uint64_t what) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = what;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    throw std::runtime_error("epoll_ctl failed");
}

}  // namespace

CoapFleet::CoapFleet(Campaign& campaign)
    : campaign_(campaign),
      options_(campaign.options()),
      sources_(open_sources(
          split_host_port(options_.coap, options_.security.any() ? kSecurePort : kCoapPort),
          options_.peers, options_.security, campaign.ids())),
      run_length_(static_cast<std::uint32_t>(
          std::clamp<std::size_t>(options_.devices / options_.peers, 1, kMostRunLength))),
      slots_(options_.window),
      next_mid_(sources_->size()),
      echoes_(sources_->size()),
      random_(std::random_device{}()),
      locations_(options_.renew ? options_.devices : 0),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  std::array<std::uint8_t, coap::kHeaderOctets> ping;
  coap::encode_empty(coap::Type::con, static_cast<std::uint16_t>(random_()), ping);
  if (!sources_->reachable(ping))
    throw std::runtime_error("nobody listens at coap://" + options_.coap);
  for (std::size_t slot = slots_.size(); slot > 0; --slot) {
    free_.push_back(static_cast<std::uint16_t>(slot - 1));
    slots_[slot - 1].generation = static_cast<std::uint32_t>(random_()) & kGenerations;
  }
  for (auto& mid : next_mid_) mid = static_cast<std::uint16_t>(random_());
  for (std::size_t i = 0; i < sources_->size(); ++i) watch(epoll_.get(), sources_->fd(i), i);
  watch(epoll_.get(), campaign_.interrupt_fd(), kInterrupt);
}

void CoapFleet::run() {
  campaign_.begin();
  std::array<epoll_event, 64> events;
  while (!campaign_.done()) {
    Instant now = campaign_.now();
    start_due(now);
    sources_->flush();
    const auto sleep = std::chrono::ceil<std::chrono::milliseconds>(
        campaign_.sleep(now, slots_.size() - free_.size()));
    const int n = epoll_wait(
        epoll_.get(), events.data(), static_cast<int>(events.size()),
        static_cast<int>(std::min<Instant>(sleep, kCheckEvery) / std::chrono::milliseconds(1)));
    for (int i = 0; i < n; ++i) {
      const std::uint64_t what = events[static_cast<std::size_t>(i)].data.u64;
      if (what == kInterrupt)
        campaign_.interrupted();
      else
        receive(what);
    }
    now = campaign_.now();
    if (now >= next_check_) check_timers(now);
    campaign_.turn(now);
  }
  sources_->flush();
  Tally& tally = campaign_.tally();
  tally.send_failures = sources_->send_failures();
  tally.handshakes = sources_->sessions().established;
  tally.handshakes_failed = sources_->sessions().failed;
}

std::uint32_t CoapFleet::peer_of(std::uint32_t device) const {
  return static_cast<std::uint32_t>(device / run_length_ % options_.peers);
}

std::uint64_t CoapFleet::token_of(std::size_t slot) const {
  const Slot& s = slots_[slot];
  return std::uint64_t{s.peer} << 40 | std::uint64_t{slot} << 24 | s.generation;
}

std::optional<std::size_t> CoapFleet::slot_of(std::uint64_t token) const {
  const std::size_t slot = token >> 24 & 0xffff;
  if (slot >= slots_.size() || slots_[slot].sent == 0 || token_of(slot) != token)
    return std::nullopt;
  return slot;
}

void CoapFleet::start_due(Instant now) {
  while (!free_.empty()) {
    const auto device = campaign_.next(now, slots_.size() - free_.size());
    if (!device) return;
    start(*device, now);
  }
}

void CoapFleet::start(std::uint32_t device, Instant now) {
  const std::size_t slot = free_.back();
  free_.pop_back();
  Slot& s = slots_[slot];
  s.device = device;
  s.peer = peer_of(device);
  s.generation = (s.generation + 1) & kGenerations;
  s.sent = 0;
  s.acknowledged = s.asked_again = false;
  s.asked = now;
  // RFC 7252 4.2: between ACK_TIMEOUT and ACK_TIMEOUT * ACK_RANDOM_FACTOR (1.5).
  const double spread =
      1 + 0.5 * static_cast<double>(random_()) / static_cast<double>(random_.max());
  s.pause = std::chrono::duration_cast<Instant>(options_.ack_timeout * spread);
  s.due = now + s.pause;
  take_mid(slot);
  transmit(slot);
}

void CoapFleet::transmit(std::size_t slot) {
  Slot& s = slots_[slot];
  ++s.sent;
  sources_->commit(encode_next(slot, sources_->prepare(s.peer)));
}

std::size_t CoapFleet::encode_next(std::size_t slot, std::span<std::uint8_t> room) {
  const Slot& s = slots_[slot];
  const std::string& echo = echoes_[sources_->socket_of(s.peer)];
  if (options_.renew && !locations_[s.device].empty())
    return coap::encode(coap::Request{.code = coap::kPost,
                                      .mid = s.mid,
                                      .token = token_of(slot),
                                      .handle = locations_[s.device],
                                      .echo = echo},
                        room);
  campaign_.ids().write(s.device, id_);
  return coap::encode(
      coap::Registration{s.mid, token_of(slot), id_, options_.lifetime, options_.info, echo}, room);
}

void CoapFleet::send_empty(coap::Type type, std::uint16_t mid, std::uint32_t peer) {
  coap::encode_empty(type, mid, sources_->prepare(peer).first<coap::kHeaderOctets>());
  sources_->commit(coap::kHeaderOctets);
}

void CoapFleet::ask_again(std::size_t slot) {
  Slot& s = slots_[slot];
  const std::size_t socket = sources_->socket_of(s.peer);
  by_mid_.erase(mid_key(socket, s.mid));
  s.generation = (s.generation + 1) & kGenerations;
  s.sent = 0;
  s.acknowledged = false;
  s.asked_again = true;
  s.due = campaign_.now() + s.pause;
  take_mid(slot);
  transmit(slot);
}

void CoapFleet::take_mid(std::size_t slot) {
  Slot& s = slots_[slot];
  const std::size_t socket = sources_->socket_of(s.peer);
  do s.mid = next_mid_[socket]++;
  while (!by_mid_.try_emplace(mid_key(socket, s.mid), static_cast<std::uint16_t>(slot)).second);
}

void CoapFleet::release(std::size_t slot) {
  Slot& s = slots_[slot];
  s.sent = 0;
  by_mid_.erase(mid_key(sources_->socket_of(s.peer), s.mid));
  free_.push_back(static_cast<std::uint16_t>(slot));
}

void CoapFleet::receive(std::size_t socket) {
  const auto datagrams = sources_->receive(socket);
  const Instant now = campaign_.now();
  for (const auto& datagram : datagrams) {
    if (const auto message = coap::decode(datagram.octets))
      on_message(socket, *message, now);
    else
      ++campaign_.tally().malformed;
  }
}

void CoapFleet::on_message(std::size_t socket, const coap::Message& message, Instant now) {
  if (message.code == coap::kEmpty) return on_empty(socket, message, now);
  const bool response =
      message.code >= coap::code(2, 0) && message.token_octets == coap::kTokenOctets;
  const std::uint32_t peer = peer_in(message.token);
  const bool ours = response && peer < options_.peers && sources_->socket_of(peer) == socket;
  if (!ours) {  // the peer of a reset is not known without our token; to stay silent is allowed
                // (RFC 7252 4.2)
    ++campaign_.tally().malformed;
    return;
  }
  const auto slot = slot_of(message.token);
  // Also when it is double: our first acknowledgement was lost then (RFC 7252 4.5).
  if (message.type == coap::Type::con) send_empty(coap::Type::ack, message.mid, peer);
  if (!slot || message.type == coap::Type::rst ||
      (message.type == coap::Type::ack && message.mid != slots_[*slot].mid)) {
    ++campaign_.tally().late;
    return;
  }
  if (message.type != coap::Type::ack) ++campaign_.tally().separate;
  if (!message.echo.empty()) echoes_[socket].assign(message.echo);
  // Short until we have shown where we are (RFC 9175 2.3): the same once more, with the Echo.
  if (!message.echo.empty() && !slots_[*slot].asked_again) return ask_again(*slot);
  on_response(*slot, message, now);
}

void CoapFleet::on_empty(std::size_t socket, const coap::Message& message, Instant now) {
  const auto found = by_mid_.find(mid_key(socket, message.mid));
  if (found == by_mid_.end()) {
    ++campaign_.tally().late;
  } else if (message.type == coap::Type::ack) {
    slots_[found->second].acknowledged = true;  // a separate response will follow (RFC 7252 5.2.2)
  } else if (message.type == coap::Type::rst) {
    const std::size_t slot = found->second;
    const Campaign::End end{slots_[slot].device, slots_[slot].asked, now};
    release(slot);
    campaign_.failed(end, "reset", std::nullopt);
  }
}

void CoapFleet::on_response(std::size_t slot, const coap::Message& message, Instant now) {
  const Campaign::End end{slots_[slot].device, slots_[slot].asked, now};
  release(slot);
  std::array<char, 5> name;
  if (options_.renew) {
    if (message.code == coap::code(2, 1)) locations_[end.device].assign(message.location);
    if (message.code == coap::code(4, 4)) locations_[end.device].clear();
  }
  if (message.code == coap::code(2, 1) || message.code == coap::code(2, 4)) {
    if (!options_.collecting()) return campaign_.registered(end, nullptr);
    const auto answer = parse_answer(message.payload);
    if (answer && answer->state == Answer::State::registered) {
      return campaign_.registered(end, &*answer);
    }
    return campaign_.failed(end, "2.xx without Service ID", std::nullopt);
  }
  if (message.code == coap::code(5, 3)) {
    const auto answer = parse_answer(message.payload);
    const std::chrono::seconds max_age(message.max_age.value_or(60));  // RFC 7252 5.10.5
    if (answer && answer->state == Answer::State::pending) {
      campaign_.pending(end, max_age);
      return;
    }
    return campaign_.failed(end, "5.03", max_age);
  }
  if (message.code == coap::code(4, 3)) return campaign_.refused(end, "4.03");
  campaign_.failed(end, coap::name_of(message.code, name), std::nullopt);
}

/// All slots are looked at every 20 ms: at most 65,535 of them, and nothing to keep in order on a
/// packet's path.
void CoapFleet::check_timers(Instant now) {
  next_check_ = now + kCheckEvery;
  sources_->tick();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& s = slots_[i];
    if (s.sent == 0) continue;
    const bool out_of_tries = s.due <= now && !s.acknowledged && s.sent > options_.retries;
    if (out_of_tries || now - s.asked >= options_.timeout) {
      const Campaign::End end{s.device, s.asked, now};
      release(i);
      campaign_.timed_out(end);
    } else if (s.due <= now && !s.acknowledged) {
      s.pause *= 2;
      s.due = now + s.pause;
      ++campaign_.tally().retransmissions;
      transmit(i);
    }
  }
}

}  // namespace msggw::fleet
