// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/tls_sources.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "tests/sim/fleet/coap_wire.h"
#include "tests/sim/fleet/frames.h"

namespace msggw::fleet {
namespace {

constexpr std::uint32_t kFirstSource = 0x7f000001;  // 127.0.0.1
constexpr std::size_t kReadOctets = 16'384;
constexpr int kEventsEach = 256;
constexpr std::uint8_t kPing = coap::code(7, 2);
constexpr std::uint8_t kRelease = coap::code(7, 4);
constexpr std::uint8_t kAbort = coap::code(7, 5);

tls::Context context_of_stream(const Security& security, const std::string& private_id) {
  auto made = tls::make({.side = tls::Side::client,
                         .ca = security.ca,
                         .certificate = file_of(security.certificate, private_id),
                         .key = file_of(security.key, private_id),
                         .protocols = "\x04"
                                      "coap"});
  if (!made) throw std::runtime_error(made.error().detail);
  return *made;
}

}  // namespace

TlsSources::TlsSources(const HostPort& server, std::size_t peers, const Security& security,
                       const Ids& ids)
    : host_(server.host),
      security_(security),
      ids_(ids),
      keys_(security, ids),
      context_(context_of_stream(security, ids.text(0))),
      links_(peers),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error =
      getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &list);
  if (error != 0) throw std::runtime_error(server.host + ": " + gai_strerror(error));
  const base::Handle<addrinfo, freeaddrinfo> owner(list);
  std::memcpy(&server_, list->ai_addr, list->ai_addrlen);
  server_octets_ = list->ai_addrlen;
}

TlsSources::~TlsSources() = default;

bool TlsSources::reachable(std::span<const std::uint8_t>) const {
  const base::UniqueFd fd(socket(server_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return fd && connect(fd.get(), reinterpret_cast<const sockaddr*>(&server_), server_octets_) == 0;
}

std::string TlsSources::address_of(std::uint32_t) const {
  return "127.0.0.1:0";  // nobody is sent anything unasked over a connection of his own
}

std::span<std::uint8_t> TlsSources::prepare(std::uint32_t peer) {
  room_of_ = peer;
  return room_;
}

void TlsSources::commit(std::size_t octets) {
  Link& link = links_[room_of_];
  if (link.is_asleep) return;
  if (!link.fd) open(room_of_);
  coap::append_frame(std::span(room_).first(octets), link.out);
  if (link.is_open) write(room_of_);
}

/// Towards 127.0.0.0/8 each from an address of its own, as other sources.
void TlsSources::open(std::uint32_t peer) {
  Link& link = links_[peer];
  if (security_.psk && link.psk.identity.empty()) {
    const Keys::Key key = keys_.of(peer);
    link.psk = {key.identity, key.octets};
  }
  link.fd.reset(socket(server_.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!link.fd) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
  const int yes = 1;
  setsockopt(link.fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&server_);
  if (server_.ss_family == AF_INET && ntohl(v4->sin_addr.s_addr) >> 24 == 127) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(kFirstSource + peer);
    bind(link.fd.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own);
  }
  link.out = coap::capabilities();
  const int result =
      connect(link.fd.get(), reinterpret_cast<const sockaddr*>(&server_), server_octets_);
  if (result != 0 && errno != EINPROGRESS) return fail(peer);
  watch(peer, EPOLLOUT);
}

void TlsSources::close(std::uint32_t peer) {
  Link& link = links_[peer];
  link.session.reset();
  link.fd.reset();
  link.is_open = false;
  link.watched = 0;
  link.in.clear();
  link.out.clear();
}

void TlsSources::fail(std::uint32_t peer) {
  ++sessions_.failed;
  close(peer);
}

void TlsSources::watch(std::uint32_t peer, std::uint32_t events) {
  Link& link = links_[peer];
  if (link.watched == events) return;
  epoll_event event{};
  event.events = events;
  event.data.u32 = peer;
  epoll_ctl(epoll_.get(), link.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, link.fd.get(), &event);
  link.watched = events;
}

void TlsSources::step(std::uint32_t peer) {
  Link& link = links_[peer];
  if (!link.session) {
    int error = 0;
    socklen_t octets = sizeof error;
    getsockopt(link.fd.get(), SOL_SOCKET, SO_ERROR, &error, &octets);
    if (error != 0) return fail(peer);
    const tls::Context own =
        security_.psk ? context_ : context_of_stream(security_, ids_.text(peer));
    link.session = std::make_unique<tls::ClientSession>(own, host_, link.fd.get(),
                                                        security_.psk ? &link.psk : nullptr);
  }
  if (!link.is_open) shake_hands(peer);
  if (link.is_open) read(peer);
  if (link.is_open && !link.out.empty()) write(peer);
}

void TlsSources::shake_hands(std::uint32_t peer) {
  Link& link = links_[peer];
  const auto outcome = link.session->shake_hands();
  if (!outcome) return fail(peer);
  if (outcome->octets == 0)
    return watch(peer,
                 outcome->waits == tls::ClientSession::Waits::for_reading ? EPOLLIN : EPOLLOUT);
  link.is_open = true;
  ++sessions_.established;
  watch(peer, EPOLLIN);
}

void TlsSources::read(std::uint32_t peer) {
  Link& link = links_[peer];
  std::array<char, kReadOctets> room;
  while (true) {
    const auto outcome = link.session->read(room);
    if (!outcome) return close(peer);
    if (outcome->octets == 0) break;
    link.in.append(room.data(), outcome->octets);
  }
  take_frames(peer);
}

void TlsSources::take_frames(std::uint32_t peer) {
  Link& link = links_[peer];
  std::size_t taken = 0;
  while (auto frame = coap::take_frame(std::string_view(link.in).substr(taken))) {
    taken += frame->octets;
    if (frame->code == kPing) link.out += coap::pong(*frame);
    if (frame->code == kRelease || frame->code == kAbort) return close(peer);
    if (frame->is_signal) continue;
    const std::string& kept = texts_.emplace_back(std::move(frame->message));
    received_.push_back({{reinterpret_cast<const std::uint8_t*>(kept.data()), kept.size()}, peer});
  }
  link.in.erase(0, taken);
}

void TlsSources::write(std::uint32_t peer) {
  Link& link = links_[peer];
  while (!link.out.empty()) {
    const auto outcome = link.session->write(link.out);
    if (!outcome) return close(peer);
    if (outcome->octets == 0) return watch(peer, EPOLLIN | EPOLLOUT);
    link.out.erase(0, outcome->octets);
  }
  watch(peer, EPOLLIN);
}

std::span<const Sources::Received> TlsSources::receive(std::size_t) {
  texts_.clear();
  received_.clear();
  std::array<epoll_event, kEventsEach> events;
  const int n = epoll_wait(epoll_.get(), events.data(), kEventsEach, 0);
  for (int i = 0; i < n; ++i) {
    const std::uint32_t peer = events[static_cast<std::size_t>(i)].data.u32;
    if (links_[peer].fd) step(peer);
  }
  return received_;
}

void TlsSources::sleep(std::uint32_t peer, bool asleep) {
  close(peer);
  links_[peer].is_asleep = asleep;
}

}  // namespace msggw::fleet
