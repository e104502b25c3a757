// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/dump.h"

#include "gateway/config/declare.h"

namespace msggw::config {
namespace {

constexpr std::size_t kColumns = 100;

constexpr std::string_view kHead =
    R"(# The configuration of msggw, the MSGin5G Message Gateway, and its manual: every option with its
# default.
#
# How to start: copy this file to /etc/msggw/msggw.toml, remove the '#' in front of the options to
# change, and name the Provisioning Function in [provisioning]. All else may stay as it is. Then
#
#   msggw check -c /etc/msggw/msggw.toml   tells every mistake with its line, and what it would open
#   msggw run -c /etc/msggw/msggw.toml     is the gateway
#   msggw pf -c /etc/msggw/msggw.toml      is the bundled Provisioning Function
#
# Lines "# ..." explain, lines "#key = value" are options. Durations are text with a unit: "500ms",
# "2s", "5m", "25h", "30d". Sizes are octets, or text with a unit: "64KiB", "4MiB", "64GiB".
# Relative paths begin at the working directory. An unknown key, a wrong type or a value out of
# range keeps the gateway from starting. Each option can be set for one start on the command line:
#
#   msggw run -c FILE -s coap.port=15683
)";

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

std::string dump(const Config& config) {
  Config values = config;
  Config defaults;
  const OptionTable table = options_of(values);
  const OptionTable unchanged = options_of(defaults);
  std::string out(kHead);
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
    if (value == print_value(unchanged.options()[i])) out += '#';
    out.append(option.key).append(" = ").append(value).append("\n");
  }
  return out;
}

}  // namespace msggw::config
