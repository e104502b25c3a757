// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/report.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

namespace msggw::fleet {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("an empty histogram") {
  const Histogram histogram;
  CHECK(histogram.quantile(0.5) == Instant(0));
  CHECK(histogram.max() == Instant(0));
}

TEST_CASE("quantiles are never too low and at most 1.6 % and 1 us too high") {
  Histogram histogram;
  for (int us = 1; us <= 100'000; ++us) histogram.record(microseconds(us));
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double us = static_cast<double>(histogram.quantile(share).count()) / 1000;
    CHECK(us >= share * 100'000);
    CHECK(us <= share * 100'000 * 1.016 + 1);
  }
  CHECK(histogram.max() == microseconds(100'000));
  CHECK(histogram.quantile(1) == microseconds(100'000));
  CHECK(histogram.count() == 100'000);
}

TEST_CASE("one value is every quantile") {
  Histogram histogram;
  histogram.record(milliseconds(250));
  CHECK(histogram.quantile(0) == milliseconds(250));
  CHECK(histogram.quantile(0.99) == milliseconds(250));
}

TEST_CASE("values outside the range count at its ends") {
  Histogram histogram;
  histogram.record(Instant(-5));
  histogram.record(hours(100));
  CHECK(histogram.count() == 2);
  CHECK(histogram.quantile(0.5) <= microseconds(1));
  CHECK(histogram.max() == hours(100));
}

Tally sample() {
  Tally tally;
  tally.goal = 10;
  tally.requests = 12;
  tally.registered = 7;
  tally.pending = 2;
  tally.refused = 1;
  tally.errors = 1;
  tally.timeouts = 1;
  tally.count_code("4.04");
  tally.first_request = seconds(1);
  tally.last_answer = seconds(3);
  tally.own_cpu = microseconds(120);
  tally.latency.record(milliseconds(4));
  return tally;
}

TEST_CASE("the JSON report") {
  const auto report = boost::json::parse(
      to_json({.protocol = "coap", .peer = "[::1]:5683", .devices = 10, .lines = 3}, sample()));
  CHECK(report.at("peer").as_string() == "[::1]:5683");
  CHECK(report.at("peers").to_number<int>() == 3);
  CHECK(report.at("goal").to_number<int>() == 10);
  CHECK(report.at("answers").to_number<int>() == 11);
  CHECK(report.at("rate").to_number<double>() == doctest::Approx(5.5));
  CHECK(report.at("byCode").at("4.04").to_number<int>() == 1);
  CHECK(report.at("cpuUsPerRequest").to_number<double>() == doctest::Approx(10));
  CHECK(report.at("latencyMs").at("p99").to_number<double>() == doctest::Approx(4));
}

TEST_CASE("the text report names every kind of answer") {
  const std::string text = to_text({.protocol = "mqtt", .peer = "b:1", .lines = 16}, sample());
  CHECK(text.find("registered 7 of 10, pending 2, refused 1, errors 1, timed out 1") != text.npos);
  CHECK(text.find("1 x 4.04") != text.npos);
  CHECK(text.find("16 connections") != text.npos);
}

TEST_CASE("all registered means all, and as expected") {
  Tally tally;
  tally.goal = tally.registered = 5;
  CHECK(tally.all_registered());
  tally.mismatched = 1;
  CHECK_FALSE(tally.all_registered());
  tally.mismatched = 0;
  tally.registered = 4;
  CHECK_FALSE(tally.all_registered());
}

TEST_CASE("a peer that invents codes cannot grow the table without end") {
  Tally tally;
  for (int i = 0; i < 10'000; ++i) tally.count_code("cause " + std::to_string(i));
  CHECK(tally.by_code.size() <= 257);
  CHECK(tally.by_code.at("other") == 10'000 - 256);
}

}  // namespace
}  // namespace msggw::fleet
