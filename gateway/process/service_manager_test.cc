// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/service_manager.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace msggw::process {
namespace service_manager_test {

using Datagram = boost::asio::local::datagram_protocol;

/// The end of the socket that a service manager has, and the environment it gives.
class Manager {
 public:
  explicit Manager(const char* watchdog_usec = nullptr, const std::string& watchdog_pid = {}) {
    // An abstract name, which goes with the process.
    const std::string name = "msggw-service-manager-test-" + std::to_string(::getpid());
    socket_.open();
    socket_.bind(Datagram::endpoint(std::string(1, '\0') + name));
    socket_.non_blocking(true);
    ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
    if (watchdog_usec != nullptr) ::setenv("WATCHDOG_USEC", watchdog_usec, 1);
    if (!watchdog_pid.empty()) ::setenv("WATCHDOG_PID", watchdog_pid.c_str(), 1);
  }
  ~Manager() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// What has come; empty: nothing.
  std::string take() {
    std::array<char, 4096> octets{};
    boost::system::error_code error;
    const std::size_t length = socket_.receive(boost::asio::buffer(octets), 0, error);
    return error ? std::string() : std::string(octets.data(), length);
  }

 private:
  boost::asio::io_context io_;
  Datagram::socket socket_{io_};
};

std::vector<admin::Part> all_well() {
  return {{"store", true, true}, {"broker", true, false}};
}

TEST_CASE("a manager hears of the start, a reload and the end") {
  Manager manager;
  boost::asio::io_context io;
  std::vector<admin::Part> parts = all_well();
  ServiceManager told(io, [&] { return parts; });
  CHECK(manager.take().empty());
  told.ready();
  CHECK(manager.take() == "READY=1\nWATCHDOG=1\nSTATUS=serving");
  parts[1].well = false;
  told.reload([&] {
    const std::string heard = manager.take();
    CHECK(heard.starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(heard.find("\nSTATUS=reads its files again") != std::string::npos);
    CHECK(manager.take().empty());
  });
  CHECK(manager.take() == "READY=1\nSTATUS=serving; not well: broker");
  told.stopping();
  CHECK(manager.take().starts_with("STOPPING=1\nSTATUS="));
}

TEST_CASE("beats come from the loop, at half the watchdog's time, and say how things stand") {
  Manager manager("2000", std::to_string(::getpid()));
  boost::asio::io_context io;
  std::vector<admin::Part> parts = all_well();
  ServiceManager told(io, [&] { return parts; });
  told.ready();
  CHECK(manager.take().starts_with("READY=1"));
  CHECK(manager.take().empty());  // the loop does not turn
  parts[0].well = parts[1].well = false;
  const auto begun = std::chrono::steady_clock::now();
  io.run_one();
  CHECK(std::chrono::steady_clock::now() - begun < ServiceManager::kUnwatched / 2);
  CHECK(manager.take() == "READY=1\nWATCHDOG=1\nSTATUS=serving; not well: store, broker");
  told.stopping();
  CHECK(manager.take().starts_with("STOPPING=1"));
  io.run_one();
  CHECK(manager.take() == "STOPPING=1\nWATCHDOG=1");  // and not ready any more
}

TEST_CASE("a manager that does not take what it is told keeps nobody waiting") {
  Manager manager;
  boost::asio::io_context io;
  ServiceManager told(io, all_well);
  for (int i = 0; i < 10'000; ++i) told.ready();
  std::size_t heard = 0;
  while (!manager.take().empty()) ++heard;
  CHECK(heard > 0);
  CHECK(heard < 10'000);
  told.ready();
  CHECK(manager.take().starts_with("READY=1"));
}

TEST_CASE("without a manager, or with one that cannot be spoken to, all goes on") {
  for (const std::string& name :
       {std::string(), std::string("relative"), std::string("/"), "/" + std::string(200, 'x'),
        std::string("/nowhere/at/all"), std::string("@nobody-listens-here")}) {
    CAPTURE(name);
    Manager environment;
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "no number", 1);
    boost::asio::io_context io;
    ServiceManager told(io, all_well);
    told.ready();
    bool worked = false;
    told.reload([&] { worked = true; });
    CHECK(worked);
    told.stopping();
    CHECK(environment.take().empty());
  }
}

TEST_CASE("the watchdog of another process is not ours") {
  Manager manager("1000", "1");
  boost::asio::io_context io;
  ServiceManager told(io, all_well);
  told.ready();
  CHECK(manager.take().starts_with("READY=1"));
  CHECK(io.poll_one() == 0);
}

}  // namespace service_manager_test
}  // namespace msggw::process
