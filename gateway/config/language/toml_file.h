// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace msggw::config_language {

/// A value of a kind that no option has; `what` is it in words: "a date or time".
struct Misfit {
  std::string what;
};

/// A place where the text is not TOML. `subject` is "[section] key" or as much of it as is known.
struct SyntaxError {
  unsigned line = 0;
  std::string subject;
  std::string what;
};

struct Member;

/// A TOML value with all that is in it.
struct Node {
  struct List {
    std::vector<Node> items;
  };
  struct Table {
    std::vector<Member> members;  ///< in the order of their lines
  };

  std::variant<bool, std::int64_t, double, std::string, List, Table, Misfit> value;
  unsigned line = 0;
};

struct Member {
  std::string key;
  Node node;  ///< its line is that of the key
};

/// "a table", "a list", "an integer", ...
std::string kind_of(const Node& node);
/// The same for what should be the value of an option: "a list of other things" than strings.
std::string kind_of_value(const Node& node);
/// The items of a list of strings; none if it is anything else.
std::optional<std::vector<std::string>> strings_of(const Node& node);

/// A TOML text as it is nested.
struct Tree {
  Node::Table root;
  std::vector<SyntaxError> errors;
};

/// After a mistake in a line that holds one key and one plain value, parsing goes on behind that
/// line, so that one run shows all mistakes; after any other, `root` holds what stands before it.
/// `text` may be any octets.
Tree parse_toml(std::string_view text, std::size_t most_errors);

/// One TOML value, or none if `text` is not exactly that.
std::optional<Node> parse_toml_value(std::string_view text);

}  // namespace msggw::config_language
