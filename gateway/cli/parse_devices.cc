// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <array>
#include <utility>

#include "gateway/cli/help.h"
#include "gateway/cli/options.h"
#include "gateway/config/language/units.h"
#include "gateway/roster/device_json.h"

namespace msggw::cli {
namespace {

constexpr int kMostLine = 1'000'000'000;

using Operation = OperateDevices::Operation;

struct OperationWord {
  const char* word;
  Operation operation;
  const char* help;
};
constexpr OperationWord kOperations[] = {
    {"suspend", Operation::suspend, "Refuse requests of devices until they are resumed"},
    {"resume", Operation::resume, "Let suspended devices go on where they stood"},
    {"remove", Operation::remove,
     "End devices' registrations, release their Service IDs and forget them"},
    {"reprovision", Operation::reprovision,
     "Ask the Provisioning Function about devices once more, also refused ones"}};

template <class Words>
CLI::Option* add_private_id(CLI::App& command, Words& words) {
  return command.add_option("PRIVATE_ID", words, "In any of its spellings")->required();
}

void add_aliases(CLI::App& command, std::vector<std::string>& aliases, const char* help) {
  command.add_option("--alias", aliases, help)->type_name("PRIVATE_ID")->allow_extra_args(false);
}

void add_looking(CLI::App& devices, Command& chosen) {
  constexpr const char* kJson = "Print one JSON object a device, each on its line";
  std::vector<std::string> states;
  for (const auto state : core::kVisibleStates) states.emplace_back(core::name_of(state));
  std::vector<std::string> presences;
  for (const auto presence : core::kVisiblePresences)
    presences.emplace_back(core::name_of(presence));
  CLI::App& list = *devices.add_subcommand("list", "All devices, or those in one state");
  const auto wanted = std::make_shared<ListDevices>();
  add_source(list, wanted->source);
  list.add_flag("--json", wanted->json, kJson);
  list.add_option_function<std::string>(
          "--state",
          [wanted](const std::string& word) { wanted->state = core::device_state_of(word); },
          "Only devices in this state")
      ->type_name("STATE")
      ->check(CLI::IsMember(states));
  list.add_option_function<std::string>(
          "--presence",
          [wanted](const std::string& word) { wanted->presence = core::presence_of(word); },
          "Only devices that are there so, as the running gateway knows it")
      ->type_name("PRESENCE")
      ->check(CLI::IsMember(presences));
  list.add_option("--bearer", wanted->bearer,
                  "... over this; alone: all of which something is known there")
      ->type_name("BEARER")
      ->check(CLI::IsMember({"coap", "mqtt", "sms"}));
  add_limit(list, wanted->limit);
  list.footer(std::string(kDevicesFooter));
  list.callback([wanted, &chosen] { chosen = *wanted; });

  CLI::App& show = *devices.add_subcommand("show", "All that is known about one device");
  const auto one = std::make_shared<ShowDevice>();
  add_private_id(show, one->private_id);
  add_source(show, one->source);
  show.add_flag("--json", one->json, kJson);
  show.footer(std::string(kDevicesFooter));
  show.callback([one, &chosen] { chosen = *one; });
}

void add_adding(CLI::App& devices, Command& chosen) {
  CLI::App& command = *devices.add_subcommand("add", "Add a device before it shows up");
  const auto add = std::make_shared<AddDevice>();
  const auto info = std::make_shared<std::vector<std::string>>();
  add_private_id(command, add->private_id);
  const auto type = std::make_shared<core::UeType>();
  CLI::Option* const said = add_type(command, *type, "Kind of endpoint")->default_str("non3gpp");
  add_info(command, *info, "Information about the device; may be repeated");
  add_aliases(command, add->aliases, "Another Private ID of the same device; may be repeated");
  add_source(command, add->source);
  command.add_flag("--json", add->json, "Print what the gateway answers, one JSON object");
  command.footer(std::string(kDevicesFooter));
  command.callback([add, info, type, said, &chosen] {
    if (said->count() > 0) add->type = *type;
    if (take_info(*info, add->info, chosen)) chosen = *add;
  });
}

/// `word`: of --format; empty: by the file's extension.
Command with_format(ImportDevices import, const std::string& word) {
  const std::string extension = word.empty() ? import.file.extension().string() : "." + word;
  const bool is_csv = extension == ".csv";
  if (!is_csv && extension != ".jsonl" && extension != ".ndjson")
    return Stop{ExitCode::usage, "import: say --format csv or --format jsonl\n"};
  import.format = is_csv ? roster::Format::csv : roster::Format::jsonl;
  return import;
}

void add_importing(CLI::App& devices, Command& chosen) {
  CLI::App& command = *devices.add_subcommand("import", "Add the devices of a list, CSV or JSONL");
  const auto import = std::make_shared<ImportDevices>();
  const auto format = std::make_shared<std::string>();
  command.add_option("FILE", import->file, "The list; - is standard input")->required();
  command.add_option("--format", *format, "How it is written (default: by its extension)")
      ->type_name("csv|jsonl")
      ->check(CLI::IsMember({"csv", "jsonl"}));
  add_import_options(command, *import);
  add_source(command, import->source);
  command.add_flag("--json", import->json, "Print the summary as one JSON object");
  command.footer(std::string(kImportFooter));
  command.callback([import, format, &chosen] { chosen = with_format(*import, *format); });
}

/// A time, or how long ago.
std::string time_of(const std::string& text) {
  if (roster::parse_time(text)) return text;
  const auto ago = config_language::parse_duration(text);
  const auto now = base::Clock().now();
  if (!ago || ago->count() < 0 || *ago > now.time_since_epoch()) return {};
  return roster::print_time(core::to_seconds(now - *ago));
}

/// The options of `remove` that mean many.
void add_selection(CLI::App& command, RemoveDevices& many) {
  command
      .add_option(
          "--matching", many.matching,
          "Remove all with a Private ID (as `list` shows it) like this, * and ? are wildcards")
      ->type_name("PATTERN");
  command
      .add_option_function<std::string>(
          "--idle-since", [&many](const std::string& text) { many.idle_since = time_of(text); },
          "Remove all that have asked for nothing since, to a day, and are not registered for a "
          "time")
      ->type_name("TIME|DURATION")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return time_of(text).empty() ? std::string(
                                               "allowed are times, as 2026-01-31 or "
                                               "2026-01-31T12:00:00Z, and how long ago, as 30d")
                                         : std::string();
          },
          ""));
  command
      .add_option("--source", many.from,
                  "Remove all whose first contact came from there: an address, broker, smsc:N")
      ->type_name("SOURCE");
  command.add_flag("--yes", many.yes, "Remove the many without asking");
}

