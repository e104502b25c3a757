// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/guard.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <chrono>

#include "gateway/base/secrets.h"
#include "gateway/credentials/password.h"

namespace msggw::mqtt::access {

namespace {

using credentials::Kind;

constexpr std::size_t kPskOctets = 32;
/// A device may have several passwords, each of which costs a hash to be tried.
constexpr std::size_t kMostTried = 4;
constexpr std::size_t kMostStrangers = 4'096;
constexpr base::Duration kReviewTurn{100};   ///< of the broker, when nothing happens
constexpr std::size_t kLeastReviewed = 256;  ///< in a turn: about a millisecond

std::uint32_t seconds(base::TimePoint now) {
  return static_cast<std::uint32_t>(
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
}

/// The broker's own machine, where nobody else can say that he comes from.
bool is_here(std::string_view address) {
  namespace ip = boost::asio::ip;
  if (address.empty()) return true;
  boost::system::error_code error;
  const auto parsed = ip::make_address(address, error);
  if (error) return false;
  const bool is_mapped = parsed.is_v6() && parsed.to_v6().is_v4_mapped();
  return is_mapped ? ip::make_address_v4(ip::v4_mapped, parsed.to_v6()).is_loopback()
                   : parsed.is_loopback();
}

base::Source source_of(std::string_view address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  return error ? base::Source::none : base::source_of(parsed);
}

/// Of two ends, of which 0 is none.
constexpr std::uint32_t first_of(std::uint32_t a, std::uint32_t b) noexcept {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

/// What concerns also those who are not connected.
constexpr bool is_of_the_past(Act act) noexcept {
  return act == Act::read || act == Act::have_written;
}

/// Of no password: what a name that there is not is held against.
const std::string& hash_of_nobody() {
  static const std::string hash = [] {
    std::array<std::uint8_t, 16> random;
    base::fill_random(random);
    return credentials::hash_password(
        {reinterpret_cast<const char*>(random.data()), random.size()});
  }();
  return hash;
}

}  // namespace

bool Guard::refuse(Refusal why) {
  ++refusals_.at(static_cast<std::size_t>(why));
  return false;
}

bool Guard::let_in(const Peer& peer, std::string_view password, base::TimePoint now) {
  forget(peer.client);
  if (peer.user.empty() || !reading_.login()) return refuse(Refusal::login);
  Proof proof;
  RightPasswords::Digest digest{};
  if (!check(peer.user, password, peer, proof, digest, now)) return false;
  const auto holder = by_id_.find(std::string(peer.id));
  if (holder != by_id_.end() && connections_.at(holder->second).proof.device != proof.device)
    return refuse(Refusal::client_id);
  connect(peer, std::move(proof)).digest = digest;
  return true;
}

/// Fills `proof` and `digest`; false, and counted: it is not so, or not tried.
bool Guard::check(std::string_view user, std::string_view password, const Peer& peer, Proof& proof,
                  RightPasswords::Digest& digest, base::TimePoint now) {
  struct Candidate {
    std::string hash;
    std::optional<std::uint32_t> device;
    std::uint32_t no = 0;
    std::uint32_t not_after_s = 0;
  };
  std::vector<Candidate> candidates;
  if (user == reading_.login()->user) {
    candidates.push_back({reading_.login()->hash, std::nullopt});
  } else {
    // The newest first: it is the one that a device was given last.
    const auto& grants = reading_.find(user);
    for (auto at = grants.rbegin(); at != grants.rend(); ++at) {
      const auto& [no, grant] = *at;
      if (grant.kind == Kind::password && grant.is_good_at(seconds(now)) &&
          candidates.size() < kMostTried)
        candidates.push_back({grant.secret, grant.device, no, grant.not_after_s});
    }
  }
  const auto is_it = [&](const Candidate& candidate) {
    digest = right_.digest(user, password, candidate.hash);
    proof = {std::string(user), Kind::password, candidate.device,
             candidate.no,      candidate.hash, candidate.not_after_s};
  };
  for (const Candidate& candidate : candidates) {
    is_it(candidate);
    if (right_.has(digest)) return true;
  }
  const base::Source source = source_of(peer.address);
  const bool here = is_here(peer.address);
  if (!hash_time_.allows(source, here, now)) return refuse(Refusal::too_many);
  const auto begun = std::chrono::steady_clock::now();
  const Candidate* right = nullptr;
  if (candidates.empty()) credentials::is_password(password, hash_of_nobody());
  for (const Candidate& candidate : candidates) {
    if (right == nullptr && credentials::is_password(password, candidate.hash)) right = &candidate;
  }
  const auto took = std::chrono::steady_clock::now() - begun;
  hash_time_.spent(source, here, std::chrono::ceil<base::Duration>(took), now);
  if (right == nullptr) return refuse(Refusal::login);
  is_it(*right);
  right_.add(digest);
  return true;
}

Guard::Connection& Guard::connect(const Peer& peer, Proof proof) {
  const std::uint32_t due_s = proof.not_after_s;
  note_due(due_s);
  seen(proof.device, true);
  by_id_[std::string(peer.id)] = peer.client;
  return connections_[peer.client] = {std::string(peer.id), std::move(proof), {}, false, due_s};
}

std::string Guard::psk_key(const void* client, std::string_view identity, base::TimePoint now) {
  forget(client);
  std::string key(kPskOctets, '\0');
  base::fill_random({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
  const auto* const granted = good(identity, Kind::psk, seconds(now));
  if (granted == nullptr) {
    refuse(Refusal::login);
    return key;
  }
  if (handshakes_.size() >= kMostHandshakes) {
    handshakes_.erase(handshakes_by_order_.begin()->second);
    handshakes_by_order_.erase(handshakes_by_order_.begin());
  }
  handshakes_by_order_[++order_] = client;
  const Grant& grant = granted->grant;
  handshakes_[client] = {{std::string(identity), Kind::psk, grant.device, granted->no, grant.secret,
                          grant.not_after_s},
                         order_};
  return grant.secret;
}

const Reading::Granted* Guard::good(std::string_view name, Kind kind, std::uint32_t now_s) {
  for (const auto& granted : reading_.find(name)) {
    if (granted.grant.kind == kind && granted.grant.is_good_at(now_s)) return &granted;
  }
  return nullptr;
}

/// What is known of the connection; null: nothing, or it goes by another name now.
Guard::Connection* Guard::find(const Peer& peer) {
  const auto found = connections_.find(peer.client);
  return found != connections_.end() && found->second.proof.name == peer.user ? &found->second
                                                                              : nullptr;
}

bool Guard::asks_for_certificate(const Peer& peer) const {
  if (peer.user.empty()) return false;
  const auto has_name = [&](const auto& all) {
    const auto found = all.find(peer.client);
    return found != all.end() && found->second.proof.name == peer.user;
  };
  return !has_name(connections_) && !has_name(handshakes_);
}

bool Guard::may(const Peer& peer, Act act, std::string_view topic, base::TimePoint now) {
  const auto who = identify(peer, act, seconds(now));
  if (who && (who->is_gateway || is_its_own(who->ids, reading_.login()->prefix, act, topic)))
    return true;
  // What one may not read is told to nobody by everybody who subscribes to more than his own.
  return is_of_the_past(act) ? false : refuse(Refusal::topic);
}

std::optional<Guard::Who> Guard::identify(const Peer& peer, Act act, std::uint32_t now_s) {
  if (peer.user.empty() || !reading_.login()) return std::nullopt;
  if (const Connection* const connection = find(peer)) return holds(connection->proof, now_s);
  if (auto proof = shown(peer, now_s)) {
    forget(peer.client);
    Connection& connection = connect(peer, *std::move(proof));
    note_due(connection.due_s = now_s);  // it may have changed since it was shown
    return holds(connection.proof, now_s);
  }
  if (!peer.has_certificate) return is_of_the_past(act) ? remembered(peer, now_s) : std::nullopt;
  if (strangers_.size() < kMostStrangers) strangers_[peer.client] = peer.id;
  return std::nullopt;
}

/// What the client has come by where the broker tells of no CONNECT.
std::optional<Guard::Proof> Guard::shown(const Peer& peer, std::uint32_t now_s) {
  const auto found = handshakes_.find(peer.client);
  if (found != handshakes_.end() && found->second.proof.name == peer.user)
    return found->second.proof;
  const auto* const granted =
      peer.has_certificate ? good(peer.user, Kind::certificate, now_s) : nullptr;
  if (granted == nullptr) return std::nullopt;
  const Grant& grant = granted->grant;
  return Proof{std::string(peer.user), Kind::certificate,      grant.device, granted->no, {},
               grant.not_after_s,      peer.certificate_ends_s};
}

/// Of a session without a connection only the name is left: it is who it may be if that is one.
std::optional<Guard::Who> Guard::remembered(const Peer& peer, std::uint32_t now_s) {
  if (peer.user == reading_.login()->user) return Who{true, {}};
  const Grant* only = nullptr;
  for (const auto& granted : reading_.find(peer.user)) {
    if (!granted.grant.is_good_at(now_s)) continue;
    if (only != nullptr && only->device != granted.grant.device) return std::nullopt;
    only = &granted.grant;
  }
  return only == nullptr ? std::nullopt : std::optional(Who{false, only->ids});
}

/// Who has come by it, if it is still good.
std::optional<Guard::Who> Guard::holds(const Proof& proof, std::uint32_t now_s) {
  if (!reading_.login()) return std::nullopt;
  if (proof.shown_until_s != 0 && now_s >= proof.shown_until_s) return std::nullopt;
  if (!proof.device) {
    const bool is_it =
        proof.name == reading_.login()->user && proof.secret == reading_.login()->hash;
    return is_it ? std::optional(Who{true, {}}) : std::nullopt;
  }
  for (const auto& [no, grant] : reading_.find(proof.name)) {
    if (no == proof.no && grant.kind == proof.kind && grant.device == *proof.device &&
        grant.secret == proof.secret && grant.is_good_at(now_s))
      return Who{false, grant.ids, first_of(grant.not_after_s, proof.shown_until_s)};
  }
  return std::nullopt;
}

bool Guard::may_stay(const Peer& peer, base::TimePoint now) {
  const Connection* const connection = find(peer);
  return connection == nullptr || holds(connection->proof, seconds(now));
}

bool Guard::is_connected(const void* client) const {
  const auto found = connections_.find(client);
  return found != connections_.end() && !found->second.has_left;
}

/// Nobody has seen a connection that ends before its first word, but its Will is its own.
void Guard::left(const Peer& peer, base::TimePoint now) {
  auto proof = connections_.contains(peer.client) || peer.user.empty() ? std::nullopt
                                                                       : shown(peer, seconds(now));
  leave(peer.client);
  if (!proof) return;
  connections_[peer.client] = {std::string(peer.id), *std::move(proof), {}, true};
  leaving_.push_back(peer.client);
}

void Guard::leave(const void* client) {
  strangers_.erase(client);
  if (const auto found = handshakes_.find(client); found != handshakes_.end()) {
    handshakes_by_order_.erase(found->second.order);
    handshakes_.erase(found);
  }
  const auto found = connections_.find(client);
  if (found == connections_.end() || found->second.has_left) return;
  found->second.has_left = true;
  leaving_.push_back(client);
  const auto holder = by_id_.find(found->second.id);
  if (holder != by_id_.end() && holder->second == client) by_id_.erase(holder);
  seen(found->second.proof.device, false);
}

/// Also of a connection whose end nobody told, and whose name another has now.
void Guard::forget(const void* client) {
  leave(client);
  connections_.erase(client);
}

std::vector<std::string> Guard::review(base::TimePoint now) {
  for (const void* const client : std::exchange(leaving_, {})) {
    const auto found = connections_.find(client);
    if (found != connections_.end() && found->second.has_left) connections_.erase(found);
  }
  std::vector<std::string> to_end;
  for (auto& [client, id] : strangers_) to_end.push_back(std::move(id));
  strangers_.clear();
  if (right_.grow_old(now)) {
    for (const auto& [client, connection] : connections_) {
      if (connection.proof.kind == Kind::password) right_.add(connection.digest);
    }
  }
  if (now < review_at_ && review_at_ - now <= kReviewTurn) return to_end;
  review_at_ = now + kReviewTurn;
  if (!is_reviewing_) begin_review(seconds(now));
  if (is_reviewing_) go_on_reviewing(seconds(now), to_end);
  return to_end;
}

/// If something has changed since the last one began, or what somebody has come by has ended.
void Guard::begin_review(std::uint32_t now_s) {
  const auto changes = reading_.take_changed();
  reviews_all_ = reading_.generation() != reviewing_generation_;
  const bool is_any_due = next_due_s_ != 0 && now_s >= next_due_s_;
  if (!reviews_all_ && changes.empty() && !is_any_due) return;
  is_reviewing_ = true;
  reviewed_ = nullptr;
  reviewed_changes_ = std::unordered_set<std::uint32_t>(changes.begin(), changes.end());
  reviewing_generation_ = reading_.generation();
  next_due_s_ = 0;
  review_step_ = std::max(kLeastReviewed, connections_.size() * kReviewTurn / kReview + 1);
}

/// Those that are not due are passed by, which costs next to nothing.
void Guard::go_on_reviewing(std::uint32_t now_s, std::vector<std::string>& to_end) {
  auto at = connections_.upper_bound(reviewed_);
  for (std::size_t i = 0; i < review_step_ && at != connections_.end(); ++i, ++at) {
    auto& [client, connection] = *at;
    reviewed_ = client;
    if (connection.has_left) continue;
    if (is_due(connection, now_s) && !look_at(connection, now_s)) {
      to_end.push_back(connection.id);
      refuse(Refusal::ended);
    }
    note_due(connection.due_s);
  }
  is_reviewing_ = at != connections_.end();
  if (!is_reviewing_) generation_ = reviewing_generation_;
}

bool Guard::is_due(const Connection& connection, std::uint32_t now_s) const {
  return reviews_all_ || (connection.due_s != 0 && now_s >= connection.due_s) ||
         (connection.proof.device && reviewed_changes_.contains(connection.proof.no));
}

/// Whether what it came by is still good; if not it is due each second until it has left.
bool Guard::look_at(Connection& connection, std::uint32_t now_s) {
  ++reviewed_count_;
  const auto who = holds(connection.proof, now_s);
  connection.due_s = who ? who->not_after_s : now_s + 1;
  return who.has_value();
}

void Guard::note_due(std::uint32_t at_s) {
  if (at_s != 0 && (next_due_s_ == 0 || at_s < next_due_s_)) next_due_s_ = at_s;
}

std::array<std::uint64_t, kRefusals> Guard::take_refusals() {
  return std::exchange(refusals_, {});
}

std::vector<Guard::Sighting> Guard::take_sightings() {
  return std::exchange(sightings_, {});
}

std::vector<std::uint32_t> Guard::present_after(std::optional<std::uint32_t> device,
                                                std::size_t most) const {
  std::vector<std::uint32_t> all;
  for (auto at = device ? present_.upper_bound(*device) : present_.begin();
       at != present_.end() && all.size() < most; ++at)
    all.push_back(at->first);
  return all;
}

void Guard::seen(std::optional<std::uint32_t> device, bool is_there) {
  if (!device) return;
  std::size_t& count = present_[*device];
  count = is_there ? count + 1 : count - 1;
  if (count == (is_there ? 1U : 0U)) sightings_.push_back({*device, is_there});
  if (count == 0) present_.erase(*device);
}

}  // namespace msggw::mqtt::access
