// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/load.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <set>

#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/config/files/servers_file.h"
#include "gateway/config/files/smscs_file.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/language/list_file.h"
#include "gateway/config/language/secret_file.h"
#include "gateway/config/sections/check_parts.h"
#include "gateway/config/sections/declare.h"

namespace msggw::config_files {

using config::Config;
using config::Finding;
using config::Purpose;
using config_language::ConfigError;
using config_language::Misfit;
using config_language::Node;
using config_language::Option;

namespace {

using config_language::Problems;

std::string subject_of(std::string_view section, std::string_view key) {
  return "[" + base::printable(section) + "] " + base::printable(key);
}

std::string name_of(std::string_view section, std::string_view key) {
  return std::string(section) + "." + std::string(key);
}

bool is_secret(const Option& option) {
  const auto* text = std::get_if<config_language::Text>(&option.field);
  return text != nullptr && text->secret;
}

/// Requires an option that is a text.
bool is_empty(const Option& option) {
  return std::visit([](const auto* text) { return text->empty(); },
                    std::get<config_language::Text>(option.field).value);
}

/// As [[name]] makes one.
bool is_list_of_tables(const Node& node) {
  const auto* list = std::get_if<Node::List>(&node.value);
  return list != nullptr && !list->items.empty() &&
         std::all_of(list->items.begin(), list->items.end(), [](const Node& item) {
           return std::holds_alternative<Node::Table>(item.value);
         });
}

class Loader {
 public:
  explicit Loader(std::string_view file)
      : problems_(file), table_(config::options_of(config_)), file_(file) {}
  Loader(const Loader&) = delete;  // the table points into config_
  Loader& operator=(const Loader&) = delete;

  void read(std::string_view text);
  void set(const std::string& setting);
  /// The checks of the options together, if there is something to check.
  void finish(Purpose purpose);
  Config take();
  std::map<std::string, std::string> origins() const;

 private:
  void read_section(const std::string& section, const Node::Table& table);
  void read_table(const std::string& name, const config_language::Member& member, bool is_list);
  void put(std::string_view section, std::string_view key, const Node& value, unsigned line);
  void read_environment();
  void read_secrets();
  void read_secret(std::string_view section, std::string_view key,
                   const std::filesystem::path& file, std::string& secret, std::size_t most_octets);
  void fill_lists(Purpose purpose);
  void read_list(std::string_view section, std::string_view key, const std::filesystem::path& file,
                 const std::function<void()>& read);
  void tell(const Finding& finding);
  std::string about_section(std::string_view name) const;
  std::string about_key(std::string_view section, std::string_view key) const;

