// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/option.h"

#include <algorithm>

#include "gateway/base/result.h"

namespace msggw::config_language {
namespace {

/// Insertions, deletions, replacements and swaps of neighbours between two short words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] =
          std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1] ? 1U : 0U)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

}  // namespace

void OptionTable::section(std::string_view name) {
  base::ensure(!has_section(name), "a configuration section is declared once");
  sections_.push_back(name);
  taken_ = When::at_start;
}

void OptionTable::taken(When when, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const auto found = std::find_if(options_.begin(), options_.end(), [&](const Option& option) {
      return option.section == sections_.back() && option.key == key;
    });
    base::ensure(found != options_.end(), "what is said of a configuration option is said of one");
    found->taken = when;
  }
}

void OptionTable::numeric(std::string_view key, boost::asio::ip::address& value) {
  const auto set = [&value](std::string_view text) -> base::Result<> {
    auto address = base::parse_numeric(text);
    if (!address) return tl::unexpected(std::move(address.error()));
    value = *address;
    return {};
  };
  add(key, Parsed{set, [&value] { return value.to_string(); }});
}

void OptionTable::add(std::string_view key, Field field) {
  base::ensure(!sections_.empty(), "a configuration option belongs to a section");
  base::ensure(find(sections_.back(), key) == nullptr, "a configuration option is declared once");
  options_.push_back({sections_.back(), key, std::move(field), taken_});
}

bool OptionTable::has_section(std::string_view name) const noexcept {
  return std::find(sections_.begin(), sections_.end(), name) != sections_.end();
}

std::vector<std::string_view> OptionTable::keys_in(std::string_view section) const {
  std::vector<std::string_view> keys;
  for (const Option& option : options_) {
    if (option.section == section) keys.push_back(option.key);
  }
  return keys;
}

const Option* OptionTable::find(std::string_view section, std::string_view key) const noexcept {
  const auto found = std::find_if(options_.begin(), options_.end(), [&](const Option& option) {
    return option.section == section && option.key == key;
  });
  return found == options_.end() ? nullptr : &*found;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& words) {
  constexpr std::size_t kLongestWord = 64;  // bounds the work that a hostile key can cause
  if (word.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t best_distance = word.size() < 5 ? 2 : 3;  // the first that is too far
  for (const auto candidate : words) {
    const std::size_t far = distance(word, candidate);
    if (far < best_distance && far < candidate.size()) best = candidate, best_distance = far;
  }
  return best;
}

}  // namespace msggw::config_language
