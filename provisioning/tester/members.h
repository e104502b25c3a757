// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace msggw::tester {

/// Reads the members of one object of a tester's script into what they are about; the first
/// mistake is kept, with the path to it. Members that are absent leave their target as it is.
class Members {
 public:
  /// `path` stands before the names in mistakes, for example "match."; `problem` collects the
  /// first. A member that is not among `allowed` is a mistake: a misspelt condition would otherwise
  /// make a fault that hits everybody.
  Members(const boost::json::object& object, std::string path,
          std::initializer_list<std::string_view> allowed, std::string& problem);

  bool has(std::string_view name) const { return object_.contains(name); }
  const boost::json::value* find(std::string_view name) const { return object_.if_contains(name); }

  void text(std::string_view name, std::string& into);
  void flag(std::string_view name, bool& into);
  void fraction(std::string_view name, double& into);  ///< 0 to 1
  template <class Integer>
  void number(std::string_view name, Integer& into, std::uint64_t least, std::uint64_t most) {
    std::uint64_t value = 0;
    if (read_number(name, value, least, most)) into = static_cast<Integer>(value);
  }
  void numbers(std::string_view name, std::vector<std::uint64_t>& into, std::uint64_t least);
  /// A word, or a list of words, each turned into a value by `meaning` (none: a mistake).
  template <class T, class Meaning>
  void words(std::string_view name, std::vector<T>& into, Meaning&& meaning) {
    for (const std::string_view word : read_words(name)) {
      if (const auto value = meaning(word))
        into.push_back(*value);
      else
        wrong(name, "does not know \"" + std::string(word) + "\"");
    }
  }

  void wrong(std::string_view name, std::string_view what);

 private:
  bool read_number(std::string_view name, std::uint64_t& into, std::uint64_t least,
                   std::uint64_t most);
  std::vector<std::string_view> read_words(std::string_view name);

  const boost::json::object& object_;
  std::string path_;
  std::string& problem_;
};

}  // namespace msggw::tester
