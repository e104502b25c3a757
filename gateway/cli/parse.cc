#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/cli/command.h"
#include "gateway/cli/help.h"
#include "gateway/cli/ports.h"
#include "gateway/config/api_root.h"
#include "gateway/config/config.h"
#include "gateway/config/units.h"

namespace msggw::cli {
namespace {

constexpr std::array kTypes{
    std::pair{"non3gpp", core::UeType::non_3gpp}, std::pair{"legacy", core::UeType::legacy_3gpp},
    std::pair{"ue", core::UeType::msgin5g_ue}, std::pair{"as", core::UeType::as}};
constexpr std::array kStates{core::DeviceState::recorded, core::DeviceState::provisioned,
                             core::DeviceState::registered, core::DeviceState::refused,
                             core::DeviceState::suspended};
constexpr int kMostLimit =
    1'000'000'000;  // far above any table; the library would take -1 for 2^64 - 1
constexpr base::Duration kMostTimeout{3'600'000};

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

  Provision provision;
  std::string type;
  std::vector<std::string> info;
  bool allow_cleartext = false;
  std::string timeout = "5s";
  std::string ca, certificate, key;

  std::string folder;
  std::string state;
  std::size_t limit = 0;
  std::string private_id;
  bool json = false;
};

std::string wrong_uri(const std::string& uri) {
  const auto root = config::parse_api_root(uri);
  return root ? std::string() : root.error().detail;
}

std::string wrong_timeout(const std::string& text) {
  const auto timeout = config::parse_duration(text);
  if (timeout && timeout->count() > 0 && *timeout <= kMostTimeout) return {};
  return "allowed are 1ms to 1h, for example 5s";
}

std::string wrong_info(const std::string& text) {
  if (!base::is_utf8(text)) return "not UTF-8";
  return text.find('=') == std::string::npos || text.front() == '=' ? "allowed is NAME=VALUE" : "";
}

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

void add_servers(CLI::App& app, Raw& raw) {
  CLI::App& run = *app.add_subcommand("run", "The gateway");
  add_config(run, raw)->required();
  add_settings(run, raw);
  run.footer(std::string(kRunFooter));

  CLI::App& function = *app.add_subcommand("pf", "The Provisioning Function alone");
  add_config(function, raw);
  add_settings(function, raw);
  function.footer(std::string(kFunctionFooter));

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

void add_provision(CLI::App& app, Raw& raw) {
  const CLI::Validator existing = CLI::Validator(CLI::ExistingFile).description("");
  CLI::App& command = *app.add_subcommand(
      "provision", "One provisioning request, as a UE or Application Server sends it");
  command.add_option("--type", raw.type, "Kind of endpoint")
      ->type_name("TYPE")
      ->required()
      ->check(CLI::IsMember({"ue", "as", "legacy", "non3gpp"}));
  command.add_option("--private-id", raw.provision.private_id, "Private ID of the endpoint")
      ->type_name("ID")
      ->required();
  command
      .add_option("--pf", raw.provision.uri, "API root of the Provisioning Function, http or https")
      ->type_name("URI")
      ->required()
      ->check(CLI::Validator(wrong_uri, ""));
  command.add_option("--info", raw.info, "Information about the endpoint; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->check(CLI::Validator(wrong_info, ""));
  command.add_option("--timeout", raw.timeout, "Longest wait for the answer")
      ->type_name("TIME")
      ->capture_default_str()
      ->check(CLI::Validator(wrong_timeout, ""));
  command.add_option("--ca", raw.ca, "PEM file, who may sign the other side's certificate")
      ->type_name("FILE")
      ->check(existing);
  CLI::Option* certificate =
      command.add_option("--cert", raw.certificate, "PEM file, own certificate")
          ->type_name("FILE")
          ->check(existing);
  CLI::Option* key = command.add_option("--key", raw.key, "PEM file, its private key")
                         ->type_name("FILE")
                         ->check(existing)
                         ->needs(certificate);
  certificate->needs(key);
  command
      .add_option("--token", raw.provision.token,
                  "Bearer token; better in the environment, out of `ps`")
      ->type_name("TOKEN")
      ->envname("MSGGW_TOKEN");
  command.add_flag("--allow-cleartext", raw.allow_cleartext,
                   "Allow http to a host that is not this machine");
  command.add_flag("--json", raw.json, "Print one JSON object");
  command.footer(std::string(kProvisionFooter));
}

void add_source(CLI::App& command, Raw& raw) {
  CLI::Option* config = add_config(command, raw);
  command
      .add_option("--dir", raw.folder,
                  "The folder with the device table, in place of a configuration")
      ->type_name("DIR")
      ->excludes(config);
  command.add_flag("--json", raw.json, "Print one JSON object a device, each on its line");
}

void add_devices(CLI::App& app, Raw& raw) {
  CLI::App& devices = *app.add_subcommand("devices", "Look at the devices");
  devices.require_subcommand(1);
  devices.footer(std::string(kDevicesFooter));

  std::vector<std::string> states;
  for (const auto state : kStates) states.emplace_back(core::name_of(state));
  CLI::App& list = *devices.add_subcommand("list", "All devices, or those in one state");
  add_source(list, raw);
  list.add_option("--state", raw.state, "Only devices in this state")
      ->type_name("STATE")
      ->check(CLI::IsMember(states));
  list.add_option("--limit", raw.limit, "At most so many; 0 is all")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(0, kMostLimit).description(""));
  list.footer(std::string(kDevicesFooter));

  CLI::App& show = *devices.add_subcommand("show", "All that is known about one device");
  show.add_option("PRIVATE_ID", raw.private_id, "In any of its spellings")->required();
  add_source(show, raw);
  show.footer(std::string(kDevicesFooter));
}

/// The --info options as a compact JSON object; false if one name is given twice.
bool info_of(const std::vector<std::string>& pairs, std::string& out) {
  std::vector<std::string_view> names;
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    const auto name = std::string_view(pair).substr(0, equals);
    if (std::find(names.begin(), names.end(), name) != names.end()) return false;
    names.push_back(name);
    out += out.empty() ? '{' : ',';
    base::append_json_string(out, name);
    out += ':';
    base::append_json_string(out, std::string_view(pair).substr(equals + 1));
  }
  if (!out.empty()) out += '}';
  return true;
}

Command provision_of(Raw& raw) {
  Provision& command = raw.provision;
  for (const auto& [word, type] : kTypes) {
    if (raw.type == word) command.type = type;
  }
  if (command.private_id.empty()) return Stop{ExitCode::usage, "--private-id: must not be empty\n"};
  if (const auto root = config::parse_api_root(command.uri);
      root && !root->tls && !raw.allow_cleartext && !config::is_loopback(root->host)) {
    return Stop{
        ExitCode::usage,
        "--pf: " + base::printable(command.uri, 200) +
            " would be spoken to in cleartext over the network, use https or --allow-cleartext\n"};
  }
  if (!info_of(raw.info, command.info))
    return Stop{ExitCode::usage, "--info: a name is given twice\n"};
  command.timeout = config::parse_duration(raw.timeout).value_or(command.timeout);
  command.ca = raw.ca;
  command.certificate = raw.certificate;
  command.key = raw.key;
  command.json = raw.json;
  return std::move(command);
}

Command list_of(const Raw& raw) {
  ListDevices command{{raw.config, raw.folder}, std::nullopt, raw.limit, raw.json};
  for (const auto state : kStates) {
    if (core::name_of(state) == raw.state) command.state = state;
  }
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
  if (app.got_subcommand("pf")) return Function{raw.config, std::move(raw.settings)};
  if (app.got_subcommand("check")) {
    if (raw.defaults) return Defaults{};
    if (raw.config.empty())
      return Stop{ExitCode::usage, "check: -c FILE or --defaults is required\n"};
    return Check{raw.config, std::move(raw.settings), raw.function};
  }
  if (app.got_subcommand("provision")) return provision_of(raw);
  if (app.get_subcommand("devices")->got_subcommand("list")) return list_of(raw);
  return ShowDevice{raw.private_id, {raw.config, raw.folder}, raw.json};
}

}  // namespace

Command parse(int argc, const char* const* argv) {
  CLI::App app("MSGin5G Message Gateway: devices that speak CoAP or MQTT become users of MSGin5G.",
               "msggw");
  app.set_version_flag("--version", "msggw " MSGGW_VERSION);
  app.require_subcommand(1);
  app.footer(std::string(kFooter));
  Raw raw;
  add_demo(app, raw);
  add_servers(app, raw);
  add_provision(app, raw);
  add_devices(app, raw);
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
