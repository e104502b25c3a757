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
template <class Asking>
cli::ExitCode ask(const Asking& asking, const char* method, const char* command,
                  const char* taken_over, std::ostream& out, std::ostream& err) {
  const auto work = [&](OperatorClient& client) {
    const auto answer = require(client.call(method, kReload));
    if (answer.status != 200 && answer.status != 422) {
      err << "msggw " << command << ": " << reason_of(answer) << '\n';
      return cli::ExitCode::failed;
    }
    if (!asking.json) return print_answer(out, err, answer.body, command, taken_over);
    out << answer.body << (answer.body.ends_with('\n') ? "" : "\n");
    return answer.status == 200 ? cli::ExitCode::ok : cli::ExitCode::failed;
  };
  return with_running(command, {asking.source, asking.function}, err, work, asking.timeout);
}

using Origins = std::map<std::string, std::string>;

/// Writes options with their values, and where these are from.
class Display {
 public:
  Display(const cli::ShowConfig& command, const Origins& origins, std::ostream& out)
      : command_(command), origins_(origins), out_(out) {}

  void show(const Option& option) {
    if (option.section != section_) begin("[" + std::string(option.section) + "]");
    section_ = option.section;
    const std::string name = config_language::name_of(option);
    write(option, name, name);
  }
  /// Of a list, of which `section` holds the defaults.
  void show(const std::string& name, const config_language::OptionTable& item,
            std::string_view section) {
    const std::string list(item.sections().front());
    begin("[[" + list + "]]");
    for (const Option& option : item.options())
      write(option, "[" + list + " " + name + "] " + std::string(option.key),
            std::string(section) + "." + std::string(option.key));
  }
  void end() {
    if (command_.json) out_ << "{\"options\":[" << json_ << "]}\n";
  }

 private:
  void begin(const std::string& header) {
    if (!command_.json) out_ << (section_.empty() ? "" : "\n") << header << '\n';
  }
  std::string origin_of(const std::string& name, const std::string& otherwise) const {
    auto from = origins_.find(name);
    if (from == origins_.end()) from = origins_.find(otherwise);
    return from == origins_.end() ? "default" : from->second;
  }
  void write(const Option& option, const std::string& name, const std::string& otherwise) {
    const std::string value = config_language::shown_value(option);
    const std::string origin = origin_of(name, otherwise);
    const bool is_live = option.taken == When::live;
    if (command_.json) {
      if (!json_.empty()) json_ += ',';
      base::ObjectWriter writer(base::Encoding::json, json_);
      writer.text("key", name);
      writer.text("value", value);
      writer.text("origin", origin);
      writer.text("taken", is_live ? "live" : "restart");
      return writer.end();
    }
    std::string line = std::string(option.key) + " = " + value;
    if (command_.origin) {
      line.resize(std::max(line.size() + 2, kOriginColumn), ' ');
      line += "# " + origin + (is_live ? "" : "; restart");
    }
    out_ << line << '\n';
  }

  const cli::ShowConfig& command_;
  const Origins& origins_;
  std::ostream& out_;
  std::string section_;
  std::string json_;
};

bool is_of(const Option& option, bool function) {
  const bool is_functions = option.section == "pf" || option.section.starts_with("pf.");
  return is_functions == function || option.section == "log";
}

}  // namespace

cli::ExitCode execute(const cli::Reload& command, std::ostream& out, std::ostream& err) {
  return ask(command, "POST", "reload", "taken over:", out, err);
}

cli::ExitCode execute(const cli::DiffConfig& command, std::ostream& out, std::ostream& err) {
  if (command.files.empty())
    return ask(command, "GET", "config diff", "would be taken over:", out, err);
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
  auto loaded = config_files::load_with_origins(config_file_of(command.config), command.settings,
                                                purpose_of(command.function));
  Display display(command, loaded.origins, out);
  const auto table = config::options_of(loaded.config);
  for (const Option& option : table.options()) {
    if (is_of(option, command.function)) display.show(option);
  }
  sms::Options& sms = loaded.config.sms;
  for (sms::SmscOptions& smsc : sms.all) {
    if (sms.enabled && !sms.smscs_file.empty() && !command.function)
      display.show(smsc.name, config::options_of(smsc), "sms");
  }
  msgin5g::Options& msgin5g = loaded.config.msgin5g;
  for (msgin5g::ServerOptions& server : msgin5g.servers) {
    if (msgin5g.enabled && !msgin5g.servers_file.empty() && !command.function)
      display.show(server.name, config::options_of(server), "msgin5g.server");
  }
  display.end();
  return cli::ExitCode::ok;
}

}  // namespace msggw::commands
