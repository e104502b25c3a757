// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/date_time.h"

#include <doctest/doctest.h>

namespace msggw::m5s {

TEST_CASE("date-times of RFC 3339") {
  CHECK(parse_date_time("1970-01-01T00:00:00Z") == Instant(0));
  CHECK(parse_date_time("2025-01-31T10:00:00Z") == Instant(1'738'317'600'000));
  CHECK(parse_date_time("2025-01-31t10:00:00.25z") == Instant(1'738'317'600'250));
  CHECK(parse_date_time("2025-01-31T10:00:00.2509999Z") == Instant(1'738'317'600'250));
  CHECK(parse_date_time("2025-01-31T12:30:00+02:30") == Instant(1'738'317'600'000));
  CHECK(parse_date_time("2025-01-31T09:00:00-01:00") == Instant(1'738'317'600'000));
  CHECK(print_date_time(Instant(1'738'317'600'250)) == "2025-01-31T10:00:00.250Z");
  for (const char* wrong :
       {"", "2025", "2025-01-31", "2025-02-30T10:00:00Z", "2025-13-01T10:00:00Z",
        "2025-01-31T24:00:00Z", "2025-01-31T10:00:00", "2025-01-31T10:00:00.Z",
        "2025-01-31T10:00:00Zx", "2025-01-31T10:00:00+2:00", "1738317600"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_date_time(wrong));
  }
}

}  // namespace msggw::m5s
