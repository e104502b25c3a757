// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/segment_sets.h"

#include <doctest/doctest.h>

namespace msggw::messages {
namespace {

constexpr Key kSet{1, 2};

Header header(std::uint32_t octets = 100, std::uint32_t expires_s = 60) {
  Header made;
  made.kind = Kind::segment_down;
  made.octets = octets;
  made.expires_s = expires_s;
  return made;
}

struct Sets {
  SegmentSets sets;
  std::uint64_t last = 0;

  SetNo add(const Place& place) { return sets.add(MessageNo{++last}, place, header()); }
  bool whole(const std::vector<Place>& places) {
    SetNo no{};
    for (const Place& place : places) no = add(place);
    const bool is_whole = sets.find(no)->is_whole();
    sets.erase(no);
    return is_whole;
  }
};

Place place(std::uint32_t number, std::uint32_t total = 0, bool last = false) {
  return {kSet, number, total, 10, last};
}

TEST_CASE("a set is whole when all are there, numbered from 0 or from 1") {
  Sets sets;
  CHECK(sets.whole({place(0, 1, true)}));
  CHECK(sets.whole({place(1, 1, true)}));
  CHECK(sets.whole({place(0, 3), place(1), place(2, 0, true)}));
  CHECK(sets.whole({place(3, 0, true), place(1, 3), place(2)}));
  CHECK(sets.whole({place(2), place(0, 3), place(1)}));  // the last does not say so
  CHECK(sets.whole({place(0), place(1, 0, true)}));      // no total, and none before 0
}

TEST_CASE("a set is not whole while one may still come") {
  Sets sets;
  CHECK_FALSE(sets.whole({place(1, 3), place(3, 0, true)}));
  CHECK_FALSE(sets.whole({place(2, 0, true), place(1)}));  // perhaps 0, with the total
  CHECK_FALSE(sets.whole({place(0), place(1)}));
  CHECK_FALSE(sets.whole({place(0, 3), place(2, 0, true)}));
  CHECK_FALSE(sets.whole({place(2, 2), place(3)}));            // numbered from 2
  CHECK_FALSE(sets.whole({place(0, 2), place(1), place(2)}));  // more than it says
  CHECK_FALSE(sets.whole({place(0, 0, true), place(1)}));      // one behind the last
}

TEST_CASE("what a set holds is counted, and gone when it is closed") {
  SegmentSets sets;
  const SetNo one = sets.add(MessageNo{1}, place(1, 3), header(100, 60));
  CHECK(sets.add(MessageNo{5}, place(0), header(50, 70)) == one);
  const SetNo other = sets.add(MessageNo{6}, {{3, 4}, 0, 0, 7, true}, header(20));
  CHECK(other != one);
  CHECK(sets.size() == 2);
  CHECK(sets.octets() == 170);
  CHECK(sets.count_of(core::DeviceNo{}) == 2);
  CHECK(sets.of(core::DeviceNo{1}).empty());
  CHECK(sets.find(kSet) == one);
  const SegmentSet& set = *sets.find(one);
  CHECK(set.content_octets == 20);
  CHECK(set.deadline_s == 70);
  CHECK(set.find(0)->no == MessageNo{5});
  CHECK(set.find(2) == nullptr);
  CHECK(sets.place_of(MessageNo{1}, one) == place(1, 3));
  CHECK(sets.place_of(MessageNo{6}, other) == Place{{3, 4}, 0, 0, 7, true});
  sets.erase(one);
  CHECK(sets.octets() == 20);
  CHECK_FALSE(sets.find(kSet));
  CHECK(sets.find(one) == nullptr);
  CHECK(sets.count_of(core::DeviceNo{}) == 1);
}

}  // namespace
}  // namespace msggw::messages
