// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/address.h"
#include "gateway/base/clock.h"
#include "gateway/config/language/toml_file.h"

namespace msggw::config_language {

struct Flag {
  bool* value;
};

struct Number {
  std::variant<std::uint16_t*, std::uint32_t*, std::size_t*> value;
  std::uint64_t least;
  std::uint64_t most;
  bool octets;  ///< may be written with a unit, "64KiB"
};

/// 0 to 255, or "auto", which is none.
struct OctetOrAuto {
  std::optional<std::uint8_t>* value;
};

struct Span {
  std::variant<base::Duration*, std::chrono::seconds*> value;
  base::Duration least;
  base::Duration most;
};

struct Text {
  static constexpr std::size_t kMostOctets = 4'096;

  std::variant<std::string*, std::filesystem::path*> value;
  bool may_be_empty;
  std::size_t most_octets = kMostOctets;
  bool secret = false;  ///< no mistake quotes it
};

struct List {
  std::vector<std::string>* value;
  std::size_t most_items;
};

/// Text that stands for a value which a parser makes of it: an address, a URI. `set` says what is
/// wrong and leaves the value as it was; `get` gives what `set` makes the same value of.
struct Parsed {
  std::function<base::Result<>(std::string_view)> set;
  std::function<std::string()> get;
};

struct ParsedList {
  std::size_t most_items;
  std::function<base::Result<>(const std::vector<std::string>&)> set;
  std::function<std::vector<std::string>()> get;
};

struct Choice {
  std::vector<std::string_view> words;
  std::function<std::size_t()> get;  ///< position in `words`
  std::function<void(std::size_t)> set;
};

using Field = std::variant<Flag, Number, OctetOrAuto, Span, Text, List, Parsed, ParsedList, Choice>;

/// When a value that has changed counts.
enum class When : std::uint8_t {
  at_start,  ///< from the next start on
  live       ///< from the next reload on
};

/// One key of the configuration: where its value lives, what is allowed, when it is taken.
struct Option {
  std::string_view section;
  std::string_view key;
  Field field;
  When taken = When::at_start;

  bool is_secret() const noexcept {
    const auto* text = std::get_if<Text>(&field);
    return text != nullptr && text->secret;
  }
};

/// All options in the order of the manual. It points into the Config that it was made for, which
/// must stay in place.
class OptionTable {
 public:
  /// Later options belong to the section named last.
  void section(std::string_view name);
  /// Later options are taken so, until the next section begins.
  void taken(When when) noexcept { taken_ = when; }
  /// The keys of this section are taken in another way than declared so far.
  void taken(When when, std::initializer_list<std::string_view> keys);
  void flag(std::string_view key, bool& value) { add(key, Flag{&value}); }
  template <class Integer>
  void number(std::string_view key, Integer& value, std::uint64_t least, std::uint64_t most) {
    add(key, Number{&value, least, most, false});
  }
  template <class Integer>
  void octets(std::string_view key, Integer& value, std::uint64_t least, std::uint64_t most) {
    add(key, Number{&value, least, most, true});
  }
  void octet_or_auto(std::string_view key, std::optional<std::uint8_t>& value) {
    add(key, OctetOrAuto{&value});
  }
  template <class Time>
  void time(std::string_view key, Time& value, base::Duration least, base::Duration most) {
    add(key, Span{&value, least, most});
  }
  /// Must not be empty.
  template <class String>
  void text(std::string_view key, String& value, std::size_t most_octets = Text::kMostOctets) {
    add(key, Text{&value, false, most_octets});
  }
  template <class String>
  void optional_text(std::string_view key, String& value,
                     std::size_t most_octets = Text::kMostOctets) {
    add(key, Text{&value, true, most_octets});
  }
  /// Text that no mistake quotes.
  void secret(std::string_view key, std::string& value,
              std::size_t most_octets = Text::kMostOctets) {
    add(key, Text{&value, false, most_octets, true});
  }
  void optional_secret(std::string_view key, std::string& value,
                       std::size_t most_octets = Text::kMostOctets) {
    add(key, Text{&value, true, most_octets, true});
  }
  void list(std::string_view key, std::vector<std::string>& value, std::size_t most_items) {
    add(key, List{&value, most_items});
  }
  /// An address to listen on.
  void numeric(std::string_view key, boost::asio::ip::address& value);
  /// What parse(std::string_view), which returns a base::Result, makes of a text; to_string() of
  /// the value gives a text back.
  template <class Type, class Parse>
  void parsed(std::string_view key, Type& value, Parse parse) {
    const auto set = [&value, parse](std::string_view text) -> base::Result<> {
      auto made = parse(text);
      if (!made) return tl::unexpected(std::move(made.error()));
      value = std::move(*made);
      return {};
    };
    add(key, Parsed{set, [&value] { return to_string(value); }});
  }
  template <class Type, class Parse>
  void parsed_list(std::string_view key, std::vector<Type>& value, std::size_t most_items,
                   Parse parse) {
    const auto set = [&value, parse](const std::vector<std::string>& texts) -> base::Result<> {
      std::vector<Type> all;
      for (const std::string& text : texts) {
        auto made = parse(text);
        if (!made)
          return base::fail(made.error().code, "'" + base::printable_uri(text) +
                                                   "': " + std::move(made.error().detail));
        all.push_back(std::move(*made));
      }
      value = std::move(all);
      return {};
    };
    const auto get = [&value] {
      std::vector<std::string> texts;
      for (const Type& item : value) texts.push_back(to_string(item));
      return texts;
    };
    add(key, ParsedList{most_items, set, get});
  }
  template <class Enum>
  void choice(std::string_view key, Enum& value,
              std::initializer_list<std::pair<std::string_view, Enum>> words) {
    Choice choice;
    std::vector<Enum> values;
    for (const auto& [word, meaning] : words) {
      choice.words.push_back(word);
      values.push_back(meaning);
    }
    choice.get = [&value, values] {
      std::size_t at = 0;
      while (at + 1 < values.size() && values[at] != value) ++at;
      return at;
    };
    choice.set = [&value, values](std::size_t at) { value = values[at]; };
    add(key, std::move(choice));
  }

  const std::vector<Option>& options() const noexcept { return options_; }
  const std::vector<std::string_view>& sections() const noexcept { return sections_; }
  bool has_section(std::string_view name) const noexcept;
  std::vector<std::string_view> keys_in(std::string_view section) const;
  /// Null if there is none. Lives as long as the table.
  const Option* find(std::string_view section, std::string_view key) const noexcept;

 private:
  void add(std::string_view key, Field field);

  std::vector<Option> options_;
  std::vector<std::string_view> sections_;
  When taken_ = When::at_start;
};

/// Whether two options, of one kind but perhaps of different objects, have the same value.
bool is_same(const Option& one, const Option& other);

/// Gives `to` the value of `from`, an option of the same kind. Throws std::runtime_error for a
/// parsed value that its own text does not make again.
void copy_value(const Option& from, const Option& to);

/// Puts `value` into the option's field, or says what is wrong and what is allowed and leaves the
/// field as it was.
std::optional<std::string> assign(const Option& option, const Node& value);

/// The one of `words` that `word` was most likely meant to be: at most two letters (one in a short
/// word) wrong, missing, too many or swapped. Empty if none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& words);

}  // namespace msggw::config_language
