// `msggw check`.
#include "gateway/cli/report.h"

namespace msggw::cli {
namespace {

std::string endpoint(std::string_view scheme, const std::string& host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return std::string(scheme) + "://" + (is_ipv6 ? "[" + host + "]" : host) + ":" +
         (port == 0 ? "(any free)" : std::to_string(port));
}

void line(std::ostream& out, const std::string& what, std::string_view meaning) {
  out << "  " << what << std::string(what.size() < 36 ? 36 - what.size() : 2, ' ') << meaning
      << '\n';
}

void print_broker(std::ostream& out, const mqtt::Options& mqtt) {
  const std::string broker =
      mqtt.host.starts_with('/')
          ? "unix:" + mqtt.host
          : endpoint(mqtt.ca.empty() ? "mqtt" : "mqtts", mqtt.host, mqtt.port);
  line(out, broker, "broker, topics " + mqtt.topic_prefix + "/...");
}

void print_function_coap(std::ostream& out, const function::Options& pf) {
  if (!pf.coap.enabled) return;
  const bool certificate = !pf.tls.certificate.empty();
  const bool may_have_psk = !pf.gateways_file.empty();
  for (const char* scheme : {"coap", "coap+tcp"}) {
    if (config::is_loopback(pf.address) || pf.allow_cleartext)
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
  if (config.coap.enabled) {
    line(out, endpoint("coap", config.coap.address, config.coap.port), "devices, CoAP");
  }
  if (config.admin.enabled) {
    line(out, endpoint("http", config.admin.address, config.admin.port), "operator");
  }
  if (!config.coap.enabled && !config.admin.enabled) out << "  nothing\n";
  out << "\nwould connect to\n";
  if (config.mqtt.enabled) print_broker(out, config.mqtt);
  for (const FunctionAddress& address : addresses) {
    line(out, address.uri, "Provisioning Function, " + address.origin);
  }
  out << "\nwould keep its state in\n  " << config.gateway.folder.native() << '\n';
}

void print_check_function(std::ostream& out, const config::Config& config, std::string_view file) {
  const function::Options& pf = config.pf;
  out << file << ": good\n\nwould listen on\n";
  if (config::is_loopback(pf.address) || pf.allow_cleartext) {
    line(out, endpoint("http", pf.address, pf.port), "Provisioning Function, cleartext");
  }
  if (!pf.tls.certificate.empty()) {
    line(out, endpoint("https", pf.address, pf.tls_port),
         pf.tls.client_ca.empty() ? "Provisioning Function" : "Provisioning Function, mutual TLS");
  }
  print_function_coap(out, pf);
  if (pf.admin_port != 0)
    line(out, endpoint("http", "127.0.0.1", pf.admin_port), "operator: metrics, readiness");
  out << "\nwould keep its state in\n  "
      << (pf.volatile_store ? std::string("memory only") : pf.folder.native()) << '\n';
}

}  // namespace msggw::cli
