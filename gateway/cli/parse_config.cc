// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <utility>

#include "gateway/cli/help.h"
#include "gateway/cli/options.h"

namespace msggw::cli {

namespace {

constexpr const char* kAsFunction = "That of the Provisioning Function, `msggw pf`";

void add_show(CLI::App& config, Command& chosen) {
  CLI::App& command = *config.add_subcommand("show", "What is in force with a configuration");
  const auto show = std::make_shared<ShowConfig>();
  add_config(command, show->config);
  command.add_option("-s,--set", show->settings, "Set one option over the file's; may be repeated")
      ->type_name("SECTION.KEY=VALUE")
      ->allow_extra_args(false);
  command.add_flag("--pf", show->function, kAsFunction);
  command.add_flag("--origin", show->origin,
                   "Say of each value whence it is, and whether a reload takes another one over");
  command.add_flag("--json", show->json, "Print one JSON object");
  command.footer(std::string(kConfigFooter));
  command.callback([show, &chosen] { chosen = *show; });
}

void add_diff(CLI::App& config, Command& chosen) {
  CLI::App& command = *config.add_subcommand(
      "diff", "What a reload would change, or what two files say differently");
  const auto diff = std::make_shared<DiffConfig>();
  command
      .add_option("FILE", diff->files, "Two configurations; none: the running gateway's and its")
      ->expected(0, 2);
  add_source(command, diff->source);
  command.add_flag("--pf", diff->function, kAsFunction);
  add_timeout(command, diff->timeout);
  command.add_flag("--json", diff->json, "Print one JSON object");
  command.footer(std::string(kConfigFooter));
  command.callback([diff, &chosen] {
    const bool has_source = !diff->source.config.empty() || !diff->source.folder.empty();
    if (diff->files.size() == 1 || (has_source && !diff->files.empty())) {
      chosen = Stop{ExitCode::usage, "diff: say two FILEs, or none and which gateway is meant\n"};
    } else {
      chosen = *diff;
    }
  });
}

}  // namespace

void add_configuration(CLI::App& app, Command& chosen) {
  CLI::App& config =
      *app.add_subcommand("config", "What a configuration says, and what a reload would change");
  config.require_subcommand(1);
  config.footer(std::string(kConfigFooter));
  add_show(config, chosen);
  add_diff(config, chosen);
}

void add_reload(CLI::App& app, Command& chosen) {
  CLI::App& command =
      *app.add_subcommand("reload", "Have a running gateway read its configuration again");
  const auto reload = std::make_shared<Reload>();
  add_source(command, reload->source);
  command.add_flag("--pf", reload->function, kAsFunction);
  add_timeout(command, reload->timeout);
  command.add_flag("--json", reload->json, "Print what is answered, one JSON object");
  command.footer(std::string(kReloadFooter));
  command.callback([reload, &chosen] { chosen = *reload; });
}

}  // namespace msggw::cli
