// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/sections/difference.h"

#include <algorithm>
#include <string_view>

#include "gateway/config/sections/declare.h"

namespace msggw::config {

namespace {

using config_language::Option;
using config_language::OptionTable;

std::vector<std::string> difference(const OptionTable& one, const OptionTable& other) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < one.options().size(); ++i) {
    const Option& option = one.options()[i];
    if (!config_language::is_same(option, other.options()[i]))
      names.push_back(std::string(option.section) + "." + std::string(option.key));
  }
  return names;
}

OptionTable table_of(sms::SmscOptions& smsc) {
  OptionTable table;
  table.section("smsc");
  declare_smsc(table, smsc);
  return table;
}

bool is_used(std::string_view name, Purpose purpose) {
  if (name.starts_with("log.") || name == "gateway.watchdog_turn") return true;
  return name.starts_with("pf.") == (purpose == Purpose::function);
}

bool is_same(sms::SmscOptions& one, sms::SmscOptions& other) {
  return difference(table_of(one), table_of(other)).empty();
}

}  // namespace

std::vector<std::string> difference(Config one, Config other, Purpose purpose) {
  auto names = difference(options_of(one), options_of(other));
  std::erase_if(names, [&](const std::string& name) { return !is_used(name, purpose); });
  if (purpose == Purpose::function) return names;
  const bool from_file = !one.sms.smscs_file.empty() && one.sms.smscs_file == other.sms.smscs_file;
  auto& all = one.sms.all;
  if (from_file && !std::equal(all.begin(), all.end(), other.sms.all.begin(), other.sms.all.end(),
                               [](auto& a, auto& b) { return is_same(a, b); }))
    names.emplace_back("sms.smscs_file");
  return names;
}

}  // namespace msggw::config
