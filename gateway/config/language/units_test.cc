// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/units.h"

#include <doctest/doctest.h>

namespace msggw::config_language {
namespace {

using base::Duration;

TEST_CASE("durations are a whole number and a unit, with nothing else") {
  CHECK(parse_duration("0s") == Duration{0});
  CHECK(parse_duration("500ms") == Duration{500});
  CHECK(parse_duration("2s") == Duration{2'000});
  CHECK(parse_duration("5m") == Duration{300'000});
  CHECK(parse_duration("25h") == Duration{90'000'000});
  CHECK(parse_duration("30d") == Duration{2'592'000'000});
  for (const char* bad :
       {"", "2", "s", " 2s", "2 s", "2s ", "+2s", "-2s", "1.5s", "2S", "2sec", "1h30m", "0x2s",
        "2ss", "99999999999999999999s", "9223372036854775807d", "400000d"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad).has_value());
  }
  CHECK_FALSE(parse_duration(std::string_view("2s\0", 3)).has_value());
}

TEST_CASE("durations are printed in the largest unit that keeps them whole, and read back") {
  CHECK(print_duration(Duration{0}) == "0s");
  CHECK(print_duration(Duration{1}) == "1ms");
  CHECK(print_duration(Duration{1'500}) == "1500ms");
  CHECK(print_duration(Duration{60'000}) == "1m");
  CHECK(print_duration(Duration{90'000'000}) == "25h");
  CHECK(print_duration(Duration{86'400'000}) == "1d");
  for (std::int64_t ms = 0; ms < 200'000'000; ms += 999'999) {
    CHECK(parse_duration(print_duration(Duration{ms})) == Duration{ms});
  }
}

TEST_CASE("sizes are octets or a whole number with a binary unit") {
  CHECK(parse_octets("0") == 0U);
  CHECK(parse_octets("500") == 500U);
  CHECK(parse_octets("64KiB") == 65'536U);
  CHECK(parse_octets("4MiB") == 4'194'304U);
  CHECK(parse_octets("64GiB") == std::uint64_t{64} << 30);
  CHECK(parse_octets("4TiB") == std::uint64_t{4} << 40);
  for (const char* bad : {"", "KiB", "64KB", "64kib", "64 KiB", "-1", "1.5MiB",
                          "4611686018427387905", "18446744073709551616", "9999999999TiB"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_octets(bad).has_value());
  }
}

TEST_CASE("sizes are printed in the largest unit that keeps them whole") {
  CHECK(print_octets(0) == "0");
  CHECK(print_octets(500) == "500");
  CHECK(print_octets(1'025) == "1025");
  CHECK(print_octets(4'096) == "4KiB");
  CHECK(print_octets(std::uint64_t{1} << 30) == "1GiB");
}

}  // namespace
}  // namespace msggw::config_language
