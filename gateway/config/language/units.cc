// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/units.h"

#include <array>
#include <charconv>

namespace msggw::config_language {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first: printing takes the first that divides.
constexpr std::array kTimes{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                            Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr std::array kSizes{
    Unit{"TiB", std::uint64_t{1} << 40}, Unit{"GiB", std::uint64_t{1} << 30},
    Unit{"MiB", std::uint64_t{1} << 20}, Unit{"KiB", std::uint64_t{1} << 10}, Unit{"", 1}};
constexpr std::uint64_t kMostMilliseconds = std::uint64_t{100} * 366 * 86'400'000;
constexpr std::uint64_t kMostOctets = std::uint64_t{1} << 62;

template <std::size_t N>
std::optional<std::uint64_t> parse(std::string_view text, const std::array<Unit, N>& units,
                                   std::uint64_t most) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const auto name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (number > most / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

template <std::size_t N>
std::string print(std::uint64_t number, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (number % unit.factor == 0) return std::to_string(number / unit.factor).append(unit.name);
  }
  return std::to_string(number);
}

}  // namespace

std::optional<base::Duration> parse_duration(std::string_view text) noexcept {
  const auto milliseconds = parse(text, kTimes, kMostMilliseconds);
  if (!milliseconds) return std::nullopt;
  return base::Duration{static_cast<base::Duration::rep>(*milliseconds)};
}

std::string print_duration(base::Duration duration) {
  if (duration.count() <= 0) return "0s";
  return print(static_cast<std::uint64_t>(duration.count()), kTimes);
}

std::optional<std::uint64_t> parse_octets(std::string_view text) noexcept {
  return parse(text, kSizes, kMostOctets);
}

std::string print_octets(std::uint64_t octets) {
  if (octets == 0) return "0";
  return print(octets, kSizes);
}

}  // namespace msggw::config_language
