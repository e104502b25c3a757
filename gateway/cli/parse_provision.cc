// SPDX-License-Identifier: Apache-2.0
#include "gateway/cli/parse_provision.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "gateway/base/address.h"
#include "gateway/cli/help.h"
#include "gateway/cli/words.h"
#include "gateway/config/language/units.h"
#include "provisioning/protocol/address.h"

namespace msggw::cli {
namespace {

constexpr base::Duration kMostTimeout{3'600'000};

std::string wrong_uri(const std::string& uri) {
  const auto root = protocol::parse_api_root(uri);
  return root ? std::string() : root.error().detail;
}

std::string wrong_timeout(const std::string& text) {
  const auto timeout = config_language::parse_duration(text);
  if (timeout && timeout->count() > 0 && *timeout <= kMostTimeout) return {};
  return "allowed are 1ms to 1h, for example 5s";
}

void add_request(CLI::App& command, ProvisionWords& words) {
  command.add_option("--type", words.type, "Kind of endpoint")
      ->type_name("TYPE")
      ->check(CLI::IsMember(type_words()));
  command.add_option("--private-id", words.command.private_id, "Private ID of the endpoint")
      ->type_name("ID")
      ->required();
  command
      .add_option("--pf", words.pf,
                  "API root of the Provisioning Function: https, http, coaps, coap, coaps+tcp or "
                  "coap+tcp")
      ->type_name("URI")
      ->required()
      ->check(CLI::Validator(wrong_uri, ""));
  command.add_option("--info", words.info, "Information about the endpoint; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->check(CLI::Validator(wrong_info, ""));
  CLI::Option* look_up = command.add_flag(
      "--get", words.look_up, "Only look what the Private ID has; --type is not needed");
  command.add_flag("--release", words.release, "Give the Service ID back; --type is not needed")
      ->excludes(look_up);
  command.add_option("--encoding", words.encoding, "How the request is written")
      ->type_name("json|cbor")
      ->capture_default_str()
      ->check(CLI::IsMember({"json", "cbor"}));
  command.add_flag("--message", words.command.message,
                   "Send it as a MSGin5G message to /msgin5g (CoAP only)");
  command.add_option("--timeout", words.timeout, "Longest wait for the answer")
      ->type_name("TIME")
      ->capture_default_str()
      ->check(CLI::Validator(wrong_timeout, ""));
  command.add_flag("--json", words.command.json, "Print one JSON object, whatever comes of it");
}

void add_security(CLI::App& command, ProvisionWords& words) {
  const CLI::Validator existing = CLI::Validator(CLI::ExistingFile).description("");
  command.add_option("--ca", words.ca, "PEM file, who may sign the other side's certificate")
      ->type_name("FILE")
      ->check(existing);
  CLI::Option* certificate =
      command.add_option("--cert", words.certificate, "PEM file, own certificate")
          ->type_name("FILE")
          ->check(existing);
  CLI::Option* key = command.add_option("--key", words.key, "PEM file, its private key")
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
std::string wrong_together(const ProvisionWords& words) {
  const Provision& command = words.command;
  if (words.type.empty() && !words.look_up && !words.release) return "--type is required";
  if (command.private_id.empty()) return "--private-id: must not be empty";
  const base::Uri& root = command.uri;
  if (!base::is_secure(root.scheme) && !words.allow_cleartext && !root.host.is_loopback()) {
    return "--pf: " + base::to_string(root) +
           " would be spoken to in cleartext over the network, use https or coaps, or "
           "--allow-cleartext";
  }
  if (command.message && (!base::is_coap(root.scheme) || words.look_up || words.release))
    return "--message: only for requests over CoAP, not with --get or --release";
  return {};
}

}  // namespace

void add_provision(CLI::App& app, ProvisionWords& words) {
  CLI::App& command = *app.add_subcommand(
      "provision", "One provisioning request, as a UE or Application Server sends it");
  add_request(command, words);
  add_security(command, words);
  command.footer(std::string(kProvisionFooter));
}

Command provision_of(ProvisionWords& words) {
  Provision& command = words.command;
  command.uri = protocol::parse_api_root(words.pf).value();  // looked at by its check
  if (auto wrong = wrong_together(words); !wrong.empty())
    return Stop{ExitCode::usage, std::move(wrong) + "\n"};
  if (!info_of(words.info, command.info))
    return Stop{ExitCode::usage, "--info: a name is given twice\n"};
  if (!words.type.empty()) command.type = type_of(words.type);
  if (words.look_up) command.action = Provision::Action::look_up;
  if (words.release) command.action = Provision::Action::release;
  command.timeout = config_language::parse_duration(words.timeout).value_or(command.timeout);
  command.encoding = words.encoding == "cbor" ? base::Encoding::cbor : base::Encoding::json;
  command.ca = words.ca;
  command.certificate = words.certificate;
  command.key = words.key;
  return std::move(command);
}

}  // namespace msggw::cli
