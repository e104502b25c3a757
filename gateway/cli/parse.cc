// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <utility>

#include "gateway/base/text.h"
#include "gateway/cli/help.h"
#include "gateway/cli/options.h"
#include "gateway/cli/ports.h"
#include "gateway/config/language/list_file.h"

namespace msggw::cli {
namespace {

void add_settings(CLI::App& command, std::vector<std::string>& settings) {
  command.add_option("-s,--set", settings, "Set one option over the file's; may be repeated")
      ->type_name("SECTION.KEY=VALUE")
      ->allow_extra_args(false);
}

void add_demo(CLI::App& app, Command& chosen) {
  CLI::App& command =
      *app.add_subcommand("demo", "Everything on this machine in one go, with sample devices");
  const auto demo = std::make_shared<Demo>();
  command.add_option("--dir", demo->folder, "State folder, kept afterwards (default: a fresh one)")
      ->type_name("DIR");
  command.add_option("--port-base", demo->port_base, "First of the ports to use, see below")
      ->type_name("N")
      ->check(CLI::Range(unsigned{kLeastPortBase}, unsigned{kMostPortBase}));
  command.add_flag_callback(
      "--no-devices", [demo] { demo->devices = false; }, "Leave the sample devices out");
  command.footer(std::string(kDemoFooter));
  command.callback([demo, &chosen] { chosen = *demo; });
}

void add_run(CLI::App& app, Command& chosen) {
  CLI::App& command = *app.add_subcommand("run", "The gateway");
  const auto run = std::make_shared<Run>();
  add_config(command, run->config)->required();
  add_settings(command, run->settings);
  command.footer(std::string(kRunFooter));
  command.callback([run, &chosen] {
    if (run->config.empty()) {
      chosen = Stop{ExitCode::usage, "run: --config must not be empty\n"};
    } else {
      chosen = *run;
    }
  });
}

void add_function(CLI::App& app, Command& chosen) {
  CLI::App& command = *app.add_subcommand("pf", "The Provisioning Function alone");
  const auto words = std::make_shared<Explain>();
  const auto info = std::make_shared<std::vector<std::string>>();
  add_config(command, words->config);
  add_settings(command, words->settings);
  CLI::Option* explain =
      command
          .add_option("--explain", words->private_id,
                      "Start nothing: say which rule of the policy decides on this Private ID, "
                      "and why")
          ->type_name("PRIVATE_ID");
  add_type(command, words->type, "With --explain: kind of endpoint (non3gpp)")->needs(explain);
  command.add_option("--gateway", words->gateway, "With --explain: the gateway that asks")
      ->type_name("NAME")
      ->needs(explain);
  add_info(command, *info, "With --explain: information about the endpoint; may be repeated")
      ->needs(explain);
  command.add_flag("--json", words->json, "With --explain: print one JSON object")->needs(explain);
  command.footer(std::string(kFunctionFooter));
  command.callback([words, info, explain, &chosen] {
    if (explain->count() == 0) {
      chosen = Function{words->config, words->settings};
    } else if (words->private_id.empty()) {
      chosen = Stop{ExitCode::usage, "--explain: must not be empty\n"};
    } else if (take_info(*info, words->info, chosen)) {
      chosen = *words;
    }
  });
}

void add_check(CLI::App& app, Command& chosen) {
  CLI::App& command = *app.add_subcommand("check", "Validate a configuration without starting");
  const auto check = std::make_shared<Check>();
  CLI::Option* file = add_config(command, check->config);
  add_settings(command, check->settings);
  CLI::Option* const as_function =
      command.add_flag("--pf", check->function, "Check it as `msggw pf` would use it");
  command.add_flag("--server", check->reach, "Also ask the MSGin5G Servers whether they are there")
      ->excludes(as_function);
  const auto defaults = std::make_shared<bool>(false);
  command
      .add_flag("--defaults", *defaults,
                "Print the manual of all options with their defaults instead")
      ->excludes(file);
  command.footer(std::string(kCheckFooter));
  command.callback([check, defaults, &chosen] {
    if (*defaults) {
      chosen = Defaults{};
    } else if (check->config.empty() && !check->function) {
      chosen = Stop{ExitCode::usage, "check: -c FILE, --pf or --defaults is required\n"};
    } else {
      chosen = *check;
    }
  });
}

/// What is wrong with a word that stands where a command must; empty: nothing.
std::string wrong_command(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* at = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto commands = at->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty() || word.starts_with('-')) return {};
    std::vector<std::string> names;
    for (const CLI::App* command : commands) names.push_back(command->get_name());
    const auto found = std::find(names.begin(), names.end(), word);
    if (found == names.end())
      return config_language::unknown_word("'" + base::printable(word) + "' is no command of " +
                                               (at == &app ? "msggw" : "msggw " + at->get_name()),
                                           word, {names.begin(), names.end()});
    at = commands[static_cast<std::size_t>(found - names.begin())];
  }
  return {};
}

}  // namespace

Command parse(int argc, const char* const* argv) {
  CLI::App app(
      "MSGin5G Message Gateway: devices that speak CoAP, MQTT or SMS become users of MSGin5G.",
      "msggw");
  app.set_version_flag("--version", "msggw " MSGGW_VERSION);
  app.require_subcommand(1);
  app.footer(std::string(kFooter));
  Command chosen;
  for (const auto add :
       {add_demo, add_run, add_function, add_check, add_provision, add_devices, add_messages,
        add_why, add_trace, add_status, add_upkeep, add_reload, add_configuration})
    add(app, chosen);
  if (auto wrong = wrong_command(app, argc, argv); !wrong.empty())
    return Stop{ExitCode::usage, wrong + "\nTry --help.\n"};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    const int code = app.exit(error, out, err);
    if (code == 0) return Stop{ExitCode::ok, out.str()};
    return Stop{ExitCode::usage, base::printable(error.what(), 400) + "\nTry --help.\n"};
  }
  return chosen;
}

}  // namespace msggw::cli
