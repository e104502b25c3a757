// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sms/text/udh.h"
#include "gateway/base/result.h"
#include "gateway/messages/message.h"

namespace msggw::sms {

/// A word by which devices name a recipient: "ops AS as-ops@example".
struct Alias {
  std::string name;
  messages::Address to;
};
/// The recipient of what numbers write that name none: "+49151* AS fleet@example".
struct NumberRoute {
  std::string numbers;  ///< a pattern
  messages::Address to;
};
/// The same of what is written to an address, to an application port, or to both: "12345 AS ...",
/// ":16000 AS ...", "12345:16000 AS ...".
struct ServiceRoute {
  std::string service;  ///< without a leading '+'; empty: any
  std::optional<std::uint16_t> port;
  messages::Address to;
};
/// What an application port is to MSGin5G, both ways: "16000 org.example.meter".
struct PortApplication {
  std::uint16_t port = 0;
  std::string application;
};

/// incorrect, with the form that is right.
base::Result<Alias> parse_alias(std::string_view text);
base::Result<NumberRoute> parse_number_route(std::string_view text);
base::Result<ServiceRoute> parse_service_route(std::string_view text);
base::Result<PortApplication> parse_port_application(std::string_view text);
std::string to_string(const Alias& alias);
std::string to_string(const NumberRoute& route);
std::string to_string(const ServiceRoute& route);
std::string to_string(const PortApplication& port);

/// Where texts and data of devices go, as far as SMS itself says it.
struct Routes {
  std::string alias_prefix = "@";
  std::vector<Alias> aliases;
  std::vector<NumberRoute> numbers;    ///< the first that fits counts
  std::vector<ServiceRoute> services;  ///< likewise
  std::vector<PortApplication> applications;

  struct Named {
    const messages::Address& to;
    std::string_view rest;  ///< of the text, behind the alias and blanks
  };
  /// The recipient that a text names: prefix, alias (letter case of ASCII does not count), then a
  /// blank or a colon, and something behind it. None: it names nobody, and is content as a whole.
  std::optional<Named> named(std::string_view text) const;
  /// The recipient of what names none, by who wrote and by where it was written to.
  std::optional<messages::Address> otherwise(std::string_view number, std::string_view service,
                                             std::optional<std::uint16_t> port) const;
  /// By the port that it was written to, else by the one that it was written from: empty: none.
  std::string application(const std::optional<sms_text::Ports>& ports) const;
  /// The port of an application: the first one that it has; none: it has none.
  std::optional<std::uint16_t> port_of(std::string_view application) const;
};

}  // namespace msggw::sms
