// SPDX-License-Identifier: Apache-2.0
// Posts N requests of 300 octets with the product's HTTP client, IN_FLIGHT at a time, and prints
// what that cost: once for each implementation that is named, in this order. "curl" is HTTP/1.1,
// for https HTTP/2 if ALPN offers it; "nghttp2" is HTTP/2. For https CA is whom to trust.
// bench_http_post [--ca CA] URL N IN_FLIGHT [curl|nghttp2]...
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

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

struct Plan {
  ClientOptions options;
  ClientRequest request;
  std::size_t count = 0;
  std::size_t in_flight = 0;
};

bool run(const Plan& plan, const std::string& implementation) {
  ClientOptions options = plan.options;
  if (implementation == "nghttp2") options.version = msggw::http::Version::http2;
  boost::asio::io_context io(1);
  Client client(io, options);
  Run run{client, io, plan.request, plan.count, plan.in_flight};
  const double cpu = cpu_microseconds();
  const auto start = std::chrono::steady_clock::now();
  run.fill();
  io.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const auto total = static_cast<double>(plan.count);
  std::cout << "implementation " << implementation << "\nrequests_per_second "
            << total / took.count() << "\ncpu_us_per_request " << (cpu_microseconds() - cpu) / total
            << "\nfailed " << run.failed << "\nover_http2 " << run.over_http2 << std::endl;
  if (run.failed > 0) std::cout << "first_failure " << run.first_failure << '\n';
  return run.failed == 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  try {
    Plan plan;
    if (words.size() > 2 && words[0] == "--ca") {
      plan.options.tls.ca = words[1];
      words.erase(words.begin(), words.begin() + 2);
    }
    if (words.size() < 3) {
      std::cerr << "usage: bench_http_post [--ca CA] URL N IN_FLIGHT [curl|nghttp2]...\n";
      return 2;
    }
    plan.request.url = msggw::base::parse_uri(words[0]).value();
    plan.request.content_type = "application/json";
    plan.request.body = "{\"filler\":\"" + std::string(287, 'x') + "\"}";
    plan.count = std::stoul(words[1]);
    plan.in_flight = std::stoul(words[2]);
    plan.options.max_connections = plan.options.max_streams = plan.in_flight;
    words.erase(words.begin(), words.begin() + 3);
    if (words.empty()) words = {"curl"};
    bool good = true;
    for (const std::string& implementation : words) good = run(plan, implementation) && good;
    return good ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
