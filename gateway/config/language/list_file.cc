// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/list_file.h"

#include <algorithm>
#include <utility>

#include "gateway/base/text.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/language/secret_file.h"

namespace msggw::config_language {
namespace {

/// By prefix and key, which item has its secret from there.
using Variables = std::map<std::pair<std::string, std::string>, std::string>;

void check_variables(TableReader& reader, const std::string& item, const std::string& name,
                     Variables& variables) {
  const std::string prefix = variable_of(item, {});
  for (const std::string& key : keys_in_environment(prefix)) {
    if (reader.has(key) || reader.has(key + "_file")) continue;
    const auto [first, fresh] = variables.emplace(std::pair(prefix, key), name);
    if (!fresh && first->second != name)
      reader.problem("name", "has " + variable_of(item, key) +
                                 " of the environment in common with '" + first->second +
                                 "'; name one of them otherwise");
  }
}

void read_tables(const Node& node, const ListForm& form, Problems& problems,
                 const std::function<void(TableReader& table)>& each) {
  const std::string key = "[" + std::string(form.key) + "]";
  const auto* list = std::get_if<Node::List>(&node.value);
  if (list == nullptr) {
    return problems.add(node.line, key,
                        "each " + std::string(form.item) + " is written [" + key + "]");
  }
  const std::size_t count = list->items.size();
  if (count < form.least_items || count > form.most_items) {
    return problems.add(
        node.line, "[" + key + "]",
        std::to_string(count) + " " + std::string(form.item) + "s, allowed are " +
            (form.least_items > 0 ? std::to_string(form.least_items) + " to " : "at most ") +
            std::to_string(form.most_items));
  }
  Variables variables;
  for (std::size_t i = 0; i < count; ++i) {
    const Node& item = list->items[i];
    const auto* table = std::get_if<Node::Table>(&item.value);
    if (table == nullptr) {
      problems.add(item.line, "[" + key + "]", "must be a table, not " + kind_of(item));
      continue;
    }
    std::string called = "#" + std::to_string(i + 1);
    for (const auto& [member, value] : table->members) {
      const auto* text = std::get_if<std::string>(&value.value);
      if (member == "name" && text != nullptr && !text->empty()) called = base::printable(*text);
    }
    TableReader reader(*table, item.line, "[" + std::string(form.key) + " " + called + "]",
                       problems);
    if (!reader.has("name")) {
      reader.problem("name", "is missing, every " + std::string(form.item) + " has one of its own");
    }
    check_variables(reader, std::string(form.key) + "." + called, called, variables);
    each(reader);
  }
}

}  // namespace

std::string read_file(const std::filesystem::path& file, std::size_t most_octets,
                      base::FileKind kind) {
  auto text = base::read_file(file, most_octets, kind);
  if (text) return std::move(*text);
  const std::string& why = text.error().detail;
  throw ConfigError({base::printable(file.native(), 200) + ": " +
                     (why.starts_with("the file ") ? "" : "cannot be read: ") + why});
}

void Problems::add(unsigned line, const std::string& subject, const std::string& what) {
  const std::string where = line == kCommandLine           ? "command line"
                            : line == 0 || line == kNoLine ? file_
                                                           : file_ + ":" + std::to_string(line);
  keep(line, where + ": " + (subject.empty() ? "" : subject + ": ") + what);
}

void Problems::add_told(const ConfigError& error) {
  for (const std::string& text : error.problems()) keep(kOtherFile, text);
  more_ += error.more();
}

void Problems::keep(unsigned line, std::string text) {
  const auto behind =
      std::upper_bound(problems_.begin(), problems_.end(), line,
                       [](unsigned number, const auto& problem) { return number < problem.first; });
  problems_.emplace(behind, line, std::move(text));
  if (problems_.size() <= ConfigError::kMostProblems) return;
  problems_.pop_back();
  ++more_;
}

void Problems::throw_if_any() {
  if (problems_.empty()) return;
  std::vector<std::string> texts;
  for (auto& [line, text] : problems_) texts.push_back(std::move(text));
  throw ConfigError(std::move(texts), more_);
}

void TableReader::read(const OptionTable& options, std::string_view section,
                       const Specials& specials) {
  auto keys = options.keys_in(section);
  for (const auto& [key, special] : specials) keys.push_back(key);
  for (const auto& [key, node] : table_.members) {
    if (const auto special = specials.find(key); special != specials.end()) {
      special->second(node);
    } else if (const Option* option = options.find(section, key); option == nullptr) {
      problem(key, node.line, unknown_word("unknown key", key, keys));
    } else if (const auto wrong = assign(*option, node)) {
      problem(key, node.line, *wrong);
    }
  }
}

void TableReader::put_origins(Origins& origins) const {
  for (const auto& [key, node] : table_.members)
    origins[name_ + " " + base::printable(key)] = problems_.at(node.line);
}

bool TableReader::is_good(std::string_view key) const noexcept {
  return has(key) && std::find(bad_.begin(), bad_.end(), key) == bad_.end();
}

void TableReader::check_length(std::string_view key, const std::string& text, std::size_t most) {
  if (!is_good(key) || text.size() <= most) return;
  problem(key, "is " + std::to_string(text.size()) + " octets long, allowed are at most " +
                   std::to_string(most));
}

void TableReader::check_unique(std::string_view key, const std::string& text,
                               const std::string& item, std::map<std::string, unsigned>& lines) {
  if (!is_good(key)) return;
  const auto [first, fresh] = lines.emplace(text, line_);
  if (fresh) return;
  problem(key, "is that of the " + item + " in line " + std::to_string(first->second) +
                   " too, every " + item + " has one of its own");
}

void TableReader::problem(std::string_view key, const std::string& what) {
  const Member* const member = find(key);
  problem(key, member == nullptr ? line_ : member->node.line, what);
}

void TableReader::problem(std::string_view key, unsigned line, const std::string& what) {
  bad_.emplace_back(key);
  problems_.add(line, name_ + " " + base::printable(key), what);
}

const Member* TableReader::find(std::string_view key) const noexcept {
  const auto found = std::find_if(table_.members.begin(), table_.members.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == table_.members.end() ? nullptr : &*found;
}

void read_list(std::string_view text, const ListForm& form, Problems& problems,
               const std::function<void(TableReader& table)>& each,
               const TableReader::Specials& others) {
  if (text.size() > form.most_octets) {
    return problems.add(0, {},
                        "the file is larger than " + std::to_string(form.most_octets) + " octets");
  }
  const Tree tree = parse_toml(text, ConfigError::kMostProblems);
  for (const SyntaxError& error : tree.errors) problems.add(error.line, error.subject, error.what);
  const Node* list = nullptr;
  for (const auto& [key, node] : tree.root.members) {
    if (key == form.key) {
      list = &node;
    } else if (const auto other = others.find(key); other != others.end()) {
      other->second(node);
    } else {
      problems.add(node.line, base::printable(key), "is unknown here, " + std::string(form.holds));
    }
  }
  if (list != nullptr) read_tables(*list, form, problems, each);
}

std::string read_secret(TableReader& table, std::string_view key, const std::filesystem::path& file,
                        std::string_view item, std::string& secret, std::size_t most_octets) {
  const std::string file_key = std::string(key) + "_file";
  if (!table.has(key) && !table.has(file_key)) {
    std::string value = from_environment(item, key);
    if (value.empty()) return {};
    if (value.size() > most_octets) {
      table.problem(key, "in the environment is longer than allowed, at most " +
                             std::to_string(most_octets) + " octets");
      return {};
    }
    secret = std::move(value);
    return "environment " + variable_of(item, key);
  }
  if (!table.is_good(file_key) || file.empty()) return {};
  if (table.has(key)) {
    table.problem(file_key, "stands beside " + std::string(key) + ", only one of them is allowed");
    return {};
  }
  auto read = read_secret(file, most_octets);
  if (!read) {
    table.problem(file_key, read.error().detail);
    return {};
  }
  secret = std::move(*read);
  return base::printable(file.native(), 200);
}

void check_words(TableReader& table, std::string_view key, const std::vector<std::string>& words,
                 const std::vector<std::string_view>& known) {
  for (const std::string& word : words) {
    if (std::find(known.begin(), known.end(), word) == known.end())
      table.problem(key, unknown_word("'" + base::printable(word) + "' is unknown", word, known));
  }
}

std::string unknown_word(std::string_view what, std::string_view word,
                         const std::vector<std::string_view>& words) {
  if (const auto near = nearest(word, words); !near.empty()) {
    return std::string(what) + ", did you mean '" + std::string(near) + "'?";
  }
  std::string all;
  for (const auto known : words) all.append(all.empty() ? "" : ", ").append(known);
  return std::string(what) + ", allowed are " + all;
}

}  // namespace msggw::config_language
