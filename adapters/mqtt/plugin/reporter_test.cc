// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/plugin/reporter.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "adapters/mqtt/access/report.h"
#include "adapters/mqtt/access/test_guard.h"

namespace msggw::mqtt::plugin::reporter_test {
namespace {

using access::kSocket;

/// A guard, its reporter, and the socket that the gateway listens on. The broker turns ten times a
/// second.
struct World : access::GuardWorld {
  World() {
    sockaddr_un here{};
    here.sun_family = AF_UNIX;
    const std::string path = folder.path() / kSocket;
    REQUIRE(path.size() < sizeof here.sun_path);
    std::memcpy(here.sun_path, path.c_str(), path.size());
    REQUIRE(::bind(gateway.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0);
    REQUIRE(::listen(gateway.get(), 4) == 0);
  }
  void turn(int times = 30) {
    for (int i = 0; i < times; ++i) {
      now += base::Duration{100};
      REQUIRE(reading.look());
      guard.review(now);
      reporter.turn(guard.generation(), now);
    }
  }
  /// None: nobody has come.
  base::UniqueFd accept() {
    return base::UniqueFd(::accept4(gateway.get(), nullptr, nullptr, SOCK_NONBLOCK));
  }
  /// All that has come; "end" behind it if nothing more will.
  static std::string read(const base::UniqueFd& from) {
    std::string all;
    std::array<char, 512> some;
    for (;;) {
      const ssize_t got = ::recv(from.get(), some.data(), some.size(), 0);
      if (got == 0) all += "end";
      if (got <= 0) return all;
      all.append(some.data(), static_cast<std::size_t>(got));
    }
  }
  std::string greeting() const { return "hello 1 " + reading.generation() + "\n"; }

  base::UniqueFd gateway{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  Reporter reporter{folder.path(), guard};
  base::TimePoint now = kNow;
};

TEST_CASE_FIXTURE(World, "a connection begins with who is there, and goes on with what changes") {
  REQUIRE(enters(1, "a", "of-a"));
  turn();
  const auto told = accept();
  REQUIRE(told);
  CHECK(read(told) == greeting() + "+ 1\nall\n+ 1\n");  // twice is as good as once
  REQUIRE(enters(2, "b", "of-b", "other"));
  CHECK_FALSE(enters(3, "b", "wrong", "third"));
  turn();
  CHECK(read(told) == "+ 2\nrefused 0 1\n");
}

TEST_CASE_FIXTURE(World, "a connection goes on over another generation") {
  REQUIRE(enters(1, "a", "of-a"));
  turn();
  const auto told = accept();
  REQUIRE(told);
  CHECK(read(told) == greeting() + "+ 1\nall\n+ 1\n");
  const std::string before = guard.generation();
  auto next = access::Writing::begin(folder.path(), *reading.login());
  REQUIRE(next);
  for (const std::uint32_t device : {1U, 2U}) {
    const std::string id(1, static_cast<char>('a' - 1 + device));
    const access::Writing::Row row{device * 10, {id, reading.find(id).front().grant}};
    REQUIRE((*next)->add({&row, 1}));
  }
  REQUIRE((*next)->publish());
  turn();
  CHECK(guard.generation() != before);
  CHECK(read(told) == "");
  REQUIRE(enters(2, "b", "of-b", "other"));
  leaves(1);
  turn();
  CHECK(read(told) == "+ 2\n- 1\n");
  CHECK_FALSE(accept());
}

TEST_CASE_FIXTURE(World, "a gateway that is gone is looked for, and told all anew") {
  REQUIRE(enters(1, "a", "of-a"));
  turn();
  {
    const auto told = accept();
  }
  turn();
  const auto told = accept();
  REQUIRE(told);
  CHECK(read(told) == greeting() + "+ 1\nall\n");
}

}  // namespace
}  // namespace msggw::mqtt::plugin::reporter_test
