// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

#include "adapters/wire/coap/codec.h"
#include "adapters/wire/coap/message.h"
#include "gateway/base/clock.h"
#include "gateway/base/keyed_hash.h"

namespace msggw::coap {

/// The messages of CoAP in datagrams (RFC 7252 4), of a server and of a client alike: what is no
/// message, empty ones, Message IDs, and the repetition of confirmable ones until each has ended in
/// one way, once. No I/O: datagrams and the time come in by calls and go out by Events.
///
/// It keeps the confirmable messages that have not ended and nothing else, so its costs do not
/// depend on how many peers there are or have been, and it holds nothing back: how many messages a
/// device is sent at a time (NSTART, RFC 7252 4.7) is for the sender to know, since a device is not
/// an address. What a repeated request means is the server's to know (exchanges.h).
class MessageLayer {
 public:
  /// What a message is, and about what, in the words of its sender; told when it has ended.
  struct About {
    std::uint8_t kind = 0;
    std::uint64_t number = 0;
  };
  using Subject = std::optional<About>;

  struct Limits {
    base::Duration ack_timeout{2'000};  ///< ACK_TIMEOUT (RFC 7252 4.8), times a random 1 to 1.5
    unsigned max_retransmit = 4;        ///< MAX_RETRANSMIT
    /// Confirmable messages that have not ended; above, a message goes out once, as NON.
    std::size_t max_unacknowledged = 10'000;
  };
  /// None may end the layer.
  struct Events {
    std::function<void(const Peer&, std::string_view octets)> transmit;
    /// Whether so many octets may go out once more; if not, it is as if they got lost. No function:
    /// always.
    std::function<bool(const Peer&, std::size_t octets)> may_repeat{};
    /// A CON or NON, or an ACK with an answer; its options are not read yet. Whoever gets a CON
    /// calls acknowledge(), reject() or send() with an acknowledgement, also later, and for each
    /// repetition again.
    std::function<void(const Peer&, const Datagram&)> message;
    std::function<void(const Peer&, const Token&, const Subject&, Ending)> ended;
    /// An empty ACK or RST that names no message that waits: a repetition, or a guess.
    std::function<void(const Peer&)> stray{};
    std::function<void()> malformed;
  };

  MessageLayer(const Limits& limits, Events events);
  /// From now on; each message keeps the time-out that it was sent with.
  void limit_to(const Limits& limits) noexcept { limits_ = limits; }

  void received(const Peer& from, std::string_view octets);

  /// Sends a message of a new Message ID, which is returned. `confirmable` above the limit: see
  /// Limits. `ack_timeout`: of this one; none: as of all.
  std::uint16_t send(const Peer& to, bool confirmable, std::uint8_t code, const Token& token,
                     std::string_view options, std::string_view payload, base::TimePoint now,
                     const Subject& subject = std::nullopt,
                     std::optional<base::Duration> ack_timeout = std::nullopt);
  /// Sends an answer on the ACK of the confirmable message `mid`.
  void answer(const Peer& to, std::uint16_t mid, std::uint8_t code, const Token& token,
              std::string_view options, std::string_view payload);
  void acknowledge(const Peer& to, std::uint16_t mid);
  void reset(const Peer& to, std::uint16_t mid);
  /// What could not be made sense of: counted as malformed; a CON is reset, the rest ignored
  /// (RFC 7252 4.2, 4.3).
  void reject(const Peer& from, const Datagram& what);

  /// As if the peer had acknowledged the message: it has answered (RFC 7252 5.2.2).
  void conclude(const Peer& to, std::uint16_t mid) { end(to, mid, Ending::acknowledged); }
  /// The message is not repeated any more, and no ending of it is told. False: it had ended.
  bool forget(const Peer& to, std::uint16_t mid);

  /// Repeats what is due. To be called at next_due() or later.
  void repeat(base::TimePoint now);
  /// None: nothing waits for an acknowledgement.
  std::optional<base::TimePoint> next_due() const;

  std::size_t unacknowledged() const noexcept { return sent_.size(); }

 private:
  /// To be answered from there, whichever address of ours the answer comes to: what we send
  /// unasked leaves from the one that the system chooses.
  struct Key {
    Key(const Peer& to, std::uint16_t of) : peer(without_local(to)), mid(of) {}
    Peer peer;
    std::uint16_t mid;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    base::HashKey key;
    std::size_t operator()(const Key& of) const noexcept { return hash_of(key, of.peer, of.mid); }
  };
  using Due = std::multimap<base::TimePoint, const Key*>;
  struct Sent {
    Peer to;
    Token token;
    Subject subject;
    std::string octets;
    base::Duration timeout;
    unsigned repetitions = 0;
    Due::iterator due;
  };

  void received_empty(const Peer& from, const Datagram& datagram);
  bool end(const Peer& to, std::uint16_t mid, Ending how);
  void transmit_empty(const Peer& to, MessageType type, std::uint16_t mid);
  std::uint16_t next_mid(const Peer& to);
  base::Duration first_timeout(base::Duration least);

  /// A peer sees the same Message ID again only after all others of its counter, which it shares
  /// with few: nothing is kept for a peer, and none may get one twice within EXCHANGE_LIFETIME.
  static constexpr std::size_t kCounters = 1'024;

  Limits limits_;
  Events events_;
  base::HashKey key_ = base::random_hash_key();
  std::array<std::uint16_t, kCounters> mids_{};
  std::minstd_rand random_;
  std::unordered_map<Key, Sent, KeyHash> sent_;
  Due due_;
  std::string scratch_;
};

}  // namespace msggw::coap
