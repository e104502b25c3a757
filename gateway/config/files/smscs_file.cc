// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/smscs_file.h"

#include <map>
#include <utility>

#include "gateway/base/text.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/language/list_file.h"
#include "gateway/config/sections/check_parts.h"
#include "gateway/config/sections/declare.h"

namespace msggw::config_files {

using config_language::Node;
using config_language::TableReader;

namespace {

using Smsc = sms::SmscOptions;

constexpr const char* kSmsc = "smsc";

class SmscsLoader {
 public:
  /// `touch_files`: whether the key files that it names are looked at.
  SmscsLoader(std::string_view file, const Smsc& defaults, bool touch_files)
      : problems_(file), defaults_(defaults), touch_files_(touch_files) {}

  void read(std::string_view text);
  std::vector<Smsc> take() {
    problems_.throw_if_any();
    return std::move(smscs_);
  }

 private:
  void read_list(const Node& node);
  void read_smsc(const Node::Table& table, unsigned line, std::size_t place);
  void check(TableReader& reader, const Smsc& smsc);
  void check_name(TableReader& reader, const Smsc& smsc, unsigned line);

  config_language::Problems problems_;
  const Smsc& defaults_;
  bool touch_files_;
  std::vector<Smsc> smscs_;
  std::map<std::string, unsigned> names_;  ///< with the line of the SMSC that has it
};

void SmscsLoader::read(std::string_view text) {
  if (text.size() > kMostSmscsOctets) {
    return problems_.add(0, {},
                         "the file is larger than " + std::to_string(kMostSmscsOctets) + " octets");
  }
  const config_language::Tree tree =
      config_language::parse_toml_tree(text, config_language::ConfigError::kMostProblems);
  for (const config_language::SyntaxError& error : tree.errors) {
    problems_.add(error.line, error.subject, error.what);
  }
  for (const auto& [key, node] : tree.root.members) {
    if (key == kSmsc) {
      read_list(node);
    } else {
      problems_.add(node.line, base::printable(key),
                    "is unknown here, this file holds nothing but [[smsc]]");
    }
  }
  if (tree.errors.empty() && tree.root.members.empty())
    problems_.add(0, {}, "names no SMSC, write at least one [[smsc]]");
}

void SmscsLoader::read_list(const Node& node) {
  const auto* list = std::get_if<Node::List>(&node.value);
  if (list == nullptr) return problems_.add(node.line, "[smsc]", "each SMSC is written [[smsc]]");
  if (list->items.empty() || list->items.size() > kMostSmscs) {
    return problems_.add(node.line, "[[smsc]]",
                         std::to_string(list->items.size()) + " SMSCs, allowed are 1 to " +
                             std::to_string(kMostSmscs));
  }
  std::size_t place = 0;
  for (const Node& item : list->items) {
    ++place;
    if (const auto* table = std::get_if<Node::Table>(&item.value)) {
      read_smsc(*table, item.line, place);
    } else {
      problems_.add(item.line, "[[smsc]]",
                    "must be a table, not " + config_language::kind_of(item));
    }
  }
}

void SmscsLoader::read_smsc(const Node::Table& table, unsigned line, std::size_t place) {
  std::string called = "#" + std::to_string(place);
  for (const auto& [key, node] : table.members) {
    const auto* text = std::get_if<std::string>(&node.value);
    if (key == "name" && text != nullptr && !text->empty()) called = base::printable(*text);
  }
  TableReader reader(table, line, "[smsc " + called + "]", problems_);
  Smsc smsc = defaults_;
  config_language::OptionTable options;
  options.section(kSmsc);
  config::declare_smsc(options, smsc);
  reader.read(options, kSmsc, {});
  check_name(reader, smsc, line);
  check(reader, smsc);
  smscs_.push_back(std::move(smsc));
}

void SmscsLoader::check_name(TableReader& reader, const Smsc& smsc, unsigned line) {
  if (!reader.has("name"))
    return reader.problem("name", "is missing, every SMSC has one of its own");
  if (!reader.is_good("name")) return;
  const auto [first, fresh] = names_.emplace(smsc.name, line);
  if (!fresh) {
    reader.problem("name", "is that of the SMSC in line " + std::to_string(first->second) +
                               " too, every SMSC has one of its own");
  }
}

void SmscsLoader::check(TableReader& reader, const Smsc& smsc) {
  // What it has from [sms] was looked at there.
  config::Findings own;
  config::check_smsc_forms(kSmsc, smsc, own);
  if (touch_files_) config::check_smsc_files(kSmsc, smsc, own);
  for (const config::Finding& finding : own) {
    if (reader.is_good(finding.key)) reader.problem(finding.key, finding.what);
  }
  config::Findings together;
  config::check_smsc_tls(kSmsc, smsc, together);
  for (const config::Finding& finding : together) {
    const auto is_bad = [&](std::string_view key) {
      return reader.has(key) && !reader.is_good(key);
    };
    if (!is_bad("ca") && !is_bad("certificate") && !is_bad("key"))
      reader.problem(finding.key, finding.what);
  }
}

std::vector<Smsc> read_smscs(std::string_view text, std::string_view name, const Smsc& defaults,
                             bool touch_files) {
  SmscsLoader loader(name, defaults, touch_files);
  loader.read(text);
  return loader.take();
}

}  // namespace

std::vector<sms::SmscOptions> load_smscs_text(std::string_view text, std::string_view name,
                                              const sms::SmscOptions& defaults) {
  return read_smscs(text, name, defaults, false);
}

std::vector<sms::SmscOptions> load_smscs(const sms::Options& sms) {
  return read_smscs(config_language::read_file(sms.smscs_file, kMostSmscsOctets),
                    base::printable(sms.smscs_file.native(), 200), sms.smsc, true);
}

}  // namespace msggw::config_files
