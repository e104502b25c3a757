// SPDX-License-Identifier: Apache-2.0
// What a configuration says, and having a running process read it again.
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/document.h"
#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/commands/commands.h"
#include "gateway/commands/operator_client.h"
#include "gateway/commands/require.h"
#include "gateway/config/files/load.h"
#include "gateway/config/language/option_text.h"
#include "gateway/config/sections/declare.h"
#include "gateway/process/reload.h"

namespace msggw::commands {

namespace {

using config_language::Option;
using config_language::When;

constexpr const char* kReload = "/api/v1/reload";
constexpr std::size_t kOriginColumn = 48;

config::Purpose purpose_of(bool function) {
  return function ? config::Purpose::function : config::Purpose::gateway;
}

/// With its quotes, as TOML has them.
std::string text_of(const boost::json::value& value, std::string_view name) {
  const std::string text = std::string(base::text_member(value, name).value_or(""));
  return base::is_utf8(text) && !base::has_control(text) ? text : base::printable(text, 400);
}

void print_changes(std::ostream& out, const boost::json::value& answer, std::string_view member,
                   std::string_view what) {
  const auto* const all = base::member(answer, member);
  if (all == nullptr || !all->is_array()) return;
  for (const auto& change : all->get_array()) {
    const std::string before = text_of(change, "before");
    const std::string after = text_of(change, "after");
    out << what << ' ' << text_of(change, "key");
    if (before.empty()) {
      out << " comes";
    } else if (after.empty()) {
      out << " goes";
    } else if (before != after) {
      out << ": " << before << " to " << after;
    } else {
      out << ": another secret";
    }
    out << '\n';
  }
}

/// In words, what answer_of() in gateway/process/reload.h says.
cli::ExitCode print_answer(std::ostream& out, std::ostream& err, std::string_view json,
                           std::string_view command, std::string_view taken_over) {
  const auto answer = base::parse_json(json, {.octets = 1 << 20, .items = 100'000});
  const auto* const problems = answer ? base::member(*answer, "problems") : nullptr;
  if (!answer || (problems != nullptr && !problems->is_array())) {
    err << "msggw " << command << ": the answer is not understood\n";
    return cli::ExitCode::failed;
  }
  if (problems != nullptr) {
    for (const auto& problem : problems->get_array())
      err << base::printable(base::text_of(problem).value_or("?"), 1'000) << '\n';
    err << "msggw " << command << ": nothing has changed\n";
    return cli::ExitCode::failed;
  }
  print_changes(out, *answer, "applied", taken_over);
  print_changes(out, *answer, "needsRestart", "needs a restart:");
  return cli::ExitCode::ok;
}

/// Asks the running gateway, or the Provisioning Function.
cli::ExitCode ask(const cli::Source& source, bool function, bool json, const char* method,
                  const char* command, const char* taken_over, std::ostream& out,
                  std::ostream& err) {
  return with_running(command, {source, function}, err, [&](OperatorClient& client) {
    const auto answer = require(client.call(method, kReload));
    if (answer.status != 200 && answer.status != 422) {
      err << "msggw " << command << ": " << reason_of(answer) << '\n';
      return cli::ExitCode::failed;
    }
    if (!json) return print_answer(out, err, answer.body, command, taken_over);
    out << answer.body << (answer.body.ends_with('\n') ? "" : "\n");
    return answer.status == 200 ? cli::ExitCode::ok : cli::ExitCode::failed;
  });
}

struct Shown {
  std::string value;
  std::string origin;
  bool is_live;
};

Shown shown(const Option& option, const std::map<std::string, std::string>& origins) {
  const auto from = origins.find(config_language::name_of(option));
  return {config_language::shown_value(option), from == origins.end() ? "default" : from->second,
          option.taken == When::live};
}

bool is_of(const Option& option, bool function) {
  const bool is_functions = option.section == "pf" || option.section.starts_with("pf.");
  return is_functions == function || option.section == "log";
}

}  // namespace

cli::ExitCode execute(const cli::Reload& command, std::ostream& out, std::ostream& err) {
  return ask(command.source, command.function, command.json, "POST", "reload", "taken over:", out,
             err);
}

cli::ExitCode execute(const cli::DiffConfig& command, std::ostream& out, std::ostream& err) {
  if (command.files.empty())
    return ask(command.source, command.function, command.json, "GET", "config diff",
               "would be taken over:", out, err);
  const auto purpose = purpose_of(command.function);
  const auto before = config_files::load(command.files.at(0), {}, purpose);
  const auto after = config_files::load(command.files.at(1), {}, purpose);
  process::Reloaded difference;
  for (config::Change& change : config::changes(before, after, purpose))
    (change.is_live ? difference.applied : difference.needs_restart).push_back(std::move(change));
  const std::string json = process::answer_of(difference).json;
  if (!command.json) return print_answer(out, err, json, "config diff", "would be taken over:");
  out << json << '\n';
  return cli::ExitCode::ok;
}

cli::ExitCode execute(const cli::ShowConfig& command, std::ostream& out, std::ostream& /*err*/) {
  auto loaded = config_files::load_with_origins(command.config, command.settings,
                                                purpose_of(command.function));
  const auto table = config::options_of(loaded.config);
  std::string_view section;
  std::string json = "[";
  for (const Option& option : table.options()) {
    if (!is_of(option, command.function)) continue;
    const Shown one = shown(option, loaded.origins);
    if (command.json) {
      if (json.size() > 1) json += ',';
      base::ObjectWriter writer(base::Encoding::json, json);
      writer.text("key", config_language::name_of(option));
      writer.text("value", one.value);
      writer.text("origin", one.origin);
      writer.text("taken", one.is_live ? "live" : "restart");
      writer.end();
      continue;
    }
    if (option.section != section)
      out << (section.empty() ? "[" : "\n[") << option.section << "]\n";
    section = option.section;
    std::string line = std::string(option.key) + " = " + one.value;
    if (command.origin) {
      line.resize(std::max(line.size() + 2, kOriginColumn), ' ');
      line += "# " + one.origin + (one.is_live ? "" : "; restart");
    }
    out << line << '\n';
  }
  if (command.json) out << "{\"options\":" << json << "]}\n";
  return cli::ExitCode::ok;
}

}  // namespace msggw::commands
