// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/exposures.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "gateway/base/text.h"
#include "gateway/config/language/option.h"
#include "gateway/config/sections/declare.h"
#include "gateway/process/key_file.h"

namespace msggw::process {

namespace {

using Sentences = std::vector<std::string>;

enum class Holds { secrets, settings };

/// In which every user can put a file of his own in another's place. In a `shared` one, as /tmp is,
/// nobody can who does not own it.
void look_at_folder(const std::filesystem::path& folder, bool shared_too, Sentences& found) {
  struct stat now{};
  if (::stat(folder.c_str(), &now) != 0 || !S_ISDIR(now.st_mode)) return;
  if ((now.st_mode & S_IWOTH) == 0 || (!shared_too && (now.st_mode & S_ISVTX) != 0)) return;
  const std::string name = base::printable(folder.native(), 200);
  std::string told = "the folder " + name +
                     " is writable by every user of this machine, who can replace what is in it; "
                     "chmod o-w " +
                     name;
  if (std::ranges::find(found, told) == found.end()) found.push_back(std::move(told));
}

void look_at(const std::filesystem::path& file, Holds holds, Sentences& found) {
  struct stat now{};
  if (file.empty() || ::stat(file.c_str(), &now) != 0 || !S_ISREG(now.st_mode)) return;
  look_at_folder(file.has_parent_path() ? file.parent_path() : ".", false, found);
  const bool is_read = (now.st_mode & S_IROTH) != 0 && holds == Holds::secrets;
  const bool is_written = (now.st_mode & S_IWOTH) != 0;
  if (!is_read && !is_written) return;
  const std::string name = base::printable(file.native(), 200);
  found.push_back(name + " is " + (is_read ? "readable" : "") +
                  (is_read && is_written ? " and " : "") + (is_written ? "writable" : "") +
                  " by every user of this machine; chmod o-rw " + name);
}

template <class Files>
void look_at_tls(const Files& files, Sentences& found) {
  look_at(files.ca, Holds::settings, found);
  look_at(files.crl, Holds::settings, found);
  look_at(files.certificate, Holds::settings, found);
  look_at(files.key, Holds::secrets, found);
}

void look_at_msgin5g(const msgin5g::Options& msgin5g, Sentences& found) {
  if (!msgin5g.enabled) return;
  look_at(msgin5g.tls.client_ca, Holds::settings, found);
  look_at(msgin5g.tls.crl, Holds::settings, found);
  look_at(msgin5g.tls.certificate, Holds::settings, found);
  look_at(msgin5g.tls.key, Holds::secrets, found);
  look_at(msgin5g.token_file, Holds::secrets, found);
  look_at(msgin5g.token_keys, Holds::settings, found);
  Holds of_file = Holds::settings;
  for (const msgin5g::ServerOptions& server : msgin5g.servers) {
    look_at_tls(server.http.tls, found);
    look_at(server.token.client_secret_file, Holds::secrets, found);
    if (!server.token.client_secret.empty()) of_file = Holds::secrets;
  }
  look_at(msgin5g.servers_file, of_file, found);
}

bool is_far(const boost::asio::ip::address& address) {
  return !base::is_loopback(address);
}

Holds of_configuration(const config::Config& config) {
  return config.file_holds_secrets ? Holds::secrets : Holds::settings;
}

/// What a claim over CoAP in the clear is enough for.
void look_at_claims(const coap_adapter::Options& coap, Sentences& found) {
  if (!coap.enabled || !(coap.udp || coap.tcp) || coap.admission == core::Admission::proven) return;
  if (std::ranges::find(coap.private_id_kinds, core::PrivateIdKind::msisdn) !=
      coap.private_id_kinds.end())
    found.push_back(
        "whoever knows a phone number can ask by CoAP for its Service ID, since private_id_kinds "
        "of [coap] has msisdn");
  if (!coap.secure.udp && !coap.secure.tcp) return;
  if (!coap.secure.certificate_names.empty())
    found.push_back(
        "a device that proves who it is by the name in its certificate (certificate_names of "
        "[coap.secure]) and has no credentials may be spoken for by CoAP in the clear; set "
        "admission of [coap] to proven, or udp and tcp to false");
}

void look_at_ways(const config::Config& config, Sentences& found) {
  if (config.admin.enabled && is_far(config.admin.address))
    found.push_back("the operator's listener is open to the network in cleartext, its token too");
  if (config.coap.enabled && config.coap.open_messages)
    found.push_back(
        std::string("whoever knows a Private ID can take the device's registration over by CoAP "
                    "and read the messages that ") +
        (config.coap.claim_inherits ? "wait, since open_messages and claim_inherits of [coap] are "
                                      "true"
                                    : "come from then on, since open_messages of [coap] is true"));
  look_at_claims(config.coap, found);
  const mqtt::Options& mqtt = config.mqtt;
  if (mqtt.enabled && mqtt.ca.empty() && mqtt.host.host && !mqtt.host.host->is_loopback() &&
      !mqtt.password.empty())
    found.push_back("the broker's password crosses the network in cleartext; name [mqtt] ca");
  if (mqtt.enabled && mqtt.open_messages && !mqtt.topics_prove)
    found.push_back(
        "whoever reaches the broker can send and read messages as any device, since open_messages "
        "of [mqtt] is true and topics_prove is not");
  const client::Options& client = config.provisioning;
  const auto is_open = [](const base::Uri& uri) {
    return !base::is_secure(uri.scheme) && !uri.host.is_loopback();
  };
  if (std::any_of(client.uris.begin(), client.uris.end(), is_open) && !client.token.empty())
    found.push_back("the token of [provisioning] crosses the network in cleartext; use https");
}

}  // namespace

std::vector<std::string> exposures_of_gateway(const config::Config& config,
                                              const std::filesystem::path& file) {
  Sentences found;
  look_at(file, of_configuration(config), found);
  look_at_folder(config.gateway.folder, true, found);
  look_at(key_file_of(config), Holds::secrets, found);
  if (config.coap.enabled) {
    look_at(config.coap.secure.client_ca, Holds::settings, found);
    look_at(config.coap.secure.crl, Holds::settings, found);
    look_at(config.coap.secure.certificate, Holds::settings, found);
    look_at(config.coap.secure.key, Holds::secrets, found);
  }
  if (config.mqtt.enabled) {
    look_at_tls(config.mqtt, found);
    look_at(config.mqtt.password_file, Holds::secrets, found);
  }
  if (config.sms.enabled) {
    look_at(config.sms.smscs_file, Holds::secrets, found);
    for (const sms::SmscOptions& smsc : config.sms.all) {
      look_at_tls(smsc, found);
      look_at(smsc.password_file, Holds::secrets, found);
    }
  }
  look_at_msgin5g(config.msgin5g, found);
  look_at_tls(config.provisioning.http.tls, found);
  look_at(config.provisioning.psk_key_file, Holds::secrets, found);
  look_at(config.provisioning.token_file, Holds::secrets, found);
  look_at_ways(config, found);
  return found;
}

std::vector<std::string> exposures_of_function(
    const config::Config& config, const std::filesystem::path& file,
    const std::vector<function::GatewayOptions>& gateways) {
  const function::Options& pf = config.pf;
  Sentences found;
  look_at(file, of_configuration(config), found);
  if (!pf.volatile_store) look_at_folder(pf.folder, true, found);
  look_at(pf.tls.client_ca, Holds::settings, found);
  look_at(pf.tls.crl, Holds::settings, found);
  look_at(pf.tls.certificate, Holds::settings, found);
  look_at(pf.tls.key, Holds::secrets, found);
  look_at(pf.policy_file, Holds::settings, found);
  look_at(pf.gateways_file, Holds::secrets, found);
  for (const function::GatewayOptions& gateway : gateways) {
    for (const auto& secret : gateway.secret_files) look_at(secret, Holds::secrets, found);
  }
  const auto has_token = [](const function::GatewayOptions& gateway) {
    return !gateway.token.empty();
  };
  if (is_far(pf.address) && pf.allow_cleartext &&
      std::any_of(gateways.begin(), gateways.end(), has_token))
    found.push_back(
        "tokens of gateways may cross the network in cleartext, since allow_cleartext "
        "of [pf] is true");
  if (pf.test.enabled) look_at(pf.test.scenario, Holds::settings, found);
  if (pf.test.enabled && is_far(pf.test.address))
    found.push_back(
        "the tester's controls are open to the network: whoever reaches them can break "
        "the Provisioning Function at will");
  return found;
}

std::vector<std::string> exposures_of_settings(const std::vector<std::string>& settings) {
  Sentences found;
  config::Config none;
  const auto table = config::options_of(none);
  for (const std::string& setting : settings) {
    const std::string_view name = std::string_view(setting).substr(0, setting.find('='));
    const auto dot = std::min(name.rfind('.'), name.size());
    const auto key = name.substr(std::min(dot + 1, name.size()));
    const config_language::Option* const option = table.find(name.substr(0, dot), key);
    const auto* text =
        option == nullptr ? nullptr : std::get_if<config_language::Text>(&option->field);
    if (text == nullptr || !text->secret || name.size() + 1 >= setting.size()) continue;
    found.push_back(base::printable(name) +
                    " stands on the command line, which every user of this machine can read; "
                    "put it into a file, " +
                    base::printable(key) + "_file, or into the environment");
  }
  return found;
}

}  // namespace msggw::process
