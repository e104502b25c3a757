// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/newcomers.h"

#include <doctest/doctest.h>

namespace msggw::core {
namespace {

TEST_CASE("a mark says whether two came from one source, and with another key is another") {
  const SourceMarks marks({1}), others({2});
  const auto source = base::smsc_source(1);
  CHECK(marks.of(source) == marks.of(source));
  CHECK(marks.of(source) != marks.of(base::smsc_source(2)));
  CHECK(marks.of(source) != others.of(source));
  CHECK(marks.of(base::Source::none) == SourceMark{});
}

TEST_CASE("a mark is named for people: what is no address by what it is") {
  const SourceMarks marks({1});
  CHECK(marks.name_of(SourceMark{}).empty());
  CHECK(marks.name_of(marks.of(base::broker_source())) == "broker");
  CHECK(marks.name_of(marks.of(base::smsc_source(0))) == "smsc:1");
  CHECK(marks.name_of(SourceMark{0xbadcafe}) == "#0badcafe");
}

TEST_CASE("the oldest of the largest crowd comes first") {
  Newcomers newcomers;
  CHECK_FALSE(newcomers.take_oldest());
  const auto all = [](DeviceNo) { return true; };
  newcomers.add(DeviceNo{1}, SourceMark{7}, all);
  newcomers.add(DeviceNo{2}, SourceMark{8}, all);
  newcomers.add(DeviceNo{3}, SourceMark{8}, all);
  CHECK(newcomers.size() == 3);
  CHECK(newcomers.most() == 2);
  CHECK(newcomers.take_oldest() == DeviceNo{2});
  newcomers.put_back(DeviceNo{2}, SourceMark{8});
  CHECK(newcomers.take_oldest() == DeviceNo{3});
  newcomers.settled(SourceMark{8});
  CHECK(newcomers.most() == 1);
  newcomers.settled(SourceMark{8});
  CHECK(newcomers.take_oldest() == DeviceNo{1});
}

TEST_CASE("devices that settle leave no entries behind, also where one old newcomer stays") {
  Newcomers newcomers;
  const auto only_the_first = [](DeviceNo no) { return no == DeviceNo{0}; };
  newcomers.add(DeviceNo{0}, SourceMark{7}, only_the_first);
  for (std::uint32_t no = 1; no < 100'000; ++no) {
    newcomers.add(DeviceNo{no}, SourceMark{7}, only_the_first);
    newcomers.settled(SourceMark{7});
  }
  CHECK(newcomers.size() == 1);
  std::size_t entries = 0;
  bool first_is_there = false;
  while (const auto no = newcomers.take_oldest()) {
    ++entries;
    first_is_there = first_is_there || *no == DeviceNo{0};
  }
  CHECK(first_is_there);
  CHECK(entries < 100);
}

}  // namespace
}  // namespace msggw::core
