// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/dtls_sources.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace msggw::fleet {
namespace {

using State = tls::DatagramSession::State;

constexpr std::size_t kMostWaiting = 8;
/// A device that has sent so much for so long, and heard nothing, begins anew.
constexpr unsigned kUnanswered = 3;
constexpr std::chrono::seconds kSilence{4};
constexpr std::chrono::seconds kHandshake{30};

std::string_view view_of(std::span<const std::uint8_t> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

tls::Context context_of_datagrams(const Security& security, const std::string& private_id) {
  auto made = tls::make({.side = tls::Side::client,
                         .datagram = true,
                         .ca = security.ca,
                         .certificate = file_of(security.certificate, private_id),
                         .key = file_of(security.key, private_id)});
  if (!made) throw std::runtime_error(made.error().detail);
  return *made;
}

}  // namespace

DtlsSources::DtlsSources(const HostPort& server, std::size_t peers, const Security& security,
                         const Ids& ids)
    : udp_(server.host, server.port, peers),
      host_(server.host),
      security_(security),
      ids_(ids),
      keys_(security, ids),
      context_(context_of_datagrams(security, ids.text(0))),
      links_(peers),
      random_(std::random_device{}()) {}

/// The sessions say good-bye by the sockets.
DtlsSources::~DtlsSources() {
  links_.clear();
  udp_.flush();
}

std::span<std::uint8_t> DtlsSources::prepare(std::uint32_t peer) {
  room_of_ = peer;
  return room_;
}

void DtlsSources::commit(std::size_t octets) {
  const std::uint32_t peer = room_of_;
  Link& link = links_[peer];
  if (link.is_asleep) return;
  const std::string_view message = view_of(std::span(room_).first(octets));
  if (link.session && link.session->state() == State::established &&
      link.unanswered >= kUnanswered && Clock::now() - link.since >= kSilence)
    forget(peer);
  if (!link.session) begin(peer);
  if (link.session && link.session->state() == State::established) return say(link, message);
  if (link.waiting.size() == kMostWaiting) link.waiting.pop_front();
  link.waiting.emplace_back(message);
}

void DtlsSources::begin(std::uint32_t peer) {
  Link& link = links_[peer];
  if (security_.psk && link.psk.identity.empty()) {
    const Keys::Key key = keys_.of(peer);
    link.psk = {key.identity, key.octets};
  }
  const tls::Context own =
      security_.psk ? context_ : context_of_datagrams(security_, ids_.text(peer));
  link.session = std::make_unique<tls::DatagramSession>(
      tls::connect_with(own, host_), tls::Side::client,
      [this, peer](std::string_view datagram) { transmit(peer, datagram); });
  if (security_.psk) tls::use_psk_as_client(link.session->connection(), link.psk);
  link.since = Clock::now();
  link.unanswered = 0;
  handshakes_.push_back(peer);
  link.session->begin();
}

void DtlsSources::forget(std::uint32_t peer) {
  Link& link = links_[peer];
  if (link.session) link.session->abandon();
  link.session.reset();
  link.waiting.clear();
}

void DtlsSources::say(Link& link, std::string_view message) {
  if (link.unanswered++ == 0) link.since = Clock::now();
  link.session->send(message);
}

void DtlsSources::transmit(std::uint32_t peer, std::string_view datagram) {
  if (is_lost() || datagram.size() > kDatagramOctets) return;
  std::copy(datagram.begin(), datagram.end(), udp_.prepare(peer).begin());
  udp_.commit(datagram.size());
}

void DtlsSources::judge(std::uint32_t peer, bool was_established) {
  Link& link = links_[peer];
  if (link.session->state() == State::established && !was_established) {
    ++sessions_.established;
    for (const std::string& message : std::exchange(link.waiting, {})) say(link, message);
  } else if (link.session->state() == State::ended) {
    if (!was_established) ++sessions_.failed;
    forget(peer);
  }
}

std::span<const Sources::Received> DtlsSources::receive(std::size_t socket) {
  texts_.clear();
  received_.clear();
  for (const Received& datagram : udp_.receive(socket)) {
    if (datagram.peer >= links_.size() || is_lost()) continue;
    Link& link = links_[datagram.peer];
    if (!link.session || link.is_asleep) continue;
    const bool was_established = link.session->state() == State::established;
    link.session->received(view_of(datagram.octets), [&](std::string_view message) {
      link.unanswered = 0;
      const std::string& kept = texts_.emplace_back(message);
      received_.push_back(
          {{reinterpret_cast<const std::uint8_t*>(kept.data()), kept.size()}, datagram.peer});
    });
    judge(datagram.peer, was_established);
  }
  return received_;
}

void DtlsSources::tick() {
  const auto now = Clock::now();
  std::erase_if(handshakes_, [&](std::uint32_t peer) {
    const auto& session = links_[peer].session;
    if (!session || session->state() != State::handshake) return true;
    if (session->repeat() == State::handshake && now - links_[peer].since < kHandshake)
      return false;
    ++sessions_.failed;
    forget(peer);
    return true;
  });
}

void DtlsSources::roam(std::uint32_t peer) {
  forget(peer);
  udp_.roam(peer);
}

void DtlsSources::sleep(std::uint32_t peer, bool asleep) {
  forget(peer);
  links_[peer].is_asleep = asleep;
}

}  // namespace msggw::fleet
