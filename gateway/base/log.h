// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include "gateway/base/clock.h"

namespace msggw::base::log {

enum class Level { debug, info, warn, error };
enum class Format {
  text,    ///< for people: time, level, event, key=value
  logfmt,  ///< key=value throughout
  json,    ///< an object a line
};
/// How a Private ID, or the number of a phone, stands in an event: it tells who somebody is.
enum class PrivateIds {
  hashed,  ///< "#" and 16 hexadecimal digits, the same for one text as long as the process runs
  plain,
};

/// One `key=value` of an event. Values are escaped by the logger, so octets from a peer may be
/// given as they are.
struct Field {
  enum class Kind : std::uint8_t { text, number, flag, duration };

  std::string_view key;
  std::string value;  ///< as people read it
  Kind kind = Kind::text;
  Duration duration{};  ///< of that kind; machines are told it in seconds

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  template <class T>
  requires std::is_integral_v<T>
  Field(std::string_view k, T v)
      : key(k), value(print(v)), kind(std::is_same_v<T, bool> ? Kind::flag : Kind::number) {}
  Field(std::string_view k, Duration v)
      : key(k), value(std::to_string(v.count()) + "ms"), kind(Kind::duration), duration(v) {}

 private:
  static std::string print(bool v) { return v ? "true" : "false"; }
  template <class T>
  static std::string print(T v) {
    return std::to_string(v);
  }
};

/// Where and how events are written: standard error, one line each, from `least` upwards. Call
/// before the first event; the default is text at info. The fields `private_id`, `held_by`, `to`
/// (the number of a phone) and `names` are written as `private_ids` says, and so is what
/// name_in_event() (log_name.h) is given.
void set_up(Level least, Format format, PrivateIds private_ids = PrivateIds::hashed);

/// Writes one event. `name` is a fixed snake_case word from docs/events.md; what a machine should
/// watch is a metric, not an event. Safe from any thread. Where a peer can cause the event, ask a
/// Limit first.
void event(Level level, std::string_view name, std::initializer_list<Field> fields = {});

inline void debug(std::string_view name, std::initializer_list<Field> fields = {}) {
  event(Level::debug, name, fields);
}
inline void info(std::string_view name, std::initializer_list<Field> fields = {}) {
  event(Level::info, name, fields);
}
inline void warn(std::string_view name, std::initializer_list<Field> fields = {}) {
  event(Level::warn, name, fields);
}
inline void error(std::string_view name, std::initializer_list<Field> fields = {}) {
  event(Level::error, name, fields);
}

/// Lets `burst` events pass each second, so that a hostile peer cannot fill the disk. Not
/// thread-safe.
class Limit {
 public:
  explicit Limit(unsigned burst = 5) : burst_(burst) {}

  bool pass(TimePoint now) noexcept;
  /// Events held back since this was last called; add it to the next line as `suppressed`.
  std::uint64_t take_suppressed() noexcept;

 private:
  unsigned burst_;
  unsigned used_ = 0;
  TimePoint second_{};
  std::uint64_t suppressed_ = 0;
};

}  // namespace msggw::base::log
