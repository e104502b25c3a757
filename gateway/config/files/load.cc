// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/load.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <limits>
#include <map>
#include <set>

#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/config/files/smscs_file.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/language/list_file.h"
#include "gateway/config/sections/check_parts.h"
#include "gateway/config/sections/declare.h"

namespace msggw::config_files {

using config::Config;
using config::Finding;
using config::Purpose;
using config_language::ConfigError;
using config_language::Option;
using config_language::Section;
using config_language::Value;

namespace {

// In place of a line; so they stand behind those that have one.
constexpr unsigned kNoLine = std::numeric_limits<unsigned>::max() - 2;
constexpr unsigned kOtherFile = std::numeric_limits<unsigned>::max() - 1;
constexpr unsigned kCommandLine = std::numeric_limits<unsigned>::max();

std::string subject_of(std::string_view section, std::string_view key) {
  return "[" + base::printable(section) + "] " + base::printable(key);
}

std::string name_of(std::string_view section, std::string_view key) {
  return std::string(section) + "." + std::string(key);
}

/// Whether `inner` is below the section `outer`.
bool is_below(std::string_view inner, std::string_view outer) {
  return inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '.';
}

class Loader {
 public:
  explicit Loader(std::string_view file) : file_(file), table_(config::options_of(config_)) {}
  Loader(const Loader&) = delete;  // the table points into config_
  Loader& operator=(const Loader&) = delete;

  void read(std::string_view text);
  void set(const std::string& setting);
  /// The checks of the options together, if there is something to check.
  void finish(Purpose purpose);
  Config take();

 private:
  void problem(unsigned line, const std::string& subject, const std::string& what);
  void read_sections(const std::vector<Section>& sections);
  void put(std::string_view section, std::string_view key, const Value& value, unsigned line);
  void fill_smscs(Purpose purpose);
  void tell(const Finding& finding);
  std::string about_section(std::string_view name) const;
  std::string about_key(std::string_view section, std::string_view key) const;

