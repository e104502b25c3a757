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

OptionTable table_of(msgin5g::ServerOptions& server) {
  OptionTable table;
  table.section("server");
  declare_server(table, server);
  return table;
}

bool is_used(std::string_view name, Purpose purpose) {
  if (name.starts_with("log.") || name == "gateway.watchdog_turn") return true;
  return name.starts_with("pf.") == (purpose == Purpose::function);
}

/// Whether two lists from one file are the same; from others, that is seen already.
template <class One>
bool is_same(std::vector<One>& some, std::vector<One>& others, const std::filesystem::path& file,
             const std::filesystem::path& other_file) {
  if (file.empty() || file != other_file) return true;
  return std::equal(
      some.begin(), some.end(), others.begin(), others.end(),
      [](One& one, One& other) { return difference(table_of(one), table_of(other)).empty(); });
}

}  // namespace

std::vector<std::string> difference(Config one, Config other, Purpose purpose) {
  auto names = difference(options_of(one), options_of(other));
  std::erase_if(names, [&](const std::string& name) { return !is_used(name, purpose); });
  if (purpose == Purpose::function) return names;
  if (!is_same(one.sms.all, other.sms.all, one.sms.smscs_file, other.sms.smscs_file))
    names.emplace_back("sms.smscs_file");
  if (!is_same(one.msgin5g.servers, other.msgin5g.servers, one.msgin5g.servers_file,
               other.msgin5g.servers_file))
    names.emplace_back("msgin5g.servers_file");
  return names;
}

}  // namespace msggw::config
