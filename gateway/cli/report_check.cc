// SPDX-License-Identifier: Apache-2.0
// `msggw check`.
#include <algorithm>
#include <vector>

#include "gateway/base/address.h"
#include "gateway/base/text.h"
#include "gateway/cli/report.h"

namespace msggw::cli {
namespace {

std::string endpoint(std::string_view scheme, const base::Address& at) {
  return std::string(scheme) + "://" +
         (at.port == 0 ? to_string(at.host) + ":(any free)" : to_string(at));
}

std::string endpoint(std::string_view scheme, const boost::asio::ip::address& address,
                     std::uint16_t port) {
  return endpoint(scheme, {base::Host(address), port});
}

void line(std::ostream& out, const std::string& what, std::string_view meaning) {
  out << "  " << what << std::string(what.size() < 36 ? 36 - what.size() : 2, ' ') << meaning
      << '\n';
}

struct CoapListener {
  const char* scheme;
  std::uint16_t port;
};

/// In the order in which `msggw run` prints them.
std::vector<CoapListener> coap_listeners(const coap_adapter::Options& coap) {
  std::vector<CoapListener> all;
  if (!coap.enabled) return all;
  if (coap.udp) all.push_back({"coap", coap.port});
  if (coap.secure.udp) all.push_back({"coaps", coap.secure.port});
  if (coap.tcp) all.push_back({"coap+tcp", coap.port});
  if (coap.secure.tcp) all.push_back({"coaps+tcp", coap.secure.port});
  return all;
}

void print_broker(std::ostream& out, const mqtt::Options& mqtt) {
  const std::string broker =
      mqtt.host.host ? endpoint(mqtt.ca.empty() ? "mqtt" : "mqtts", {*mqtt.host.host, mqtt.port})
                     : "unix:" + mqtt.host.socket;
  line(out, broker, "broker, topics " + mqtt.topic_prefix + "/...");
}

void print_smscs(std::ostream& out, const sms::Options& sms) {
  for (const sms::SmscOptions& smsc : sms.all) {
    const bool is_tls = !smsc.ca.empty();
    const std::string what = "SMSC " + base::printable(smsc.name) + ", " +
                             std::string(name_of(smsc.bind)) +
                             (!is_tls                    ? ", cleartext"
                              : smsc.certificate.empty() ? ", TLS"
                                                         : ", mutual TLS");
    for (const base::Address& address : smsc.addresses)
      line(out, endpoint(is_tls ? "smpps" : "smpp", address), what);
  }
}

void print_msgin5g_listener(std::ostream& out, const msgin5g::Options& msgin5g) {
  const bool is_tls = !msgin5g.tls.certificate.empty();
  const char* const who = !msgin5g.tls.client_ca.empty() ? ", mutual TLS"
                          : !msgin5g.token.empty()       ? ", by a token"
                                                         : "";
  line(out, endpoint(is_tls ? "https" : "http", msgin5g.address, msgin5g.port),
       std::string("MSGin5G Servers") + who + (is_tls ? "" : ", cleartext"));
}

void print_servers(std::ostream& out, const msgin5g::Options& msgin5g) {
  for (const msgin5g::ServerOptions& server : msgin5g.servers) {
    for (const base::Uri& uri : server.uris) {
      line(out, base::to_string(uri),
           "MSGin5G Server " + base::printable(server.name) +
               (!base::is_secure(uri.scheme)          ? ", cleartext"
                : server.http.tls.certificate.empty() ? ", TLS"
                                                      : ", mutual TLS"));
    }
  }
}

void print_msgin5g_warnings(std::ostream& out, const msgin5g::Options& msgin5g) {
  const auto is_open = [](const base::Uri& uri) {
    return !base::is_secure(uri.scheme) && !uri.host.is_loopback();
  };
  for (const msgin5g::ServerOptions& server : msgin5g.servers) {
    if (std::none_of(server.uris.begin(), server.uris.end(), is_open)) continue;
    out << "\nwarning: the MSGin5G Server " << base::printable(server.name)
        << " is reached without TLS: Service IDs and all messages cross the network in cleartext. "
           "Use https, or keep the way to it private (VPN).\n";
  }
  if (msgin5g.tls.certificate.empty() && !base::is_loopback(msgin5g.address)) {
    out << "\nwarning: MSGin5G Servers call without TLS: their token and all messages cross the "
           "network in cleartext. Name a certificate in [msgin5g.tls].\n";
  }
}

std::string first_contact_of(const config::Config& config) {
  if (config.limits.first_contact == core::FirstContact::known)
    return "nobody unknown, since first_contact of [limits] is \"known\"";
  switch (config.sms.first_contact) {
    case sms::FirstContact::open: return "every phone at its first SMS";
    case sms::FirstContact::known: return "nobody unknown, only phones in the device table";
    case sms::FirstContact::pattern: break;
  }
  std::string out = "phones at their first SMS whose number is like";
  constexpr std::size_t kMostShown = 5;
  const auto& numbers = config.sms.numbers;
  for (std::size_t i = 0; i < std::min(numbers.size(), kMostShown); ++i)
    out.append(i == 0 ? " " : ", ").append(base::printable(numbers[i]));
  if (numbers.size() > kMostShown)
    out.append(" and ").append(std::to_string(numbers.size() - kMostShown)).append(" more");
  return out;
}

/// Longer texts than SMPP 3.4 5.2 has are sent all the same.
void print_length_warnings(std::ostream& out, const sms::SmscOptions& smsc) {
  struct Limit {
    std::string_view key;
    std::size_t octets;
    std::size_t most;
  };
  for (const Limit& one :
       {Limit{"system_id", smsc.system_id.size(), 15}, Limit{"password", smsc.password.size(), 8},
        Limit{"system_type", smsc.system_type.size(), 12},
        Limit{"address_range", smsc.address_range.size(), 40},
        Limit{"service_type", smsc.service_type.size(), 5}}) {
    if (one.octets <= one.most) continue;
    out << "\nwarning: SMSC " << base::printable(smsc.name) << ": " << one.key << " has "
        << one.octets << " octets, SMPP 3.4 at most " << one.most
        << ". It is sent as it is; some SMSCs refuse it.\n";
  }
}

void print_smsc_warnings(std::ostream& out, const sms::Options& sms) {
  const auto is_far = [](const base::Address& address) { return !address.host.is_loopback(); };
  for (const sms::SmscOptions& smsc : sms.all) {
    print_length_warnings(out, smsc);
    if (!smsc.ca.empty() || std::none_of(smsc.addresses.begin(), smsc.addresses.end(), is_far))
      continue;
    out << "\nwarning: SMSC " << base::printable(smsc.name)
        << " is reached without TLS: its password and all messages cross the network in "
           "cleartext. Name its ca, or keep the way to it private (VPN).\n";
  }
}

void print_function_coap(std::ostream& out, const function::Options& pf) {
  if (!pf.coap.enabled) return;
  const bool certificate = !pf.tls.certificate.empty();
  const bool may_have_psk = !pf.gateways_file.empty();
  for (const char* scheme : {"coap", "coap+tcp"}) {
    if (base::is_loopback(pf.address) || pf.allow_cleartext)
      line(out, endpoint(scheme, pf.address, pf.coap.coap_port),
           "Provisioning Function, cleartext");
  }
  const char* what = !certificate               ? "Provisioning Function, if a gateway has a PSK"
                     : pf.tls.client_ca.empty() ? "Provisioning Function"
                     : may_have_psk             ? "Provisioning Function, mutual TLS or PSK"
                                                : "Provisioning Function, mutual TLS";
  for (const char* scheme : {"coaps", "coaps+tcp"}) {
    if (certificate || may_have_psk)
      line(out, endpoint(scheme, pf.address, pf.coap.coaps_port), what);
  }
}

}  // namespace

void print_check(std::ostream& out, const config::Config& config, std::string_view file,
                 std::span<const FunctionAddress> addresses) {
  out << file << ": good\n\nwould listen on\n";
  const auto coap = coap_listeners(config.coap);
  for (const CoapListener& one : coap)
    line(out, endpoint(one.scheme, config.coap.address, one.port), "devices, CoAP");
  if (config.admin.enabled) {
    line(out, endpoint("http", config.admin.address, config.admin.port), "operator");
  }
  if (config.msgin5g.enabled) print_msgin5g_listener(out, config.msgin5g);
  if (coap.empty() && !config.admin.enabled && !config.msgin5g.enabled) out << "  nothing\n";
  out << "\nwould connect to\n";
  if (config.mqtt.enabled) print_broker(out, config.mqtt);
  if (config.sms.enabled) print_smscs(out, config.sms);
  if (config.msgin5g.enabled) print_servers(out, config.msgin5g);
  for (const FunctionAddress& address : addresses) {
    line(out, address.uri, "Provisioning Function, " + address.origin);
  }
  if (config.sms.enabled) out << "\nwould take in by SMS\n  " << first_contact_of(config) << '\n';
  out << "\nwould keep its state in\n  " << config.gateway.folder.native() << '\n';
  if (coap.empty() && !config.mqtt.enabled && !config.sms.enabled)
    out << "\nwarning: no device can reach this gateway: enable [coap] with one of its listeners, "
           "[mqtt] or [sms].\n";
  if (config.sms.enabled) print_smsc_warnings(out, config.sms);
  if (config.msgin5g.enabled) print_msgin5g_warnings(out, config.msgin5g);
}

namespace {

std::string askers(const function::Options& pf) {
  if (pf.gateways_file.empty()) return "everybody (no gateways_file)";
  const std::string known = "the gateways of " + pf.gateways_file.native();
  if (pf.allow_unknown_gateways) return known + ", and everybody else (allow_unknown_gateways)";
  return known + " only";
}

}  // namespace

void print_check_function(std::ostream& out, const config::Config& config, std::string_view file) {
  const function::Options& pf = config.pf;
  out << file << ": good\n\nwould listen on\n";
  if (base::is_loopback(pf.address) || pf.allow_cleartext) {
    line(out, endpoint("http", pf.address, pf.port), "Provisioning Function, cleartext");
  }
  if (!pf.tls.certificate.empty()) {
    line(out, endpoint("https", pf.address, pf.tls_port),
         pf.tls.client_ca.empty() ? "Provisioning Function" : "Provisioning Function, mutual TLS");
  }
  print_function_coap(out, pf);
  if (pf.admin_port != 0)
    line(out, endpoint("http", boost::asio::ip::address_v4::loopback(), pf.admin_port),
         "operator: metrics, readiness");
  if (pf.test.enabled)
    line(out, endpoint("http", pf.test.address, pf.test.port), "tester: journal and faults");
  out << "\nmay be asked by\n  " << askers(pf) << '\n';
  out << "\nwould keep its state in\n  "
      << (pf.volatile_store ? std::string("memory only") : pf.folder.native()) << '\n';
}

}  // namespace msggw::cli
