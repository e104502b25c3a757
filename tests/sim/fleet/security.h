// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace msggw::fleet {

/// How devices prove who they are, and whom they trust.
struct Security {
  bool dtls = false;  ///< CoAP over DTLS
  bool tls = false;   ///< CoAP over TLS, MQTT over TLS
  bool psk = false;
  bool passwords = false;   ///< of MQTT
  std::string certificate;  ///< PEM, the device's own; "{id}" is its Private ID
  std::string key;          ///< likewise
  std::string keys_file;    ///< as `msggw devices credential import` takes it
  std::string keys_from;    ///< text of which each device's key is made, with its Private ID
  std::string ca;           ///< PEM, who may sign the server's certificate
  double lose = 0;          ///< share of datagrams, of both ways

  bool any() const { return dtls || tls; }
  /// Each device has something of its own to show, and so a connection of its own.
  bool proves() const { return psk || passwords || !certificate.empty(); }
};

/// The file of one device.
std::string file_of(const std::string& file, const std::string& private_id);

/// Adds the options, which fill `security`; it must outlive `app`.
void declare(CLI::App& app, Security& security);

/// Throws std::invalid_argument with one sentence for the user: options that do not go together.
void check(const Security& security, bool coap, bool mqtt);

}  // namespace msggw::fleet
