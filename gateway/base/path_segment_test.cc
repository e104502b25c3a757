// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/path_segment.h"

#include <doctest/doctest.h>

namespace msggw::base {

TEST_CASE("octets go into a path and come back the same") {
  for (const std::string& octets :
       {std::string("001b638445e6"), std::string("a/b?c#d %"), std::string("\xC3\xA4\0\xFF", 4),
        std::string("."), std::string(".."), std::string("..."), std::string("bulk")}) {
    CAPTURE(octets);
    const std::string segment = path_segment(octets);
    CHECK(segment.find_first_of("/?# ") == std::string::npos);
    CHECK(octets_of_segment(segment) == octets);
  }
  CHECK(path_segment("gone/1") == "gone%2F1");
  CHECK(path_segment("a.b-c_d~e") == "a.b-c_d~e");
  CHECK(path_segment("..") == "%2E%2E");
  CHECK(path_segment("").empty());
}

TEST_CASE("a segment that was escaped wrongly is none") {
  for (const char* segment : {"%", "a%2", "%zz", "%2", "%%41"}) {
    CAPTURE(segment);
    CHECK_FALSE(octets_of_segment(segment).has_value());
  }
  CHECK(octets_of_segment("%41%62") == "Ab");
}

}  // namespace msggw::base
