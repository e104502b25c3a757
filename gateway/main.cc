// Knows every room; nothing knows it. Parses the command line and wires by hand what the command
// needs.
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "gateway/base/log.h"
#include "gateway/cli/command.h"
#include "gateway/cli/report.h"
#include "gateway/config/config.h"
#include "gateway/config/dump.h"
#include "gateway/demo.h"
#include "gateway/devices.h"
#include "gateway/explain.h"
#include "gateway/function_process.h"
#include "gateway/gateway_process.h"
#include "gateway/import.h"
#include "gateway/listeners.h"
#include "gateway/operate.h"
#include "gateway/provision.h"
#include "gateway/signals.h"

namespace msggw {

namespace {

using cli::ExitCode;

ExitCode execute(const cli::Stop& stop) {
  (stop.code == ExitCode::ok ? std::cout : std::cerr) << stop.text;
  return stop.code;
}

ExitCode execute(const cli::Demo& command) {
  try {
    return run_demo(command, std::cout);
  } catch (const std::exception& error) {
    throw std::runtime_error(
        std::string(error.what()) +
        "\nmsggw demo: --port-base N moves all its listeners, --dir DIR its state");
  }
}

ExitCode execute(const cli::Run& command) {
  const auto config = config::load(command.config, command.settings, config::Purpose::gateway);
  base::log::set_up(config.log.level, config.log.format);
  GatewayProcess gateway(config);
  const StopSignals signals(gateway.loop().io(), [&] { gateway.stop(); });
  const ReloadSignal reload(gateway.loop().io(), [&] { gateway.reload(); });
  gateway.start();
  print_listeners(std::cout, gateway.listeners());
  std::cout << "ready" << std::endl;  // flushed: whoever started us waits for this line
  gateway.run();
  return ExitCode::ok;
}

ExitCode execute(const cli::Function& command) {
  const auto config = config::load(command.config, command.settings, config::Purpose::function);
  base::log::set_up(config.log.level, config.log.format);
  FunctionProcess function(config.pf, config.gateway.watchdog_turn);
  const StopSignals signals(function.loop().io(), [&] { function.stop(); });
  const ReloadSignal reload(function.loop().io(), [&] { function.reload(); });
  function.start();
  print_listeners(std::cout, function.listeners());
  std::cout << "ready" << std::endl;
  function.run();
  return ExitCode::ok;
}

ExitCode execute(const cli::Explain& command) {
  return explain(command, std::cout, std::cerr);
}

ExitCode execute(const cli::Check& command) {
  const auto purpose = command.function ? config::Purpose::function : config::Purpose::gateway;
  const auto config = config::load(command.config, command.settings, purpose);
  if (command.function) {
    const function::Policy policy = read_policy(config.pf);
    const function::Gateways gateways = read_gateways(config.pf);
    cli::print_check_function(std::cout, config, command.config.string());
    if (!config.pf.gateways_file.empty())
      std::cout << "\nwould know " << gateways.size() << " gateways\n";
    print_rules(std::cout, policy);
  } else {
    std::vector<cli::FunctionAddress> addresses;
    for (const auto& [root, origin] : provisioning_roots(config.provisioning))
      addresses.push_back({protocol::to_uri(root), origin});
    cli::print_check(std::cout, config, command.config.string(), addresses);
  }
  return ExitCode::ok;
}

ExitCode execute(const cli::Defaults&) {
  std::cout << config::dump({});
  return ExitCode::ok;
}

ExitCode execute(const cli::Provision& command) {
  return run_provision(command, std::cout, std::cerr);
}
ExitCode execute(const cli::ListDevices& command) {
  return list_devices(command, std::cout, std::cerr);
}
ExitCode execute(const cli::ShowDevice& command) {
  return show_device(command, std::cout, std::cerr);
}
ExitCode execute(const cli::AddDevice& command) {
  return add_device(command, std::cout, std::cerr);
}
ExitCode execute(const cli::ImportDevices& command) {
  return import_devices(command, std::cin, std::cout, std::cerr);
}
ExitCode execute(const cli::OperateDevices& command) {
  return operate_devices(command, std::cout, std::cerr);
}
ExitCode execute(const cli::RemoveAliases& command) {
  return remove_aliases(command, std::cout, std::cerr);
}
ExitCode execute(const cli::ShowStatus& command) {
  return show_status(command, std::cout, std::cerr);
}

}  // namespace

}  // namespace msggw

int main(int argc, char** argv) {
  using msggw::cli::ExitCode;
  msggw::base::log::set_up(msggw::base::log::Level::info, msggw::base::log::Format::text);
  try {
    const auto command = msggw::cli::parse(argc, argv);
    return static_cast<int>(
        std::visit([](const auto& one) { return msggw::execute(one); }, command));
  } catch (const msggw::config::ConfigError& error) {
    std::cerr << error.what() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "msggw: " << error.what() << '\n';
  }
  return static_cast<int>(ExitCode::usage);
}
