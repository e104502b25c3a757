// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "adapters/wire/coap/client_link.h"
#include "adapters/wire/coap/library.h"
#include "adapters/wire/coap/socket.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"

namespace msggw::coap {

/// The UDP and DTLS links of a client, by one context of libcoap. Loop thread only. Must be held by
/// a shared pointer, and outlive its links.
class LibraryClient final : public std::enable_shared_from_this<LibraryClient>,
                            private LibraryUser {
 public:
  struct Limits {
    std::size_t max_in_flight;  ///< NSTART of each link
    base::Duration ack_timeout;
    unsigned max_retransmit;
  };

  LibraryClient(boost::asio::io_context& io, const Limits& limits, LinkSecurity security);
  ~LibraryClient();
  LibraryClient(const LibraryClient&) = delete;
  LibraryClient& operator=(const LibraryClient&) = delete;

  /// A new socket. Null: there is none to be had, or libcoap refuses.
  std::unique_ptr<ClientLink> open(const SocketAddress& to, bool dtls, const base::Host& host,
                                   LinkEvents events);

 private:
  class Link;
  struct Trampolines;

  coap_session_t* open_session(const coap_address_t& to, bool dtls, const base::Host& host);
  void wait();
  void read();
  void leave_later();
  /// Tells what was heard from libcoap. Not from inside it: whoever hears it may drop links.
  void tell();
  void logged(int level, std::string_view message) override;

  boost::asio::io_context& io_;
  Limits limits_;
  LinkSecurity security_;
  base::Clock clock_;
  base::log::Limit log_limit_;
  std::unique_ptr<coap_context_t, FreeContext> context_;
  boost::asio::posix::stream_descriptor watched_;
  std::array<epoll_event, 64> batch_{};
  std::deque<std::function<void()>> heard_;
  bool waiting_ = false;
  bool telling_later_ = false;
};

}  // namespace msggw::coap
