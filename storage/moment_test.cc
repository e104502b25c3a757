// SPDX-License-Identifier: Apache-2.0
#include "storage/moment.h"

#include <doctest/doctest.h>

#include "storage/device_record.h"
#include "storage/memory_store.h"

namespace msggw::storage {
namespace {

TEST_CASE("the last moment comes back as it was, none before 1970") {
  MemoryStore store(gateway_tables().size());
  CHECK_FALSE(last_moment(store).value());
  Batch batch;
  const base::TimePoint time{std::chrono::milliseconds{1'800'000'000'123}};
  put_moment(batch, {time, base::TimePoint{std::chrono::hours{-1}}});
  REQUIRE(store.apply(batch));
  const auto moment = last_moment(store).value();
  REQUIRE(moment);
  CHECK(moment->time == time);
  CHECK(moment->wall == base::TimePoint{});
}

TEST_CASE("a row that is wrong is refused, and with it the start") {
  MemoryStore store(gateway_tables().size());
  Batch batch;
  put_moment(batch, {base::TimePoint{base::Duration{1'000}}, base::TimePoint{}});
  REQUIRE(store.apply(batch));
  const std::string row = store.find(kMeta, kLastMoment).value().value();
  for (std::size_t size = 0; size < row.size(); ++size)
    CHECK_FALSE(parse_moment(std::string_view(row).substr(0, size)));
  CHECK_FALSE(parse_moment(row + '\0'));
  CHECK_FALSE(parse_moment("\x02" + row.substr(1)));
  CHECK_FALSE(parse_moment("\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01"));
  batch.clear();
  batch.put(kMeta, kLastMoment, "\x01");
  REQUIRE(store.apply(batch));
  CHECK(last_moment(store).error().code == base::Errc::storage);
}

}  // namespace
}  // namespace msggw::storage
