// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/options.h"

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <set>

#include "tests/sim/fleet/answers.h"
#include "tests/sim/fleet/ids.h"

namespace msggw::fleet {
namespace {

Options parsed(std::string line) {
  CLI::App app;
  Options options;
  declare(app, options);
  app.parse("fleet " + line);
  complete(options);
  return options;
}

TEST_CASE("defaults that depend on others") {
  CHECK(parsed("--coap h:1 --devices 5").peers == 5);
  CHECK(parsed("--coap h:1 --devices 5000").peers == 100);
  CHECK(parsed("--mqtt h:1 --devices 3").connections == 3);
  CHECK(parsed("--mqtt h:1 --devices 5000").connections == 16);
}

TEST_CASE("times are seconds with fractions") {
  const Options o = parsed("--coap h:1 --timeout 1.5 --ack-timeout 0.05 --ramp 10");
  CHECK(o.timeout == std::chrono::milliseconds(1500));
  CHECK(o.ack_timeout == std::chrono::milliseconds(50));
  CHECK(o.ramp == std::chrono::seconds(10));
}

TEST_CASE("--once takes Private IDs as they are and goes on while pending") {
  const Options o = parsed("--coap h:1 --once 00-1B-63-84-45-E6 lamp-7");
  CHECK(o.devices == 2);
  CHECK(o.pending_retry);
  CHECK(Ids(o).text(0) == "00-1B-63-84-45-E6");
  CHECK(Ids(o).text(1) == "lamp-7");
}

TEST_CASE("what cannot be run is refused") {
  CHECK_THROWS(parsed("--devices 5"));
  CHECK_THROWS(parsed("--coap h:1 --mqtt h:2"));
  CHECK_THROWS(parsed("--coap h:1 --devices 0"));
  CHECK_THROWS(parsed("--coap h:1 --window 70000"));
  CHECK_THROWS(parsed("--coap h:1 --devices 2 --id-template lamp"));
  CHECK_THROWS(parsed("--coap h:1 --devices 2 --first 1099511627775"));
  CHECK_THROWS(parsed("--mqtt h:1 --id-template a/{n}"));
  CHECK_THROWS(parsed("--mqtt h:1 --once a+b"));
  CHECK_THROWS(parsed("--mqtt h:1 --once good bad#"));
  CHECK_THROWS(parsed("--mqtt h:1 --mqtt-version 3.1.1 --mqtt-answers response"));
  CHECK_THROWS(parsed("--coap h:1 --timeout -1"));
}

TEST_CASE("HOST:PORT") {
  CHECK(split_host_port("127.0.0.1:99", 5).host == "127.0.0.1");
  CHECK(split_host_port("127.0.0.1:99", 5).port == 99);
  CHECK(split_host_port("gateway", 5).port == 5);
  CHECK(split_host_port("[::1]:99", 5).host == "::1");
  CHECK(split_host_port("[::1]:99", 5).port == 99);
  CHECK(split_host_port("[::1]", 5).port == 5);
  for (const char* wrong : {"", ":1", "h:0", "h:65536", "h:x", "h:1x", "[::1", "[::1]9", "h:"}) {
    CAPTURE(wrong);
    CHECK_THROWS(split_host_port(wrong, 5));
  }
}

Options with_template(const char* text, std::uint64_t first = 1) {
  Options o;
  o.id_template = text;
  o.first = first;
  o.devices = 1000;
  return o;
}

TEST_CASE("Private IDs by template") {
  CHECK(Ids(with_template("mac", 0x0102030405)).text(0) == "02-01-02-03-04-05");
  CHECK(Ids(with_template("uuid", 0xabc)).text(1) == "f1ee7000-0000-4000-8000-000000000abd");
  CHECK(Ids(with_template("lamp-{n}/{n}", 8)).text(1) == "lamp-9/9");
  // Every second digit doubled: 3 + (1+0) + 2 = 6, and 4 makes it ten.
  CHECK(Ids(with_template("imei", 20)).text(0) == "350000000000204");
}

TEST_CASE("every IMEI carries a correct check digit") {
  const Ids ids(with_template("imei", 123'456'789));
  for (std::uint32_t device = 0; device < 100; ++device) {
    const std::string imei = ids.text(device);
    REQUIRE(imei.size() == 15);
    int sum = 0;
    for (std::size_t i = 0; i < 15; ++i) {
      const int digit = imei[14 - i] - '0';
      const int weighted = i % 2 == 1 ? digit * 2 : digit;
      sum += weighted / 10 + weighted % 10;
    }
    CHECK(sum % 10 == 0);
  }
}

TEST_CASE("Private IDs are distinct") {
  for (const char* text : {"mac", "imei", "uuid", "x{n}"}) {
    const Ids ids(with_template(text, 250));
    std::set<std::string> seen;
    for (std::uint32_t device = 0; device < 1000; ++device) seen.insert(ids.text(device));
    CHECK(seen.size() == 1000);
  }
}

TEST_CASE("bodies of answers") {
  const auto good = parse_answer(R"({"privateId":"a","serviceId":"s@x","state":"provisioned"})");
  REQUIRE(good);
  CHECK(good->state == Answer::State::registered);
  CHECK(good->service_id == "s@x");
  CHECK(good->state_word == "provisioned");
  const auto pending = parse_answer(R"({"state":"pending","retryAfter":7})");
  REQUIRE(pending);
  CHECK(pending->state == Answer::State::pending);
  CHECK(pending->retry_after == std::chrono::seconds(7));
  const auto refused = parse_answer(R"({"state":"refused","cause":"POLICY_DENIED"})");
  REQUIRE(refused);
  CHECK(refused->state == Answer::State::refused);
  CHECK(refused->cause == "POLICY_DENIED");
  for (const char* wrong : {"", "{", "[]", "{}", R"({"serviceId":7})", R"({"serviceId":""})",
                            R"({"state":"registered"})", "\xff"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_answer(wrong));
  }
}

}  // namespace
}  // namespace msggw::fleet
