// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/negotiation.h"

#include <algorithm>
#include <boost/url/grammar/ci_string.hpp>
#include <cstddef>

namespace msggw::function {

namespace {

using protocol::Encoding;

constexpr std::size_t kMostRanges = 32;  ///< looked at in one Accept; browsers send about ten

using boost::urls::grammar::ci_is_equal;

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Cuts what stands before the next `separator` off `rest`.
std::string_view next(std::string_view& rest, char separator) noexcept {
  const auto end = rest.find(separator);
  const auto item = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return trimmed(item);
}

/// A weight in thousandths ("0", "0.25", "1.000"); none if it is not one.
std::optional<int> weight_of(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int value = (text[0] - '0') * 1000;
  int unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    value += (c - '0') * unit;
    unit /= 10;
  }
  return value <= 1000 ? std::optional(value) : std::nullopt;
}

/// How well something matches and how much it is wanted.
struct Preference {
  int specificity = 0;  ///< 0: not named at all
  int weight = 0;

  void consider(int new_specificity, int new_weight) noexcept {
    if (new_specificity >= specificity) *this = {new_specificity, new_weight};
  }
};

struct Wishes {
  Preference json;
  Preference cbor;
  bool any_range = false;
};

void take_range(std::string_view range, Wishes& wishes) noexcept {
  const auto type = next(range, ';');
  const auto slash = type.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == type.size()) return;
  int weight = 1000;
  while (!range.empty()) {
    const auto parameter = next(range, ';');
    if (!ci_is_equal(parameter.substr(0, 2), "q=")) continue;
    const auto said = weight_of(parameter.substr(2));
    if (!said) return;
    weight = *said;
    break;
  }
  wishes.any_range = true;
  if (ci_is_equal(type, protocol::media_type(Encoding::json))) wishes.json.consider(3, weight);
  if (ci_is_equal(type, protocol::media_type(Encoding::cbor))) wishes.cbor.consider(3, weight);
  const int wide = type == "*/*" ? 1 : ci_is_equal(type, "application/*") ? 2 : 0;
  if (wide == 0) return;
  wishes.json.consider(wide, weight);
  wishes.cbor.consider(wide, weight);
}

}  // namespace

std::optional<Encoding> choose_encoding(std::string_view accept, Encoding preferred) noexcept {
  Wishes wishes;
  for (std::size_t i = 0; i < kMostRanges && !accept.empty(); ++i) {
    take_range(next(accept, ','), wishes);
  }
  if (!wishes.any_range) return preferred;
  const int json = wishes.json.weight;
  const int cbor = wishes.cbor.weight;
  if (json == 0 && cbor == 0) return std::nullopt;
  if (json == cbor) return preferred;
  return json > cbor ? Encoding::json : Encoding::cbor;
}

}  // namespace msggw::function
