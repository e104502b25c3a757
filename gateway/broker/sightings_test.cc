// SPDX-License-Identifier: Apache-2.0
#include "gateway/broker/sightings.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <map>
#include <memory>

#include "adapters/mqtt/access/report.h"
#include "tests/support/events.h"
#include "tests/support/temp_folder.h"

namespace msggw::broker::sightings_test {
namespace {

using Protocol = boost::asio::local::stream_protocol;

const std::string kHello = "hello 1 0123456789abcdef\n";

struct World {
  World() { sightings.end_turn(clock.now()); }

  std::unique_ptr<Protocol::socket> connect(const std::string& text) {
    auto socket = std::make_unique<Protocol::socket>(io);
    socket->connect(Protocol::endpoint((folder.path() / mqtt::access::kSocket).native()));
    say(*socket, text);
    return socket;
  }
  static void say(Protocol::socket& socket, const std::string& text) {
    boost::system::error_code ignored;
    boost::asio::write(socket, boost::asio::buffer(text), ignored);
  }
  template <class Condition>
  bool comes(Condition&& is_true) {
    for (int i = 0; i < 5'000 && !is_true(); ++i) {
      io.restart();
      io.run_for(std::chrono::milliseconds{1});
    }
    return is_true();
  }
  bool is_closed(Protocol::socket& socket) {
    socket.non_blocking(true);
    return comes([&] {
      char octet;
      boost::system::error_code error;
      socket.read_some(boost::asio::buffer(&octet, 1), error);
      return error && error != boost::asio::error::would_block;
    });
  }

