// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "gateway/cli/help.h"
#include "gateway/cli/options.h"
#include "gateway/roster/device_json.h"

namespace msggw::cli {

namespace {

CLI::Validator a_time() {
  return CLI::Validator(
      [](const std::string& text) {
        return roster::parse_time(text) ? std::string() : std::string(roster::kTimesAllowed);
      },
      "");
}

void add_credential_adding(CLI::App& credential, Command& chosen) {
  CLI::App& command = *credential.add_subcommand(
      "add", "Give a device a PSK, a password or the name of a certificate");
  const auto add = std::make_shared<AddCredential>();
  command.add_option("PRIVATE_ID", add->private_id, "In any of its spellings")->required();
  command.add_option("--kind", add->kind, "What it is")
      ->type_name("KIND")
      ->check(CLI::IsMember({"psk", "password", "certificate"}))
      ->capture_default_str();
  command
      .add_option("--name", add->name,
                  "PSK identity, user, or name in the certificate (default: the Private ID)")
      ->type_name("NAME");
  command
      .add_option("--secret", add->secret_file,
                  "File with the key or the password, its first line (default: standard input)")
      ->type_name("FILE");
  command.add_option("--not-before", add->not_before, "Good from then on")
      ->type_name("TIME")
      ->check(a_time());
  command.add_option("--not-after", add->not_after, "Good until then")
      ->type_name("TIME")
      ->check(a_time());
  add_source(command, add->source);
  command.add_flag("--json", add->json, "Print what the gateway answers, one JSON object");
  command.footer(std::string(kCredentialFooter));
  command.callback([add, &command, &chosen] {
    chosen = *add;
    if (add->kind == "certificate" && command.count("--secret") > 0)
      chosen = Stop{ExitCode::usage,
                    "devices credential add: a certificate is told by its name alone, without "
                    "--secret\n"};
  });
}

void add_credential_listing(CLI::App& credential, Command& chosen) {
  CLI::App& command = *credential.add_subcommand("list", "The credentials of a device");
  const auto list = std::make_shared<ListCredentials>();
  command.add_option("PRIVATE_ID", list->private_id, "In any of its spellings")->required();
  add_source(command, list->source);
  command.add_flag("--json", list->json, "Print what the gateway answers, one JSON object");
  command.footer(std::string(kCredentialFooter));
  command.callback([list, &chosen] { chosen = *list; });
}

void add_credential_removing(CLI::App& credential, Command& chosen) {
  CLI::App& command =
      *credential.add_subcommand("remove", "Take credentials of a device away, at once");
  const auto remove = std::make_shared<RemoveCredentials>();
  command.add_option("PRIVATE_ID", remove->private_id, "In any of its spellings")->required();
  command.add_option("NUMBER", remove->numbers, "Of the credentials, as `list` shows them")
      ->required();
  command.add_flag("--last", remove->last,
                   "Also the last one: after it nobody has to prove that he is the device, where "
                   "listeners are open");
  add_source(command, remove->source);
  command.add_flag("--json", remove->json, "Print what the gateway answers, an object each");
  command.footer(std::string(kCredentialFooter));
  command.callback([remove, &chosen] { chosen = *remove; });
}

void add_credential_importing(CLI::App& credential, Command& chosen) {
  CLI::App& command =
      *credential.add_subcommand("import", "Give many devices credentials, by a list in CSV");
  const auto import = std::make_shared<ImportDevices>();
  import->credentials = true;
  command.add_option("FILE", import->file, "The list; - is standard input")->required();
  add_import_options(command, *import);
  add_source(command, import->source);
  command.add_flag("--json", import->json, "Print the summary as one JSON object");
  command.footer(std::string(kCredentialFooter));
  command.callback([import, &chosen] { chosen = *import; });
}

}  // namespace

void add_credentials(CLI::App& devices, Command& chosen) {
  CLI::App& credential =
      *devices.add_subcommand("credential", "What devices prove by who they are");
  credential.require_subcommand(1);
  credential.footer(std::string(kCredentialFooter));
  add_credential_adding(credential, chosen);
  add_credential_listing(credential, chosen);
  add_credential_removing(credential, chosen);
  add_credential_importing(credential, chosen);
}

}  // namespace msggw::cli
