// SPDX-License-Identifier: Apache-2.0
// Kills the Provisioning Function at each step of a new assignment. Only in builds with crash
// points.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>

#include "provisioning/function/curl.h"
#include "provisioning/function/running_function.h"
#include "provisioning/function/target.h"
#include "storage/lmdb_store.h"
#include "tests/support/temp_folder.h"

namespace msggw::function {
namespace {

std::unique_ptr<storage::Store> open(const test::TempFolder& folder) {
  storage::LmdbOptions options;
  options.folder = folder.path();
  options.tables = store_tables();
  return storage::open_lmdb_store(options);
}

CurlAnswer post(std::uint16_t port) {
  return curl({"-H", "content-type: application/json", "--data-binary",
               R"({"ueType":"NON_3GPP","privateId":"00-1B-63-84-45-E6"})",
               "http://127.0.0.1:" + std::to_string(port) + std::string(kCollectionPath)});
}

[[noreturn]] void serve_until_killed(const test::TempFolder& folder, const char* step,
                                     int port_to) {
  alarm(60);  // should the step never come
  setenv("MSGGW_CRASH_AT", step, 1);
  const auto store = open(folder);
  const RunningFunction pf(*store, test_options());
  const std::uint16_t port = pf.port();
  if (write(port_to, &port, sizeof port) != sizeof port) _exit(1);
  for (;;) pause();
}

struct Victim {
  const char* step;
  bool stored;  ///< whether the assignment is there after the kill
  test::TempFolder folder;
  CurlAnswer answer;

  /// What the client got, when the process is dead.
  void kill_at_step() {
    std::array<int, 2> port_pipe{};
    REQUIRE(pipe(port_pipe.data()) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) serve_until_killed(folder, step, port_pipe[1]);
    close(port_pipe[1]);
    std::uint16_t port = 0;
    const auto got = read(port_pipe[0], &port, sizeof port);
    close(port_pipe[0]);
    if (got == sizeof port) answer = post(port);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
  }
};

TEST_CASE("killed at any step, the next start keeps what was said") {
  // All of them die before one is started in this process: the steps are read from the environment
  // once.
  std::array<Victim, 3> victims{{
      {"pf-assigned", false, {}, {}},
      {"pf-committed", true, {}, {}},
      {"pf-answered", true, {}, {}},
  }};
  for (Victim& victim : victims) victim.kill_at_step();

  for (const Victim& victim : victims) {
    CAPTURE(victim.step);
    const auto store = open(victim.folder);
    std::string stored;
    REQUIRE(store->load(kAssignments, [&](std::uint64_t, std::string_view value) {
      stored = parse_record(value).value().service_id;
    }));
    CHECK(stored.empty() != victim.stored);
    const RunningFunction pf(*store, test_options());
    const auto again = post(pf.port());
    CHECK(again.status == (victim.stored ? 200 : 201));
    if (victim.stored) CHECK(again.member("serviceId") == stored);
    if (victim.answer.status != 0) {
      CHECK(victim.answer.status == 201);
      CHECK(victim.answer.member("serviceId") == stored);
    }
  }
  CHECK(victims[0].answer.status == 0);
  CHECK(victims[1].answer.status == 0);
}

}  // namespace
}  // namespace msggw::function
