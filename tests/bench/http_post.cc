// SPDX-License-Identifier: Apache-2.0
// Posts N requests of 300 octets with the product's HTTP client, IN_FLIGHT at a time, and prints
// what that cost. A URL with the scheme h2c:// means HTTP/2 by prior knowledge. bench_http_post URL
// N IN_FLIGHT
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "adapters/wire/http/client.h"

namespace {

using msggw::http::Client;
using msggw::http::ClientOptions;
using msggw::http::ClientRequest;

double cpu_microseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return 1e6 * static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

struct Run {
  Client& client;
  boost::asio::io_context& io;
  ClientRequest request;
  std::size_t to_start;
  std::size_t in_flight;
  std::size_t open = 0;
  std::size_t failed = 0;
  std::size_t over_http2 = 0;
  std::string first_failure{};

  void fill() {
    while (to_start > 0 && open < in_flight && client.room() > 0) {
      --to_start;
      ++open;
      client.start(request, [this](msggw::base::Result<msggw::http::ClientResponse> result) {
        --open;
        const bool good = result && result->status == 200 && result->body == request.body;
        if (!good && failed++ == 0) {
          first_failure =
              result ? "status " + std::to_string(result->status) : result.error().detail;
        }
        if (result && result->version == 20) ++over_http2;
        fill();
      });
    }
    if (open == 0) io.stop();
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: bench_http_post URL N IN_FLIGHT\n";
    return 2;
  }
  try {
    std::string url = argv[1];
    const std::size_t count = std::stoul(argv[2]);
    const std::size_t in_flight = std::stoul(argv[3]);
    boost::asio::io_context io(1);
    ClientOptions options;
    ClientRequest request;
    if (url.starts_with("h2c://")) {
      url = "http://" + url.substr(6);
      options.version = msggw::http::Version::http2;
    }
    request.url = msggw::base::parse_uri(url).value();
    options.max_connections = options.max_streams = in_flight;
    request.content_type = "application/json";
    request.body = "{\"filler\":\"" + std::string(287, 'x') + "\"}";
    Client client(io, options);
    Run run{client, io, request, count, in_flight};
    const double cpu = cpu_microseconds();
    const auto start = std::chrono::steady_clock::now();
    run.fill();
    io.run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const auto total = static_cast<double>(count);
    std::cout << "requests_per_second " << total / took.count() << "\ncpu_us_per_request "
              << (cpu_microseconds() - cpu) / total << "\nfailed " << run.failed << "\nover_http2 "
              << run.over_http2 << '\n';
    if (run.failed > 0) std::cout << "first_failure " << run.first_failure << '\n';
    return run.failed == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
