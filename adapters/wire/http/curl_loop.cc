// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/curl_loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "gateway/base/result.h"

namespace msggw::http {

namespace {

constexpr int kEventsAtOnce = 64;
constexpr int kRoundsAtOnce = 4;
constexpr long kSpareConnections = 8;  // kept for other hosts than the busy one

}  // namespace

struct CurlLoop::Callbacks {
  static int socket(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept {
    return static_cast<CurlLoop*>(self)->watch(fd, what), 0;
  }
  // NOLINTNEXTLINE(bugprone-exception-escape): one must end the process, not cross libcurl
  static int timer(CURLM*, long ms, void* self) noexcept {
    return static_cast<CurlLoop*>(self)->set_timer(ms), 0;
  }
  static curl_socket_t open(void* self, curlsocktype, curl_sockaddr* address) noexcept {
    return static_cast<CurlLoop*>(self)->open_socket(*address);
  }
  static int close(void* self, curl_socket_t fd) noexcept {
    return static_cast<CurlLoop*>(self)->close_socket(fd);
  }
};

CurlLoop::Global::Global() {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw std::runtime_error("libcurl cannot be initialised");
  }
}

CurlLoop::Global::~Global() {
  curl_global_cleanup();
}

CurlLoop::CurlLoop(boost::asio::io_context& io, std::size_t max_connections,
                   std::size_t max_streams, Events events)
    : events_(std::move(events)), multi_(curl_multi_init()), epoll_(io), timer_(io) {
  base::ensure(multi_ != nullptr, "libcurl gives no multi handle");
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::runtime_error(std::string("HTTP client: epoll: ") + std::strerror(errno));
  epoll_.assign(fd);
  CURLM* const multi = multi_.get();
  const auto connections = static_cast<long>(max_connections);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, Callbacks::socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, Callbacks::timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections + kSpareConnections);
  curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, static_cast<long>(max_streams));
}

CurlLoop::~CurlLoop() {
  close({});
}

void CurlLoop::close(const std::vector<CURL*>& easies) noexcept {
  if (std::exchange(closed_, true)) return;
  for (CURL* easy : easies) curl_multi_remove_handle(multi_.get(), easy);
  multi_.reset();
  boost::system::error_code ignored;
  epoll_.close(ignored);
  timer_.cancel(ignored);
}

void CurlLoop::adopt(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, Callbacks::open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, Callbacks::close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

void CurlLoop::add(CURL* easy) {
  base::ensure(curl_multi_add_handle(multi_.get(), easy) == CURLM_OK, "libcurl takes no handle");
  kick_later();
}

curl_socket_t CurlLoop::open_socket(const curl_sockaddr& address) {
  const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  socket(fd) = Socket{0, false, true};
  return fd;
}

int CurlLoop::close_socket(curl_socket_t fd) {
  socket(fd) = Socket{};  // closing takes it out of the epoll
  return ::close(fd);
}

CurlLoop::Socket& CurlLoop::socket(curl_socket_t fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= sockets_.size()) sockets_.resize(index + 1);
  return sockets_[index];
}

/// What libcurl waits for on `fd` now. For a socket of ours "nothing" is not passed on: it is most
/// often followed by the next request on the same connection.
void CurlLoop::watch(curl_socket_t fd, int what) {
  if (closed_) return;
  Socket& there = socket(fd);
  there.wanted = what != CURL_POLL_REMOVE;
  if (!there.wanted && there.ours && (there.registered & EPOLLOUT) == 0) return;
  epoll_event event{};
  event.data.fd = fd;
  if ((what & CURL_POLL_IN) != 0 && there.wanted) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0 && there.wanted) event.events |= EPOLLOUT;
  if (event.events == there.registered && there.ours) return;
  const int epoll = epoll_.native_handle();
  if (event.events == 0) {
    ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
  } else if (::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT) {
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
  there.registered = event.events;
}

void CurlLoop::set_timer(long ms) {
  if (ms == 0) return kick_later();
  deadline_ = ms < 0 ? Clock::time_point::max() : Clock::now() + std::chrono::milliseconds(ms);
  if (deadline_ < armed_) arm_timer();
}

/// The timer is only ever set to an earlier time; when it fires early it is set again. Deadlines
/// that move away with every request cost nothing so.
void CurlLoop::arm_timer() {
  armed_ = deadline_;
  boost::system::error_code ignored;
  timer_.expires_at(armed_, ignored);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
    if (ec || self->closed_) return;
    self->armed_ = Clock::time_point::max();
    if (Clock::now() < self->deadline_) {
      if (self->deadline_ != Clock::time_point::max()) self->arm_timer();
      return;
    }
    self->deadline_ = Clock::time_point::max();
    self->drive(CURL_SOCKET_TIMEOUT, 0);
    self->collect();
  });
}

void CurlLoop::kick_later() {
  if (std::exchange(kick_posted_, true)) return;
  boost::asio::post(timer_.get_executor(), [self = shared_from_this()] {
    self->kick_posted_ = false;
    if (self->closed_) return;
    self->drive(CURL_SOCKET_TIMEOUT, 0);
    self->collect();
  });
}

void CurlLoop::wait() {
  epoll_.async_wait(Descriptor::wait_read,
                    [self = shared_from_this()](boost::system::error_code ec) {
                      if (ec || self->closed_) return;
                      self->on_ready();
                      if (!self->closed_) self->wait();
                    });
}

void CurlLoop::on_ready() {
  epoll_event events[kEventsAtOnce];
  for (int round = 0; round < kRoundsAtOnce; ++round) {
    const int count = ::epoll_wait(epoll_.native_handle(), events, kEventsAtOnce, 0);
    for (int i = 0; i < count; ++i) dispatch(events[i]);
    collect();
    if (closed_ || count < kEventsAtOnce) return;
  }
}

void CurlLoop::dispatch(const epoll_event& event) {
  const int fd = event.data.fd;
  Socket& there = socket(fd);
  if (!there.wanted) {  // of an idle connection; libcurl looks at it before it uses it again
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, fd, nullptr);
    there.registered = 0;
    return;
  }
  int what = 0;
  if ((event.events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
  if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
  if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_IN | CURL_CSELECT_ERR;
  drive(fd, what);
}

void CurlLoop::drive(curl_socket_t fd, int events) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), fd, events, &running);
}

/// Every way into libcurl ends here: a fast server's answer may have been read inside the call that
/// sent the request, and no event would come for it.
void CurlLoop::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;  // the message is void after the removal
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_.get(), easy);
    events_.done(easy, code);
  }
  events_.turn_ended();
}

}  // namespace msggw::http
