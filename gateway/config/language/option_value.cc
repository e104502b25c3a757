// SPDX-License-Identifier: Apache-2.0
// Values into the fields of options, or what is wrong with them.
#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "gateway/base/result.h"
#include "gateway/base/text.h"
#include "gateway/config/language/option.h"
#include "gateway/config/language/units.h"

namespace msggw::config_language {
namespace {

using Wrong = std::optional<std::string>;

constexpr std::string_view kAuto = "auto";
constexpr int kMostOctet = 255;

std::string in_quotes(std::string_view text) {
  return "'" + base::printable(text) + "'";
}

std::string must_be(std::string_view what, const Node& value) {
  return "must be " + std::string(what) + ", not " + kind_of_value(value);
}

std::string range(std::string_view least, std::string_view most) {
  return std::string(least) + " to " + std::string(most);
}

std::string range_of(const Number& field) {
  if (field.octets) return range(print_octets(field.least), print_octets(field.most));
  return range(std::to_string(field.least), std::to_string(field.most));
}

std::string range_of(const Span& field) {
  return range(print_duration(field.least), print_duration(field.most));
}

std::string join(const std::vector<std::string_view>& words) {
  std::string out;
  for (const auto word : words) out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

Wrong text_wrong(std::string_view text, std::size_t most_octets, bool secret) {
  if (!base::is_utf8(text) || base::has_control(text)) {
    return (secret ? std::string() : in_quotes(text) + " ") +
           "holds control characters or is not UTF-8";
  }
  if (text.size() > most_octets) {
    return "is " + std::to_string(text.size()) + " octets long, allowed are at most " +
           std::to_string(most_octets);
  }
  return std::nullopt;
}

struct Assign {
  const Node& value;

  Wrong items_wrong(const std::optional<std::vector<std::string>>& items,
                    std::size_t most_items) const {
    if (!items) return must_be("a list of strings", value);
    if (items->size() > most_items) {
      return "has " + std::to_string(items->size()) + " items, allowed are at most " +
             std::to_string(most_items);
    }
    if (std::find(items->begin(), items->end(), "") != items->end()) return "has an empty item";
    return std::nullopt;
  }

  Wrong operator()(const Flag& field) const {
    const auto* given = std::get_if<bool>(&value.value);
    if (given == nullptr) return must_be("true or false", value);
    *field.value = *given;
    return std::nullopt;
  }

  Wrong operator()(const Number& field) const {
    std::uint64_t number = 0;
    std::string shown;
    if (const auto* given = std::get_if<std::int64_t>(&value.value)) {
      shown = std::to_string(*given);
      if (*given < 0) return shown + " is out of range, allowed are " + range_of(field);
      number = static_cast<std::uint64_t>(*given);
    } else if (const auto* text = std::get_if<std::string>(&value.value);
               text != nullptr && field.octets) {
      const auto octets = parse_octets(*text);
      if (!octets) {
        return in_quotes(*text) +
               " is not a size, write a whole number and KiB, MiB, GiB or TiB: \"64KiB\"";
      }
      shown = *text;
      number = *octets;
    } else {
      return must_be(field.octets ? "a number of octets such as 500 or \"64KiB\"" : "an integer",
                     value);
    }
    if (number < field.least || number > field.most) {
      return shown + " is out of range, allowed are " + range_of(field);
    }
    std::visit(
        [number](auto* to) { *to = static_cast<std::remove_pointer_t<decltype(to)>>(number); },
        field.value);
    return std::nullopt;
  }

  Wrong operator()(const OctetOrAuto& field) const {
    const auto* text = std::get_if<std::string>(&value.value);
    const auto* number = std::get_if<std::int64_t>(&value.value);
    if (text != nullptr && *text == kAuto) {
      field.value->reset();
    } else if (number == nullptr) {
      return must_be("an integer or \"auto\"", value);
    } else if (*number < 0 || *number > kMostOctet) {
      return std::to_string(*number) + " is out of range, allowed are " +
             range("0", std::to_string(kMostOctet));
    } else {
      *field.value = static_cast<std::uint8_t>(*number);
    }
    return std::nullopt;
  }

  Wrong operator()(const Span& field) const {
    const auto* text = std::get_if<std::string>(&value.value);
    if (text == nullptr) return must_be("a duration such as \"500ms\", \"2s\" or \"25h\"", value);
    const auto given = parse_duration(*text);
    if (!given) {
      return in_quotes(*text) +
             " is not a duration, write a whole number and ms, s, m, h or d: \"2s\"";
    }
    if (*given < field.least || *given > field.most) {
      return *text + " is out of range, allowed are " + range_of(field);
    }
    if (const auto* seconds = std::get_if<std::chrono::seconds*>(&field.value)) {
      const auto whole = std::chrono::floor<std::chrono::seconds>(*given);
      if (whole != *given) return *text + " is not allowed, only whole seconds are";
      **seconds = whole;
    } else {
      *std::get<base::Duration*>(field.value) = *given;
    }
    return std::nullopt;
  }

  Wrong operator()(const Text& field) const {
    const auto* text = std::get_if<std::string>(&value.value);
    if (text == nullptr) return must_be("a string", value);
    if (text->empty() && !field.may_be_empty) return "must not be empty";
    if (auto wrong = text_wrong(*text, field.most_octets, field.secret)) return wrong;
    std::visit([text](auto* to) { *to = *text; }, field.value);
    return std::nullopt;
  }

  Wrong operator()(const List& field) const {
    const auto items = strings_of(value);
    if (auto wrong = items_wrong(items, field.most_items)) return wrong;
    for (const std::string& item : *items) {
      if (auto wrong = text_wrong(item, Text::kMostOctets, false)) return wrong;
    }
    *field.value = *items;
    return std::nullopt;
  }

  Wrong operator()(const Parsed& field) const {
    const auto* text = std::get_if<std::string>(&value.value);
    if (text == nullptr) return must_be("a string", value);
    if (text->empty()) return "must not be empty";
    const auto set = field.set(*text);
    return set ? std::nullopt : Wrong(set.error().detail);
  }

  Wrong operator()(const ParsedList& field) const {
    const auto items = strings_of(value);
    if (auto wrong = items_wrong(items, field.most_items)) return wrong;
    const auto set = field.set(*items);
    return set ? std::nullopt : Wrong(set.error().detail);
  }

  Wrong operator()(const Choice& field) const {
    const auto* text = std::get_if<std::string>(&value.value);
    if (text == nullptr) return must_be("one of " + join(field.words), value);
    const auto found = std::find(field.words.begin(), field.words.end(), *text);
    if (found == field.words.end()) {
      return in_quotes(*text) + " is unknown, allowed are " + join(field.words);
    }
    field.set(static_cast<std::size_t>(found - field.words.begin()));
    return std::nullopt;
  }
};

}  // namespace

std::optional<std::string> assign(const Option& option, const Node& value) {
  return std::visit(Assign{value}, option.field);
}

namespace {

template <class... Pointers>
bool points_to_same(const std::variant<Pointers...>& one, const std::variant<Pointers...>& other) {
  return std::visit(
      [](const auto* a, const auto* b) {
        if constexpr (std::is_same_v<decltype(a), decltype(b)>) return *a == *b;
        return false;
      },
      one, other);
}

bool is_same_field(const Flag& a, const Flag& b) {
  return *a.value == *b.value;
}
bool is_same_field(const Number& a, const Number& b) {
  return points_to_same(a.value, b.value);
}
bool is_same_field(const OctetOrAuto& a, const OctetOrAuto& b) {
  return *a.value == *b.value;
}
bool is_same_field(const Span& a, const Span& b) {
  return points_to_same(a.value, b.value);
}
bool is_same_field(const Text& a, const Text& b) {
  return points_to_same(a.value, b.value);
}
bool is_same_field(const List& a, const List& b) {
  return *a.value == *b.value;
}
template <class Made>  // Parsed, ParsedList, Choice
bool is_same_field(const Made& a, const Made& b) {
  return a.get() == b.get();
}

}  // namespace

namespace {

template <class... Pointers>
void copy_pointed(const std::variant<Pointers...>& from, const std::variant<Pointers...>& to) {
  std::visit(
      [](const auto* a, auto* b) {
        using From = std::remove_cv_t<std::remove_pointer_t<decltype(a)>>;
        if constexpr (std::is_same_v<From, std::remove_pointer_t<decltype(b)>>) *b = *a;
      },
      from, to);
}

void copy_field(const Flag& from, const Flag& to) {
  *to.value = *from.value;
}
void copy_field(const Number& from, const Number& to) {
  copy_pointed(from.value, to.value);
}
void copy_field(const OctetOrAuto& from, const OctetOrAuto& to) {
  *to.value = *from.value;
}
void copy_field(const Span& from, const Span& to) {
  copy_pointed(from.value, to.value);
}
void copy_field(const Text& from, const Text& to) {
  copy_pointed(from.value, to.value);
}
void copy_field(const List& from, const List& to) {
  *to.value = *from.value;
}
void copy_field(const Choice& from, const Choice& to) {
  to.set(from.get());
}
template <class Made>  // Parsed, ParsedList: `get` gives what `set` takes
void copy_field(const Made& from, const Made& to) {
  if (const auto set = to.set(from.get()); !set)
    throw std::runtime_error("a value cannot be taken over: " + set.error().detail);
}

}  // namespace

void copy_value(const Option& from, const Option& to) {
  std::visit(
      [](const auto& a, const auto& b) {
        if constexpr (std::is_same_v<decltype(a), decltype(b)>) copy_field(a, b);
      },
      from.field, to.field);
}

bool is_same(const Option& one, const Option& other) {
  return std::visit(
      [](const auto& a, const auto& b) {
        if constexpr (std::is_same_v<decltype(a), decltype(b)>) return is_same_field(a, b);
        return false;
      },
      one.field, other.field);
}

}  // namespace msggw::config_language
