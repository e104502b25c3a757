// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/manual.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace msggw::config_language {
namespace {

constexpr std::size_t kColumns = 100;

/// Appends `text` as comment lines of at most kColumns columns.
void append_comment(std::string& out, std::string_view text) {
  std::size_t column = 0;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    if (column != 0 && column + 1 + word.size() > kColumns) out += '\n', column = 0;
    if (column == 0) out += '#', column = 1;
    out.append(" ").append(word);
    column += 1 + word.size();
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  if (column != 0) out += '\n';
}

}  // namespace

std::string manual_of(const OptionTable& table, const OptionTable& defaults) {
  std::string out;
  std::string_view section;
  auto help = table.sections().begin();
  for (std::size_t i = 0; i < table.options().size(); ++i) {
    const Option& option = table.options()[i];
    if (option.section != section) {
      section = option.section;
      out.append("\n\n[").append(section).append("]\n");
      append_comment(out, help++->help);
    }
    out += '\n';
    std::string comment(option.help);
    if (const std::string range = allowed(option); !range.empty())
      comment.append(" ").append(range);
    append_comment(out, comment);
    const std::string value = print_value(option);
    if (value == print_value(defaults.options()[i])) out += '#';
    out.append(option.key).append(" = ").append(value).append("\n");
  }
  return out;
}

}  // namespace msggw::config_language
