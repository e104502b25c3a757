// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/assignment_record.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace msggw::function {
namespace {

std::string encoded(const AssignmentRecord& record) {
  std::string out;
  append_record(out, record);
  return out;
}

TEST_CASE("a record reads back as it was written") {
  const std::string longest(255, 'x');
  for (const auto type : {core::UeType::non_3gpp, core::UeType::legacy_3gpp,
                          core::UeType::msgin5g_ue, core::UeType::as}) {
    for (const AssignmentRecord& record :
         {AssignmentRecord{type, "001b638445e6", "n3g-a@msgin5g.example"},
          AssignmentRecord{type, "p", "s"}, AssignmentRecord{type, "p", "s", RuleNo{1}},
          AssignmentRecord{type, longest, longest,
                           RuleNo{std::numeric_limits<std::uint32_t>::max()}},
          AssignmentRecord{type, longest, longest}}) {
      const std::string octets = encoded(record);
      const auto back = parse_record(octets);
      REQUIRE(back);
      CHECK(*back == record);
    }
  }
}

TEST_CASE("the stored octets do not change") {
  const std::string octets = encoded({core::UeType::legacy_3gpp, "+49171", "l3g-1@x"});
  CHECK(octets == std::string("\x01\x01\x06+49171\x07l3g-1@x"));
  CHECK(encoded({core::UeType::legacy_3gpp, "+49171", "l3g-1@x", RuleNo{300}}) ==
        std::string("\x02\x01\x06+49171\x07l3g-1@x\xAC\x02"));
}

TEST_CASE("octets that are no record are refused") {
  const std::string good = encoded({core::UeType::as, "abc", "def", RuleNo{300}});
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    const auto cut = parse_record(std::string_view(good).substr(0, size));
    REQUIRE_FALSE(cut);
    CHECK(cut.error().code == base::Errc::storage);
  }
  CHECK_FALSE(parse_record(good + '\0'));
  CHECK_FALSE(parse_record(std::string("\x01\x04\x01p\x01s")));    // no such ueType
  CHECK_FALSE(parse_record(std::string("\x01\x00\x00\x01s", 5)));  // empty Private ID
  CHECK_FALSE(parse_record(std::string("\x01\x00\x01p\x00", 5)));  // empty Service ID
  CHECK_FALSE(parse_record(encoded({core::UeType::as, std::string(256, 'p'), "s"})));
  CHECK_FALSE(parse_record(std::string("\x02\x00\x01p\x01s\x00", 7)));  // version 1 means rule 0
  CHECK_FALSE(parse_record(std::string("\x02\x00\x01p\x01s\xFF\xFF\xFF\xFF\x7F", 11)));
  const auto newer = parse_record(std::string("\x03\x00\x01p\x01s", 6));
  REQUIRE_FALSE(newer);
  CHECK(newer.error().detail.find("version 3") != std::string::npos);
}

}  // namespace
}  // namespace msggw::function
