// SPDX-License-Identifier: Apache-2.0
// What a backlog costs: messages that wait for devices that sleep, durable, taken in as a MSGin5G
// Server delivers them, with the writer's thread and a store on disk but no sockets. Prints the
// memory while they wait, and that and the time of a start with them and without.
// A plain program: bench_messages_backlog [MESSAGES [DEVICES [OCTETS [folder]]]].
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "gateway/core/gateway.h"
#include "gateway/messages/server_side.h"
#include "gateway/messages/store_side.h"
#include "storage/device_record.h"
#include "storage/lmdb_store.h"
#include "storage/message_loader.h"
#include "storage/message_record.h"
#include "storage/moment.h"
#include "storage/write_behind.h"

namespace {

using namespace msggw;

struct Load {
  std::uint64_t messages = 1'000'000;
  std::uint32_t devices = 10'000;
  std::size_t octets = 100;
  std::filesystem::path folder;
};

/// A line of /proc/self/status, in MiB.
double mib(const std::string& which) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(which + ":"))
      return std::strtod(line.c_str() + which.size() + 1, nullptr) / 1'024;
  }
  return 0;
}

void print_memory(const char* when) {
  std::printf("%-28s RSS %6.1f MiB, of it anonymous %6.1f, of files %6.1f\n", when, mib("VmRSS"),
              mib("RssAnon"), mib("RssFile"));
  std::fflush(stdout);
}

/// Nobody has more than he leaves free.
messages::Limits limits_for(const Load& load) {
  messages::Limits limits;
  limits.max_messages = 2 * load.messages;
  return limits;
}

std::string name_of(std::uint32_t device) {
  return "device-" + std::to_string(device) + "@example.org";
}

/// The gateway's tables, a store in a folder, and what a service does between them.
class Site {
 public:
  explicit Site(const Load& load)
      : store_(storage::open_lmdb_store({.folder = load.folder,
                                         .tables = storage::gateway_tables(),
                                         .format = storage::kGatewayFormat})),
        gateway_({}, metrics_, {}),
        queue_(limits_for(load), gateway_.tables(), metrics_, messages::WindowKeys{{1, 2}, {3, 4}}),
        server_(queue_),
        stored_(queue_),
        writer_(*store_, metrics_, "bench", [this](std::uint64_t) { committed_ = true; }) {
    must(gateway_.commits().restore_profile(core::ProfileNo{}, {{"m5s-1"}, {}}));
    for (std::uint32_t no = 0; no < load.devices; ++no) {
      core::StoredDevice stored;
      core::Device& device = stored.device;
      device.private_id = "device-" + std::to_string(no);
      device.service_id = name_of(no);
      device.state = core::DeviceState::provisioned;
      must(gateway_.commits().restore_device(core::DeviceNo{no}, std::move(stored)));
    }
  }

  static void must(const base::Result<void>& result) {
    if (result) return;
    std::fprintf(stderr, "%s\n", result.error().detail.c_str());
    std::exit(1);
  }

  void load() { must(storage::load_messages(*store_, stored_, clock_.now())); }

  /// False: there is no room now.
  bool deliver(messages::Message message) {
    const auto refused =
        server_.deliver(messages::Role::n3g, std::move(message), core::Ticket{1}, clock_.now());
    return !refused;
  }

  /// The end of a turn.
  void turn() {
    stored_.tick(clock_.now());
    stored_.date_events(clock_.now());
    if (committed_.exchange(false)) {
      writing_ = false;
      ++commits;
      stored_.committed();
    }
    stored_.outbox().to_server.clear();
    stored_.outbox().waited_for.clear();
    if (writing_ || !stored_.has_changes()) return;
    storage::Batch batch = writer_.recycled();
    storage::put_changes(batch, queue_, stored_.take_changes());
    storage::put_moment(batch, {clock_.now(), clock_.now()});
    writing_ = true;
    writer_.submit(std::move(batch), 1);
  }
  bool idle() { return !writing_ && !stored_.has_changes(); }
  const messages::Queue& queue() const { return queue_; }

  std::uint64_t commits = 0;

 private:
  base::Clock clock_;
  base::metrics::Registry metrics_;
  std::unique_ptr<storage::Store> store_;
  core::Gateway gateway_;
  messages::Queue queue_;
  messages::ServerSide server_;
  messages::StoreSide stored_;
  std::atomic<bool> committed_ = false;
  bool writing_ = false;
  storage::WriteBehind writer_;
};

void fill(const Load& load) {
  Site site(load);
  site.load();
  print_memory("before");
  constexpr int kATurn = 64;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < load.messages;) {
    for (int n = 0; n < kATurn && i < load.messages; ++n) {
      messages::Message message;
      message.from = {messages::AddressType::as, "application-server@example.org"};
      message.to = {messages::AddressType::ue,
                    name_of(static_cast<std::uint32_t>(i % load.devices))};
      message.message_id = "00000000-0000-0000-0000-" + std::to_string(100'000'000'000 + i);
      message.content = std::string(load.octets, 'x');
      if (!site.deliver(std::move(message))) break;
      ++i;
    }
    site.turn();
  }
  while (!site.idle()) site.turn();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  print_memory("they wait");
  std::printf("%llu messages in %.1f s, %llu commits; %zu contents in RAM\n",
              static_cast<unsigned long long>(site.queue().lanes.all().messages), took.count(),
              static_cast<unsigned long long>(site.commits), site.queue().contents.size());
}

void start(const Load& load, const char* what) {
  Site site(load);
  const auto begin = std::chrono::steady_clock::now();
  site.load();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  print_memory(what);
  std::printf("%llu messages read in %.2f s\n",
              static_cast<unsigned long long>(site.queue().lanes.all().messages), took.count());
}

/// In a process of its own, so that nothing of another is left in it.
void alone(const std::function<void()>& part) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    part();
    std::fflush(stdout);
    std::_Exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  Load load;
  if (argc > 1) load.messages = std::strtoull(argv[1], nullptr, 10);
  if (argc > 2) load.devices = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10));
  if (argc > 3) load.octets = std::strtoul(argv[3], nullptr, 10);
  std::string made = (std::filesystem::temp_directory_path() / "msggw-bench-XXXXXX").string();
  const std::filesystem::path folder = argc > 4 ? argv[4] : ::mkdtemp(made.data());
  load.folder = folder / "full";
  const Load none{.devices = load.devices, .folder = folder / "empty"};
  for (const auto& each : {load.folder, none.folder}) std::filesystem::create_directories(each);
  alone([&] { start(none, "a start without messages"); });
  alone([&] { fill(load); });
  alone([&] { start(load, "a start with them"); });
  for (const auto& each : {load.folder, none.folder}) std::filesystem::remove_all(each);
  if (argc <= 4) std::filesystem::remove(folder);
}
