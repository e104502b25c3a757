// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/sections/difference.h"

#include <algorithm>
#include <string_view>

#include "gateway/config/language/option_text.h"
#include "gateway/config/sections/declare.h"

namespace msggw::config {

namespace {

using config_language::Option;
using config_language::OptionTable;
using config_language::When;

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

/// The parts that one configuration has switched on and the other has not.
std::vector<std::string_view> switched(const Config& one, const Config& other) {
  std::vector<std::string_view> parts;
  if (one.coap.enabled != other.coap.enabled) parts.emplace_back("coap");
  if (one.mqtt.enabled != other.mqtt.enabled) parts.emplace_back("mqtt");
  if (one.sms.enabled != other.sms.enabled) parts.emplace_back("sms");
  if (one.msgin5g.enabled != other.msgin5g.enabled) parts.emplace_back("msgin5g");
  return parts;
}

bool has(const std::vector<std::string_view>& parts, std::string_view section) {
  return std::find(parts.begin(), parts.end(), part_of(section)) != parts.end();
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

/// What a reload makes of a list: as it is wanted, but for what those that stay keep.
template <class Item>
std::vector<Item> list_after_reload(std::vector<Item> running, std::vector<Item> wanted) {
  for (Item& is : wanted) {
    const auto was = std::find_if(running.begin(), running.end(),
                                  [&is](const Item& item) { return item.name == is.name; });
    if (was == running.end()) continue;
    const OptionTable old_table = options_of(*was);
    const OptionTable new_table = options_of(is);
    for (std::size_t i = 0; i < old_table.options().size(); ++i) {
      if (old_table.options()[i].taken != When::live)
        config_language::copy_value(old_table.options()[i], new_table.options()[i]);
    }
  }
  return wanted;
}

/// The names of those that stand in `others` too, in their order.
template <class Item>
std::string order_of(const std::vector<Item>& items, const std::vector<Item>& others) {
  std::string names;
  for (const Item& item : items) {
    const auto is_it = [&item](const Item& other) { return other.name == item.name; };
    if (std::any_of(others.begin(), others.end(), is_it))
      names.append(names.empty() ? "" : ", ").append(item.name);
  }
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
      add_item_changes(subject(item), options_of(item), options_of(*same), all);
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
    const std::string was_order = order_of(before.sms.all, after.sms.all);
    if (const std::string order = order_of(after.sms.all, before.sms.all); order != was_order)
      all.push_back({"order of [[smsc]]", was_order, order, true});
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
