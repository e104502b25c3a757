// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/filter/filter.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace msggw::mqtt::filter {

namespace {

constexpr std::uint8_t kImplementationSpecificError = 0x83;
constexpr std::uint8_t kPacketTooLarge = 0x95;

void append_two(std::string& out, std::uint32_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value & 0xFF));
}

/// `body` behind a fixed header.
std::string packet_of(Type type, std::string_view body) {
  std::string out(1, static_cast<char>(static_cast<unsigned>(type) << 4));
  std::size_t rest = body.size();
  do {
    out.push_back(static_cast<char>((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0)));
    rest >>= 7;
  } while (rest > 0);
  return out.append(body);
}

std::string puback(std::uint16_t id, std::uint8_t reason) {
  std::string body;
  append_two(body, id);
  body.push_back(static_cast<char>(reason));
  return packet_of(Type::puback, body);
}

/// SUBACK or UNSUBACK without properties.
std::string subscription_answer(const Packet& packet) {
  std::string body;
  append_two(body, packet.id);
  body.push_back(0);
  return packet_of(packet.header.type, body.append(packet.codes));
}

std::uint16_t id_of_publication(const Header& header, std::string_view octets) noexcept {
  Reader body(octets.substr(header.size));
  body.counted();
  return body.two();
}

}  // namespace

void Filter::begin() {
  checker_.begin();
  begin_ = end_ = written_ = framed_ = broker_takes_ = 0;
  replacement_.clear();
  outgoing_.clear();
  over_.reset();
}

std::span<char> Filter::room() {
  const std::size_t held = end_ - begin_;
  if (begin_ > 0 && held > 0) std::memmove(incoming_.data(), incoming_.data() + begin_, held);
  begin_ = 0;
  end_ = held;
  std::size_t wanted = kReadOctets;
  const auto header = read_header({incoming_.data(), held}, limits_.max_packet_octets);
  if (header && *header) wanted = std::max(wanted, (*header)->total());
  if (incoming_.size() != wanted) {
    incoming_.resize(wanted);
    incoming_.shrink_to_fit();
  }
  return std::span(incoming_).subspan(end_, std::min(kReadOctets, wanted - end_));
}

base::Result<Filter::Run> Filter::next(std::size_t most) {
  if (!replacement_.empty()) {
    given_ = std::exchange(replacement_, {});
    return Run{given_, 1};
  }
  if (over_) return tl::unexpected(*over_);
  const std::size_t first = begin_;
  Run run;
  while (run.packets < most) {
    const std::string_view rest(incoming_.data() + begin_, end_ - begin_);
    auto header = read_header(rest, limits_.max_packet_octets);
    if (header && (!*header || (*header)->total() > rest.size())) break;
    auto packet = header ? checker_.check(**header, rest.substr(0, (*header)->total()))
                         : tl::unexpected(std::move(header.error()));
    if (!packet) {
      over_ = std::move(packet.error());
      break;
    }
    begin_ += packet->octets.size();
    ++run.packets;
    if (decide(*packet) == Fate::replaced) break;
    run.octets = std::string_view(incoming_.data() + first, begin_ - first);
  }
  if (run.packets == 0 && over_) return tl::unexpected(*over_);
  return run;
}

/// What becomes of a good packet; what the library gets in its place is in replacement_.
Filter::Fate Filter::decide(const Packet& packet) {
  switch (packet.header.type) {
    case Type::publish:
      if (!packet.properties.beyond_the_library) return Fate::passes;
      unusable_.Increment();
      acknowledge(packet);
      return Fate::replaced;
    case Type::puback:
      if (packet.header.body <= 3) return Fate::passes;
      replacement_ += puback(packet.id, packet.reason);
      return Fate::replaced;
    case Type::connack: replacement_ += rewritten_connack(packet); return Fate::replaced;
    case Type::suback:
    case Type::unsuback: replacement_ += subscription_answer(packet); return Fate::replaced;
    default: return Fate::passes;
  }
}

/// The library keeps what a property said for later connections, so both are always there. A
/// keep-alive that the broker makes longer, or turns off, would leave a dead connection unnoticed.
std::string Filter::rewritten_connack(const Packet& packet) {
  const Properties& properties = packet.properties;
  broker_takes_ = properties.maximum_packet_size;
  std::string list;
  list.push_back(0x21);
  append_two(list, properties.receive_maximum);
  list.push_back(0x25);
  list.push_back(static_cast<char>(properties.retain_available));
  if (properties.server_keep_alive > 0 &&
      properties.server_keep_alive < limits_.keep_alive.count()) {
    list.push_back(0x13);
    append_two(list, properties.server_keep_alive);
  }
  std::string body{static_cast<char>(packet.session_present ? 1 : 0), 0,
                   static_cast<char>(list.size())};
  return packet_of(Type::connack, body + list);
}

void Filter::acknowledge(const Packet& packet) {
  if (packet.id == 0) return;
  const std::string octets = puback(packet.id, kImplementationSpecificError);
  outgoing_.insert(framed_, octets);
  framed_ += octets.size();
}

void Filter::sent(std::string_view octets) {
  outgoing_.append(octets);
  while (true) {
    const auto rest = std::string_view(outgoing_).substr(framed_);
    const auto header = read_header(rest, std::numeric_limits<std::size_t>::max());
    base::ensure(header.has_value(), "libmosquitto writes MQTT packets");
    if (!*header || (*header)->total() > rest.size()) return;
    const std::size_t total = (*header)->total();
    const bool too_large = broker_takes_ > 0 && total > broker_takes_;
    if ((*header)->type == Type::publish && too_large) {
      replacement_ += puback(id_of_publication(**header, rest), kPacketTooLarge);
      outgoing_.erase(framed_, total);
    } else {
      framed_ += total;
    }
  }
}

std::string_view Filter::to_broker() const noexcept {
  return std::string_view(outgoing_).substr(written_, framed_ - written_);
}

void Filter::written(std::size_t octets) {
  written_ += octets;
  if (written_ < framed_ && written_ < kMostOutgoing) return;
  outgoing_.erase(0, written_);
  framed_ -= written_;
  written_ = 0;
}

}  // namespace msggw::mqtt::filter
