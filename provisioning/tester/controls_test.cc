// SPDX-License-Identifier: Apache-2.0
// A tester's listener, with curl.
#include <doctest/doctest.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "provisioning/tester/tester.h"
#include "tests/support/temp_folder.h"

namespace msggw::tester {
namespace {

struct Restart {
  base::Duration down;
  bool lose_store;
};

/// A tester's listener on a thread of its own; what it is told is looked at when it has ended.
class Running {
 public:
  explicit Running(Options options = {}) {
    options.port = 0;
    options.journal_entries = 3;
    tester_ = std::make_unique<Tester>(base::Context{io_, clock_, metrics_}, options,
                                       Tester::Hooks{[this](base::Duration down, bool lose) {
                                         restarts.push_back({down, lose});
                                       }});
    tester_->start();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Running() {
    io_.stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  /// Runs on the loop's thread, and waits for it.
  template <class Call>
  void on_loop(Call&& call) {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      call(*tester_);
      done.set_value();
    });
    done.get_future().wait();
  }

  /// "STATUS body"
  std::string curl(const std::string& path, const std::string& arguments = {}) {
    const std::string command = "curl -s --max-time 20 -w ' %{http_code}' " + arguments +
                                " 'http://127.0.0.1:" + std::to_string(tester_->port()) +
                                "/test/v1/" + path + "'";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string out;
    std::array<char, 4096> buffer;
    while (const auto got = fread(buffer.data(), 1, buffer.size(), pipe.get()))
      out.append(buffer.data(), got);
    const auto space = out.rfind(' ');
    std::string body = out.substr(0, space);
    while (!body.empty() && body.back() == '\n') body.pop_back();
    return out.substr(space + 1) + " " + body;
  }

  std::vector<Restart> restarts;

 private:
  base::Clock clock_;
  base::metrics::Registry metrics_;
  boost::asio::io_context io_{1};
  std::unique_ptr<Tester> tester_;
  std::thread thread_;
};

Fate ask(Tester& tester, const std::string& private_id) {
  const std::array<Subject, 1> subject{{{private_id, core::UeType::non_3gpp}}};
  return tester.on_request({base::Scheme::coap, Operation::provision, "gw-1", subject});
}

TEST_CASE("faults are added, shown, met and taken away") {
  Running running;
  CHECK(running.curl("faults", R"(-d '{"do":"drop","when":{"nth":2}}')") ==
        R"(201 {"name":"fault-1"})");
  CHECK(running.curl("faults", R"(-d '{"name":"fault-1","do":"half"}')").starts_with("409 "));
  CHECK(running.curl("faults", R"(-d '{"do":"hlaf"}')").starts_with("400 "));
  running.on_loop([](Tester& tester) {
    CHECK_FALSE(ask(tester, "a").action);
    REQUIRE(ask(tester, "b").action);
  });
  const std::string shown = running.curl("faults");
  CHECK(shown.find(R"("matched":2,"fired":1)") != std::string::npos);
  CHECK(running.curl("faults/fault-1", "-X DELETE") == "200 {}");
  CHECK(running.curl("faults/fault-1", "-X DELETE").starts_with("404 "));
  CHECK(running.curl("faults") == R"(200 {"faults":[]})");
}

TEST_CASE("a web page of another site has no control") {
  Options options;
  options.hosts = {base::Host::parse("tester.example").value()};
  Running running(options);
  for (const char* good : {"-H 'host: localhost'", "-H 'host: tester.example:99'",
                           "-H 'host: 10.0.0.1' -H 'origin: http://10.0.0.1'"}) {
    CAPTURE(good);
    CHECK(running.curl("faults", good).starts_with("200 "));
  }
  for (const char* bad :
       {"-H 'host: rebound.example'", "-H 'origin: https://evil.example'", "-H 'origin: null'"}) {
    CAPTURE(bad);
    CHECK(running.curl("faults", bad).starts_with("403 "));
    CHECK(running.curl("restart", std::string("-X POST ") + bad).starts_with("403 "));
    CHECK(running.curl("faults", std::string(R"(-d '{"do":"drop"}' )") + bad).starts_with("403 "));
  }
  CHECK(running.restarts.empty());
}

TEST_CASE("the journal is filtered, paged and emptied") {
  Running running;
  running.on_loop([](Tester& tester) {
    for (const char* id : {"a1", "a2", "b1", "a/3 ü"})
      tester.answered(ask(tester, id).entry, 201, "n3g-x");
  });
  const std::string all = running.curl("journal");
  CHECK(all.starts_with(R"(200 {"last":4,"lost":1,"entries":[{"number":2,)"));
  CHECK(running.curl("journal?privateId=a*&after=2").find("\"a/3 ü\"") != std::string::npos);
  CHECK(running.curl("journal?privateId=a%2F3%20%C3%BC").find("\"number\":4") != std::string::npos);
  CHECK(running.curl("journal?status=200").ends_with("\"entries\":[]}"));
  CHECK(running.curl("journal?channel=coap&operation=provision&limit=1").find("\"number\":3") ==
        std::string::npos);
  for (const char* bad : {"journal?chanel=coap", "journal?channel=udp", "journal?limit=10001",
                          "journal?status=x", "journal?after=-1", "journal?privateId=%2"}) {
    CAPTURE(bad);
    CHECK(running.curl(bad).starts_with("400 "));
  }
  CHECK(running.curl("journal", "-X DELETE") == "200 {}");
  CHECK(running.curl("journal") == R"(200 {"last":4,"lost":0,"entries":[]})");
}

TEST_CASE("counters, reset and restart") {
  Running running;
  REQUIRE(running.curl("faults", R"(-d '{"name":"f","do":"reset"}')").starts_with("201"));
  running.on_loop([](Tester& tester) { tester.answered(ask(tester, "a").entry, 503, ""); });
  CHECK(running.curl("counters") ==
        R"(200 {"asked":{"coap provision":1},"answered":{"503":1},"faults":{"f":1}})");
  CHECK(running.curl("reset", "-X POST") == "200 {}");
  CHECK(running.curl("counters") == R"(200 {"asked":{},"answered":{},"faults":{}})");
  CHECK(running.curl("restart", R"(-d '{"downMs":50,"loseStore":true}')") == "200 {}");
  CHECK(running.curl("restart", "-X POST") == "200 {}");
  CHECK(running.curl("restart", R"(-d '{"downMs":"50"}')").starts_with("400 "));
  CHECK(running.curl("restart").starts_with("405 "));
  CHECK(running.curl("nowhere").starts_with("404 "));
  running.on_loop([&](Tester&) {
    REQUIRE(running.restarts.size() == 2);
    CHECK(running.restarts[0].down == base::Duration{50});
    CHECK(running.restarts[0].lose_store);
    CHECK_FALSE(running.restarts[1].lose_store);
  });
}

TEST_CASE("a scenario is there from the start, and a bad one is told with its place") {
  const test::TempFolder folder;
  const auto file = folder.file("scenario.json", R"({"faults":[{"do":"drop"},{"do":"half"}]})");
  Options options;
  options.scenario = file;
  {
    Running running(options);
    CHECK(running.curl("faults").find("fault-2") != std::string::npos);
  }
  std::ofstream(file) << R"({"faults":[{"do":"drop"},{"do":"hlaf"}]})";
  CHECK_THROWS_WITH_AS(Running{options}, doctest::Contains("faults[1].do must be"),
                       std::runtime_error);
  std::filesystem::remove(file);
  CHECK_THROWS_WITH_AS(Running{options}, doctest::Contains("No such file"), std::runtime_error);
}

}  // namespace
}  // namespace msggw::tester
