// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/process_metrics.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "gateway/base/handle.h"
#include "gateway/base/metrics.h"

namespace msggw::base::metrics {

namespace {

std::map<std::string, double> values() {
  std::map<std::string, double> all;
  for (const auto& family : process_families()) {
    const auto& metric = family.metric.at(0);
    all[family.name] =
        family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
  }
  return all;
}

}  // namespace

TEST_CASE("what a process takes of the machine") {
  auto before = values();
  REQUIRE(before.size() == 6);
  const UniqueFd one(::open("/dev/null", O_RDONLY)), two(::open("/dev/null", O_RDONLY));
  volatile std::uint64_t spun = 0;
  for (auto now = values();
       now["process_cpu_seconds_total"] < before["process_cpu_seconds_total"] + 0.02;
       now = values())
    for (int i = 0; i < 100'000; ++i) spun = spun + 1;
  auto after = values();
  CHECK(after["process_open_fds"] == before["process_open_fds"] + 2);
  CHECK(after["process_open_fds"] >= 5);
  CHECK(after["process_max_fds"] == static_cast<double>(::sysconf(_SC_OPEN_MAX)));
  CHECK(after["process_resident_memory_bytes"] > 1e6);
  CHECK(after["process_virtual_memory_bytes"] > after["process_resident_memory_bytes"]);
  CHECK(after["process_start_time_seconds"] == before["process_start_time_seconds"]);
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  CHECK(now.count() - after["process_start_time_seconds"] < 3'600);
  CHECK(now.count() - after["process_start_time_seconds"] > -1);
}

TEST_CASE("it is exposed beside what is registered") {
  Registry registry;
  counter(registry, "msggw_things_total", "Things").Increment();
  const std::string text = expose(registry);
  CHECK(text.find("\nmsggw_things_total 1\n") != text.npos);
  CHECK(text.find("# TYPE process_cpu_seconds_total counter\n") != text.npos);
  CHECK(text.find("# TYPE process_resident_memory_bytes gauge\n") != text.npos);
}

}  // namespace msggw::base::metrics
