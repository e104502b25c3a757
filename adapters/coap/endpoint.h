#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "adapters/coap/message.h"
#include "adapters/coap/options.h"
#include "gateway/base/clock.h"
#include "gateway/base/handle.h"
#include "gateway/base/log.h"

struct coap_context_t;
struct coap_pdu_t;

namespace msggw::coap {

/// Keeps libcoap's record of a peer alive, so that an answer can still be sent to it in a later
/// turn. Must end before the Endpoint does. Null for requests that came from no endpoint (tests).
class SessionRef {
 public:
  SessionRef() = default;
  explicit SessionRef(coap_session_t* session) noexcept;
  SessionRef(SessionRef&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  SessionRef& operator=(SessionRef&& other) noexcept {
    std::swap(session_, other.session_);
    return *this;
  }
  ~SessionRef();

  coap_session_t* get() const noexcept { return session_; }

 private:
  coap_session_t* session_ = nullptr;
};

enum class MessageType { confirmable, non_confirmable, acknowledgement };

/// What to do about a request once the handler has seen it.
enum class Handling {
  answer,       ///< send the response: piggybacked on the ACK, or NON for a NON
  acknowledge,  ///< send an empty ACK
  keep_silent   ///< send nothing now; whoever kept a SessionRef will
};

/// What libcoap tells of its own doings.
struct EndpointEvents {
  std::function<Handling(const Request&, Response&)> request;
  std::function<void()> malformed;  ///< a datagram that is not CoAP; libcoap resets or drops it
  std::function<void(int change)> sessions;  ///< +1, -1
};

/// A CoAP server socket on somebody else's loop: the only place that includes libcoap. Datagrams
/// come in as Request values and leave as Response values. Well-formedness, unknown critical
/// options (4.02), /.well-known/core, pings and the retransmission of confirmable messages are
/// libcoap's; duplicates, block-wise transfer and delayed answers are not. Loop thread only.
class Endpoint {
 public:
  /// Binds. Throws std::runtime_error with address, port, reason and the way out.
  Endpoint(boost::asio::io_context& io, const Options& options, const base::Clock& clock,
           EndpointEvents events);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  std::uint16_t port() const noexcept { return port_; }

  /// Sends an answer to a request that was kept. An acknowledgement needs the MID of the request;
  /// the other types get a new one. With Code::empty and type acknowledgement it is an empty ACK.
  void send(const SessionRef& to, MessageType type, std::uint16_t mid, const Token& token,
            const Response& response);

  /// At the end of a turn: lets libcoap set its timers for what was sent from outside its own
  /// calls.
  void flush();

 private:
  struct Trampolines;
  struct FreeContext {
    void operator()(coap_context_t* context) const noexcept;
  };

  void add_resources();
  void adopt_socket(const Options& options);
  void wait();
  void read();
  void received(coap_session_t* session, const coap_pdu_t& request, coap_pdu_t& response);
  void logged(int level, std::string_view message);

  /// The datagrams read in one handler of the loop; also the most that libcoap's scan of all its
  /// sessions is shared by.
  static constexpr std::size_t kBatch = 64;

  EndpointEvents events_;
  const base::Clock& clock_;
  base::log::Limit log_limit_;
  std::unique_ptr<coap_context_t, FreeContext> context_;
  boost::asio::posix::stream_descriptor watched_;
  std::array<epoll_event, kBatch> batch_{};
  std::uint16_t port_ = 0;
  bool timers_stale_ = false;
};

}  // namespace msggw::coap
