// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/list_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "gateway/base/text.h"
#include "gateway/config/language/config_error.h"

namespace msggw::config_language {

std::string read_file(const std::filesystem::path& file, std::size_t most_octets) {
  const auto fail = [&](const std::string& reason) {
    throw ConfigError({base::printable(file.native(), 200) + ": " + reason});
  };
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) fail("cannot be read: it is a folder");
  std::ifstream in(file, std::ios::binary);
  if (!in) fail(std::string("cannot be read: ") + std::strerror(errno));
  std::string text;
  char part[16 * 1024];
  while (text.size() <= most_octets && (in.read(part, sizeof part) || in.gcount() > 0)) {
    text.append(part, static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) fail(std::string("cannot be read: ") + std::strerror(errno));
  if (text.size() > most_octets) {
    fail("the file is larger than " + std::to_string(most_octets) + " octets");
  }
  return text;
}

void Problems::add(unsigned line, const std::string& subject, const std::string& what) {
  const std::string where = line == 0 ? file_ : file_ + ":" + std::to_string(line);
  problems_.emplace_back(line, where + ": " + (subject.empty() ? "" : subject + ": ") + what);
}

void Problems::throw_if_any() {
  if (problems_.empty()) return;
  std::stable_sort(problems_.begin(), problems_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> texts;
  for (auto& [line, text] : problems_) {
    if (texts.size() == ConfigError::kMostProblems) break;
    texts.push_back(std::move(text));
  }
  throw ConfigError(std::move(texts));
}

void TableReader::read(const OptionTable& options, std::string_view section,
                       const Specials& specials) {
  auto keys = options.keys_in(section);
  for (const auto& [key, special] : specials) keys.push_back(key);
  for (const auto& [key, node] : table_.members) {
    if (const auto special = specials.find(key); special != specials.end()) {
      special->second(node);
    } else if (const Option* option = options.find(section, key); option == nullptr) {
      problem(key, unknown_word("unknown key", key, keys));
    } else if (const auto wrong = assign(*option, value_of(node))) {
      problem(key, *wrong);
    }
  }
}

bool TableReader::is_good(std::string_view key) const noexcept {
  return has(key) && std::find(bad_.begin(), bad_.end(), key) == bad_.end();
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
