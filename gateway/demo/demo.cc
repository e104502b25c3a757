// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/demo.h"

#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <list>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "adapters/mqtt/broker.h"
#include "gateway/cli/ports.h"
#include "gateway/config/sections/config.h"
#include "gateway/demo/ready_child.h"
#include "gateway/demo/sample_broker.h"
#include "gateway/demo/sample_devices.h"
#include "gateway/demo/sample_programs.h"
#include "gateway/demo/sample_server.h"
#include "gateway/demo/sample_smsc.h"
#include "gateway/process/function_process.h"
#include "gateway/process/gateway_process.h"
#include "gateway/process/listeners.h"
#include "gateway/process/signals.h"

namespace msggw::demo {

namespace {

config::Config demo_configuration(const std::filesystem::path& folder, const cli::Ports& ports) {
  config::Config config;
  config.gateway.folder = folder / "gateway";
  config.coap.address = boost::asio::ip::address_v4::loopback();
  config.coap.port = ports.coap;
  config.coap.open_messages = true;
  config.coap.secure.udp = true;
  config.coap.secure.port = ports.coaps;
  config.mqtt.port = ports.mqtt;
  config.mqtt.open_messages = true;
  config.sms = sample_sms_options(ports);
  config.msgin5g = sample_server_options(ports);
  config.messages.policy.default_recipient = sample_recipient();
  config.admin.port = ports.admin;
  config.pf.folder = folder / "pf";
  config.pf.port = ports.function;
  config.pf.coap.coap_port = ports.function_coap;
  config.pf.coap.coaps_port = ports.function_coaps;
  config.pf.admin_port = 0;
  config.provisioning.uris = {
      {base::Scheme::http, base::Host(boost::asio::ip::address_v4::loopback()), ports.function}};
  return config;
}

/// The embedded Provisioning Function on a thread of its own, reached over HTTP like any other.
class FunctionThread {
 public:
  FunctionThread(const function::Options& options, base::Duration watchdog)
      : process_(options, watchdog) {
    process_.start();
    thread_ = std::thread([this] { process_.run(); });
  }
  ~FunctionThread() {
    process_.stop();
    thread_.join();
  }
  FunctionThread(const FunctionThread&) = delete;
  FunctionThread& operator=(const FunctionThread&) = delete;

