// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/plain_file.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/language/option.h"
#include "gateway/config/language/toml_file.h"

namespace msggw::config_language {

// What files beside the main one have in common: tables in lists, `[[rule]]`, whose options are
// told of in the words of the main file.

/// The file's octets. Throws ConfigError: it cannot be read, is not of that `kind`, or has more
/// than `most_octets`.
std::string read_file(const std::filesystem::path& file, std::size_t most_octets,
                      base::FileKind kind = base::FileKind::plain);

/// The mistakes in one file, and in what goes with it: the first ConfigError::kMostProblems of them
/// by line are kept, the others are counted.
class Problems {
 public:
  // In place of a line; but for 0, the file as a whole, they stand behind those that have one.
  static constexpr unsigned kNoLine = std::numeric_limits<unsigned>::max() - 2;
  static constexpr unsigned kOtherFile = std::numeric_limits<unsigned>::max() - 1;
  static constexpr unsigned kCommandLine = std::numeric_limits<unsigned>::max();

  /// `file` stands before every one of them that is not of the command line.
  explicit Problems(std::string_view file) : file_(file) {}

  /// `subject` is "[section] key" or less.
  void add(unsigned line, const std::string& subject, const std::string& what);
  /// Those in another file, with their places.
  void add_told(const ConfigError& error);
  bool empty() const noexcept { return problems_.empty(); }
  /// Where the line is: "FILE:7".
  std::string at(unsigned line) const { return file_ + ":" + std::to_string(line); }
  /// Throws ConfigError with them, if there are any.
  void throw_if_any();

 private:
  void keep(unsigned line, std::string text);

  std::string file_;
  std::vector<std::pair<unsigned, std::string>> problems_;  ///< by line
  std::size_t more_ = 0;                                    ///< not kept
};

/// Whence values are, by names such as "section.key" or "[item NAME] key".
using Origins = std::map<std::string, std::string>;

/// Puts the members of a table into the fields of options.
class TableReader {
 public:
  /// What is done with a member whose value no Option can hold; what is wrong with it goes to
  /// problem().
  using Special = std::function<void(const Node& node)>;
  using Specials = std::map<std::string_view, Special>;

  /// `name` is the subject of all mistakes, "[rule gold]".
  TableReader(const Node::Table& table, unsigned line, std::string name, Problems& problems)
      : table_(table), line_(line), name_(std::move(name)), problems_(problems) {}

  /// Takes the options of `section`. A key that is neither there nor in `specials` is a mistake.
  void read(const OptionTable& options, std::string_view section, const Specials& specials);

  bool has(std::string_view key) const noexcept { return find(key) != nullptr; }
  /// Of each key that it has "[item NAME] key", as mistakes call it, with its place.
  void put_origins(Origins& origins) const;
  const std::string& name() const noexcept { return name_; }
  /// Whether it is there and nothing is wrong with it so far.
  bool is_good(std::string_view key) const noexcept;
  /// At the line of `key`, if it is there, else at that of the table.
  void problem(std::string_view key, const std::string& what);
  /// At the line of a part of its value.
  void problem(std::string_view key, unsigned line, const std::string& what);
  /// A text that is good so far and above `most` octets.
  void check_length(std::string_view key, const std::string& text, std::size_t most);
  /// A text that another `item` of the file has too. The items before it are in `lines`, by their
  /// texts.
  void check_unique(std::string_view key, const std::string& text, const std::string& item,
                    std::map<std::string, unsigned>& lines);

 private:
  const Member* find(std::string_view key) const noexcept;

  const Node::Table& table_;
  unsigned line_;
  std::string name_;
  Problems& problems_;
  std::vector<std::string> bad_;
};

/// What stands in a file of tables in a list, each with a name.
struct ListForm {
  std::string_view key;    ///< "smsc", for [[smsc]]
  std::string_view item;   ///< what one of them is called: "SMSC"
  std::string_view holds;  ///< "this file holds any number of [[smsc]]"
  std::size_t most_octets;
  std::size_t least_items;
  std::size_t most_items;
};

/// Gives the tables of `text`, which may be any octets, to `each`. What else may stand there is in
/// `others` and comes first. A table is called by its name in mistakes, "[smsc first]", or else by
/// its place, "[smsc #2]".
void read_list(std::string_view text, const ListForm& form, Problems& problems,
               const std::function<void(TableReader& table)>& each,
               const TableReader::Specials& others = {});

/// A secret that the table does not hold itself: what `file` holds, which KEY_file of this table
/// names, or else what variable_of(`item`, key) in the environment does. A file that another table
/// named has been read. Returns whence it has it: the file, "environment NAME"; empty: neither.
std::string read_secret(TableReader& table, std::string_view key, const std::filesystem::path& file,
                        std::string_view item, std::string& secret, std::size_t most_octets);

/// For each of `words` that none of `known` is: what is wrong with it.
void check_words(TableReader& table, std::string_view key, const std::vector<std::string>& words,
                 const std::vector<std::string_view>& known);

/// "WHAT, did you mean 'near'?" or "WHAT, allowed are all, of, them".
std::string unknown_word(std::string_view what, std::string_view word,
                         const std::vector<std::string_view>& words);

}  // namespace msggw::config_language
