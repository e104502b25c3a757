// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/base/handle.h"
#define CURL_STRICTER
#include <curl/curl.h>
#include <sys/epoll.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace msggw::http {

/// Libcurl's multi handle on somebody else's loop. Its sockets sit in an epoll of their own,
/// watched as one descriptor of the loop: a registration stays in place while libcurl keeps the
/// connection, which saves system calls with every request. Loop thread only.
class CurlLoop : public std::enable_shared_from_this<CurlLoop> {
 public:
  struct Events {
    std::function<void(CURL*, CURLcode)> done;  ///< a transfer ended; the handle is no longer in
    std::function<void()> turn_ended;           ///< after all `done` of a turn
  };

  /// `max_connections` to one host, `max_streams` on one HTTP/2 connection. Throws
  /// std::runtime_error if the process has no descriptor left.
  CurlLoop(boost::asio::io_context& io, std::size_t max_connections, std::size_t max_streams,
           Events events);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  void start() { wait(); }
  /// Ends all connections. No event comes after it. The easy handles that are in must be given for
  /// removal.
  void close(const std::vector<CURL*>& easies) noexcept;

  void add(CURL* easy);
  /// Calls turn_ended in a later handler, also when nothing happens.
  void wake() { kick_later(); }

  /// Sets what a handle needs before it is added: its sockets are opened and closed here.
  void adopt(CURL* easy);

 private:
  using Clock = std::chrono::steady_clock;
  using Executor = boost::asio::io_context::executor_type;
  using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;

  struct Socket {
    std::uint32_t registered = 0;  // events in the epoll
    bool wanted = false;           // libcurl waits for it now
    bool ours = false;             // from open_socket(), so that its end is known
  };
  struct Global {  // counted by libcurl
    Global();
    ~Global();
  };
  struct Callbacks;  // the trampolines

  curl_socket_t open_socket(const curl_sockaddr& address);
  int close_socket(curl_socket_t fd);
  void watch(curl_socket_t fd, int what);
  void set_timer(long ms);
  void arm_timer();
  void wait();
  void on_ready();
  void dispatch(const epoll_event& event);
  void kick_later();
  void drive(curl_socket_t fd, int events);
  void collect();
  Socket& socket(curl_socket_t fd);

  Global global_;
  Events events_;
  base::Handle<CURLM, curl_multi_cleanup> multi_;
  Descriptor epoll_;
  Timer timer_;
  std::vector<Socket> sockets_;  // by descriptor
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point armed_ = Clock::time_point::max();
  bool kick_posted_ = false;
  bool closed_ = false;
};

}  // namespace msggw::http