  test::TempFolder folder;
  boost::asio::io_context io;
  base::Clock clock;
  base::metrics::Registry registry;
  std::string generation = "0123456789abcdef";
  std::map<std::uint32_t, bool> seen;
  int lost = 0;
  int events = 0;
  Sightings sightings{{io, clock, registry},
                      folder.path(),
                      {[this](core::DeviceNo device, bool is_there) {
                         seen[static_cast<std::uint32_t>(device)] = is_there;
                         ++events;
                       },
                       [this] { ++lost; }},
                      [this]() -> const std::string& { return generation; },
                      [] { return 100U; }};
};

TEST_CASE_FIXTURE(World, "who is there, who comes and who goes, and nothing once it is lost") {
  auto plugin = connect(kHello + "+ 1\n+ 2\nall\n+ 3");
  REQUIRE(comes([this] { return sightings.is_told(); }));
  CHECK(seen == std::map<std::uint32_t, bool>{{1, true}, {2, true}});
  say(*plugin, "4\n- 1\n");
  REQUIRE(comes([this] { return seen.contains(34); }));
  CHECK_FALSE(seen[1]);
  CHECK(sightings.is_connected(core::DeviceNo{2}));
  plugin.reset();
  REQUIRE(comes([this] { return lost == 1; }));
  CHECK_FALSE(sightings.is_connected(core::DeviceNo{2}));
  CHECK_FALSE(sightings.is_told());
}

TEST_CASE_FIXTURE(World, "who went and came in one breath has not gone") {
  const auto plugin = connect(kHello + "+ 1\n+ 2\nall\n");
  REQUIRE(comes([this] { return sightings.is_told(); }));
  CHECK(events == 2);
  say(*plugin, "- 1\n+ 1\n- 2\n");
  REQUIRE(comes([this] { return !seen[2]; }));
  CHECK(events == 3);
}

TEST_CASE_FIXTURE(
    World, "who was there before the plugin was lost, and is not when it is back, has gone") {
  auto first = connect(kHello + "+ 1\n+ 2\n+ 3\nall\n");
  REQUIRE(comes([this] { return sightings.is_told(); }));
  first.reset();
  REQUIRE(comes([this] { return lost == 1; }));
  CHECK(seen == std::map<std::uint32_t, bool>{{1, true}, {2, true}, {3, true}});
  auto cut = connect(kHello + "+ 3\n");  // and lost again before it has told all
  REQUIRE(comes([this] { return sightings.is_connected(core::DeviceNo{3}); }));
  cut.reset();
  REQUIRE(comes([this] { return lost == 2; }));
  const auto second = connect(kHello + "+ 2\nall\n");
  REQUIRE(comes([this] { return sightings.is_told(); }));
  CHECK(seen == std::map<std::uint32_t, bool>{{1, false}, {2, true}, {3, false}});
}

TEST_CASE_FIXTURE(World, "the newest connection counts") {
  const auto first = connect(kHello + "+ 1\nall\n");
  REQUIRE(comes([this] { return sightings.is_told(); }));
  const auto second = connect(kHello + "+ 2\nall\n");
  REQUIRE(comes([this] { return seen.contains(2); }));
  CHECK(lost == 1);
  CHECK(is_closed(*first));
  CHECK_FALSE(sightings.is_connected(core::DeviceNo{1}));
  CHECK(sightings.is_connected(core::DeviceNo{2}));
}

TEST_CASE_FIXTURE(World, "whoever comes again and again is let in once a second") {
  auto plugin = connect(kHello + "+ 1\nall\n");
  REQUIRE(comes([this] { return sightings.is_told(); }));
  plugin = connect(kHello + "+ 2\nall\n");  // as a broker does that begins anew
  REQUIRE(comes([this] { return sightings.is_connected(core::DeviceNo{2}); }));
  const auto begun = std::chrono::steady_clock::now();
  plugin.reset();
  plugin = connect(kHello + "+ 3\nall\n");
  REQUIRE(comes([this] { return sightings.is_connected(core::DeviceNo{3}); }));
  plugin = connect(kHello + "+ 4\nall\n");
  REQUIRE(comes([this] { return sightings.is_connected(core::DeviceNo{4}); }));
  CHECK(std::chrono::steady_clock::now() - begun >= Sightings::kCalm);
}

TEST_CASE_FIXTURE(World, "all is told once") {
  const test::Events written;
  const auto plugin = connect(kHello + "+ 1\nall\nall\n+ 2\nall\n");
  REQUIRE(comes([this] { return seen.contains(2); }));
  CHECK(sightings.is_told());
  CHECK(written.count("broker_plugin_heard") == 1);
}

TEST_CASE_FIXTURE(World, "what no plugin says ends the connection") {
  for (const std::string& text :
       {std::string("+ 1\n"), kHello + kHello, kHello + "x\n", std::string(65, '+'),
        std::string("hello 1 fedcba9876543210\n"), std::string("\n"), kHello + "refused 9 1\n"}) {
    CAPTURE(text);
    const auto peer = connect(text);
    CHECK(is_closed(*peer));
  }
  CHECK(seen.empty());
  CHECK(lost == 0);
  CHECK_FALSE(sightings.is_told());
}

TEST_CASE_FIXTURE(World, "numbers of nobody, and counts") {
  auto& topic = base::metrics::counter(registry, "msggw_broker_refused_total",
                                       "What the broker's plugin has turned away, and connections "
                                       "it has ended",
                                       {{"reason", "topic"}});
  const auto plugin = connect(kHello + "+ 100\n+ 4294967295\nall\nrefused 3 7\n");
  REQUIRE(comes([&] { return topic.Value() == 7; }));
  CHECK(seen.empty());
}

TEST_CASE_FIXTURE(World, "its group may connect, and nobody else") {
  struct stat now{};
  REQUIRE(::stat((folder.path() / mqtt::access::kSocket).c_str(), &now) == 0);
  CHECK((now.st_mode & 07777) == 0660);
}

TEST_CASE_FIXTURE(World, "a socket that is taken away is made anew, and who had connected stays") {
  const auto plugin = connect(kHello + "+ 1\nall\n");
  REQUIRE(comes([this] { return sightings.is_told(); }));
  std::filesystem::remove(folder.path() / mqtt::access::kSocket);
  clock.skip(base::Duration{60'000});
  sightings.end_turn(clock.now());
  CHECK(std::filesystem::exists(folder.path() / mqtt::access::kSocket));
  CHECK(sightings.is_told());
  CHECK(sightings.reason().empty());
  const auto other = connect(kHello + "all\n");
  CHECK(comes([this] { return lost > 0; }));
}

}  // namespace
}  // namespace msggw::broker::sightings_test
