// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/datagram_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "adapters/wire/coap/socket.h"

namespace msggw::coap {

namespace {

/// An answer waits no longer for others to go with: a batch of handshakes takes milliseconds, in
/// which the peers of the first could go on.
constexpr std::chrono::microseconds kMostWait{250};

/// More than any datagram has. The pages behind short ones are never touched.
constexpr std::size_t kDatagramOctets = 65'536;

/// Room for the address of ours that a datagram came to or goes from, of either family.
union Control {
  cmsghdr aligned;
  char octets[CMSG_SPACE(sizeof(in6_pktinfo))];
};

void read_local(msghdr& header, Peer& peer) {
  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(at), sizeof info);
      peer.local[10] = peer.local[11] = 0xFF;
      std::memcpy(peer.local.data() + 12, &info.ipi_spec_dst, 4);
    } else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(at), sizeof info);
      std::memcpy(peer.local.data(), &info.ipi6_addr, 16);
    }
  }
}

template <class Info>
void put_control(msghdr& header, Control& control, int level, int type, const Info& info) {
  header.msg_control = control.octets;
  header.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* const at = CMSG_FIRSTHDR(&header);
  at->cmsg_level = level;
  at->cmsg_type = type;
  at->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(at), &info, sizeof info);
}

void write_local(msghdr& header, Control& control, const Peer& peer, int family) {
  if (peer.local == decltype(peer.local){}) return;
  if (family == AF_INET) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, peer.local.data() + 12, 4);
    put_control(header, control, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, peer.local.data(), 16);
    info.ipi6_ifindex = peer.scope;
    put_control(header, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

}  // namespace

struct DatagramSocket::Batch {
  std::array<mmsghdr, kBatch> messages;
  std::array<iovec, kBatch> parts;
  std::array<SocketAddress, kBatch> addresses;
  std::array<Control, kBatch> controls;
  std::unique_ptr<char[]> octets = std::make_unique_for_overwrite<char[]>(kBatch * kDatagramOctets);

  /// An empty message for the place `at`.
  msghdr& clear(std::size_t at) {
    msghdr& header = messages[at].msg_hdr;
    header = {};
    header.msg_iov = &parts[at];
    header.msg_iovlen = 1;
    return header;
  }
};

DatagramSocket::DatagramSocket(boost::asio::io_context& io, base::UniqueFd socket, Events events)
    : io_(io),
      events_(std::move(events)),
      socket_(io, socket.release()),
      batch_(std::make_unique<Batch>()) {
  SocketAddress other;
  connected_ = ::getpeername(socket_.native_handle(), &other.generic, &other.size) == 0;
  SocketAddress own;
  ::getsockname(socket_.native_handle(), &own.generic, &own.size);
  family_ = own.family();
  wait();
}

DatagramSocket::~DatagramSocket() {
  alive_.reset();
  if (!waiting_.empty()) flush();
}

std::uint16_t DatagramSocket::port() const noexcept {
  return local_port(const_cast<DatagramSocket*>(this)->socket_.native_handle());
}

void DatagramSocket::wait() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
                       if (error || alive.expired()) return;
                       read();
                       wait();
                     });
}

/// One batch; more waits for the next handler, so that others have their turn.
void DatagramSocket::read() {
  for (std::size_t at = 0; at < kBatch; ++at) {
    msghdr& header = batch_->clear(at);
    header.msg_name = &batch_->addresses[at];
    header.msg_namelen = sizeof(sockaddr_in6);
    header.msg_control = batch_->controls[at].octets;
    header.msg_controllen = sizeof(Control);
    batch_->parts[at] = {batch_->octets.get() + at * kDatagramOctets, kDatagramOctets};
  }
  const int count =
      ::recvmmsg(socket_.native_handle(), batch_->messages.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) events_.failed(errno);
    return;
  }
  reading_ = true;
  // What is sent meanwhile uses the batch again: everything but the octets is taken out before.
  std::array<std::pair<Peer, std::size_t>, kBatch> datagrams;
  for (std::size_t at = 0; at < static_cast<std::size_t>(count); ++at) {
    datagrams[at] = {peer_of(batch_->addresses[at].generic), batch_->messages[at].msg_len};
    read_local(batch_->messages[at].msg_hdr, datagrams[at].first);
  }
  auto sent = std::chrono::steady_clock::now();
  for (std::size_t at = 0; at < static_cast<std::size_t>(count); ++at) {
    events_.received(datagrams[at].first,
                     {batch_->octets.get() + at * kDatagramOctets, datagrams[at].second});
    if (waiting_.empty() || std::chrono::steady_clock::now() - sent < kMostWait) continue;
    flush();
    sent = std::chrono::steady_clock::now();
  }
  reading_ = false;
  flush();
}

/// Of a listener that has moved from IPv6 to IPv4 there may be peers that are not to be reached.
bool DatagramSocket::reaches(const Peer& peer) const noexcept {
  return connected_ || family_ != AF_INET || is_v4(peer);
}

void DatagramSocket::send(const Peer& to, std::string_view octets) {
  if (!reaches(to)) return events_.unsent();
  waiting_.push_back({to, octets_.size(), octets.size()});
  octets_.append(octets);
  if (waiting_.size() >= kBatch) return flush();
  if (reading_ || std::exchange(flush_posted_, true)) return;
  boost::asio::post(io_, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    flush_posted_ = false;
    flush();
  });
}

void DatagramSocket::flush() {
  for (std::size_t sent = 0; sent < waiting_.size();) sent += send_batch(sent);
  waiting_.clear();
  octets_.clear();
}

/// Returns how many need no more: what the system did not take is lost.
std::size_t DatagramSocket::send_batch(std::size_t first) {
  const std::size_t count = std::min(waiting_.size() - first, kBatch);
  for (std::size_t at = 0; at < count; ++at) {
    const Waiting& one = waiting_[first + at];
    msghdr& header = batch_->clear(at);
    batch_->parts[at] = {octets_.data() + one.begin, one.size};
    if (connected_) continue;
    SocketAddress& address = batch_->addresses[at];
    address = socket_address(one.to, family_);
    header.msg_name = &address;
    header.msg_namelen = address.size;
    write_local(header, batch_->controls[at], one.to, family_);
  }
  const int sent = ::sendmmsg(socket_.native_handle(), batch_->messages.data(),
                              static_cast<unsigned>(count), MSG_DONTWAIT);
  if (sent > 0) return static_cast<std::size_t>(sent);
  if (errno == EINTR) return 0;
  events_.unsent();
  if (connected_ && errno != EAGAIN) events_.failed(errno);
  return 1;
}

}  // namespace msggw::coap
