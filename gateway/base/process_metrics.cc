// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

namespace msggw::base::metrics {

namespace {

using prometheus::MetricType;

/// Of /proc/self/stat (proc(5)).
struct Stat {
  double processor_seconds = 0;
  double began_after_boot_seconds = 0;
  double virtual_octets = 0;
  double resident_octets = 0;
};

std::optional<Stat> read_stat() {
  std::ifstream file("/proc/self/stat");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto name_end = text.rfind(')');  // the name of the program may hold blanks
  if (name_end == text.npos) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  std::string word;
  for (int field = 3; field < 14; ++field) rest >> word;
  std::uint64_t user = 0, system = 0, began = 0, size = 0, pages = 0;
  rest >> user >> system;
  for (int field = 16; field < 22; ++field) rest >> word;
  if (!(rest >> began >> size >> pages)) return std::nullopt;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return Stat{static_cast<double>(user + system) / ticks, static_cast<double>(began) / ticks,
              static_cast<double>(size),
              static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE))};
}

/// In Unix time, as the clock of the machine stood at the first call.
double began_at(const Stat& stat) {
  static const double booted = [] {
    timespec up{};
    ::clock_gettime(CLOCK_BOOTTIME, &up);
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    return now.count() - static_cast<double>(up.tv_sec) - static_cast<double>(up.tv_nsec) / 1e9;
  }();
  return booted + stat.began_after_boot_seconds;
}

std::optional<double> open_descriptors() {
  std::error_code error;
  double count = -1;  // the one to look with
  std::filesystem::directory_iterator at("/proc/self/fd", error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) ++count;
  if (error) return std::nullopt;
  return count;
}

std::optional<double> most_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

class Families {
 public:
  void add(const char* name, const char* help, MetricType type, std::optional<double> value) {
    if (!value) return;
    prometheus::ClientMetric metric;
    type == MetricType::Counter ? metric.counter.value = *value : metric.gauge.value = *value;
    all_.push_back({name, help, type, {std::move(metric)}});
  }
  std::vector<prometheus::MetricFamily> take() { return std::move(all_); }

 private:
  std::vector<prometheus::MetricFamily> all_;
};

}  // namespace

std::vector<prometheus::MetricFamily> process_families() {
  Families families;
  if (const auto stat = read_stat()) {
    families.add("process_cpu_seconds_total", "Time of processors, of user and system",
                 MetricType::Counter, stat->processor_seconds);
    families.add("process_resident_memory_bytes", "Memory that is in use", MetricType::Gauge,
                 stat->resident_octets);
    families.add("process_virtual_memory_bytes", "Memory that has addresses", MetricType::Gauge,
                 stat->virtual_octets);
    families.add("process_start_time_seconds", "When the process began, in Unix time",
                 MetricType::Gauge, began_at(*stat));
  }
  families.add("process_open_fds", "File descriptors that are open", MetricType::Gauge,
               open_descriptors());
  families.add("process_max_fds", "File descriptors that may be open", MetricType::Gauge,
               most_descriptors());
  return families.take();
}

}  // namespace msggw::base::metrics
