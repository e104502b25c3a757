// SPDX-License-Identifier: Apache-2.0
// `msggw backup`, `restore`, `store`, `export` and `import`.
#include <CLI/CLI.hpp>
#include <utility>

#include "gateway/cli/help_upkeep.h"
#include "gateway/cli/options.h"
#include "gateway/config/language/units.h"

namespace msggw::cli {
namespace {

void add_store_source(CLI::App& command, StoreSource& of) {
  add_source(command, of.source);
  command.add_flag("--pf", of.function, "The store of the Provisioning Function");
}

void add_path(CLI::App& command, const char* name, std::filesystem::path& path, const char* help) {
  command.add_option(name, path, help)
      ->required()
      ->check(CLI::Validator(
          [](const std::string& text) { return text.empty() ? "must not be empty" : ""; }, ""));
}

CLI::Validator a_rate() {
  return CLI::Validator(
      [](const std::string& text) {
        const auto rate = config_language::parse_octets(text);
        return rate && *rate > 0 ? std::string() : std::string("allowed are octets, as 20MiB");
      },
      "");
}

void add_backup(CLI::App& app, Command& chosen) {
  CLI::App& command = *app.add_subcommand("backup", "Copy the store, while the gateway runs");
  const auto backup = std::make_shared<MakeBackup>();
  add_path(command, "BACKUP", backup->to, "The folder to be made");
  add_store_source(command, backup->of);
  command.add_flag("--with-key", backup->with_key,
                   "With the key that PSKs are encrypted with: the backup is as secret as these");
  command
      .add_option_function<std::string>(
          "--rate",
          [backup](const std::string& text) {
            backup->rate = config_language::parse_octets(text).value_or(0);
          },
          "Write no more than so many octets a second (default: as fast as it goes)")
      ->type_name("OCTETS")
      ->check(a_rate());
  command.add_flag("--json", backup->json, "Print what was made, one JSON object");
  command.footer(std::string(kBackupFooter));
  command.callback([backup, &chosen] { chosen = *backup; });
}

void add_restore(CLI::App& app, Command& chosen) {
  CLI::App& command = *app.add_subcommand("restore", "Put a backup into its place");
  const auto restore = std::make_shared<Restore>();
  add_path(command, "BACKUP", restore->from, "The folder that `msggw backup` has made");
  add_store_source(command, restore->of);
  CLI::Option* const replace = command.add_flag(
      "--replace", restore->replace, "Also where a store is already, which is kept aside");
  command.add_flag("--check", restore->check, "Look at the backup, and change nothing")
      ->excludes(replace);
  command.add_flag("--json", restore->json, "Print what was done, one JSON object");
  command.footer(std::string(kRestoreFooter));
  command.callback([restore, &chosen] { chosen = *restore; });
}

struct CareWord {
  const char* word;
  CareForStore::Action action;
  const char* help;
};
constexpr CareWord kCares[] = {
    {"check", CareForStore::Action::check, "Read every row, and name what is wrong"},
    {"compact", CareForStore::Action::compact, "Give back the room that lies free in its file"},
    {"upgrade", CareForStore::Action::upgrade, "Make an older format that of this version"}};

void add_store(CLI::App& app, Command& chosen) {
  CLI::App& store = *app.add_subcommand("store", "Look after the store on disk");
  store.require_subcommand(1);
  store.footer(std::string(kStoreFooter));
  for (const CareWord& word : kCares) {
    CLI::App& command = *store.add_subcommand(word.word, word.help);
    const auto care = std::make_shared<CareForStore>();
    care->action = word.action;
    add_store_source(command, care->of);
    command.add_flag("--json", care->json, "Print what was found or done, one JSON object");
    command.footer(std::string(kStoreFooter));
    command.callback([care, &chosen] { chosen = *care; });
  }
}

void add_export(CLI::App& app, Command& chosen) {
  CLI::App& command = *app.add_subcommand("export", "Write all that each device is, as JSON lines");
  const auto all = std::make_shared<ExportTable>();
  add_path(command, "FILE", all->file, "The file to be made; - is standard output");
  add_store_source(command, all->of);
  command.add_flag("--credentials", all->credentials,
                   "With what devices prove by who they are, PSKs in clear");
  command.footer(std::string(kExportFooter));
  command.callback([all, &chosen] {
    chosen = *all;
    if (all->of.function && all->credentials)
      chosen = Stop{ExitCode::usage, "export --pf: there are no credentials there\n"};
  });
}

void add_import(CLI::App& app, Command& chosen) {
  CLI::App& command =
      *app.add_subcommand("import", "Take what `export` wrote into a gateway without devices");
  const auto all = std::make_shared<ImportTable>();
  add_path(command, "FILE", all->file, "What `msggw export` wrote; - is standard input");
  add_store_source(command, all->of);
  command.add_flag("--json", all->json, "Print the summary as one JSON object");
  command.footer(std::string(kImportTableFooter));
  command.callback([all, &chosen] { chosen = *all; });
}

}  // namespace

void add_upkeep(CLI::App& app, Command& chosen) {
  add_backup(app, chosen);
  add_restore(app, chosen);
  add_store(app, chosen);
  add_export(app, chosen);
  add_import(app, chosen);
}

}  // namespace msggw::cli
