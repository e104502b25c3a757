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
constexpr std::uint8_t kImplementationSpecificError = 0x83;
constexpr std::uint8_t kPacketTooLarge = 0x95;
// Publications have the packet identifiers below (Outstanding::kLastId).
constexpr std::uint16_t kSubscribeId = 65'001;
constexpr std::uint16_t kFirstWatchId = 65'002;
constexpr std::uint16_t kLastWatchId = 65'400;
constexpr std::uint16_t kUnwatchId = 65'401;

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

Session::Session(Settings settings, base::metrics::Counter& denied, Receive receive,
                 Answered answered)
    : settings_(std::move(settings)),
      denied_(denied),
      receive_(std::move(receive)),
      answered_(std::move(answered)) {}

void Session::begin(Version version, base::TimePoint now) {
  checker_.begin(version);
  grants_ = {};
  grants_.version = version;
  phase_ = Phase::connecting;
  has_heard_ = session_present_ = false;
  begin_ = end_ = excess_ = written_ = 0;
  outgoing_.clear();
  unsettled_.clear();  // the broker sends them again
  watch_ = Watch::none;
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
  std::size_t excess = 0;
  const auto header = header_of({incoming_.data(), held}, excess);
  if (header && *header) wanted = std::max(wanted, (*header)->total());
  if (incoming_.size() != wanted) {
    incoming_.resize(wanted);
    incoming_.shrink_to_fit();
  }
  return std::span(incoming_).subspan(end_, std::min(kReadOctets, wanted - end_));
}

/// The header of the packet that begins there, of the part of it that is received; `excess` octets
/// are behind that.
base::Result<std::optional<protocol::Header>> Session::header_of(std::string_view octets,
                                                                 std::size_t& excess) const {
  const std::size_t most = settings_.connect.maximum_packet_size;
  const bool old = grants_.version == Version::mqtt311;
  auto header = protocol::read_header(octets, old ? kMostPacketOctets : most);
  if (!header || !*header || (*header)->total() <= most) return header;
  if ((*header)->type != Type::publish) return protocol::read_header(octets, most);
  excess = (*header)->total() - most;
  (*header)->body -= excess;
  return header;
}

/// What is left of a packet that was too long. False: more of that is to come.
bool Session::read_over(base::TimePoint now) {
  const std::size_t octets = std::min(excess_, end_ - begin_);
  if (octets == 0) return excess_ == 0;
  begin_ += octets;
  excess_ -= octets;
  // The broker is there, and answers a PINGREQ when it is through.
  last_received_ = now;
  if (pinged_) pinged_ = now;
  return excess_ == 0;
}

/// The next packet that is whole; none: more octets are needed.
base::Result<std::optional<protocol::Packet>> Session::next() {
  const std::string_view rest(incoming_.data() + begin_, end_ - begin_);
  std::size_t excess = 0;
  const auto header = header_of(rest, excess);
  if (!header) return tl::unexpected(header.error());
  if (!*header || (*header)->total() > rest.size()) return std::nullopt;
  begin_ += (*header)->total();
  excess_ = excess;
  return checker_.check(**header, rest.substr(0, (*header)->total()));
}

bool Session::deal(std::size_t most, base::TimePoint now) {
  for (std::size_t packets = 0; packets < most; ++packets) {
    if (phase_ == Phase::closed) return false;
    if (is_full()) return true;
    if (!read_over(now)) return false;
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
    case Type::pingresp: return pinged_.reset();
    default: return;
  }
}

/// Why nothing can be done with a broker that has said yes; null: something can.
const char* Session::unusable(const protocol::Properties& connack) const {
  if (connack.wildcards_available == 0)
    return "the broker has no wildcard subscriptions, by which requests come";
  if (!settings_.shared) return nullptr;
  if (grants_.version != Version::mqtt5)
    return "the broker speaks MQTT 3.1.1, which has no shared subscriptions (mqtt.shared_group)";
  if (connack.shares_available == 0)
    return "the broker has no shared subscriptions (mqtt.shared_group)";
  return nullptr;
}

/// A keep-alive that the broker makes longer, or turns off, would leave a dead connection
/// unnoticed.
void Session::accepted(const protocol::Packet& connack) {
  const protocol::Properties& properties = connack.properties;
  phase_ = Phase::accepted;
  session_present_ = connack.session_present;
  if (const char* const why = unusable(properties)) return end({Errc::refused, why});
  grants_.qos_1 = properties.maximum_qos > 0;
  grants_.retain = properties.retain_available != 0;
  broker_takes_ = properties.maximum_packet_size;
  keep_alive_ = std::chrono::seconds(settings_.connect.keep_alive_s);
  if (properties.server_keep_alive > 0)
    keep_alive_ = std::min(keep_alive_, std::chrono::seconds(properties.server_keep_alive));
  outstanding_.rewind(std::min<std::size_t>(Outstanding::kMost, properties.receive_maximum));
  protocol::append_subscribe(outgoing_, grants_.version, kSubscribeId, settings_.subscriptions);
}

