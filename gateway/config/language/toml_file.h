// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace msggw::config_language {

/// A value of a kind that no option has; `what` is it in words: "a date", "a table".
struct Misfit {
  std::string what;
};

using Value =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>, Misfit>;

/// "true or false", "an integer", "a string", ...
std::string kind_of(const Value& value);

/// `line` counts from 1.
struct Entry {
  std::string section;  ///< "pf.policy"; empty for what stands above the first section
  std::string key;
  Value value;
  unsigned line = 0;
};

struct Section {
  std::string name;
  bool list = false;  ///< written as [[name]]
  unsigned line = 0;
};

/// A place where the text is not TOML. `subject` is "[section] key" or as much of it as is known.
struct SyntaxError {
  unsigned line = 0;
  std::string subject;
  std::string what;
};

/// A TOML text as sections and entries, in no particular order. Sections are followed three levels
/// deep, which is one more than any option has; what lies below is of no use to anybody.
struct Document {
  std::vector<Section> sections;
  std::vector<Entry> entries;
  std::vector<SyntaxError> errors;
};

/// After a mistake in a line that holds one key and one plain value, parsing goes on behind that
/// line, so that one run shows all mistakes; after any other, `sections` and `entries` hold what
/// stands before it. `text` may be any octets.
Document parse_toml(std::string_view text, std::size_t most_errors);

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
/// A list of strings as one, anything else that no option has as what it is.
Value value_of(const Node& node);

/// A TOML text as it is nested.
struct Tree {
  Node::Table root;
  std::vector<SyntaxError> errors;
};

/// As parse_toml(), for files with tables in lists and in values, such as `[[rule]]`.
Tree parse_toml_tree(std::string_view text, std::size_t most_errors);

/// One TOML value, or none if `text` is not exactly that.
std::optional<Value> parse_toml_value(std::string_view text);

}  // namespace msggw::config_language
