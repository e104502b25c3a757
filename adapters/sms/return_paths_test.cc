// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/return_paths.h"

#include <doctest/doctest.h>

namespace sms = msggw::sms;
using msggw::core::DeviceNo;
using namespace std::chrono_literals;

TEST_CASE("a device is answered from the address that it wrote to") {
  sms::ReturnPaths paths(2);
  CHECK_FALSE(paths.take(DeviceNo{1}));
  paths.keep(DeviceNo{1}, {sms::SmscNo{0}, {0, 1, "111"}});
  paths.keep(DeviceNo{2}, {sms::SmscNo{1}, {0, 1, "222"}});
  paths.keep(DeviceNo{3}, {sms::SmscNo{1}, {0, 1, "333"}});  // above the limit
  paths.heard({sms::SmscNo{0}, {0, 1, "444"}});
  REQUIRE(paths.take(DeviceNo{1}));
  CHECK(paths.size() == 1);
  auto path = paths.take(DeviceNo{2});
  REQUIRE(path);
  CHECK(path->smsc == sms::SmscNo{1});
  CHECK(path->service.text == "222");
  path = paths.take(DeviceNo{3});
  REQUIRE(path);
  CHECK(path->service.text == "444");
}

TEST_CASE("addresses without end are not kept") {
  sms::ReturnPaths paths(10);
  for (int i = 0; i < 5'000; ++i) paths.heard({sms::SmscNo{0}, {0, 1, std::to_string(i)}});
  const auto path = paths.take(DeviceNo{1});
  REQUIRE(path);
  CHECK(path->service.text == "1023");
}

TEST_CASE("one answer to a device in each while") {
  sms::AnswerRate rate(10s, 2);
  msggw::base::TimePoint now{std::chrono::seconds{1'800'000'000}};
  CHECK(rate.pass(DeviceNo{1}, now));
  CHECK_FALSE(rate.pass(DeviceNo{1}, now + 9'999ms));
  CHECK(rate.pass(DeviceNo{2}, now));
  CHECK_FALSE(rate.pass(DeviceNo{3}, now));  // as many as are remembered
  CHECK(rate.pass(DeviceNo{1}, now + 10s));
  CHECK(rate.pass(DeviceNo{3}, now + 10s));
  CHECK(rate.size() == 2);
  rate.forget(DeviceNo{1});  // the next device of this number has asked for nothing
  CHECK(rate.size() == 1);
  CHECK_FALSE(rate.pass(DeviceNo{1}, now + 10s));  // those of devices that have gone count too
  CHECK(rate.pass(DeviceNo{1}, now + 20s));
  rate.forget(DeviceNo{1});
  CHECK(rate.pass(DeviceNo{1}, now + 21s));
  CHECK_FALSE(rate.pass(DeviceNo{1}, now + 30s));
  CHECK(rate.pass(DeviceNo{1}, now + 31s));
  sms::AnswerRate none(0s, 1);
  for (int i = 0; i < 3; ++i) CHECK(none.pass(DeviceNo{1}, now));
}
