// SPDX-License-Identifier: Apache-2.0
#include "gateway/cli/parse_devices.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "gateway/cli/help.h"
#include "gateway/cli/words.h"

namespace msggw::cli {
namespace {

// Far above any table; the library would take -1 for 2^64 - 1.
constexpr int kMostLimit = 1'000'000'000;

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

void add_source(CLI::App& command, DevicesWords& words) {
  CLI::Option* config =
      command.add_option("-c,--config", words.config, "Configuration file, see etc/msggw.toml")
          ->type_name("FILE");
  command.add_option("--dir", words.folder, "The gateway's folder, in place of a configuration")
      ->type_name("DIR")
      ->excludes(config);
}

void add_json(CLI::App& command, DevicesWords& words, const char* help) {
  command.add_flag("--json", words.json, help);
}

void add_aliases(CLI::App& command, DevicesWords& words, const char* help) {
  command.add_option("--alias", words.aliases, help)
      ->type_name("PRIVATE_ID")
      ->allow_extra_args(false);
}

void add_looking(CLI::App& devices, DevicesWords& words) {
  constexpr const char* kJson = "Print one JSON object a device, each on its line";
  std::vector<std::string> states;
  for (const auto state : core::kVisibleStates) states.emplace_back(core::name_of(state));
  CLI::App& list = *devices.add_subcommand("list", "All devices, or those in one state");
  add_source(list, words);
  add_json(list, words, kJson);
  list.add_option("--state", words.state, "Only devices in this state")
      ->type_name("STATE")
      ->check(CLI::IsMember(states));
  list.add_option("--limit", words.limit, "At most so many; 0 is all")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(0, kMostLimit).description(""));
  list.footer(std::string(kDevicesFooter));

  CLI::App& show = *devices.add_subcommand("show", "All that is known about one device");
  show.add_option("PRIVATE_ID", words.private_id, "In any of its spellings")->required();
  add_source(show, words);
  add_json(show, words, kJson);
  show.footer(std::string(kDevicesFooter));
}

void add_adding(CLI::App& devices, DevicesWords& words) {
  CLI::App& add = *devices.add_subcommand("add", "Add a device before it shows up");
  add.add_option("PRIVATE_ID", words.private_id, "In any of its spellings")->required();
  add.add_option("--type", words.type, "Kind of endpoint")
      ->type_name("TYPE")
      ->capture_default_str()
      ->check(CLI::IsMember(type_words()));
  add.add_option("--info", words.info, "Information about the device; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->check(CLI::Validator(wrong_info, ""));
  add_aliases(add, words, "Another Private ID of the same device; may be repeated");
  add_source(add, words);
  add_json(add, words, "Print what the gateway answers, one JSON object");
  add.footer(std::string(kDevicesFooter));

  CLI::App& import = *devices.add_subcommand("import", "Add the devices of a list, CSV or JSONL");
  import.add_option("FILE", words.file, "The list; - is standard input")->required();
  import.add_option("--format", words.format, "How it is written (default: by its extension)")
      ->type_name("csv|jsonl")
      ->check(CLI::IsMember({"csv", "jsonl"}));
  import.add_option("--errors", words.errors, "Where to write rows that failed (default: stderr)")
      ->type_name("FILE");
  import
      .add_option("--resume-from", words.resume_from,
                  "Pass over the rows before this line, which an import that was cut short names")
      ->type_name("LINE")
      ->check(CLI::Range(1, kMostLimit).description(""));
  add_source(import, words);
  add_json(import, words, "Print the summary as one JSON object");
  import.footer(std::string(kImportFooter));
}

}  // namespace

void add_devices(CLI::App& app, DevicesWords& words) {
  CLI::App& devices = *app.add_subcommand("devices", "Look at the devices, and change them");
  devices.require_subcommand(1);
  devices.footer(std::string(kDevicesFooter));
  add_looking(devices, words);
  add_adding(devices, words);
  for (const OperationWord& each : kOperations) {
    CLI::App& command = *devices.add_subcommand(each.word, each.help);
    command.add_option("PRIVATE_ID", words.private_ids, "In any of its spellings")->required();
    if (each.operation == Operation::remove)
      add_aliases(command, words, "Take away only this alias of the one device; may be repeated");
    add_source(command, words);
    add_json(command, words, "Print what the gateway answers, one JSON object a device");
    command.footer(std::string(kDevicesFooter));
  }
}

Command devices_of(const CLI::App& devices, DevicesWords& words) {
  Source source{words.config, words.folder};
  if (devices.got_subcommand("list"))
    return ListDevices{std::move(source), core::device_state_of(words.state), words.limit,
                       words.json};
  if (devices.got_subcommand("show"))
    return ShowDevice{words.private_id, std::move(source), words.json};
  if (devices.got_subcommand("add")) {
    AddDevice command{std::move(source), type_of(words.type), words.private_id, {},
                      words.aliases,     words.json};
    if (!info_of(words.info, command.info))
      return Stop{ExitCode::usage, "--info: a name is given twice\n"};
    return command;
  }
  if (devices.got_subcommand("import")) {
    ImportDevices command{std::move(source), words.file,        {},
                          words.errors,      words.resume_from, words.json};
    const std::string extension = words.format.empty()
                                      ? std::filesystem::path(words.file).extension().string()
                                      : "." + words.format;
    if (extension == ".csv") {
      command.format = roster::Format::csv;
    } else if (extension == ".jsonl" || extension == ".ndjson") {
      command.format = roster::Format::jsonl;
    } else {
      return Stop{ExitCode::usage, "import: say --format csv or --format jsonl\n"};
    }
    return command;
  }
  if (!words.aliases.empty()) {
    if (words.private_ids.size() != 1)
      return Stop{ExitCode::usage, "remove --alias: say one PRIVATE_ID, whose alias it is\n"};
    return RemoveAliases{std::move(source), words.private_ids.front(), words.aliases, words.json};
  }
  for (const OperationWord& each : kOperations) {
    if (devices.got_subcommand(each.word))
      return OperateDevices{each.operation, std::move(source), words.private_ids, words.json};
  }
  return Stop{ExitCode::usage, "devices: a command is required\n"};
}

void add_status(CLI::App& app, DevicesWords& words) {
  CLI::App& status = *app.add_subcommand("status", "How a running gateway is");
  add_source(status, words);
  add_json(status, words, "Print what the gateway answers, one JSON object");
  status.footer(std::string(kStatusFooter));
}

Command status_of(const DevicesWords& words) {
  return ShowStatus{{words.config, words.folder}, words.json};
}

}  // namespace msggw::cli
