// SPDX-License-Identifier: Apache-2.0
// What devices over CoAP are answered and given.
#include <algorithm>
#include <charconv>

#include "tests/sim/devices/coap_devices.h"
#include "tests/sim/fleet/answers.h"
#include "tests/sim/fleet/keys.h"

namespace msggw::devices {

namespace {

namespace coap = fleet::coap;

constexpr std::uint8_t kCreated = coap::code(2, 1);
constexpr std::uint8_t kChanged = coap::code(2, 4);
constexpr std::uint8_t kContent = coap::code(2, 5);
constexpr std::uint8_t kUnauthorized = coap::code(4, 1);
constexpr std::uint8_t kNotFound = coap::code(4, 4);
constexpr std::uint8_t kTooMany = coap::code(4, 29);
constexpr std::uint8_t kUnavailable = coap::code(5, 3);
constexpr Instant kSoon = std::chrono::milliseconds(100);  // whatever Max-Age says

std::string named(const char* what, std::uint8_t code) {
  std::array<char, 5> room;
  return std::string(what).append(coap::name_of(code, room));
}

}  // namespace

void CoapDevices::receive(std::size_t socket) {
  const auto datagrams = sources_->receive(socket);
  const Instant now = traffic::clock_now();
  for (const auto& datagram : datagrams) {
    const auto message = coap::decode(datagram.octets);
    if (message && datagram.peer < peers_)
      on_message(datagram.peer, *message, now);
    else
      talk_.count("no CoAP");
  }
}

void CoapDevices::on_message(std::uint32_t peer, const coap::Message& message, Instant now) {
  // A ping (RFC 7252 4.3). An empty acknowledgement says that the answer follows; what was asked is
  // asked again meanwhile.
  if (message.code == coap::kEmpty && message.type == coap::Type::con)
    return answer_empty(coap::Type::rst, peer, message.mid);
  if (message.code == coap::kPost) return on_push(peer, message, now);
  if (message.code == coap::kEmpty || message.token_octets != coap::kTokenOctets) return;
  const bool is_observation = message.token >> 63 != 0;
  const auto low = static_cast<std::uint32_t>(message.token);
  if (is_observation && message.type != coap::Type::ack) {
    if (low >= devices_.size() || peer_of(low) != peer) return;
    return on_notification(low, message, now);
  }
  const std::size_t count = slots_.size();
  std::size_t slot = message.token >> 32;
  if (is_observation) {  // the answer to the request for it
    slot = 0;
    while (slot < count && (slots_[slot].is_free || slots_[slot].what != What::observation ||
                            slots_[slot].device != low))
      ++slot;
  }
  const bool is_ours = slot < count && !slots_[slot].is_free && token_of(slot) == message.token;
  if (!is_ours) {
    talk_.count("late");
    return;
  }
  if (message.type == coap::Type::con) answer_empty(coap::Type::ack, peer, message.mid);
  on_answer(slot, message, now);
}

void CoapDevices::answer_empty(coap::Type type, std::uint32_t peer, std::uint16_t mid) {
  coap::encode_empty(type, mid, sources_->prepare(peer).first<coap::kHeaderOctets>());
  sources_->commit(coap::kHeaderOctets);
}

/// Its base ends in the number of the device. One that has not heard its Service ID cannot say who
/// got it; it asks again for that soon, which is a sign of life.
void CoapDevices::on_push(std::uint32_t peer, const coap::Message& message, Instant now) {
  std::uint32_t device = 0;
  const char* const end = message.path.data() + message.path.size();
  const bool is_ours = std::from_chars(message.path.data(), end, device).ptr == end &&
                       device < devices_.size() && peer_of(device) == peer;
  std::uint8_t answer = kNotFound;
  if (is_ours) answer = devices_[device].is_registered ? kChanged : kUnavailable;
  if (answer == kChanged) talk_.got(device, message.payload, now);
  sources_->commit(coap::encode_answer(message, answer, sources_->prepare(peer)));
}

void CoapDevices::on_notification(std::uint32_t device, const coap::Message& message, Instant now) {
  if (proof_ == Proof::none) {
    talk_.count("left unanswered");
    return;
  }
  if (message.code == kContent && !message.payload.empty()) talk_.got(device, message.payload, now);
  if (message.type == coap::Type::con) answer_empty(coap::Type::ack, peer_of(device), message.mid);
  if (message.code == kContent) return;
  talk_.count(named("notified ", message.code));
  if (message.code == kNotFound) return registration_ended(device);
  if (message.echo.empty()) return;
  ask_inbox(device);
  for (Slot& slot : slots_) {
    if (!slot.is_free && slot.what == What::observation && slot.device == device)
      slot.echo = message.echo;
  }
}

void CoapDevices::on_answer(std::size_t number, const coap::Message& message, Instant now) {
  Slot& slot = slots_[number];
  if (message.code == kUnauthorized && !message.echo.empty()) {
    slot.echo = message.echo;
    return begin_again(number, Instant(0));
  }
  if (message.code == kUnavailable || message.code == kTooMany) {
    talk_.count(named("answered ", message.code));
    return begin_again(number, kSoon);
  }
  switch (slot.what) {
    case What::registration: return on_registration(number, message);
    case What::observation: return on_observation(number, message, now);
    case What::poll: return on_poll(number, message, now);
    case What::report: return on_report(number, message, now);
    case What::message: return on_taken(number, message, now);
  }
}

void CoapDevices::on_registration(std::size_t number, const coap::Message& message) {
  const std::uint32_t device = slots_[number].device;
  const auto answer = fleet::parse_answer(message.payload);
  Device& of = devices_[device];
  const bool good = message.code == kCreated && message.location.size() == of.handle.size() &&
                    answer && answer->state == fleet::Answer::State::registered;
  if (!good) {
    talk_.count(named("registration ", message.code));
    return begin_again(number, kSoon);
  }
  release(number);
  std::copy(message.location.begin(), message.location.end(), of.handle.begin());
  if (of.is_registered) return;
  of.is_registered = true;
  ++registered_;
  --registering_;
  talk_.registered(device, answer->service_id);
  ask_inbox(device);
}

void CoapDevices::registration_ended(std::uint32_t device) {
  Device& of = devices_[device];
  if (!of.is_registered) return;
  of.is_registered = false;
  --registered_;
  ++registering_;
  start(What::registration, device);
}

void CoapDevices::on_observation(std::size_t number, const coap::Message& message, Instant now) {
  const std::uint32_t device = slots_[number].device;
  release(number);
  devices_[device].asks_inbox = false;
  if (message.code == kContent) {
    if (options_.observe_every.count() > 0) inboxes_.emplace(now + options_.observe_every, device);
    return;
  }
  talk_.count(named("observation ", message.code));
  if (message.code == kNotFound) return registration_ended(device);
  inboxes_.emplace(now + kSoon, device);
}

void CoapDevices::on_poll(std::size_t number, const coap::Message& message, Instant now) {
  const std::uint32_t device = slots_[number].device;
  Device& of = devices_[device];
  of.after.clear();
  if (message.code != kContent) {
    talk_.count(named("poll ", message.code));
    release(number);
    of.asks_inbox = false;
    if (message.code == kNotFound) return registration_ended(device);
    return inboxes_.emplace(now + kSoon, device);
  }
  const auto given = message.etag.empty() ? std::nullopt : talk_.got(device, message.payload, now);
  if (!given) {
    release(number);
    of.asks_inbox = false;
    return inboxes_.emplace(now + options_.poll_every, device);
  }
  if (proof_ == Proof::report && !given->is_report) {
    slots_[number].what = What::report;
    slots_[number].about = given->id;
  } else {
    of.after = fleet::hex_of(message.etag);
  }
  begin_again(number, Instant(0));
  transmit(number);
}

/// 4.04: the gateway has begun anew, and will give it again; or has heard it already.
void CoapDevices::on_report(std::size_t number, const coap::Message& message, Instant now) {
  Slot& slot = slots_[number];
  if (message.code == kChanged)
    talk_.reported(slot.device, slot.about);
  else
    talk_.count(named("report ", message.code));
  slot.what = What::poll;
  slot.about.clear();
  begin_again(number, Instant(0));
  transmit(number);
  static_cast<void>(now);
}

void CoapDevices::on_taken(std::size_t number, const coap::Message& message, Instant now) {
  const Sending what = slots_[number].message;
  const std::uint32_t device = slots_[number].device;
  if (message.code == kNotFound) {
    registration_ended(device);
    return begin_again(number, kSoon);
  }
  release(number);
  if (message.code == kChanged) return talk_.accepted(what, now);
  talk_.refused(what, std::string(message.payload.substr(0, message.payload.find(':'))), now);
}

}  // namespace msggw::devices
