// SPDX-License-Identifier: Apache-2.0
// Asks a Provisioning Function for N new Private IDs with the product's own provisioning client and
// prints what that cost it.
// bench_pf_ask URI N PREFIX [bulk=M] [bulk_in_flight=F] [connections=C] [ca=FILE] [psk=ID:KEY]
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "gateway/base/log.h"
#include "provisioning/client/client.h"

namespace {

using namespace msggw;

double cpu_microseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return 1e6 * static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

void read_option(const std::string& text, client::Options& options) {
  const auto equals = text.find('=');
  const std::string key = text.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
  if (key == "bulk") {
    options.bulk_most = std::stoul(value);
  } else if (key == "bulk_in_flight") {
    options.bulk_in_flight = std::stoul(value);
  } else if (key == "connections") {
    options.http.max_connections = options.coap.max_in_flight = std::stoul(value);
  } else if (key == "http2") {
    options.http.version = http::Version::http2;
  } else if (key == "ca") {
    options.http.tls.ca = value;
  } else if (key == "psk") {
    options.psk_identity = value.substr(0, value.find(':'));
    options.psk_key = value.substr(value.find(':') + 1);
  } else {
    throw std::runtime_error("unknown option " + text);
  }
}

/// Keeps the client's queue full until all have their answer.
class Run {
 public:
  Run(const std::string& uri, std::size_t count, std::string prefix, const client::Options& options)
      : count_(count),
        prefix_(std::move(prefix)),
        client_({io_, clock_, metrics_}, options, {protocol::parse_api_root(uri).value()},
                events()) {}

  void go() {
    const double cpu = cpu_microseconds();
    const auto start = std::chrono::steady_clock::now();
    while (answered_ < count_) {
      fill();
      client_.end_turn(clock_.now());
      io_.run_one();
      io_.poll();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const auto total = static_cast<double>(count_);
    std::printf("private_ids_per_second %.0f\ncpu_us_per_private_id %.2f\nfailed %zu\n",
                total / took.count(), (cpu_microseconds() - cpu) / total, failed_);
  }

 private:
  client::Client::Events events() {
    client::Client::Events events;
    events.provisioned = [this](core::DeviceNo, core::Provisioned) { ++answered_; };
    events.refused = [this](core::DeviceNo, const std::string&, const std::string&) {
      ++answered_;
      ++failed_;
    };
    events.failed = [this](core::DeviceNo, base::Duration, std::string_view) {
      ++answered_;
      ++failed_;
    };
    return events;
  }

  void fill() {
    char id[64];
    while (asked_ < count_ && client_.room() > 0) {
      std::snprintf(id, sizeof id, "%s%010zu", prefix_.c_str(), asked_);
      core::ProvisioningAsk ask;
      ask.device = core::DeviceNo{static_cast<std::uint32_t>(asked_)};
      ask.private_id = id;
      client_.ask(ask);
      ++asked_;
    }
  }

  std::size_t count_;
  std::string prefix_;
  std::size_t asked_ = 0;
  std::size_t answered_ = 0;
  std::size_t failed_ = 0;
  base::Clock clock_;
  base::metrics::Registry metrics_;
  boost::asio::io_context io_{1};
  client::Client client_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: bench_pf_ask URI N PREFIX [bulk=M] [bulk_in_flight=F] [connections=C] "
                 "[http2] [ca=FILE] [psk=ID:KEY]\n";
    return 2;
  }
  try {
    base::log::set_up(base::log::Level::warn, base::log::Format::text);
    client::Options options;
    for (int i = 4; i < argc; ++i) read_option(argv[i], options);
    Run run(argv[1], std::stoul(argv[2]), argv[3], options);
    run.go();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bench_pf_ask: " << error.what() << '\n';
    return 1;
  }
}
