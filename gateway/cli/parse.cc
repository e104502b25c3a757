// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <array>
#include <sstream>
#include <utility>

#include "gateway/base/text.h"
#include "gateway/cli/command.h"
#include "gateway/cli/help.h"
#include "gateway/cli/parse_devices.h"
#include "gateway/cli/parse_provision.h"
#include "gateway/cli/ports.h"
#include "gateway/cli/words.h"

namespace msggw::cli {
namespace {

/// What the options write into, in the words of the command line.
struct Raw {
  Demo demo;
  std::string demo_folder;
  std::uint16_t port_base = 0;
  bool no_devices = false;

  std::string config;
  std::vector<std::string> settings;
  bool function = false;
  bool defaults = false;

  std::optional<std::string> explain;
  std::string gateway;
  std::string type;
  std::vector<std::string> info;

  ProvisionWords provision;

  DevicesWords devices;
  bool json = false;
};

CLI::Option* add_config(CLI::App& command, Raw& raw) {
  return command.add_option("-c,--config", raw.config, "Configuration file, see etc/msggw.toml")
      ->type_name("FILE");
}

void add_settings(CLI::App& command, Raw& raw) {
  command.add_option("-s,--set", raw.settings, "Set one option over the file's; may be repeated")
      ->type_name("SECTION.KEY=VALUE")
      ->allow_extra_args(false);
}

void add_demo(CLI::App& app, Raw& raw) {
  CLI::App& demo =
      *app.add_subcommand("demo", "Everything on this machine in one go, with sample devices");
  demo.add_option("--dir", raw.demo_folder, "State folder, kept afterwards (default: a fresh one)")
      ->type_name("DIR");
  demo.add_option("--port-base", raw.port_base, "First of the ports to use, see below")
      ->type_name("N")
      ->check(CLI::Range(unsigned{kLeastPortBase}, unsigned{kMostPortBase}));
  demo.add_flag("--no-devices", raw.no_devices, "Leave the sample devices out");
  demo.footer(std::string(kDemoFooter));
}

void add_function(CLI::App& app, Raw& raw) {
  CLI::App& function = *app.add_subcommand("pf", "The Provisioning Function alone");
  add_config(function, raw);
  add_settings(function, raw);
  CLI::Option* explain = function
                             .add_option("--explain", raw.explain,
                                         "Start nothing: say which rule of the policy decides on "
                                         "this Private ID, and why")
                             ->type_name("PRIVATE_ID");
  function.add_option("--type", raw.type, "With --explain: kind of endpoint (non3gpp)")
      ->type_name("TYPE")
      ->needs(explain)
      ->check(CLI::IsMember(type_words()));
  function.add_option("--gateway", raw.gateway, "With --explain: the gateway that asks")
      ->type_name("NAME")
      ->needs(explain);
  function
      .add_option("--info", raw.info,
                  "With --explain: information about the endpoint; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->needs(explain)
      ->check(CLI::Validator(wrong_info, ""));
  function.add_flag("--json", raw.json, "With --explain: print one JSON object")->needs(explain);
  function.footer(std::string(kFunctionFooter));
}

void add_servers(CLI::App& app, Raw& raw) {
  CLI::App& run = *app.add_subcommand("run", "The gateway");
  add_config(run, raw)->required();
  add_settings(run, raw);
  run.footer(std::string(kRunFooter));

  add_function(app, raw);

  CLI::App& check = *app.add_subcommand("check", "Validate a configuration without starting");
  CLI::Option* file = add_config(check, raw);
  add_settings(check, raw);
  check.add_flag("--pf", raw.function, "Check it as `msggw pf` would use it");
  check
      .add_flag("--defaults", raw.defaults,
                "Print the manual of all options with their defaults instead")
      ->excludes(file);
  check.footer(std::string(kCheckFooter));
}

Command function_of(Raw& raw) {
  if (!raw.explain) return Function{raw.config, std::move(raw.settings)};
  Explain command{raw.config, std::move(raw.settings), *raw.explain};
  if (command.private_id.empty()) return Stop{ExitCode::usage, "--explain: must not be empty\n"};
  if (!raw.type.empty()) command.type = type_of(raw.type);
  if (!info_of(raw.info, command.info))
    return Stop{ExitCode::usage, "--info: a name is given twice\n"};
  command.gateway = raw.gateway;
  command.json = raw.json;
  return command;
}

Command command_of(const CLI::App& app, Raw& raw) {
  if (app.got_subcommand("demo")) {
    Demo demo;
    if (!raw.demo_folder.empty()) demo.folder = raw.demo_folder;
    if (raw.port_base != 0) demo.port_base = raw.port_base;
    demo.devices = !raw.no_devices;
    return demo;
  }
  if (app.got_subcommand("run")) return Run{raw.config, std::move(raw.settings)};
  if (app.got_subcommand("pf")) return function_of(raw);
  if (app.got_subcommand("check")) {
    if (raw.defaults) return Defaults{};
    if (raw.config.empty())
      return Stop{ExitCode::usage, "check: -c FILE or --defaults is required\n"};
    return Check{raw.config, std::move(raw.settings), raw.function};
  }
  if (app.got_subcommand("provision")) return provision_of(raw.provision);
  if (app.got_subcommand("status")) return status_of(raw.devices);
  return devices_of(*app.get_subcommand("devices"), raw.devices);
}

}  // namespace

Command parse(int argc, const char* const* argv) {
  CLI::App app(
      "MSGin5G Message Gateway: devices that speak CoAP, MQTT or SMS become users of MSGin5G.",
      "msggw");
  app.set_version_flag("--version", "msggw " MSGGW_VERSION);
  app.require_subcommand(1);
  app.footer(std::string(kFooter));
  Raw raw;
  add_demo(app, raw);
  add_servers(app, raw);
  add_provision(app, raw.provision);
  add_devices(app, raw.devices);
  add_status(app, raw.devices);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    const int code = app.exit(error, out, err);
    if (code == 0) return Stop{ExitCode::ok, out.str()};
    return Stop{ExitCode::usage, base::printable(error.what(), 400) + "\nTry --help.\n"};
  }
  return command_of(app, raw);
}

}  // namespace msggw::cli