void add_force(CLI::App& command, bool& force) {
  command.add_flag(
      "--force", force,
      "Forget them though the Provisioning Function refuses to release their Service IDs "
      "or is away; it keeps them assigned, and all their messages end");
}

/// `remove` of devices by name, of aliases, or of many.
Command removal_of(const OperateDevices& operate, const std::vector<std::string>& aliases,
                   RemoveDevices many) {
  const auto& ids = operate.private_ids;
  const bool is_many = !many.matching.empty() || !many.idle_since.empty() || !many.from.empty();
  if (is_many && (!ids.empty() || !aliases.empty()))
    return Stop{ExitCode::usage,
                "remove: say PRIVATE_IDs, or --matching, --idle-since and --source\n"};
  if (is_many) {
    many.source = operate.source;
    many.json = operate.json;
    many.force = operate.force;
    return many;
  }
  if (ids.empty())
    return Stop{ExitCode::usage,
                "remove: PRIVATE_ID is required, or --matching, --idle-since or --source\n"};
  if (aliases.empty()) return operate;
  if (operate.force)
    return Stop{ExitCode::usage, "remove --alias: there is nothing to be done by --force\n"};
  if (ids.size() != 1)
    return Stop{ExitCode::usage, "remove --alias: say one PRIVATE_ID, whose alias it is\n"};
  return RemoveAliases{operate.source, ids.front(), aliases, operate.json};
}

void add_operation(CLI::App& devices, const OperationWord& word, Command& chosen) {
  CLI::App& command = *devices.add_subcommand(word.word, word.help);
  const auto operate = std::make_shared<OperateDevices>();
  const auto aliases = std::make_shared<std::vector<std::string>>();
  operate->operation = word.operation;
  const auto many = std::make_shared<RemoveDevices>();
  CLI::Option* const ids = add_private_id(command, operate->private_ids);
  if (word.operation == Operation::remove) {
    ids->required(false);
    add_aliases(command, *aliases, "Take away only this alias of the one device; may be repeated");
    add_selection(command, *many);
    add_force(command, operate->force);
  }
  add_source(command, operate->source);
  command.add_flag("--json", operate->json,
                   "Print what the gateway answers, one JSON object a device");
  command.footer(std::string(kDevicesFooter));
  command.callback([operate, aliases, many, &chosen] {
    if (operate->operation == Operation::remove) {
      chosen = removal_of(*operate, *aliases, *many);
    } else {
      chosen = *operate;
    }
  });
}

}  // namespace

void add_import_options(CLI::App& command, ImportDevices& import) {
  command.add_option("--errors", import.errors, "Where to write why rows failed (default: stderr)")
      ->type_name("FILE");
  command
      .add_option("--rejected", import.rejected,
                  "Where to write these rows, to be corrected and imported again")
      ->type_name("FILE");
  command
      .add_option("--resume-from", import.resume_from,
                  "Pass over the rows before this line, which an import that was cut short names")
      ->type_name("LINE")
      ->check(CLI::Range(1, kMostLine).description(""));
}

void add_devices(CLI::App& app, Command& chosen) {
  CLI::App& devices = *app.add_subcommand("devices", "Look at the devices, and change them");
  devices.require_subcommand(1);
  devices.footer(std::string(kDevicesFooter));
  add_looking(devices, chosen);
  add_adding(devices, chosen);
  add_importing(devices, chosen);
  add_credentials(devices, chosen);
  for (const OperationWord& word : kOperations) add_operation(devices, word, chosen);
}

void add_status(CLI::App& app, Command& chosen) {
  CLI::App& command = *app.add_subcommand("status", "How a running gateway is");
  const auto status = std::make_shared<ShowStatus>();
  add_source(command, status->of.source);
  command.add_flag("--pf", status->of.function, "How the Provisioning Function is, `msggw pf`");
  add_timeout(command, status->timeout);
  command.add_flag("--json", status->json, "Print what is answered, one JSON object");
  command.footer(std::string(kStatusFooter));
  command.callback([status, &chosen] { chosen = *status; });
}

}  // namespace msggw::cli