  Problems problems_;
  Config config_;
  config_language::OptionTable table_;
  std::string file_;
  std::map<std::string, unsigned> given_;  ///< "section.key" to its line
  config_language::Origins others_;        ///< of what is not in the file, whence it is
  std::set<std::string> bad_;              ///< "section.key" of what has no value worth checking
  bool whole_ = true;                      ///< the text was understood to its end
};

void Loader::read(std::string_view text) {
  if (text.size() > kMostFileOctets) {
    problems_.add(Problems::kNoLine, {},
                  "the file is larger than " + std::to_string(kMostFileOctets) + " octets");
    whole_ = false;
    return;
  }
  const config_language::Tree tree = config_language::parse_toml(text, ConfigError::kMostProblems);
  for (const config_language::SyntaxError& error : tree.errors)
    problems_.add(error.line, error.subject, error.what);
  whole_ = tree.errors.empty();
  read_section({}, tree.root);
}

void Loader::read_section(const std::string& section, const Node::Table& table) {
  for (const config_language::Member& member : table.members) {
    const auto& [key, node] = member;
    if (is_list_of_tables(node) || std::holds_alternative<Node::Table>(node.value)) {
      read_table(section.empty() ? key : section + "." + key, member, is_list_of_tables(node));
    } else if (!section.empty()) {
      put(section, key, node, node.line);
    } else if (table_.has_section(key)) {
      problems_.add(
          node.line, base::printable(key),
          "must be a section, [" + key + "], not " + config_language::kind_of_value(node));
    } else {
      problems_.add(node.line, base::printable(key),
                    "stands outside of any section, put it below its [section]");
    }
  }
}

/// What is below a section that does not exist is passed over.
void Loader::read_table(const std::string& name, const config_language::Member& member,
                        bool is_list) {
  const unsigned line = member.node.line;
  const auto dot = name.rfind('.');
  const auto outer = std::string_view(name).substr(0, dot);
  const auto key = std::string_view(name).substr(dot + 1);  // npos + 1 is 0
  if (!table_.has_section(name) && dot != std::string::npos && table_.find(outer, key) != nullptr) {
    put(outer, key, {Misfit{is_list ? "a list of tables" : "a table"}, line}, line);
  } else if (!table_.has_section(name)) {
    problems_.add(line, "[" + base::printable(name) + "]", about_section(name));
  } else if (is_list) {
    problems_.add(line, "[[" + name + "]]", "must be one section, written [" + name + "]");
  } else {
    read_section(name, std::get<Node::Table>(member.node.value));
  }
}

std::string Loader::about_section(std::string_view name) const {
  const auto& names = table_.sections();
  if (const auto near = config_language::nearest(name, names); !near.empty()) {
    return "unknown section, did you mean [" + std::string(near) + "]?";
  }
  std::string all;
  for (const auto known : names) all.append(all.empty() ? "[" : ", [").append(known).append("]");
  return "unknown section, allowed are " + all;
}

std::string Loader::about_key(std::string_view section, std::string_view key) const {
  const auto keys = table_.keys_in(section);
  const bool is_near = !config_language::nearest(key, keys).empty();
  for (const Option& option : table_.options()) {
    if (option.key == key && !is_near)
      return "unknown key here, it belongs to [" + std::string(option.section) + "]";
  }
  return config_language::unknown_word("unknown key", key, keys);
}

void Loader::put(std::string_view section, std::string_view key, const Node& value, unsigned line) {
  const Option* option = table_.find(section, key);
  if (option == nullptr) {
    problems_.add(line, subject_of(section, key), about_key(section, key));
    return;
  }
  if (const auto wrong = config_language::assign(*option, value)) {
    problems_.add(line, subject_of(section, key), *wrong);
    bad_.insert(name_of(section, key));
    return;
  }
  bad_.erase(name_of(section, key));
  given_[name_of(section, key)] = line;
  if (line != Problems::kCommandLine && is_secret(*option) && !is_empty(*option))
    config_.file_holds_secrets = true;
}

void Loader::set(const std::string& setting) {
  const auto equals = setting.find('=');
  const auto name = std::string_view(setting).substr(0, equals);
  const auto dot = name.rfind('.');
  if (equals == std::string::npos || dot == std::string_view::npos) {
    problems_.add(Problems::kCommandLine, {},
                  "'" + base::printable(setting) + "' is not section.key=value");
    return;
  }
  const auto section = name.substr(0, dot);
  const auto key = name.substr(dot + 1);
  const std::string text = setting.substr(equals + 1);
  if (!table_.has_section(section)) {
    problems_.add(Problems::kCommandLine, "[" + base::printable(section) + "]",
                  about_section(section));
    return;
  }
  // A shell takes the quotes away, so what has to be text is text without them too.
  const Option* option = table_.find(section, key);
  const bool is_text =
      option != nullptr && (std::holds_alternative<config_language::Text>(option->field) ||
                            std::holds_alternative<config_language::Parsed>(option->field) ||
                            std::holds_alternative<config_language::Span>(option->field) ||
                            std::holds_alternative<config_language::Choice>(option->field));
  const bool is_quoted = text.starts_with('"') || text.starts_with('\'');
  Node value{text};
  if (!is_text || is_quoted) {
    if (auto parsed = config_language::parse_toml_value(text)) value = std::move(*parsed);
  }
  put(section, key, value, Problems::kCommandLine);
}

void Loader::finish(Purpose purpose) {
  if (!whole_) return;
  std::string& info = config_.pf.policy.service_info;
  if (const auto parsed = base::parse_json(info, {}); parsed)
    info = boost::json::serialize(*parsed);
  if (purpose == Purpose::gateway) {
    read_environment();
    read_secrets();
  }
  fill_lists(purpose);
  for (const Finding& finding : config::check(config_, purpose)) {
    const std::string name = name_of(finding.section, finding.key);
    const auto is_bad = [this](std::string_view other) {
      return bad_.contains(std::string(other));
    };
    if (is_bad(name) || std::any_of(finding.seen_from.begin(), finding.seen_from.end(), is_bad))
      continue;
    tell(finding);
  }
}

void Loader::tell(const Finding& finding) {
  const auto given = given_.find(name_of(finding.section, finding.key));
  problems_.add(given == given_.end() ? Problems::kNoLine : given->second,
                subject_of(finding.section, finding.key), finding.what);
}

/// Secrets that neither the file nor the command line gives, nor a file of their own.
void Loader::read_environment() {
  for (const Option& option : table_.options()) {
    if (!is_secret(option) || given_.contains(name_of(option.section, option.key))) continue;
    const Option* own_file = table_.find(option.section, std::string(option.key) + "_file");
    if (own_file != nullptr && !is_empty(*own_file)) continue;
    const std::string name = config_language::variable_of(option.section, option.key);
    const std::string value = config_language::from_environment(option.section, option.key);
    if (value.empty()) continue;
    if (const auto wrong = config_language::assign(option, Node{value}))
      problems_.add(Problems::kNoLine, name, *wrong);
    others_[name_of(option.section, option.key)] = "environment " + name;
  }
}

void Loader::read_secrets() {
  constexpr std::size_t kMost = config_language::Text::kMostOctets;
  if (config_.mqtt.enabled)
    read_secret("mqtt", "password", config_.mqtt.password_file, config_.mqtt.password, kMost);
  sms::SmscOptions& smsc = config_.sms.smsc;
  if (config_.sms.enabled)
    read_secret("sms", "password", smsc.password_file, smsc.password, sms::kMostAccountText);
  msgin5g::Options& msgin5g = config_.msgin5g;
  if (msgin5g.enabled) {
    read_secret("msgin5g", "token", msgin5g.token_file, msgin5g.token, kMost);
    msgin5g::TokenOptions& client = msgin5g.server.token;
    read_secret("msgin5g.server", "client_secret", client.client_secret_file, client.client_secret,
                msgin5g::TokenOptions::kMostSecret);
  }
  client::Options& client = config_.provisioning;
  read_secret("provisioning", "token", client.token_file, client.token, kMost);
}

/// What "KEY_file" names, in place of KEY.
void Loader::read_secret(std::string_view section, std::string_view key,
                         const std::filesystem::path& file, std::string& secret,
                         std::size_t most_octets) {
  if (file.empty()) return;
  const std::string file_key = std::string(key) + "_file";
  const auto at = [&] {
    const auto given = given_.find(name_of(section, file_key));
    return given == given_.end() ? Problems::kNoLine : given->second;
  };
  if (!secret.empty()) {
    problems_.add(at(), subject_of(section, file_key),
                  "stands beside " + std::string(key) + ", only one of them is allowed");
    return;
  }
  auto read = config_language::read_secret(file, most_octets);
  if (!read) {
    problems_.add(at(), subject_of(section, file_key), read.error().detail);
    return;
  }
  secret = std::move(*read);
  others_[name_of(section, key)] = base::printable(file.native(), 200);
}

void Loader::fill_lists(Purpose purpose) {
  sms::Options& sms = config_.sms;
  sms.all = {sms.smsc};
  msgin5g::Options& msgin5g = config_.msgin5g;
  msgin5g.servers = {msgin5g.server};
  if (purpose != Purpose::gateway) return;
  if (sms.enabled)
    read_list("sms", "smscs_file", sms.smscs_file, [&] { sms.all = load_smscs(sms, others_); });
  if (msgin5g.enabled) {
    read_list("msgin5g", "servers_file", msgin5g.servers_file,
              [&] { msgin5g.servers = load_servers(msgin5g, others_); });
  }
}

/// Reads the file of that option, if one is named and nothing is wrong with the section.
void Loader::read_list(std::string_view section, std::string_view key,
                       const std::filesystem::path& file, const std::function<void()>& read) {
  if (file.empty()) return;
  const auto is_of_section = [&](const std::string& name) {
    return name.starts_with(std::string(section) + ".");
  };
  const bool is_clear = std::none_of(bad_.begin(), bad_.end(), is_of_section);
  bad_.insert(name_of(section, key));  // until it is read
  if (!is_clear) return;               // what stands in it depends on the section
  config::Findings unreadable;
  config::check_file(section, key, file, unreadable);
  for (const Finding& finding : unreadable) tell(finding);
  if (!unreadable.empty()) return;
  try {
    read();
    bad_.erase(name_of(section, key));
  } catch (const ConfigError& error) {
    problems_.add_told(error);
  }
}

Config Loader::take() {
  problems_.throw_if_any();
  return config_;
}

std::map<std::string, std::string> Loader::origins() const {
  std::map<std::string, std::string> all = others_;
  for (const auto& [name, line] : given_)
    all[name] =
        line == Problems::kCommandLine ? "command line" : file_ + ":" + std::to_string(line);
  return all;
}

}  // namespace

Loaded load_text_with_origins(std::string_view text, std::string_view name,
                              const std::vector<std::string>& settings, Purpose purpose) {
  Loader loader(name);
  loader.read(text);
  for (const std::string& setting : settings) loader.set(setting);
  loader.finish(purpose);
  return {loader.take(), loader.origins()};
}

Config load_text(std::string_view text, std::string_view name,
                 const std::vector<std::string>& settings, Purpose purpose) {
  return load_text_with_origins(text, name, settings, purpose).config;
}

Loaded load_with_origins(const std::filesystem::path& file,
                         const std::vector<std::string>& settings, Purpose purpose) {
  const std::string text =
      file.empty() ? std::string()
                   : config_language::read_file(file, kMostFileOctets, base::FileKind::anything);
  const std::string name = file.empty() ? "defaults" : base::printable(file.native(), 200);
  return load_text_with_origins(text, name, settings, purpose);
}

Config load(const std::filesystem::path& file, const std::vector<std::string>& settings,
            Purpose purpose) {
  return load_with_origins(file, settings, purpose).config;
}

}  // namespace msggw::config_files
