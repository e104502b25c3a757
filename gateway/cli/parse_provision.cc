// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <utility>

#include "gateway/base/address.h"
#include "gateway/cli/help.h"
#include "gateway/cli/options.h"
#include "provisioning/protocol/address.h"

namespace msggw::cli {
namespace {

/// What the options write into, beside the command.
struct Words {
  Provision command;
  std::vector<std::string> info;
  bool has_type = false;
  bool allow_cleartext = false;
};

std::string wrong_uri(const std::string& uri) {
  const auto root = protocol::parse_api_root(uri);
  return root ? std::string() : root.error().detail;
}

void add_request(CLI::App& app, Words& words) {
  Provision& command = words.command;
  add_type(app, command.type, "Kind of endpoint")->each([&words](const std::string&) {
    words.has_type = true;
  });
  app.add_option("--private-id", command.private_id, "Private ID of the endpoint")
      ->type_name("ID")
      ->required();
  app.add_option_function<std::string>(
         "--pf",
         [&command](const std::string& uri) {
           command.uri = protocol::parse_api_root(uri).value();
         },
         "API root of the Provisioning Function: https, http, coaps, coap, coaps+tcp or coap+tcp")
      ->type_name("URI")
      ->required()
      ->check(CLI::Validator(wrong_uri, ""));
  add_info(app, words.info, "Information about the endpoint; may be repeated");
  CLI::Option* look_up = app.add_flag_callback(
      "--get", [&command] { command.action = Provision::Action::look_up; },
      "Only look what the Private ID has; --type is not needed");
  app.add_flag_callback(
         "--release", [&command] { command.action = Provision::Action::release; },
         "Give the Service ID back; --type is not needed")
      ->excludes(look_up);
  app.add_option_function<std::string>(
         "--encoding",
         [&command](const std::string& word) {
           command.encoding = word == "cbor" ? base::Encoding::cbor : base::Encoding::json;
         },
         "How the request is written")
      ->type_name("json|cbor")
      ->default_str("json")
      ->check(CLI::IsMember({"json", "cbor"}));
  app.add_flag("--message", command.message,
               "Send it as a MSGin5G message to /msgin5g (CoAP only)");
  add_timeout(app, command.timeout);
  app.add_flag("--json", command.json, "Print one JSON object, whatever comes of it");
}

void add_security(CLI::App& command, Words& words) {
  const CLI::Validator existing = CLI::Validator(CLI::ExistingFile).description("");
  command
      .add_option("--ca", words.command.ca, "PEM file, who may sign the other side's certificate")
      ->type_name("FILE")
      ->check(existing);
  CLI::Option* certificate =
      command.add_option("--cert", words.command.certificate, "PEM file, own certificate")
          ->type_name("FILE")
          ->check(existing);
  CLI::Option* key = command.add_option("--key", words.command.key, "PEM file, its private key")
                         ->type_name("FILE")
                         ->check(existing)
                         ->needs(certificate);
  certificate->needs(key);
  CLI::Option* identity =
      command
          .add_option("--psk-identity", words.command.psk_identity,
                      "Identity over coaps and coaps+tcp, in place of certificates")
          ->type_name("ID")
          ->excludes(certificate);
  CLI::Option* secret = command
                            .add_option("--psk-key", words.command.psk_key,
                                        "Its key; better in the environment, out of `ps`")
                            ->type_name("KEY")
                            ->envname("MSGGW_PSK_KEY");
  identity->needs(secret);
  command
      .add_option("--token", words.command.token,
                  "Bearer token; better in the environment, out of `ps`")
      ->type_name("TOKEN")
      ->envname("MSGGW_TOKEN");
  command.add_flag("--allow-cleartext", words.allow_cleartext,
                   "Allow http, coap and coap+tcp to a host that is not this machine");
}

/// What is wrong with the options together; empty: nothing.
std::string wrong_together(const Words& words) {
  const Provision& command = words.command;
  const bool asks = command.action == Provision::Action::provision;
  if (!words.has_type && asks) return "--type is required";
  if (command.private_id.empty()) return "--private-id: must not be empty";
  const base::Uri& root = command.uri;
  if (!base::is_secure(root.scheme) && !words.allow_cleartext && !root.host.is_loopback()) {
    return "--pf: " + base::to_string(root) +
           " would be spoken to in cleartext over the network, use https or coaps, or "
           "--allow-cleartext";
  }
  if (command.message && (!base::is_coap(root.scheme) || !asks))
    return "--message: only for requests over CoAP, not with --get or --release";
  return {};
}

}  // namespace

void add_provision(CLI::App& app, Command& chosen) {
  CLI::App& command = *app.add_subcommand(
      "provision", "One provisioning request, as a UE or Application Server sends it");
  const auto words = std::make_shared<Words>();
  add_request(command, *words);
  add_security(command, *words);
  command.footer(std::string(kProvisionFooter));
  command.callback([words, &chosen] {
    if (const auto wrong = wrong_together(*words); !wrong.empty()) {
      chosen = Stop{ExitCode::usage, wrong + "\n"};
    } else if (take_info(words->info, words->command.info, chosen)) {
      chosen = words->command;
    }
  });
}

}  // namespace msggw::cli