  std::string file_;
  Config config_;
  config_language::OptionTable table_;
  std::map<std::string, unsigned> given_;  ///< "section.key" to its line
  std::set<std::string> bad_;              ///< "section.key" of what has no value worth checking
  std::set<std::string> skipped_;          ///< sections that do not exist
  std::vector<std::pair<unsigned, std::string>> problems_;
  bool whole_ = true;  ///< the text was understood to its end
};

void Loader::problem(unsigned line, const std::string& subject, const std::string& what) {
  std::string where = file_;
  if (line == kCommandLine) {
    where = "command line";
  } else if (line != kNoLine) {
    where += ":" + std::to_string(line);
  }
  problems_.emplace_back(line, where + ": " + (subject.empty() ? "" : subject + ": ") + what);
}

void Loader::read(std::string_view text) {
  if (text.size() > kMostFileOctets) {
    problem(kNoLine, {}, "the file is larger than " + std::to_string(kMostFileOctets) + " octets");
    whole_ = false;
    return;
  }
  const config_language::Document document =
      config_language::parse_toml(text, ConfigError::kMostProblems);
  for (const config_language::SyntaxError& error : document.errors)
    problem(error.line, error.subject, error.what);
  whole_ = document.errors.empty();
  read_sections(document.sections);
  for (const config_language::Entry& entry : document.entries) {
    if (skipped_.contains(entry.section)) continue;
    if (!entry.section.empty()) {
      put(entry.section, entry.key, entry.value, entry.line);
    } else if (table_.has_section(entry.key)) {
      problem(
          entry.line, base::printable(entry.key),
          "must be a section, [" + entry.key + "], not " + config_language::kind_of(entry.value));
    } else {
      problem(entry.line, base::printable(entry.key),
              "stands outside of any section, put it below its [section]");
    }
  }
}

void Loader::read_sections(const std::vector<Section>& sections) {
  for (const Section& section : sections) {
    const auto dot = section.name.rfind('.');
    const auto below = [&](const std::string& outer) { return is_below(section.name, outer); };
    if (std::any_of(skipped_.begin(), skipped_.end(), below)) {
      skipped_.insert(section.name);
    } else if (table_.has_section(section.name)) {
      if (!section.list) continue;
      problem(section.line, "[[" + section.name + "]]",
              "must be one section, written [" + section.name + "]");
    } else if (dot != std::string::npos &&
               table_.find(section.name.substr(0, dot), section.name.substr(dot + 1)) != nullptr) {
      put(section.name.substr(0, dot), section.name.substr(dot + 1),
          config_language::Misfit{section.list ? "a list of tables" : "a table"}, section.line);
      skipped_.insert(section.name);
    } else {
      problem(section.line, "[" + base::printable(section.name) + "]", about_section(section.name));
      skipped_.insert(section.name);
    }
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
  if (const auto near = config_language::nearest(key, keys); !near.empty()) {
    return "unknown key, did you mean '" + std::string(near) + "'?";
  }
  for (const Option& option : table_.options()) {
    if (option.key == key)
      return "unknown key here, it belongs to [" + std::string(option.section) + "]";
  }
  std::string all;
  for (const auto known : keys) all.append(all.empty() ? "" : ", ").append(known);
  return "unknown key, allowed are " + all;
}

void Loader::put(std::string_view section, std::string_view key, const Value& value,
                 unsigned line) {
  const Option* option = table_.find(section, key);
  if (option == nullptr) {
    problem(line, subject_of(section, key), about_key(section, key));
    return;
  }
  if (const auto wrong = config_language::assign(*option, value)) {
    problem(line, subject_of(section, key), *wrong);
    bad_.insert(name_of(section, key));
    return;
  }
  bad_.erase(name_of(section, key));
  given_[name_of(section, key)] = line;
}

void Loader::set(const std::string& setting) {
  const auto equals = setting.find('=');
  const auto name = std::string_view(setting).substr(0, equals);
  const auto dot = name.rfind('.');
  if (equals == std::string::npos || dot == std::string_view::npos) {
    problem(kCommandLine, {}, "'" + base::printable(setting) + "' is not section.key=value");
    return;
  }
  const auto section = name.substr(0, dot);
  const auto key = name.substr(dot + 1);
  const std::string text = setting.substr(equals + 1);
  if (!table_.has_section(section)) {
    problem(kCommandLine, "[" + base::printable(section) + "]", about_section(section));
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
  Value value = text;
  if (!is_text || is_quoted) {
    if (auto parsed = config_language::parse_toml_value(text)) value = std::move(*parsed);
  }
  put(section, key, value, kCommandLine);
}

void Loader::finish(Purpose purpose) {
  if (!whole_) return;
  std::string& info = config_.pf.policy.service_info;
  if (const auto parsed = base::parse_json(info, {}); parsed)
    info = boost::json::serialize(*parsed);
  fill_smscs(purpose);
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
  problem(given == given_.end() ? kNoLine : given->second, subject_of(finding.section, finding.key),
          finding.what);
}

void Loader::fill_smscs(Purpose purpose) {
  sms::Options& sms = config_.sms;
  sms.all = {sms.smsc};
  if (purpose != Purpose::gateway || !sms.enabled || sms.smscs_file.empty()) return;
  const auto is_of_sms = [](const std::string& name) { return name.starts_with("sms."); };
  const bool is_clear = std::none_of(bad_.begin(), bad_.end(), is_of_sms);
  bad_.insert("sms.smscs_file");  // until it is read
  if (!is_clear) return;          // what stands in it depends on [sms]
  config::Findings unreadable;
  config::check_file("sms", "smscs_file", sms.smscs_file, unreadable);
  for (const Finding& finding : unreadable) tell(finding);
  if (!unreadable.empty()) return;
  try {
    sms.all = load_smscs(sms);
    bad_.erase("sms.smscs_file");
  } catch (const ConfigError& error) {
    for (const std::string& text : error.problems()) problems_.emplace_back(kOtherFile, text);
  }
}

Config Loader::take() {
  if (problems_.empty()) return config_;
  std::stable_sort(problems_.begin(), problems_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> texts;
  for (auto& [line, text] : problems_) {
    if (texts.size() == ConfigError::kMostProblems) break;
    texts.push_back(std::move(text));
  }
  throw ConfigError(std::move(texts));
}

}  // namespace

Config load_text(std::string_view text, std::string_view name,
                 const std::vector<std::string>& settings, Purpose purpose) {
  Loader loader(name);
  loader.read(text);
  for (const std::string& setting : settings) loader.set(setting);
  loader.finish(purpose);
  return loader.take();
}

Config load(const std::filesystem::path& file, const std::vector<std::string>& settings,
            Purpose purpose) {
  const std::string text =
      file.empty() ? std::string() : config_language::read_file(file, kMostFileOctets);
  const std::string name = file.empty() ? "defaults" : base::printable(file.native(), 200);
  return load_text(text, name, settings, purpose);
}

}  // namespace msggw::config_files
