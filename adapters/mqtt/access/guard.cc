// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/guard.h"

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <ranges>

#include "gateway/base/secrets.h"
#include "gateway/credentials/password.h"

namespace msggw::mqtt::access {

namespace {

using credentials::Kind;

constexpr std::size_t kPskOctets = 32;
/// A device may have several passwords, each of which costs a hash to be tried.
constexpr std::size_t kMostTried = 4;
constexpr std::size_t kMostStrangers = 4'096;

std::uint32_t seconds(base::TimePoint now) {
  return static_cast<std::uint32_t>(
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
}

base::Source source_of(std::string_view address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  return error ? base::Source::none : base::source_of(parsed);
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
  };
  std::vector<Candidate> candidates;
  if (user == reading_.login()->user) {
    candidates.push_back({reading_.login()->hash, std::nullopt, 0});
  } else {
    // The newest first: it is the one that a device was given last.
    for (const auto& [no, grant] : std::views::reverse(reading_.find(user))) {
      if (grant.kind == Kind::password && grant.is_good_at(seconds(now)) &&
          candidates.size() < kMostTried)
        candidates.push_back({grant.secret, grant.device, no});
    }
  }
  const auto is_it = [&](const Candidate& candidate) {
    digest = right_.digest(user, password, candidate.hash);
    proof = {std::string(user), Kind::password, candidate.device, candidate.no};
  };
  for (const Candidate& candidate : candidates) {
    is_it(candidate);
    if (right_.has(digest)) return true;
  }
  if (!budget_.allows(source_of(peer.address), now)) return refuse(Refusal::too_many);
  const auto begun = std::chrono::steady_clock::now();
  const Candidate* right = nullptr;
  if (candidates.empty()) credentials::is_password(password, hash_of_nobody());
  for (const Candidate& candidate : candidates) {
    if (right == nullptr && credentials::is_password(password, candidate.hash)) right = &candidate;
  }
  budget_.spent(std::chrono::ceil<base::Duration>(std::chrono::steady_clock::now() - begun), now);
  if (right == nullptr) return refuse(Refusal::login);
  is_it(*right);
  right_.add(digest);
  return true;
}

Guard::Connection& Guard::connect(const Peer& peer, Proof proof) {
  seen(proof.device, true);
  by_id_[std::string(peer.id)] = peer.client;
  return connections_[peer.client] = {std::string(peer.id), std::move(proof)};
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
  handshakes_[client] = {{std::string(identity), Kind::psk, granted->grant.device, granted->no},
                         order_};
  return granted->grant.secret;
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
  return act == Act::read ? false : refuse(Refusal::topic);
}

std::optional<Guard::Who> Guard::identify(const Peer& peer, Act act, std::uint32_t now_s) {
  if (peer.user.empty() || !reading_.login()) return std::nullopt;
  if (const Connection* const connection = find(peer)) return holds(connection->proof, now_s);
  if (const auto found = handshakes_.find(peer.client);
      found != handshakes_.end() && found->second.proof.name == peer.user) {
    Proof proof = std::move(found->second.proof);
    forget(peer.client);
    return holds(connect(peer, std::move(proof)).proof, now_s);
  }
  if (!peer.has_certificate) return act == Act::read ? remembered(peer, now_s) : std::nullopt;
  const auto* const granted = good(peer.user, Kind::certificate, now_s);
  if (granted == nullptr) {
    if (strangers_.size() < kMostStrangers) strangers_[peer.client] = peer.id;
    return std::nullopt;
  }
  forget(peer.client);
  return holds(
      connect(peer, {std::string(peer.user), Kind::certificate, granted->grant.device, granted->no})
          .proof,
      now_s);
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
  if (!proof.device)
    return proof.name == reading_.login()->user ? std::optional(Who{true, {}}) : std::nullopt;
  for (const auto& [no, grant] : reading_.find(proof.name)) {
    if (no == proof.no && grant.kind == proof.kind && grant.device == *proof.device &&
        grant.is_good_at(now_s))
      return Who{false, grant.ids};
  }
  return std::nullopt;
}

void Guard::left(const void* client) {
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
  left(client);
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
  constexpr base::Duration kTurn{100};  // of the broker, when nothing happens
  if (now < review_at_ && review_at_ - now <= kTurn) return to_end;
  review_at_ = now + kTurn;
  review_step_ = connections_.size() * kTurn / kReview + 1;
  auto at = connections_.upper_bound(reviewed_);
  for (std::size_t i = 0; i < review_step_ && !connections_.empty(); ++i, ++at) {
    if (at == connections_.end()) at = connections_.begin();
    reviewed_ = at->first;
    if (at->second.has_left || holds(at->second.proof, seconds(now))) continue;
    to_end.push_back(at->second.id);
    refuse(Refusal::ended);
  }
  return to_end;
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