 private:
  process::FunctionProcess process_;
  std::thread thread_;
};

/// The folder given, which stays, or a fresh one, which goes with the process.
class StateFolder {
 public:
  explicit StateFolder(const std::filesystem::path& given) : path_(given) {
    if (!given.empty()) {
      std::filesystem::create_directories(path_);
      return;
    }
    std::string made = (std::filesystem::temp_directory_path() / "msggw-demo-XXXXXX").string();
    if (::mkdtemp(made.data()) == nullptr)
      throw std::runtime_error("cannot make the folder " + made);
    path_ = made;
    remove_ = true;
  }
  ~StateFolder() {
    std::error_code ignored;
    if (remove_) std::filesystem::remove_all(path_, ignored);
  }
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  bool remove_ = false;
};

/// The name under which this machine has libcoap's client; Debian's package installs it once for
/// each TLS library.
std::string coap_client() {
  for (const char* name : {"coap-client", "coap-client-openssl", "coap-client-notls"}) {
    for (const char* folder : {"/usr/local/bin/", "/usr/bin/"}) {
      if (std::filesystem::exists(std::string(folder) + name)) return name;
    }
  }
  return "coap-client";
}

void print_examples(std::ostream& out, const cli::Ports& ports) {
  const std::string coap = "coap://127.0.0.1:" + std::to_string(ports.coap);
  const std::string broker = "-h 127.0.0.1 -p " + std::to_string(ports.mqtt);
  const std::string pf = "http://127.0.0.1:" + std::to_string(ports.function);
  const std::string smsc = sample_smsc_url(ports);
  const std::string server = sample_server_control(ports) + "/m5s/v1";
  out << "\nTry, in another terminal:\n  " << coap_client() << " -m post \"" << coap
      << "/rd?ep=00-1B-63-84-45-E6\"\n  " << coap_client() << " -u " << kSecureDevice << " -k '"
      << kSecureKey << "' -m post \"coaps://127.0.0.1:" << ports.coaps << "/rd?ep=" << kSecureDevice
      << "\"\n"
      << "  mosquitto_sub " << broker << " -v -t 'msgin5g/+/registration' &\n"
      << "  mosquitto_pub " << broker << " -q 1 -n -t msgin5g/meter-42/register\n"
      << "  mosquitto_pub -h 127.0.0.1 -p " << ports.mqtt_tls << " --psk-identity "
      << kSecureMqttDevice << " --psk " << hex_of(kSecureKey) << " -q 1 -n -t msgin5g/"
      << kSecureMqttDevice << "/register\n"
      << "  curl -s " << smsc
      << "/messages -d '{\"from\":\"+491701234567\",\"to\":\"12345\",\"text\":\"STATUS\"}'\n"
      << "  curl -s " << smsc << "/phones/+491701234567\n"
      << "  mosquitto_pub " << broker << " -q 1 -t msgin5g/water-meter-7/up -m 21.5\n"
      << "  curl -s " << server << "/inbox\n"
      << "  mosquitto_sub " << broker << " -v -t 'msgin5g/water-meter-7/down' &\n"
      << "  mosquitto_pub " << broker << " -q 1 -t msgin5g/water-meter-7/status -m online\n"
      << "  curl -s " << server
      << "/send -d '{\"to\":\"SERVICE_ID\",\"text\":\"READ\",\"report\":true}'\n"
      << "  curl -s " << pf
      << "/msgin5g-provisioning/v1/provisionings -H 'content-type: application/json' \\\n"
      << "       -d '{\"ueType\":\"MSGIN5G_UE\",\"privateId\":\"imei:356938035643809\"}'\n\n";
}

}  // namespace

cli::ExitCode run_demo(const cli::Demo& command, std::ostream& out) {
  const cli::Ports ports = command.port_base ? cli::ports_from(*command.port_base) : cli::Ports{};
  const StateFolder state(command.folder);
  const std::filesystem::path& folder = state.path();
  const config::Config config = demo_configuration(folder, ports);

  const FunctionThread function(config.pf, config.gateway.watchdog_turn);
  const mqtt::Broker broker(sample_broker(ports, folder / "broker", sample_broker_keys()));
  const ReadyChild smsc(sample_smsc(ports));
  const ReadyChild server(sample_server(ports));
  process::GatewayProcess gateway(config);
  const process::StopSignals signals(gateway.loop().io(), [&] { gateway.stop(); });
  gateway.start();
  out << "msggw demo, state in " << folder.string() << "\n\n";
  auto listeners = gateway.listeners();
  listeners.push_back({"mqtts://127.0.0.1:" + std::to_string(ports.mqtt_tls),
                       "devices, MQTT over TLS with a PSK (the broker)"});
  listeners.push_back({sample_smsc_url(ports), "tester: the SMSC, its phones and faults"});
  listeners.push_back({sample_server_control(ports), "tester: the MSGin5G Server double"});
  process::print_listeners(out, listeners);
  print_examples(out, ports);

  auto& io = gateway.loop().io();
  const std::vector<Program> credentials = sample_credentials(folder, config.gateway.folder);
  std::list<SamplePrograms> told;  // one after the other
  std::optional<SamplePrograms> devices;
  std::optional<SamplePrograms> exchanges;
  const auto ready = [&] { out << "ready" << std::endl; };  // flushed: scripts wait for this line
  const auto exchanged = [&](const std::vector<std::string>& lines) {
    print_exchanges(out, lines);
    ready();
  };
  const auto registered = [&](const std::vector<std::string>& lines) {
    print_devices(out, lines);
    exchanges.emplace(io, sample_exchanges(ports), exchanged);
  };
  const std::function<void(const std::vector<std::string>&)> tell = [&](const auto&) {
    if (told.size() < credentials.size()) {
      told.emplace_back(io, std::vector<Program>{credentials[told.size()]}, tell);
    } else if (command.devices) {
      devices.emplace(io, sample_devices(ports, folder), registered);
    } else {
      ready();
    }
  };
  bool begun = false;
  gateway.run([&] {
    if (begun || !gateway.peers_connected()) return;
    begun = true;
    tell({});
  });
  return cli::ExitCode::ok;
}

}  // namespace msggw::demo
