// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/session.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "adapters/mqtt/protocol/reasons.h"

namespace msggw::mqtt {

namespace {

using base::Errc;
using protocol::Type;
using protocol::Version;

constexpr std::size_t kMostPacketOctets = 268'435'455 + 5;
constexpr std::size_t kMostTextOctets = 65'535;
constexpr std::uint8_t kRefused = 0x80;  ///< reason codes from here on say no

/// The reason code with which to leave a broker (MQTT 5, 3.14.2.1).
std::uint8_t code_of(Errc code) noexcept {
  switch (code) {
    case Errc::malformed: return 0x81;
    case Errc::incorrect: return 0x82;
    case Errc::too_large: return 0x95;
    default: return 0;
  }
}

/// Also without what a broker may close the connection over.
bool is_topic_name(std::string_view topic) noexcept {
  return !topic.empty() && topic.size() <= kMostTextOctets &&
         topic.find_first_of("+#") == std::string_view::npos &&
         protocol::judge(topic) == protocol::Text::good;
}

}  // namespace

std::string Session::Grants::missing() const {
  std::string text;
  const auto add = [&](bool there, const char* what) {
    if (!there) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(version == Version::mqtt5, "MQTT 5 (it speaks 3.1.1)");
  add(qos1_to_broker, "QoS 1 of what the gateway publishes");
  add(qos1_from_broker, "QoS 1 of what devices publish");
  add(retain, "retained messages");
  return text;
}

Session::Session(Settings settings, base::metrics::Counter& denied, Receive receive)
    : settings_(std::move(settings)), denied_(denied), receive_(std::move(receive)) {}

void Session::begin(Version version, base::TimePoint now) {
  checker_.begin(version);
  grants_ = {};
  grants_.version = version;
  phase_ = Phase::connecting;
  has_heard_ = session_present_ = false;
  begin_ = end_ = written_ = 0;
  outgoing_.clear();
  unsettled_.clear();  // the broker sends them again
  pinged_.reset();
  last_sent_ = last_received_ = now;
  protocol::append_connect(outgoing_, version, settings_.connect);
}

std::span<char> Session::room() {
  const std::size_t held = end_ - begin_;
  if (begin_ > 0 && held > 0) std::memmove(incoming_.data(), incoming_.data() + begin_, held);
  begin_ = 0;
  end_ = held;
  std::size_t wanted = kReadOctets;
  const auto header =
      protocol::read_header({incoming_.data(), held}, settings_.connect.maximum_packet_size);
  if (header && *header) wanted = std::max(wanted, (*header)->total());
  if (incoming_.size() != wanted) {
    incoming_.resize(wanted);
    incoming_.shrink_to_fit();
  }
  return std::span(incoming_).subspan(end_, std::min(kReadOctets, wanted - end_));
}

/// The next packet that is whole; none: more octets are needed.
base::Result<std::optional<protocol::Packet>> Session::next() {
  const std::string_view rest(incoming_.data() + begin_, end_ - begin_);
  const auto header = protocol::read_header(rest, settings_.connect.maximum_packet_size);
  if (!header) return tl::unexpected(header.error());
  if (!*header || (*header)->total() > rest.size()) return std::nullopt;
  begin_ += (*header)->total();
  return checker_.check(**header, rest.substr(0, (*header)->total()));
}

bool Session::deal(std::size_t most, base::TimePoint now) {
  for (std::size_t packets = 0; packets < most; ++packets) {
    if (phase_ == Phase::closed) return false;
    if (is_full()) return true;
    auto packet = next();
    if (!packet) {
      end(std::move(packet.error()));
      return false;
    }
    if (!*packet) return false;
    last_received_ = now;
    take(**packet);
  }
  return phase_ != Phase::closed;
}

void Session::take(const protocol::Packet& packet) {
  switch (packet.header.type) {
    case Type::connack: return accepted(packet);
    case Type::suback: return subscribed(packet);
    case Type::publish: return delivered(packet);
    case Type::puback: return acknowledged(packet);
    default: return pinged_.reset();
  }
}

/// A keep-alive that the broker makes longer, or turns off, would leave a dead connection
/// unnoticed.
void Session::accepted(const protocol::Packet& connack) {
  const protocol::Properties& properties = connack.properties;
  phase_ = Phase::accepted;
  session_present_ = connack.session_present;
  grants_.qos1_to_broker = properties.maximum_qos > 0;
  grants_.retain = properties.retain_available != 0;
  broker_takes_ = properties.maximum_packet_size;
  keep_alive_ = std::chrono::seconds(settings_.connect.keep_alive_s);
  if (properties.server_keep_alive > 0)
    keep_alive_ = std::min(keep_alive_, std::chrono::seconds(properties.server_keep_alive));
  outstanding_.rewind(std::min<std::size_t>(Outstanding::kMost, properties.receive_maximum));
  protocol::append_subscribe(outgoing_, grants_.version, outstanding_.unused_id(),
                             settings_.subscriptions);
}

/// Brokers of 3.1.1 are known that count their codes wrong; of those only a refusal is sure.
void Session::subscribed(const protocol::Packet& suback) {
  const auto& wanted = settings_.subscriptions;
  const bool counts = suback.codes.size() == wanted.size() || grants_.version == Version::mqtt311;
  if (phase_ != Phase::accepted || suback.id != outstanding_.unused_id() || !counts)
    return end({Errc::incorrect, "SUBACK for what was not subscribed to"});
  for (std::size_t i = 0; i < suback.codes.size(); ++i) {
    const auto code = static_cast<std::uint8_t>(suback.codes[i]);
    if (code >= kRefused) {
      const std::string& filter = wanted[std::min(i, wanted.size() - 1)].filter;
      return end({Errc::refused, "the broker refuses the subscription to " + filter + ": " +
                                     protocol::reason_name(Type::suback, code)});
    }
    if (code == 0) grants_.qos1_from_broker = false;
  }
  phase_ = Phase::ready;
  send_outstanding();
}

void Session::delivered(const protocol::Packet& publish) {
  using Retained = Incoming::Retained;
  const bool flag = (publish.header.flags & 1) != 0;
  const Retained set = grants_.version == Version::mqtt5 ? Retained::now : Retained::before;
  const std::uint64_t number =
      receive_({publish.topic, publish.payload, publish.properties.response_topic,
                publish.properties.correlation, flag ? set : Retained::no});
  if (publish.id == 0 || phase_ == Phase::closed) return;
  unsettled_.push_back({publish.id, number});
  acknowledge();
}

void Session::settle(std::uint64_t number) {
  settled_ = number;
  acknowledge();
}

void Session::acknowledge() {
  while (!unsettled_.empty() && unsettled_.front().number <= settled_) {
    protocol::append_puback(outgoing_, unsettled_.front().id);
    unsettled_.pop_front();
  }
}

void Session::acknowledged(const protocol::Packet& puback) {
  if (outstanding_.done(puback.id) && puback.reason >= kRefused) denied_.Increment();
  send_outstanding();
}

bool Session::publish(std::string_view topic, std::string_view payload,
                      std::string_view correlation, bool retained) {
  if (!is_topic_name(topic) || correlation.size() > kMostTextOctets) return false;
  if (protocol::octets_of(Version::mqtt5, {topic, payload, correlation, retained, 1}) >
      kMostPacketOctets)
    return false;
  Outgoing& added = outstanding_.add();
  added.topic.assign(topic);
  added.payload.assign(payload);
  added.correlation.assign(correlation);
  added.retained = retained;
  send_outstanding();
  return true;
}

/// Without QoS 1 a publication is done when it is written. Without retained messages there is
/// nothing to take away, and an empty message would only confuse.
void Session::send_outstanding() {
  while (outstanding_.has_due()) {
    const Outstanding::Next next = outstanding_.take_due();
    const Outgoing& message = next.message;
    const bool clears = message.retained && message.payload.empty();
    const protocol::Publication publication{
        message.topic,
        message.payload,
        message.correlation,
        message.retained && grants_.retain,
        grants_.qos1_to_broker ? next.id : std::uint16_t{0},
        next.again && session_present_ && grants_.qos1_to_broker};
    const bool too_large =
        broker_takes_ > 0 && protocol::octets_of(grants_.version, publication) > broker_takes_;
    const bool sent = !too_large && (grants_.retain || !clears);
    if (sent) protocol::append_publish(outgoing_, grants_.version, publication);
    if (too_large) denied_.Increment();
    if (!sent || publication.id == 0) outstanding_.done(next.id);
  }
}

void Session::written(std::size_t octets, base::TimePoint now) {
  if (octets > 0) last_sent_ = now;
  written_ += octets;
  if (written_ < outgoing_.size() && written_ < kMostOutgoing) return;
  outgoing_.erase(0, written_);
  written_ = 0;
}

void Session::tick(base::TimePoint now) {
  if (phase_ != Phase::accepted && phase_ != Phase::ready) return;
  if (pinged_) {
    if (now - *pinged_ >= keep_alive_) {
      end({Errc::unavailable,
           "no answer to PINGREQ within " + std::to_string(keep_alive_.count()) + " seconds"});
    }
    return;
  }
  // Ticks are a second apart, and the broker must hear of us before the keep-alive is over.
  const auto due = keep_alive_ - keep_alive_ / 4;
  if (now - last_sent_ < due && now - last_received_ < due) return;
  protocol::append_pingreq(outgoing_);
  pinged_ = now;
}

void Session::give_up(base::Error error) {
  end(std::move(error));
}

void Session::end(base::Error error) {
  if (phase_ == Phase::closed) return;
  const std::uint8_t code = code_of(error.code);
  if (code != 0 || phase_ != Phase::connecting)
    protocol::append_disconnect(outgoing_, grants_.version, code);
  phase_ = Phase::closed;
  error_ = std::move(error);
}

}  // namespace msggw::mqtt
