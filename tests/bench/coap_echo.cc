// SPDX-License-Identifier: Apache-2.0
// bench_coap_echo PORT: the yardstick for the CoAP adapter. libcoap alone, read in batches as the
// adapter does, answers every POST /rd with 2.01 and 150 fixed octets. On SIGINT or SIGTERM it
// prints requests and CPU time for each.
#include <sys/resource.h>

#include <csignal>

#include "tests/bench/libcoap_loop.h"

namespace {

volatile std::sig_atomic_t stopped = 0;
std::uint64_t requests = 0;

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

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_coap_echo PORT\n");
    return 2;
  }
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  {
    msggw::bench::LibcoapLoop loop(static_cast<std::uint16_t>(std::atoi(argv[1])), "rd", echo);
    std::puts("ready");
    std::fflush(stdout);
    while (stopped == 0) loop.read_batch();
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) { return time.tv_sec * 1e6 + double(time.tv_usec); };
  const double cpu = micros(usage.ru_utime) + micros(usage.ru_stime);
  std::printf("%llu requests, %.2f us CPU each\n", static_cast<unsigned long long>(requests),
              requests == 0 ? 0.0 : cpu / static_cast<double>(requests));
  return 0;
}
