// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/wire/coap/codec.h"
#include "adapters/wire/tls/contexts.h"
#include "adapters/wire/tls/handshake.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace msggw::coap {

/// One connection of CoAP over TCP or TLS (RFC 8323), of either side: framing, CSM, ping, abort;
/// requests and responses are its user's. Loop thread only. Keeps itself alive while anything is
/// under way; after close() its user hears nothing more.
class StreamConnection : public std::enable_shared_from_this<StreamConnection> {
 public:
  struct Limits {
    std::size_t message_octets;   ///< of a message taken in; announced to the peer
    std::size_t unsent_octets;    ///< kept for a peer that does not read; above, it is closed
    base::Duration ready_within;  ///< from begin() to the peer's CSM
    base::Duration idle;          ///< without a message either way; 0: for ever
  };
  /// Why a connection ended. `handshake` is set if it ended in or before the TLS handshake, or
  /// before the peer's first message.
  struct End {
    base::Error error;
    std::optional<tls::Problem> handshake;
  };
  struct Events {
    std::function<void()> ready;  ///< the peer's CSM is in: requests may be sent
    /// Anything but a signal or an empty message. Valid during the call.
    std::function<void(const WireMessage&)> message;
    /// The peer has answered the oldest ping() that was not answered; may be empty.
    std::function<void()> pong;
    /// The peer has said Release or closed its direction: nothing more comes, what it has asked is
    /// answered (RFC 8323 5.5). finish() is to be called, within Limits::ready_within. Without a
    /// function the connection ends.
    std::function<void()> leaving;
    std::function<void(const End&)> ended;  ///< once, and the last
  };

  StreamConnection(boost::asio::ip::tcp::socket socket, const Limits& limits, Events events);
  ~StreamConnection();
  StreamConnection(const StreamConnection&) = delete;
  StreamConnection& operator=(const StreamConnection&) = delete;

  /// The socket is connected. `tls` becomes this object's own; null: in the clear. `keep` lives as
  /// long as it does.
  void begin(ssl_st* tls, tls::Side side, std::shared_ptr<const void> keep);
  /// From inside an event too. Octets that were not sent are lost.
  void close();
  /// Ends when all is written.
  void finish();
  /// Says Release (RFC 8323 5.5): nothing more is taken in, and Events::leaving comes in the call.
  void release();
  /// Sends Abort with a diagnostic (RFC 8323 5.6), then ends with `code`.
  void abort(base::Errc code, std::string_view diagnostic);

  /// Whatever comes of it is told by an event in a later handler.
  void send(std::uint8_t code, std::string_view token, std::string_view options,
            std::string_view payload);

  /// Asks the peer to say when it has taken all that was sent before (RFC 8323 5.4).
  void ping();

  bool is_ready() const noexcept { return ready_; }
  /// What the peer takes in one message, as its CSM says.
  std::uint32_t peer_message_octets() const noexcept { return peer_message_octets_; }
  /// Null in the clear.
  ssl_st* tls() const noexcept;

 private:
  struct Tls;
  using Error = boost::system::error_code;

  template <class Call>
  void with_stream(Call&& call);
  void start_messages();
  void read();
  void received(std::size_t octets);
  void take(const WireMessage& message);
  void take_csm(const WireMessage& message);
  void take_pong();
  void write();
  void arm(base::Duration within);
  void timed_out();
  void leave(std::string why);
  void end(End why);
  void end_by(const Error& error);

  static constexpr std::size_t kReadOctets = 16 * 1024;

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Tls> tls_;
  Limits limits_;
  std::shared_ptr<const Events> events_;  // null: ended. Held by whoever is calling one
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point active_{};  // when the latest octets came or went
  std::string in_;
  std::size_t in_used_ = 0;
  std::string out_;
  std::string writing_;
  bool write_under_way_ = false;
  bool ready_ = false;
  std::optional<std::string> left_;     // nothing more is read
  bool stuck_ = false;                  // more was to be sent than is kept
  std::optional<base::Error> closing_;  // ends with this when all is written
  std::size_t pings_ = 0;               // not answered
  std::uint32_t peer_message_octets_ = signal::kBaseMessageSize;
};

}  // namespace msggw::coap