/// Brokers of 3.1.1 are known that count their codes wrong; of those only a refusal is sure.
void Session::subscribed(const protocol::Packet& suback) {
  const auto refusal = std::find_if(suback.codes.begin(), suback.codes.end(), [](char code) {
    return static_cast<std::uint8_t>(code) >= kRefused;
  });
  const bool refused = refusal != suback.codes.end();
  if (suback.id >= kFirstWatchId && suback.id <= kLastWatchId) {
    if (suback.id == watch_id_ && watch_ == Watch::asked)
      watch_ = refused ? Watch::refused : Watch::granted;
    return;
  }
  const auto& wanted = settings_.subscriptions;
  const bool counts = suback.codes.size() == wanted.size() || grants_.version == Version::mqtt311;
  if (phase_ != Phase::accepted || suback.id != kSubscribeId || !counts)
    return end({Errc::incorrect, "SUBACK for what was not subscribed to"});
  if (refused) {
    const auto at = static_cast<std::size_t>(refusal - suback.codes.begin());
    const auto code = static_cast<std::uint8_t>(*refusal);
    return end({Errc::refused, "the broker refuses the subscription to " +
                                   wanted[std::min(at, wanted.size() - 1)].filter + ": " +
                                   protocol::reason_name(Type::suback, code)});
  }
  grants_.qos_1_requests = suback.codes.find('\0') == std::string_view::npos;
  phase_ = Phase::ready;
  send_outstanding();
}

void Session::watch(const std::string& filter) {
  watch_ = Watch::asked;
  watch_id_ = watch_id_ < kFirstWatchId || watch_id_ == kLastWatchId
                  ? kFirstWatchId
                  : static_cast<std::uint16_t>(watch_id_ + 1);
  protocol::append_subscribe(outgoing_, grants_.version, watch_id_,
                             {{filter, protocol::Stored::always, 0}});
}

void Session::unwatch(const std::string& filter) {
  watch_ = Watch::none;
  protocol::append_unsubscribe(outgoing_, grants_.version, kUnwatchId, filter);
}

void Session::delivered(const protocol::Packet& publish) {
  using Retained = Incoming::Retained;
  const bool flag = (publish.header.flags & 1) != 0;
  const Retained set = grants_.version == Version::mqtt5 ? Retained::now : Retained::before;
  const std::uint64_t number =
      receive_({publish.topic, publish.payload, publish.properties.response_topic,
                publish.properties.correlation, flag ? set : Retained::no,
                publish.properties.faulty, publish.properties.list, publish.id,
                (publish.header.flags & 8) != 0, publish.properties.message_expiry});
  if (publish.id == 0 || phase_ == Phase::closed) return;
  unsettled_.push_back({publish.id, number});
  acknowledge();
  if (unsettled_.size() > kMostUnacknowledged)
    end({Errc::incorrect, "more unacknowledged messages than there are packet identifiers"});
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
  answer(outstanding_.done(puback.id), puback.reason);
  send_outstanding();
}

/// Of a publication that is done.
void Session::answer(std::optional<std::uint64_t> tag, std::uint8_t reason) {
  if (!tag) return;
  if (reason >= kRefused) denied_.Increment();
  if (*tag != 0) answered_(*tag, reason);
}

bool Session::publish(const Outgoing& message) {
  const protocol::Publication longest{
      message.topic, message.payload, message.correlation, true, 1, false, message.properties};
  if (!is_topic_name(message.topic) || message.correlation.size() > kMostTextOctets ||
      protocol::octets_of(Version::mqtt5, longest) > kMostPacketOctets) {
    if (message.tag != 0) answered_(message.tag, kImplementationSpecificError);
    return false;
  }
  outstanding_.add() = message;
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
    const protocol::Publication publication{message.topic,
                                            message.payload,
                                            message.correlation,
                                            message.retained && grants_.retain,
                                            grants_.qos_1 ? next.id : std::uint16_t{0},
                                            next.again && session_present_ && grants_.qos_1,
                                            message.properties};
    const bool too_large =
        broker_takes_ > 0 && protocol::octets_of(grants_.version, publication) > broker_takes_;
    const bool sent = !too_large && (grants_.retain || !clears);
    if (sent) protocol::append_publish(outgoing_, grants_.version, publication);
    if (!sent || publication.id == 0)
      answer(outstanding_.done(next.id), too_large ? kPacketTooLarge : std::uint8_t{0});
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

void Session::let_go() {
  for (const std::uint64_t tag : outstanding_.drop_perishable()) {
    if (tag != 0) answered_(tag, kNotSent);
  }
}

void Session::leave() {
  end({Errc::unavailable, "closed by the gateway"}, settings_.shared);
}

void Session::end(base::Error error, bool ends_session) {
  if (phase_ == Phase::closed) return;
  const std::uint8_t code = code_of(error.code);
  if (code != 0 || phase_ != Phase::connecting)
    protocol::append_disconnect(outgoing_, grants_.version, code, ends_session);
  phase_ = Phase::closed;
  error_ = std::move(error);
}

}  // namespace msggw::mqtt
