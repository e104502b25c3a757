// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/routes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "gateway/base/pattern.h"
#include "gateway/messages/policy.h"

namespace msggw::sms {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

struct Pair {
  std::string_view first;
  std::string_view rest;
};

/// A word, a blank, and the rest.
std::optional<Pair> pair_of(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == 0 || space == std::string_view::npos || space + 1 == text.size())
    return std::nullopt;
  return Pair{text.substr(0, space), text.substr(space + 1)};
}

base::Result<messages::Address> recipient_of(std::string_view text) {
  auto recipient = messages::parse_recipient(text);
  if (!recipient) return tl::unexpected(std::move(recipient.error()));
  if (!*recipient) return base::fail(base::Errc::incorrect, "names no recipient");
  return *std::move(*recipient);
}

std::string text_of(const messages::Address& to) {
  return messages::to_string(std::optional(to));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::string_view without_plus(std::string_view text) {
  return text.substr(text.starts_with('+') ? 1 : 0);
}

bool is_same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

base::Result<Alias> parse_alias(std::string_view text) {
  const auto pair = pair_of(text);
  if (!pair || pair->first.find(':') != std::string_view::npos)
    return base::fail(base::Errc::incorrect,
                      "is an alias without a colon, a type and a Service ID, as \"ops AS as-1\"");
  auto to = recipient_of(pair->rest);
  if (!to) return tl::unexpected(std::move(to.error()));
  return Alias{std::string(pair->first), *std::move(to)};
}

base::Result<NumberRoute> parse_number_route(std::string_view text) {
  const auto pair = pair_of(text);
  if (!pair)
    return base::fail(base::Errc::incorrect,
                      "is a pattern of numbers and a recipient, as \"+49151* AS as-1\"");
  auto to = recipient_of(pair->rest);
  if (!to) return tl::unexpected(std::move(to.error()));
  return NumberRoute{std::string(pair->first), *std::move(to)};
}

base::Result<ServiceRoute> parse_service_route(std::string_view text) {
  constexpr const char* kForm =
      "is an address, a port or both, and a recipient, as \"12345:16000 AS as-1\"";
  const auto pair = pair_of(text);
  if (!pair) return base::fail(base::Errc::incorrect, kForm);
  const std::size_t colon = std::min(pair->first.find(':'), pair->first.size());
  ServiceRoute route{std::string(without_plus(pair->first.substr(0, colon))), {}, {}};
  if (colon < pair->first.size()) {
    route.port = parse_port(pair->first.substr(colon + 1));
    if (!route.port) return base::fail(base::Errc::incorrect, kForm);
  }
  const bool is_any = route.service.empty() && !route.port;
  if (is_any || route.service.starts_with('+')) return base::fail(base::Errc::incorrect, kForm);
  auto to = recipient_of(pair->rest);
  if (!to) return tl::unexpected(std::move(to.error()));
  route.to = *std::move(to);
  return route;
}

base::Result<PortApplication> parse_port_application(std::string_view text) {
  const auto pair = pair_of(text);
  const auto port = pair ? parse_port(pair->first) : std::nullopt;
  if (!port || pair->rest.find(' ') != std::string_view::npos)
    return base::fail(base::Errc::incorrect,
                      "is a port and an application ID, as \"16000 org.example.meter\"");
  return PortApplication{*port, std::string(pair->rest)};
}

std::string to_string(const Alias& alias) {
  return alias.name + ' ' + text_of(alias.to);
}

std::string to_string(const NumberRoute& route) {
  return route.numbers + ' ' + text_of(route.to);
}

std::string to_string(const ServiceRoute& route) {
  const std::string port = route.port ? ':' + std::to_string(*route.port) : std::string();
  return route.service + port + ' ' + text_of(route.to);
}

std::string to_string(const PortApplication& port) {
  return std::to_string(port.port) + ' ' + port.application;
}

std::optional<Routes::Named> Routes::named(std::string_view text) const {
  if (!text.starts_with(alias_prefix)) return std::nullopt;
  text.remove_prefix(alias_prefix.size());
  const std::size_t end = std::min(text.find_first_of(" \t\r\n:"), text.size());
  const std::size_t rest = text.find_first_not_of(kBlanks, std::min(end + 1, text.size()));
  if (rest == std::string_view::npos) return std::nullopt;
  for (const Alias& alias : aliases) {
    if (is_same_word(text.substr(0, end), alias.name)) return Named{alias.to, text.substr(rest)};
  }
  return std::nullopt;
}

std::optional<messages::Address> Routes::otherwise(std::string_view number,
                                                   std::string_view service,
                                                   std::optional<std::uint16_t> port) const {
  for (const NumberRoute& route : numbers) {
    if (base::matches(route.numbers, number)) return route.to;
  }
  service = without_plus(service);
  for (const ServiceRoute& route : services) {
    const bool fits_service = route.service.empty() || route.service == service;
    if (fits_service && (!route.port || route.port == port)) return route.to;
  }
  return std::nullopt;
}

std::string Routes::application(const std::optional<sms_text::Ports>& ports) const {
  if (!ports) return {};
  for (const std::uint16_t port : {ports->destination, ports->originator}) {
    const auto found = std::ranges::find(applications, port, &PortApplication::port);
    if (found != applications.end()) return found->application;
  }
  return {};
}

std::optional<std::uint16_t> Routes::port_of(std::string_view application) const {
  const auto found = std::ranges::find(applications, application, &PortApplication::application);
  if (application.empty() || found == applications.end()) return std::nullopt;
  return found->port;
}

}  // namespace msggw::sms
