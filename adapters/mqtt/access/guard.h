// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "adapters/mqtt/access/environment.h"
#include "adapters/mqtt/access/passwords.h"
#include "adapters/mqtt/access/rule.h"
#include "gateway/base/clock.h"

namespace msggw::mqtt::access {

/// What the broker says of a client.
struct Peer {
  const void* client = nullptr;  ///< names the connection while it lasts; another may have it later
  std::string_view id;           ///< client identifier
  std::string_view user;
  std::string_view address;              ///< where it comes from; empty: this machine's socket
  bool has_certificate = false;          ///< it has shown one that the broker trusts
  std::uint32_t certificate_ends_s = 0;  ///< Unix time; 0: never
};

/// Why somebody was turned away. Told to the gateway by number; do not renumber.
enum class Refusal : std::uint8_t {
  login = 0,      ///< unknown name, wrong secret, not yet or no longer good: outside all the same
  too_many = 1,   ///< wrong passwords, or logins, of late; not tried
  client_id = 2,  ///< the client identifier is another's, who is connected
  topic = 3,      ///< not its own
  ended = 4,      ///< connections ended since what they were let in by is good no more
};
inline constexpr std::size_t kRefusals = 5;

/// Who may come in and what he may do, by what the gateway has written. All decisions of the
/// plugin, and no broker: a value of the arguments, the environment and what came before. One
/// thread.
///
/// A client has what its user name stands for, and by which kind of credential it has come counts:
/// a name in a certificate is not the user of a password. A client that the broker only remembers
/// (its session outlives its connection) may be handed what is its own, and says nothing: a Will
/// that is to be published later is not.
class Guard {
 public:
  explicit Guard(Reading& reading) : reading_(reading) {}

  /// Somebody shows a user name and a password.
  bool let_in(const Peer& peer, std::string_view password, base::TimePoint now);
  /// Somebody names a PSK identity: its key, or one that nobody has, so that an identity that there
  /// is not fails as a wrong key does. Octets.
  std::string psk_key(const void* client, std::string_view identity, base::TimePoint now);
  /// Whether has_certificate of the peer makes a difference for may().
  bool asks_for_certificate(const Peer& peer) const;
  bool may(const Peer& peer, Act act, std::string_view topic, base::TimePoint now);
  /// The broker asks once more of somebody whom it has, as it has read its settings anew: whether
  /// he may stay. A session without a connection may: nobody comes in by that.
  bool may_stay(const Peer& peer, base::TimePoint now);
  /// Whether the client has been let in, and has not left.
  bool is_connected(const void* client) const;
  /// The connection has ended; what it published as its last will may still be asked for, until the
  /// next review(), though it had said nothing before.
  void left(const Peer& peer, base::TimePoint now);

  /// Looks at the connections that came by what has changed, or has ended, and at all of them when
  /// there is another generation; within kReview. Client identifiers of those to be ended, each
  /// time until they have left. To be called at each turn of the broker.
  std::vector<std::string> review(base::TimePoint now);
  /// The one that all connections have been held against, so that the numbers of devices are of it;
  /// empty: none.
  const std::string& generation() const noexcept { return generation_; }

  /// If something changes meanwhile, as long once more.
  static constexpr base::Duration kReview{1'000};
  static constexpr std::size_t kMostHandshakes = 65'536;

  /// How often since the last call, by Refusal.
  std::array<std::uint64_t, kRefusals> take_refusals();
  struct Sighting {
    std::uint32_t device = 0;
    bool is_there = false;
  };
  /// Devices that came or went since the last call.
  std::vector<Sighting> take_sightings();
  /// Devices with connections now, those after `device` in ascending order, at most `most`.
  std::vector<std::uint32_t> present_after(std::optional<std::uint32_t> device,
                                           std::size_t most) const;
  std::size_t connections() const noexcept { return connections_.size(); }
  /// How many connections reviews have looked at so far.
  std::uint64_t reviewed() const noexcept { return reviewed_count_; }

 private:
  /// By what a connection has been let in; no device: it is the gateway's.
  struct Proof {
    std::string name;
    credentials::Kind kind = credentials::Kind::password;
    std::optional<std::uint32_t> device;
    std::uint32_t no = 0;
    std::string secret;  ///< as it is granted: the number may come again with another
    std::uint32_t not_after_s = 0;
    std::uint32_t shown_until_s = 0;  ///< the certificate itself, whatever is granted; 0: for ever
  };
  struct Connection {
    std::string id;
    Proof proof;
    RightPasswords::Digest digest{};
    bool has_left = false;
    std::uint32_t due_s = 0;  ///< when it is to be looked at again whatever changes; 0: never
  };
  struct Handshake {
    Proof proof;
    std::uint64_t order = 0;
  };
  /// The ids are the grant's.
  struct Who {
    bool is_gateway = false;
    std::span<const std::string> ids;
    std::uint32_t not_after_s = 0;
  };

  bool refuse(Refusal why);
  bool check(std::string_view user, std::string_view password, const Peer& peer, Proof& proof,
             RightPasswords::Digest& digest, base::TimePoint now);
  Connection& connect(const Peer& peer, Proof proof);
  void leave(const void* client);
  void forget(const void* client);
  Connection* find(const Peer& peer);
  std::optional<Who> identify(const Peer& peer, Act act, std::uint32_t now_s);
  std::optional<Proof> shown(const Peer& peer, std::uint32_t now_s);
  std::optional<Who> remembered(const Peer& peer, std::uint32_t now_s);
  const Reading::Granted* good(std::string_view name, credentials::Kind kind, std::uint32_t now_s);
  std::optional<Who> holds(const Proof& proof, std::uint32_t now_s);
  void begin_review(std::uint32_t now_s);
  bool is_due(const Connection& connection, std::uint32_t now_s) const;
  bool look_at(Connection& connection, std::uint32_t now_s);
  void go_on_reviewing(std::uint32_t now_s, std::vector<std::string>& to_end);
  void note_due(std::uint32_t at_s);
  void seen(std::optional<std::uint32_t> device, bool is_there);

  Reading& reading_;
  RightPasswords right_;
  HashTime hash_time_;
  std::map<const void*, Connection> connections_;
  std::unordered_map<std::string, const void*> by_id_;  ///< of those that have not left
  std::unordered_map<const void*, Handshake> handshakes_;
  std::map<std::uint64_t, const void*> handshakes_by_order_;
  std::uint64_t order_ = 0;
  std::vector<const void*> leaving_;
  std::map<const void*, std::string> strangers_;  ///< with a certificate that is nobody's
  // The review under way, or the last one.
  bool is_reviewing_ = false;
  std::uint64_t reviewed_count_ = 0;
  const void* reviewed_ = nullptr;
  std::string reviewing_generation_;
  bool reviews_all_ = false;
  std::unordered_set<std::uint32_t> reviewed_changes_;  ///< numbers of credentials
  std::uint32_t next_due_s_ = 0;  ///< of all connections, at the latest; 0: never
  base::TimePoint review_at_{};
  std::size_t review_step_ = 0;
  std::string generation_;
  std::map<std::uint32_t, std::size_t> present_;
  std::vector<Sighting> sightings_;
  std::array<std::uint64_t, kRefusals> refusals_{};
};

}  // namespace msggw::mqtt::access
