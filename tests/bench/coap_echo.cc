// SPDX-License-Identifier: Apache-2.0
// bench_coap_echo PORT: the yardstick for the CoAP adapter. libcoap alone, read in batches as the
// adapter does, answers every POST /rd with 2.01 and 150 fixed octets. On SIGINT or SIGTERM it
// prints requests and CPU time for each.
#include <coap3/coap.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t kBatch = 64;
constexpr unsigned kIdleSessions = 500;
constexpr int kReceiveBuffer = 4 << 20;

volatile std::sig_atomic_t stopped = 0;
std::uint64_t requests = 0;
std::array<epoll_event, kBatch> batch;

void stop(int) {
  stopped = 1;
}

void echo(coap_resource_t*, coap_session_t*, const coap_pdu_t*, const coap_string_t*,
          coap_pdu_t* response) {
  static const std::array<std::uint8_t, 150> body = [] {
    std::array<std::uint8_t, 150> octets;
    octets.fill('x');
    return octets;
  }();
  ++requests;
  coap_pdu_set_code(response, COAP_RESPONSE_CODE_CREATED);
  coap_add_data(response, body.size(), body.data());
}

/// A read that found nothing ends the batch, as in the adapter.
void on_log(coap_log_t, const char* message) {
  if (std::strstr(message, "read failed") == nullptr) return;
  for (epoll_event& event : batch) event.events = 0;
}

void enlarge_receive_buffers() {
  for (int fd = 3; fd < 64; ++fd) {
    if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) != 0)
      ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  }
}

coap_context_t* serve(std::uint16_t port) {
  coap_startup();
  coap_set_log_handler(on_log);
  coap_context_t* context = coap_new_context(nullptr);
  coap_address_t address;
  coap_address_init(&address);
  address.addr.sin.sin_family = AF_INET;
  address.addr.sin.sin_addr.s_addr = htonl(INADDR_ANY);
  address.addr.sin.sin_port = htons(port);
  address.size = sizeof address.addr.sin;
  if (context == nullptr || coap_new_endpoint(context, &address, COAP_PROTO_UDP) == nullptr) {
    std::fprintf(stderr, "cannot serve udp port %u\n", port);
    std::exit(1);
  }
  coap_context_set_max_idle_sessions(context, kIdleSessions);
  enlarge_receive_buffers();
  coap_str_const_t path{2, reinterpret_cast<const std::uint8_t*>("rd")};
  coap_resource_t* resource = coap_resource_init(&path, 0);
  coap_register_request_handler(resource, COAP_REQUEST_POST, echo);
  coap_add_resource(context, resource);
  return context;
}

void read_batch(coap_context_t* context) {
  const int fd = coap_context_get_coap_fd(context);
  const int ready = ::epoll_wait(fd, batch.data(), kBatch, 1000);
  if (ready <= 0) return;
  const auto end = batch.begin() + ready;
  const auto socket = std::find_if(
      batch.begin(), end, [](const epoll_event& event) { return event.data.ptr != nullptr; });
  std::size_t size = static_cast<std::size_t>(ready);
  if (socket != end) {
    std::fill(end, batch.end(), epoll_event(*socket));
    size = kBatch;
  }
  coap_io_do_epoll(context, batch.data(), size);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_coap_echo PORT\n");
    return 2;
  }
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  coap_context_t* context = serve(static_cast<std::uint16_t>(std::atoi(argv[1])));
  std::puts("ready");
  std::fflush(stdout);
  while (stopped == 0) read_batch(context);
  coap_free_context(context);

  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) { return time.tv_sec * 1e6 + double(time.tv_usec); };
  const double cpu = micros(usage.ru_utime) + micros(usage.ru_stime);
  std::printf("%llu requests, %.2f us CPU each\n", static_cast<unsigned long long>(requests),
              requests == 0 ? 0.0 : cpu / static_cast<double>(requests));
  return 0;
}
