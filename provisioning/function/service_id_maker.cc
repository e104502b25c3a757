// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/service_id_maker.h"

#include <stdexcept>

#include "gateway/base/secrets.h"
#include "gateway/base/text.h"

namespace msggw::function {

namespace {

constexpr std::string_view kId = "{id}";
constexpr std::string_view kType = "{type}";
constexpr std::string_view kSymbols = "abcdefghijklmnopqrstuvwxyz0123456789";

/// Taken from one random number.
constexpr std::size_t kCharactersOfNumber = ServiceIdTemplate::kIdLength / 2;

constexpr std::uint64_t power(std::uint64_t base, std::size_t exponent) noexcept {
  return exponent == 0 ? 1 : base * power(base, exponent - 1);
}
constexpr std::uint64_t kWays = power(kSymbols.size(), kCharactersOfNumber);
constexpr std::uint64_t kFair = ~std::uint64_t{0} / kWays * kWays;

std::string_view short_name(core::UeType type) noexcept {
  switch (type) {
    case core::UeType::non_3gpp: return "n3g";
    case core::UeType::legacy_3gpp: return "l3g";
    case core::UeType::msgin5g_ue: return "ue";
    case core::UeType::as: return "as";
  }
  return "?";
}

[[noreturn]] void refuse(std::string_view pattern, const std::string& why) {
  throw std::runtime_error("service_id_template \"" + base::printable(pattern, 255) + "\": " + why);
}

/// Puts `with` wherever `placeholder` stands; returns how often.
std::size_t fill(std::string& text, std::string_view placeholder, std::string_view with) {
  std::size_t count = 0;
  for (auto at = text.find(placeholder); at != std::string::npos; ++count) {
    text.replace(at, placeholder.size(), with);
    at = text.find(placeholder, at + with.size());
  }
  return count;
}

}  // namespace

RandomSource system_random() {
  return base::fill_random;
}

ServiceIdTemplate::ServiceIdTemplate(std::string_view pattern, std::size_t most_octets)
    : text_(pattern) {
  std::string longest = text_;
  fill(longest, kType, short_name(core::UeType::non_3gpp));
  const auto ids = fill(longest, kId, std::string(kIdLength, 'x'));
  if (longest.find_first_of("{}") != std::string::npos)
    refuse(pattern, "the placeholders are {id} and {type}");
  if (ids != 1) refuse(pattern, "{id} must stand in it exactly once");
  if (!base::is_utf8(pattern) || base::has_control(pattern) ||
      pattern.find(' ') != std::string_view::npos) {
    refuse(pattern, "spaces, control characters and broken UTF-8 are not allowed");
  }
  if (longest.size() > most_octets) {
    refuse(pattern, "makes Service IDs of " + std::to_string(longest.size()) + " octets, at most " +
                        std::to_string(most_octets) + " are allowed");
  }
  for (std::size_t type = 0; type < frames_.size(); ++type) {
    std::string of_type = text_;
    fill(of_type, kType, short_name(static_cast<core::UeType>(type)));
    const std::size_t at = of_type.find(kId);
    frames_[type] = {of_type.substr(0, at), of_type.substr(at + kId.size())};
  }
}

std::string_view ServiceIdMaker::make(const ServiceIdTemplate& pattern, core::UeType type) {
  std::array<char, ServiceIdTemplate::kIdLength> id;
  for (std::size_t i = 0; i < id.size();) {
    std::uint64_t number = random_number();
    for (const std::size_t end = i + kCharactersOfNumber; i < end; number /= kSymbols.size())
      id[i++] = kSymbols[number % kSymbols.size()];
  }
  const ServiceIdTemplate::Frame& frame = pattern.frame(type);
  made_.assign(frame.before).append(id.data(), id.size()).append(frame.behind);
  return made_;
}

/// Below a multiple of what kCharactersOfNumber characters can say, or the first letters would come
/// more often.
std::uint64_t ServiceIdMaker::random_number() {
  for (;;) {
    if (used_ == numbers_.size()) {
      random_({reinterpret_cast<std::uint8_t*>(numbers_.data()), sizeof numbers_});
      used_ = 0;
    }
    const std::uint64_t number = numbers_[used_++];
    if (number < kFair) return number;
  }
}

}  // namespace msggw::function
