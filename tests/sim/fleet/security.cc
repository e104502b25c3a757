// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/security.h"

#include <CLI/CLI.hpp>
#include <stdexcept>

namespace msggw::fleet {

void declare(CLI::App& app, Security& s) {
  constexpr auto kGroup = "Security";
  app.add_flag("--dtls", s.dtls, "CoAP over DTLS, a session for each device")->group(kGroup);
  app.add_flag(
         "--tls", s.tls,
         "CoAP over TLS, a connection for each device; MQTT over TLS, with --psk a connection "
         "for each device too")
      ->group(kGroup);
  app.add_flag("--psk", s.psk, "each device proves by a PSK who it is; of CoAP always")
      ->group(kGroup);
  app.add_option("--keys", s.keys_file,
                 "their PSKs, a list as `msggw devices credential import` takes it, in hexadecimal "
                 "digits")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--keys-from", s.keys_from,
                 "their PSKs are made of this text, for tests, and of the Private ID, which is the "
                 "identity")
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

void check(const Security& s, bool coap, bool mqtt) {
  if (s.dtls && s.tls) throw std::invalid_argument("give one of --dtls and --tls");
  if (s.dtls && !coap) throw std::invalid_argument("--dtls is of --coap");
  if (s.any() && coap && !s.psk) throw std::invalid_argument("--dtls and --tls need --psk");
  if (s.psk && (s.keys_file.empty() == s.keys_from.empty()))
    throw std::invalid_argument("--psk needs one of --keys and --keys-from");
  if (s.psk && (coap || mqtt) && !s.any())
    throw std::invalid_argument("--psk needs --dtls or --tls");
  if (s.tls && mqtt && !s.psk && s.ca.empty())
    throw std::invalid_argument("--tls of MQTT needs --psk or --ca");
  if (s.lose > 0 && !s.dtls) throw std::invalid_argument("--lose needs --dtls");
}

}  // namespace msggw::fleet
