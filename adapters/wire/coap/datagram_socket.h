// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/coap/message.h"
#include "gateway/base/handle.h"

namespace msggw::coap {

/// A UDP socket, bound or connected, that is read and written in batches (recvmmsg, sendmmsg): what
/// is sent in one handler of the loop goes out together at its end. Datagrams of any length are
/// read. Loop thread only.
class DatagramSocket {
 public:
  /// The datagrams of one batch.
  static constexpr std::size_t kBatch = 64;

  /// None may end the socket.
  struct Events {
    /// Octets: valid during the call.
    std::function<void(const Peer&, std::string_view octets)> received;
    /// The system did not take this datagram, for want of room mostly; it is lost as one on the way
    /// is.
    std::function<void()> unsent;
    /// An errno. Of a connected socket: ECONNREFUSED, nobody listens there.
    std::function<void(int error)> failed;
  };

  DatagramSocket(boost::asio::io_context& io, base::UniqueFd socket, Events events);
  ~DatagramSocket();
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;

  std::uint16_t port() const noexcept;
  int native() noexcept { return socket_.native_handle(); }
  /// A connected socket sends to whom it is connected to.
  void send(const Peer& to, std::string_view octets);

 private:
  struct Batch;
  struct Waiting {
    Peer to;
    std::size_t begin;
    std::size_t size;
  };

  bool reaches(const Peer& peer) const noexcept;
  void wait();
  void read();
  void flush();
  std::size_t send_batch(std::size_t first);

  boost::asio::io_context& io_;
  Events events_;
  boost::asio::posix::stream_descriptor socket_;
  bool connected_ = false;
  int family_ = 0;
  std::unique_ptr<Batch> batch_;
  std::string octets_;  // of all that waits
  std::vector<Waiting> waiting_;
  bool flush_posted_ = false;
  bool reading_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for handlers under way
};

}  // namespace msggw::coap
