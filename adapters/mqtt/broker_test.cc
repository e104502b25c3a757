// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/broker.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "adapters/mqtt/test_world.h"

namespace msggw::mqtt::test {

TEST_CASE("a broker runs on a free port, survives a restart on it, and ends with its object") {
  const TempFolder folder;
  pid_t pid = -1;
  {
    Broker broker({folder.path(), boost::asio::ip::address_v4::loopback(), 0, {}});
    const auto port = broker.port();
    CHECK(port != 0);
    broker.end(SIGKILL);
    broker.start();
    CHECK(broker.port() == port);
    pid = broker.pid();
    CHECK(::kill(pid, 0) == 0);
  }
  CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("a taken port is named, with the way out") {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor taken(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const TempFolder folder;
  const std::uint16_t port = taken.local_endpoint().port();
  CHECK_THROWS_WITH_AS(Broker({folder.path(), boost::asio::ip::address_v4::loopback(), port, {}}),
                       doctest::Contains(("127.0.0.1:" + std::to_string(port)).c_str()),
                       std::runtime_error);
}

TEST_CASE("a broker that ends at once says why") {
  const TempFolder folder;
  CHECK_THROWS_WITH_AS(
      Broker({folder.path(), boost::asio::ip::address_v4::loopback(), 0, "no_such_option 1\n"}),
      doctest::Contains("no_such_option"), std::runtime_error);
  CHECK_THROWS_AS(
      Broker({folder.path() / "missing", boost::asio::ip::address_v4::loopback(), 0, {}}),
      std::runtime_error);
}

TEST_CASE("the broker dies with a parent that is killed") {
  const TempFolder folder;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    auto* broker = new Broker({folder.path(), boost::asio::ip::address_v4::loopback(), 0, {}});
    const pid_t pid = broker->pid();
    [[maybe_unused]] const auto size = ::write(ends[1], &pid, sizeof pid);
    ::raise(SIGKILL);
  }
  pid_t broker = -1;
  REQUIRE(::read(ends[0], &broker, sizeof broker) == sizeof broker);
  ::waitpid(parent, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  // An orphan that has ended may stay a zombie where no init collects it.
  const std::string stat = "/proc/" + std::to_string(broker) + "/cmdline";
  bool gone = false;
  for (int i = 0; i < 2000 && !gone; ++i) {
    std::FILE* file = std::fopen(stat.c_str(), "r");
    gone = file == nullptr || std::fgetc(file) == EOF;
    if (file != nullptr) std::fclose(file);
    if (!gone) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(gone);
}

}  // namespace msggw::mqtt::test
