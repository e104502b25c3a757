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

}  // namespace

void print_check(std::ostream& out, const config::Config& config, std::string_view file,
                 std::string_view derived_root) {
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
  if (config.provisioning.uris.empty()) {
    line(out, std::string(derived_root), "Provisioning Function, derived from mcc and mnc");
  }
  for (std::size_t i = 0; i < config.provisioning.uris.size(); ++i) {
    line(out, config.provisioning.uris[i],
         i == 0 ? "Provisioning Function, explicit uris"
                : "Provisioning Function, if those above fail");
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
  if (pf.admin_port != 0)
    line(out, endpoint("http", "127.0.0.1", pf.admin_port), "operator: metrics, readiness");
  out << "\nwould keep its state in\n  "
      << (pf.volatile_store ? std::string("memory only") : pf.folder.native()) << '\n';
}

}  // namespace msggw::cli
