// SPDX-License-Identifier: Apache-2.0
#include "gateway/cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/config/language/units.h"
#include "gateway/roster/rows.h"

namespace msggw::cli {
namespace {

// Far above any table; the library would take -1 for 2^64 - 1.
constexpr int kMostLimit = 1'000'000'000;
constexpr base::Duration kMostTimeout{3'600'000};

std::string wrong_timeout(const std::string& text) {
  const auto timeout = config_language::parse_duration(text);
  if (timeout && timeout->count() > 0 && *timeout <= kMostTimeout) return {};
  return "allowed are 1ms to 1h, for example 5s";
}

/// What is wrong with one NAME=VALUE; empty: nothing.
std::string wrong_info(const std::string& text) {
  if (!base::is_utf8(text)) return "not UTF-8";
  return text.find('=') == std::string::npos || text.front() == '=' ? "allowed is NAME=VALUE" : "";
}

}  // namespace

CLI::Option* add_config(CLI::App& command, std::filesystem::path& config) {
  return command.add_option("-c,--config", config, "Configuration file, see etc/msggw.toml")
      ->type_name("FILE");
}

void add_source(CLI::App& command, Source& source) {
  CLI::Option* config = add_config(command, source.config);
  command.add_option("--dir", source.folder, "The gateway's folder, in place of a configuration")
      ->type_name("DIR")
      ->excludes(config);
}

void add_timeout(CLI::App& command, base::Duration& timeout) {
  command
      .add_option_function<std::string>(
          "--timeout",
          [&timeout](const std::string& text) {
            timeout = config_language::parse_duration(text).value();
          },
          "Longest wait for the answer")
      ->type_name("TIME")
      ->default_str(config_language::print_duration(timeout))
      ->check(CLI::Validator(wrong_timeout, ""));
}

void add_limit(CLI::App& command, std::size_t& limit) {
  command.add_option("--limit", limit, "At most so many; 0 is all")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(0, kMostLimit).description(""));
}

CLI::Option* add_type(CLI::App& command, core::UeType& type, const char* help) {
  const auto take = [&type](const std::string& word) { type = roster::type_of(word).value(); };
  return command.add_option_function<std::string>("--type", take, help)
      ->type_name("TYPE")
      ->check(CLI::IsMember({"ue", "as", "legacy", "non3gpp"}));
}

CLI::Option* add_info(CLI::App& command, std::vector<std::string>& pairs, const char* help) {
  return command.add_option("--info", pairs, help)
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->check(CLI::Validator(wrong_info, ""));
}

bool take_info(const std::vector<std::string>& pairs, std::string& out, Command& chosen) {
  std::vector<std::string_view> names;
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    const auto name = std::string_view(pair).substr(0, equals);
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      chosen = Stop{ExitCode::usage, "--info: a name is given twice\n"};
      return false;
    }
    names.push_back(name);
    out += out.empty() ? '{' : ',';
    base::append_json_string(out, name);
    out += ':';
    base::append_json_string(out, std::string_view(pair).substr(equals + 1));
  }
  if (!out.empty()) out += '}';
  return true;
}

}  // namespace msggw::cli
