// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/sections/difference.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "gateway/config/language/option_text.h"
#include "gateway/config/sections/declare.h"

namespace msggw::config {

namespace {

using config_language::Option;
using config_language::OptionTable;
using config_language::When;

OptionTable table_of(sms::SmscOptions& smsc) {
  OptionTable table;
  table.section("smsc");
  table.taken(When::live);
  declare_smsc(table, smsc);
  return table;
}

OptionTable table_of(msgin5g::ServerOptions& server) {
  OptionTable table;
  table.section("server");
  table.taken(When::live);
  declare_server(table, server);
  return table;
}

bool is_used(const Option& option, Purpose purpose) {
  if (option.section == "log" || config_language::name_of(option) == "gateway.watchdog_turn")
    return true;
  const bool is_of_function = option.section == "pf" || option.section.starts_with("pf.");
  return is_of_function == (purpose == Purpose::function);
}

/// "sms" of "sms", "msgin5g" of "msgin5g.tls".
std::string_view part_of(std::string_view section) {
  return section.substr(0, section.find('.'));
}

/// The parts, or sections, that one configuration has switched on and the other has not: a listener
/// with a certificate is another one than that without.
std::vector<std::string_view> switched(const Config& one, const Config& other) {
  std::vector<std::string_view> parts;
  if (one.coap.enabled != other.coap.enabled) parts.emplace_back("coap");
  if (one.mqtt.enabled != other.mqtt.enabled) parts.emplace_back("mqtt");
  if (one.sms.enabled != other.sms.enabled) parts.emplace_back("sms");
  if (one.msgin5g.enabled != other.msgin5g.enabled) parts.emplace_back("msgin5g");
  const auto differ = [](const auto& one_file, const auto& other_file) {
    return one_file.empty() != other_file.empty();
  };
  if (differ(one.msgin5g.tls.certificate, other.msgin5g.tls.certificate))
    parts.emplace_back("msgin5g.tls");
  if (differ(one.pf.tls.certificate, other.pf.tls.certificate)) parts.emplace_back("pf.tls");
  return parts;
}

bool has(const std::vector<std::string_view>& parts, std::string_view section) {
  return std::any_of(parts.begin(), parts.end(), [section](std::string_view part) {
    return part == section || part == part_of(section);
  });
}

/// What is live where there is no plugin of the broker, which is told it at the start.
bool is_of_plugin(const Option& option, const Config& running) {
  if (running.mqtt.plugin_folder.empty()) return false;
  const std::string name = config_language::name_of(option);
  return name == "mqtt.user" || name == "mqtt.password" || name == "mqtt.password_file" ||
         name == "credentials.grace";
}

bool is_live(const Option& option, const Config& running,
             const std::vector<std::string_view>& switched_parts) {
  return option.taken == When::live && !has(switched_parts, option.section) &&
         !is_of_plugin(option, running);
}

void add_item_changes(const std::string& subject, const OptionTable& before,
                      const OptionTable& after, std::vector<Change>& all) {
  for (std::size_t i = 0; i < before.options().size(); ++i) {
    const Option& was = before.options()[i];
    const Option& is = after.options()[i];
    if (config_language::is_same(was, is)) continue;
    all.push_back({subject + " " + std::string(was.key), config_language::shown_value(was),
                   config_language::shown_value(is), was.taken == When::live});
  }
}

/// What a reload makes of a list: those that stay, in their order, with what is live as it is
/// wanted, and behind them those that come.
template <class Item>
std::vector<Item> list_after_reload(const std::vector<Item>& running, std::vector<Item> wanted) {
  std::vector<Item> all;
  for (Item was : running) {
    const auto same = std::find_if(wanted.begin(), wanted.end(),
                                   [&was](const Item& item) { return item.name == was.name; });
    if (same == wanted.end()) continue;
    const OptionTable old_table = table_of(was);
    const OptionTable new_table = table_of(*same);
    for (std::size_t i = 0; i < old_table.options().size(); ++i) {
      if (old_table.options()[i].taken != When::live)
        config_language::copy_value(old_table.options()[i], new_table.options()[i]);
    }
    all.push_back(std::move(*same));
    wanted.erase(same);
  }
  std::move(wanted.begin(), wanted.end(), std::back_inserter(all));
  return all;
}

template <class Item>
std::string order_of(const std::vector<Item>& items) {
  std::string names;
  for (const Item& item : items) names.append(names.empty() ? "" : ", ").append(item.name);
  return "\"" + names + "\"";
}

/// Of what stands in lists of their own, told apart by name.
template <class Item>
void add_list_changes(std::string_view key, std::vector<Item> before, std::vector<Item> after,
                      std::vector<Change>& all) {
  const auto subject = [key](const Item& item) {
    return "[" + std::string(key) + " " + item.name + "]";
  };
  const auto find = [](std::vector<Item>& items, const std::string& name) {
    return std::find_if(items.begin(), items.end(),
                        [&name](const Item& item) { return item.name == name; });
  };
  for (Item& item : before) {
    const auto same = find(after, item.name);
    if (same == after.end()) {
      all.push_back({subject(item), "there", {}, true});
    } else {
      add_item_changes(subject(item), table_of(item), table_of(*same), all);
    }
  }
  for (const Item& item : after) {
    if (find(before, item.name) == before.end()) all.push_back({subject(item), {}, "there", true});
  }
}

}  // namespace

std::vector<Change> changes(const Config& before, const Config& after, Purpose purpose) {
  Config was = before;
  Config is = after;
  const OptionTable old_table = options_of(was);
  const OptionTable new_table = options_of(is);
  const auto parts = switched(before, after);
  std::vector<Change> all;
  for (std::size_t i = 0; i < old_table.options().size(); ++i) {
    const Option& option = old_table.options()[i];
    const Option& other = new_table.options()[i];
    if (!is_used(option, purpose) || config_language::is_same(option, other)) continue;
    all.push_back({config_language::name_of(option), config_language::shown_value(option),
                   config_language::shown_value(other), is_live(option, before, parts)});
  }
  if (purpose == Purpose::function) return all;
  if (before.sms.enabled && after.sms.enabled &&
      !(before.sms.smscs_file.empty() && after.sms.smscs_file.empty())) {
    add_list_changes("smsc", before.sms.all, after.sms.all, all);
    const std::string reached = order_of(list_after_reload(before.sms.all, after.sms.all));
    if (const std::string wanted = order_of(after.sms.all); wanted != reached)
      all.push_back({"order of [[smsc]]", reached, wanted, false});
  }
  if (before.msgin5g.enabled && after.msgin5g.enabled &&
      !(before.msgin5g.servers_file.empty() && after.msgin5g.servers_file.empty()))
    add_list_changes("server", before.msgin5g.servers, after.msgin5g.servers, all);
  return all;
}

Config after_reload(const Config& running, const Config& wanted, Purpose purpose) {
  Config was = running;
  Config is = wanted;
  const OptionTable old_table = options_of(was);
  const OptionTable new_table = options_of(is);
  const auto parts = switched(running, wanted);
  for (std::size_t i = 0; i < old_table.options().size(); ++i) {
    const Option& option = old_table.options()[i];
    if (!is_used(option, purpose) || !is_live(option, running, parts))
      config_language::copy_value(option, new_table.options()[i]);
  }
  is.sms.all = has(parts, "sms")           ? running.sms.all
               : is.sms.smscs_file.empty() ? std::vector{is.sms.smsc}
                                           : list_after_reload(running.sms.all, wanted.sms.all);
  is.msgin5g.servers = has(parts, "msgin5g") ? running.msgin5g.servers
                       : is.msgin5g.servers_file.empty()
                           ? std::vector{is.msgin5g.server}
                           : list_after_reload(running.msgin5g.servers, wanted.msgin5g.servers);
  return is;
}

}  // namespace msggw::config
