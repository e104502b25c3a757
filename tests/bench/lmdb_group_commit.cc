// SPDX-License-Identifier: Apache-2.0
// What the LMDB store allows: durable rows/s by batch size, for new rows (ascending keys) and for
// changed ones (random keys among a million), and the time to load and decode a million devices.
// A plain program: bench_lmdb [folder], a fresh folder below the temporary one by default. The
// figures are those of the disk under that folder.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "gateway/base/handle.h"
#include "gateway/base/result.h"
#include "storage/device_record.h"
#include "storage/lmdb_store.h"

namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;
namespace core = msggw::core;
namespace storage = msggw::storage;

constexpr std::uint64_t kDevices = 1'000'000;
constexpr auto kTimePerFigure = 2s;

class Stopwatch {
 public:
  double seconds() const { return Seconds(std::chrono::steady_clock::now() - begin_).count(); }
  /// Of the processor; what remains of a figure on a machine that does other things too.
  double cpu_seconds() const {
    return static_cast<double>(std::clock() - cpu_begin_) / CLOCKS_PER_SEC;
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::clock_t cpu_begin_ = std::clock();
};

core::Device device_number(std::uint64_t number) {
  char mac[13];
  char service_id[31];
  std::snprintf(mac, sizeof mac, "001b%08llx", static_cast<unsigned long long>(number));
  std::snprintf(service_id, sizeof service_id, "msgin5g-%010llu@example.org",
                static_cast<unsigned long long>(number));
  core::Device device;
  device.private_id = mac;
  device.service_id = service_id;
  device.kind = core::PrivateIdKind::mac48;
  device.state = core::DeviceState::provisioned;
  device.first_seen_s = 1'700'000'000;
  device.generation = static_cast<std::uint32_t>(number * 2'654'435'761u);
  device.binding(core::Bearer::coap) = {1'700'090'000, 90'000, 1'700'112'500};
  return device;
}

void put_device(storage::Batch& batch, std::uint64_t number) {
  const core::Device device = device_number(number);
  batch.put_with(storage::kDevices, number,
                 [&](std::string& out) { storage::append_device(out, device, {}); });
}

void must(const msggw::base::Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().detail.c_str());
  std::exit(1);
}

struct Rate {
  double rows_per_second;
  double cpu_us_per_row;
};

/// Commits batches of `size` rows, keyed by `next_key`, for a while.
Rate measure(storage::Store& store, unsigned size, const std::function<std::uint64_t()>& next_key) {
  storage::Batch batch;
  double rows = 0;
  const Stopwatch watch;
  while (watch.seconds() < Seconds(kTimePerFigure).count()) {
    batch.clear();
    for (unsigned i = 0; i < size; ++i) put_device(batch, next_key());
    must(store.apply(batch));
    rows += size;
  }
  return {rows / watch.seconds(), watch.cpu_seconds() * 1e6 / rows};
}

void fill(storage::Store& store) {
  storage::Batch batch;
  const Stopwatch watch;
  for (std::uint64_t number = 0; number < kDevices;) {
    batch.clear();
    for (unsigned i = 0; i < 1'000; ++i) put_device(batch, number++);
    must(store.apply(batch));
  }
  std::printf("fill         %8llu devices in %.2f s (1000 a commit)\n",
              static_cast<unsigned long long>(kDevices), watch.seconds());
}

void time_load(storage::Store& store) {
  for (const bool decode : {false, true}) {
    std::vector<core::Device> devices;
    devices.reserve(kDevices);
    std::size_t octets = 0;
    std::size_t rows = 0;
    const Stopwatch watch;
    must(store.load(storage::kDevices, [&](std::uint64_t, std::string_view value) {
      octets += value.size();
      ++rows;
      if (!decode) return;
      auto row = storage::parse_device(value);
      if (row) devices.push_back(std::move(row->device));
    }));
    const double seconds = watch.seconds();
    const double cpu = watch.cpu_seconds();
    msggw::base::ensure(rows == kDevices && (!decode || devices.size() == kDevices),
                        "bench: every row is loaded");
    std::printf("%-12s %8zu devices in %.2f s (CPU %.2f s), %.0f octets a row\n",
                decode ? "load, decode" : "load", rows, seconds, cpu,
                static_cast<double>(octets) / static_cast<double>(rows));
  }
}

void time_find(storage::Store& store) {
  std::mt19937_64 random(3);
  constexpr unsigned kLookups = 200'000;
  const Stopwatch watch;
  for (unsigned i = 0; i < kLookups; ++i) {
    const auto found = store.find(storage::kDevices, random() % kDevices);
    msggw::base::ensure(found && *found, "bench: every row is found");
  }
  std::printf("find         %8.0f rows/s, random keys\n", kLookups / watch.seconds());
}

/// The floor under every commit, which takes two of these.
void time_bare_sync(const std::filesystem::path& folder) {
  const msggw::base::UniqueFd fd(::open((folder / "bare").c_str(), O_RDWR | O_CREAT, 0600));
  const std::string page(4'096, 'x');
  unsigned syncs = 0;
  const Stopwatch watch;
  while (watch.seconds() < Seconds(kTimePerFigure).count()) {
    const auto offset = static_cast<off_t>(page.size() * (syncs++ % 64));
    msggw::base::ensure(
        ::pwrite(fd.get(), page.data(), page.size(), offset) > 0 && ::fdatasync(fd.get()) == 0,
        "bench: the disk takes a page");
  }
  std::printf("bare sync    %8.0f/s, 4 KiB write and fdatasync\n", syncs / watch.seconds());
}

void time_commits(storage::Store& store) {
  std::printf("\n%14s | %-31s | %-31s\n", "", "new rows (ascending keys)",
              "changed rows (random keys)");
  std::printf("%14s | %14s %16s | %14s %16s\n", "rows a commit", "rows/s", "CPU us a row", "rows/s",
              "CPU us a row");
  std::uint64_t next = kDevices;
  std::mt19937_64 random(5);
  for (const unsigned size : {1u, 10u, 100u, 1000u}) {
    const Rate added = measure(store, size, [&] { return next++; });
    const Rate changed = measure(store, size, [&] { return random() % kDevices; });
    std::printf("%14u | %14.0f %16.1f | %14.0f %16.1f\n", size, added.rows_per_second,
                added.cpu_us_per_row, changed.rows_per_second, changed.cpu_us_per_row);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto root =
      argc > 1 ? std::filesystem::path(argv[1]) : std::filesystem::temp_directory_path();
  std::string folder = (root / "bench-lmdb-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    std::fprintf(stderr, "cannot make a folder below %s\n", root.c_str());
    return 1;
  }
  storage::LmdbOptions options;
  options.folder = folder;
  options.tables = storage::gateway_tables();
  options.format = storage::kGatewayFormat;
  fill(*storage::open_lmdb_store(options));
  {
    const Stopwatch watch;
    const auto store = storage::open_lmdb_store(options);
    std::printf("open         %.3f s, data.mdb %.0f MB\n", watch.seconds(),
                static_cast<double>(std::filesystem::file_size(options.folder / "data.mdb")) / 1e6);
    time_load(*store);
    time_find(*store);
    time_bare_sync(options.folder);
    time_commits(*store);
  }
  std::filesystem::remove_all(folder);
  return 0;
}
