// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coap3/coap.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace msggw::bench {

/// A server of libcoap alone that is read in batches, as fast as libcoap gets: each datagram costs
/// it a look at every session, unless it is given the event of its socket many times at once.
class LibcoapLoop {
 public:
  static constexpr std::size_t kBatch = 64;

  /// Serves POST `path` on a UDP port of every address; ends the process if it cannot.
  LibcoapLoop(std::uint16_t port, const char* path, coap_method_handler_t handler) {
    coap_startup();
    coap_set_log_handler(on_log);
    context_ = coap_new_context(nullptr);
    coap_address_t address;
    coap_address_init(&address);
    address.addr.sin.sin_family = AF_INET;
    address.addr.sin.sin_addr.s_addr = htonl(INADDR_ANY);
    address.addr.sin.sin_port = htons(port);
    address.size = sizeof address.addr.sin;
    if (context_ == nullptr || coap_new_endpoint(context_, &address, COAP_PROTO_UDP) == nullptr) {
      std::fprintf(stderr, "cannot serve udp port %u\n", port);
      std::exit(1);
    }
    coap_context_set_max_idle_sessions(context_, kIdleSessions);
    enlarge_receive_buffers();
    coap_str_const_t name{std::strlen(path), reinterpret_cast<const std::uint8_t*>(path)};
    coap_resource_t* resource = coap_resource_init(&name, 0);
    coap_register_request_handler(resource, COAP_REQUEST_POST, handler);
    coap_add_resource(context_, resource);
  }
  LibcoapLoop(const LibcoapLoop&) = delete;
  LibcoapLoop& operator=(const LibcoapLoop&) = delete;
  ~LibcoapLoop() { coap_free_context(context_); }

  coap_context_t* context() { return context_; }

  /// Waits for datagrams, a second at most, and takes up to a batch of them.
  void read_batch() {
    const int fd = coap_context_get_coap_fd(context_);
    const int ready = ::epoll_wait(fd, batch_.data(), kBatch, 1000);
    if (ready <= 0) return;
    const auto end = batch_.begin() + ready;
    const auto socket = std::find_if(
        batch_.begin(), end, [](const epoll_event& event) { return event.data.ptr != nullptr; });
    std::size_t size = static_cast<std::size_t>(ready);
    if (socket != end) {
      std::fill(end, batch_.end(), epoll_event(*socket));
      size = kBatch;
    }
    coap_io_do_epoll(context_, batch_.data(), size);
  }

 private:
  static constexpr unsigned kIdleSessions = 500;
  static constexpr int kReceiveBuffer = 4 << 20;

  /// A read that found nothing ends the batch.
  static void on_log(coap_log_t, const char* message) {
    if (std::strstr(message, "read failed") == nullptr) return;
    for (epoll_event& event : batch_) event.events = 0;
  }

  static void enlarge_receive_buffers() {
    for (int fd = 3; fd < 64; ++fd) {
      if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) != 0)
        ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
    }
  }

  static inline std::array<epoll_event, kBatch> batch_;
  coap_context_t* context_ = nullptr;
};

}  // namespace msggw::bench
