// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/infos.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace msggw::core {
namespace {

TEST_CASE("infos: one text is kept once, until its last user drops it") {
  Infos infos({1, 2});
  CHECK(infos.keep("") == InfoNo{});
  CHECK(infos.at(InfoNo{}).empty());
  const InfoNo first = infos.keep("{}");
  CHECK(first != InfoNo{});
  CHECK(infos.keep("{}") == first);
  CHECK(infos.size() == 1);
  infos.drop(first);
  CHECK(infos.at(first) == "{}");
  infos.drop(first);
  CHECK(infos.size() == 0);
  infos.drop(InfoNo{});
  const InfoNo other = infos.keep("other");
  CHECK(other == first);  // the place is used again
  CHECK(infos.at(other) == "other");
}

TEST_CASE("infos: many texts come and go") {
  Infos infos({1, 2});
  std::vector<InfoNo> numbers;
  for (int i = 0; i < 10'000; ++i) numbers.push_back(infos.keep(std::to_string(i)));
  for (int i = 0; i < 10'000; i += 2) infos.drop(numbers[static_cast<std::size_t>(i)]);
  CHECK(infos.size() == 5'000);
  for (int i = 1; i < 10'000; i += 2) {
    REQUIRE(infos.at(numbers[static_cast<std::size_t>(i)]) == std::to_string(i));
    REQUIRE(infos.keep(std::to_string(i)) == numbers[static_cast<std::size_t>(i)]);
  }
}

}  // namespace
}  // namespace msggw::core
