// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/date_time.h"

#include <fmt/format.h>

#include <algorithm>

namespace msggw::m5s {

namespace {

/// Takes octets of a text from its front; once something is wrong it stays so.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  int digits(std::size_t count, int most) {
    int value = 0;
    for (; count > 0; --count) value = value * 10 + digit();
    if (value > most) good_ = false;
    return value;
  }
  char one_of(std::string_view allowed) {
    if (text_.empty() || allowed.find(text_.front()) == allowed.npos) {
      good_ = false;
      return '\0';
    }
    const char taken = text_.front();
    text_.remove_prefix(1);
    return taken;
  }
  int fraction_ms() {
    if (text_.empty() || text_.front() != '.') return 0;
    text_.remove_prefix(1);
    int value = digit() * 100, weight = 10;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      value += digit() * weight;
      weight /= 10;
    }
    return value;
  }
  bool is_done() const { return good_ && text_.empty(); }
  bool is_good() const { return good_; }

 private:
  int digit() {
    const char taken = one_of("0123456789");
    return taken == '\0' ? 0 : taken - '0';
  }

  std::string_view text_;
  bool good_ = true;
};

}  // namespace

std::optional<Instant> parse_date_time(std::string_view text) {
  using namespace std::chrono;
  Scanner scanner(text);
  const int y = scanner.digits(4, 9'999);
  scanner.one_of("-");
  const auto m = static_cast<unsigned>(scanner.digits(2, 12));
  scanner.one_of("-");
  const auto d = static_cast<unsigned>(scanner.digits(2, 31));
  scanner.one_of("Tt ");
  const int hour = scanner.digits(2, 23);
  scanner.one_of(":");
  const int minute = scanner.digits(2, 59);
  scanner.one_of(":");
  const int second = scanner.digits(2, 60);
  const int ms = scanner.fraction_ms();
  const char zone = scanner.one_of("Zz+-");
  minutes offset{0};
  if (scanner.is_good() && (zone == '+' || zone == '-')) {
    offset = hours(scanner.digits(2, 23));
    scanner.one_of(":");
    offset += minutes(scanner.digits(2, 59));
    if (zone == '-') offset = -offset;
  }
  const year_month_day date{year(y), month(m), day(d)};
  if (!scanner.is_done() || !date.ok()) return std::nullopt;
  return sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) + seconds(second) +
         milliseconds(ms) - offset;
}

std::string print_date_time(Instant at) {
  using namespace std::chrono;
  const auto days_since = floor<days>(at);
  const year_month_day date{sys_days(days_since)};
  const hh_mm_ss time{at - days_since};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

}  // namespace msggw::m5s
