// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/security.h"

#include <CLI/CLI.hpp>
#include <stdexcept>
#include <string_view>

namespace msggw::fleet {

void declare(CLI::App& app, Security& s) {
  constexpr auto kGroup = "Security";
  app.add_flag("--dtls", s.dtls, "CoAP over DTLS, a session for each device")->group(kGroup);
  app.add_flag(
         "--tls", s.tls,
         "CoAP over TLS, a connection for each device; MQTT over TLS, a connection for each device "
         "too if each proves who it is")
      ->group(kGroup);
  app.add_flag("--psk", s.psk, "each device proves by a PSK who it is; of CoAP always")
      ->group(kGroup);
  app.add_flag("--passwords", s.passwords,
               "each device shows a password, and its Private ID as the user name; of MQTT")
      ->group(kGroup);
  app.add_option(
         "--cert", s.certificate,
         "each device shows its certificate; {id} in the name of the file is the Private ID")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--key", s.key, "its key, likewise")->type_name("FILE")->group(kGroup);
  app.add_option("--keys", s.keys_file,
                 "their PSKs or passwords, a list as `msggw devices credential import` takes it, "
                 "in hexadecimal "
                 "digits")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--keys-from", s.keys_from,
                 "their PSKs or passwords are made of this text, for tests, and of the Private ID, "
                 "which is the identity")
      ->type_name("TEXT")
      ->group(kGroup);
  app.add_option("--ca", s.ca, "who may sign the server's certificate, where no PSK is used")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--lose", s.lose, "share of the datagrams of DTLS that are lost, both ways")
      ->check(CLI::Range(0.0, 0.9, "0 to 0.9"))
      ->type_name("SHARE")
      ->group(kGroup);
}

std::string file_of(const std::string& file, const std::string& private_id) {
  constexpr std::string_view kId = "{id}";
  std::string name = file;
  for (auto at = name.find(kId); at != name.npos; at = name.find(kId, at + private_id.size()))
    name.replace(at, kId.size(), private_id);
  return name;
}

void check(const Security& s, bool coap, bool mqtt) {
  const bool has_certificate = !s.certificate.empty();
  if (s.dtls && s.tls) throw std::invalid_argument("give one of --dtls and --tls");
  if (s.dtls && !coap) throw std::invalid_argument("--dtls is of --coap");
  if (s.psk + s.passwords + has_certificate > 1)
    throw std::invalid_argument("give one of --psk, --passwords and --cert");
  if (s.passwords && coap) throw std::invalid_argument("--passwords is of --mqtt");
  if (s.any() && coap && !s.proves())
    throw std::invalid_argument("--dtls and --tls need --psk or --cert");
  if ((s.psk || s.passwords) && (s.keys_file.empty() == s.keys_from.empty()))
    throw std::invalid_argument("--psk and --passwords need one of --keys and --keys-from");
  if ((s.psk || has_certificate) && (coap || mqtt) && !s.any())
    throw std::invalid_argument("--psk and --cert need --dtls or --tls");
  if (has_certificate != !s.key.empty() || (has_certificate && s.ca.empty()))
    throw std::invalid_argument("--cert needs --key and --ca");
  if (s.tls && mqtt && !s.psk && s.ca.empty())
    throw std::invalid_argument("--tls of MQTT needs --psk or --ca");
  if (s.lose > 0 && !s.dtls) throw std::invalid_argument("--lose needs --dtls");
}

}  // namespace msggw::fleet
