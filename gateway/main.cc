// SPDX-License-Identifier: Apache-2.0
// Knows every room; nothing knows it. Parses the command line and wires by hand what the command
// needs.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/log.h"
#include "gateway/base/text.h"
#include "gateway/cli/command.h"
#include "gateway/cli/report.h"
#include "gateway/commands/commands.h"
#include "gateway/commands/explanation.h"
#include "gateway/commands/operator_client.h"
#include "gateway/config/files/gateways_file.h"
#include "gateway/config/files/load.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/sections/manual.h"
#include "gateway/demo/demo.h"
#include "gateway/process/certificates.h"
#include "gateway/process/dead_ends.h"
#include "gateway/process/exposures.h"
#include "gateway/process/function_process.h"
#include "gateway/process/gateway_process.h"
#include "gateway/process/listeners.h"
#include "gateway/process/ports.h"
#include "gateway/process/reach.h"
#include "gateway/process/reload.h"
#include "gateway/process/service_manager.h"
#include "gateway/process/signals.h"
#include "gateway/process/start_check.h"

namespace msggw {

namespace {

using cli::ExitCode;

ExitCode execute(const cli::Stop& stop) {
  (stop.code == ExitCode::ok ? std::cout : std::cerr) << stop.text;
  return stop.code;
}

ExitCode execute(const cli::Demo& command) {
  try {
    return demo::run_demo(command, std::cout);
  } catch (const std::exception& error) {
    throw std::runtime_error(
        std::string(error.what()) +
        "\nmsggw demo: --port-base N moves all its listeners, --dir DIR its state");
  }
}

/// What is exposed by a configuration (process/exposures.h), each once.
class Exposures {
 public:
  using Find = std::function<std::vector<std::string>(const config::Config&)>;

  explicit Exposures(Find find) : find_(std::move(find)) {}

  /// Of a file that was good a moment ago and is not any more whoever reads it next tells.
  void tell(const config::Config& config) try {
    std::vector<std::string> now = find_(config);
    for (const std::string& one : now) {
      if (std::find(told_.begin(), told_.end(), one) == told_.end())
        base::log::warn("exposed", {{"what", one}});
    }
    told_ = std::move(now);
  } catch (const std::runtime_error&) {
  }

 private:
  Find find_;
  std::vector<std::string> told_;
};

/// From start to stop: of a gateway, or of a Provisioning Function.
template <class Process, class Command>
ExitCode serve(Process& served, const Command& command, const config::Config& config,
               config::Purpose purpose, Exposures& exposures) {
  process::ServiceManager manager(served.loop().io(), [&] { return served.look(); });
  const process::StopSignals signals(served.loop().io(), [&] {
    manager.stopping();
    served.stop();
  });
  process::Reloader reloader({command.config, command.settings}, config, purpose, served.metrics(),
                             [&](const config::Config& now) { return served.prepare(now); });
  const auto reload = [&] {
    process::Reloaded reloaded;
    manager.reload([&] { reloaded = reloader.reload(); });
    if (reloaded.problems.empty()) exposures.tell(reloader.running());
    return process::answer_of(reloaded);
  };
  const process::ReloadSignal signal(served.loop().io(), reload);
  served.offer_reload({reload, [&] { return process::answer_of(reloader.preview()); },
                       [&] { return reloader.refusal(); }});
  served.start();
  process::print_listeners(std::cout, served.listeners());
  std::cout << "ready" << std::endl;  // flushed: whoever started us waits for this line
  manager.ready();
  served.run();
  return ExitCode::ok;
}

void tell_settings(const std::vector<std::string>& settings) {
  for (const std::string& one : process::exposures_of_settings(settings))
    base::log::warn("exposed", {{"what", one}});
}

ExitCode execute(const cli::Run& command) {
  const auto config =
      config_files::load(command.config, command.settings, config::Purpose::gateway);
  process::check_usable_certificates(config, config::Purpose::gateway,
                                     {command.config, command.settings});
  base::log::set_up(config.log.level, config.log.format, config.log.private_ids);
  Exposures exposures([&](const config::Config& now) {
    return process::exposures_of_gateway(now, command.config);
  });
  exposures.tell(config);
  tell_settings(command.settings);
  process::GatewayProcess gateway(config);
  return serve(gateway, command, config, config::Purpose::gateway, exposures);
}

ExitCode execute(const cli::Function& said) {
  cli::Function command = said;
  command.config = commands::config_file_of(said.config);
  const auto config =
      config_files::load(command.config, command.settings, config::Purpose::function);
  process::check_usable_certificates(config, config::Purpose::function,
                                     {command.config, command.settings});
  base::log::set_up(config.log.level, config.log.format, config.log.private_ids);
  Exposures exposures([&](const config::Config& now) {
    return process::exposures_of_function(now, command.config,
                                          config_files::load_gateways(now.pf.gateways_file));
  });
  exposures.tell(config);
  tell_settings(command.settings);
  process::FunctionProcess function(config.pf, config.gateway.watchdog_turn);
  return serve(function, command, config, config::Purpose::function, exposures);
}

void warn(const std::vector<std::string>& sentences) {
  for (const std::string& one : sentences) std::cout << "\nwarning: " << one << '\n';
}

void warn_of_taken(const std::vector<std::string>& ports) {
  if (ports.empty()) return;
  std::string names;
  for (const std::string& port : ports) names.append(names.empty() ? "" : ", ").append(port);
  std::cout << "\nwarning: taken now: " << names
            << ". Unless it is this very process that runs, its start will fail.\n";
}

ExitCode reach(const msgin5g::Options& msgin5g) {
  if (!msgin5g.enabled) {
    std::cout << "\nasked no MSGin5G Server, since [msgin5g] is not enabled\n";
    return ExitCode::ok;
  }
  bool all = true;
  std::cout << "\nasked\n";
  for (const process::Reached& one : process::reach_servers(msgin5g)) {
    all = all && one.has_api;
    std::cout << "  " << one.url << "  MSGin5G Server " << base::printable(one.server)
              << (one.answers ? " answers: " : " does not answer: ") << one.what
              << (!one.answers  ? ""
                  : one.has_api ? ", as a MSGin5G Server does"
                                : ": no API of a MSGin5G Server is there; look at its uris")
              << '\n';
  }
  return all ? ExitCode::ok : ExitCode::failed;
}

ExitCode check_function(const cli::Check& command, const config::Config& config,
                        const process::Origin& origin) {
  const function::Policy policy = process::read_policy(config.pf);
  const auto gateways = config_files::load_gateways(config.pf.gateways_file);
  cli::print_check_function(std::cout, config, origin.name());
  if (!config.pf.gateways_file.empty())
    std::cout << "\nwould know " << gateways.size() << " gateways\n";
  commands::print_rules(std::cout, policy);
  warn(process::exposures_of_function(config, command.config, gateways));
  warn(process::exposures_of_settings(command.settings));
  warn(process::endings_soon(
      process::tls_files_of_function(config.pf),
      std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now())));
  warn_of_taken(process::taken_ports_of_function(config.pf, gateways));
  return ExitCode::ok;
}

ExitCode check_gateway(const cli::Check& command, const config::Config& config,
                       const process::Origin& origin) {
  std::vector<cli::FunctionAddress> addresses;
  for (const auto& [root, from] : process::provisioning_roots(config.provisioning))
    addresses.push_back({base::to_string(root), from});
  cli::print_check(std::cout, config, origin.name(), addresses);
  warn(process::exposures_of_gateway(config, command.config));
  warn(process::exposures_of_settings(command.settings));
  warn(process::dead_ends_of_gateway(config));
  warn(process::endings_soon(
      process::tls_files_of_gateway(config),
      std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now())));
  warn_of_taken(process::taken_ports_of_gateway(config));
  return command.reach ? reach(config.msgin5g) : ExitCode::ok;
}

ExitCode execute(const cli::Check& said) {
  cli::Check command = said;
  command.config = commands::config_file_of(said.config);
  const auto purpose = command.function ? config::Purpose::function : config::Purpose::gateway;
  const auto config = config_files::load(command.config, command.settings, purpose);
  const process::Origin origin{command.config, command.settings};
  process::check_start(config, purpose, origin);
  return command.function ? check_function(command, config, origin)
                          : check_gateway(command, config, origin);
}

ExitCode execute(const cli::Defaults&) {
  std::cout << config::kManual;
  return ExitCode::ok;
}

template <class OtherCommand>
ExitCode execute(const OtherCommand& command) {
  return commands::execute(command, std::cout, std::cerr);
}

/// A file that is opened later must not take the place of a standard stream that was closed at the
/// start: what is printed would go into the store.
void hold_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", O_RDONLY);  // becomes `stream`
  }
}

/// What ends a command that nobody else has found words for: it was tried and did not work where
/// the command line and the configuration are good by then, a port that is taken, say, or a store
/// that is in use.
template <class OtherCommand>
ExitCode code_of_fault(const OtherCommand&) {
  return ExitCode::usage;
}
ExitCode code_of_fault(const cli::Demo&) {
  return ExitCode::failed;
}
ExitCode code_of_fault(const cli::Run&) {
  return ExitCode::failed;
}
ExitCode code_of_fault(const cli::Function&) {
  return ExitCode::failed;
}
ExitCode code_of_fault(const cli::ListDevices&) {
  return ExitCode::failed;
}
ExitCode code_of_fault(const cli::ShowDevice&) {
  return ExitCode::failed;
}

/// Whoever reads what a command printed must not take a part of it for the whole.
ExitCode printed(ExitCode code) {
  if (std::cout.flush()) return code;
  std::cerr << "msggw: standard output cannot be written\n";
  return code == ExitCode::ok ? ExitCode::failed : code;
}

}  // namespace

}  // namespace msggw

int main(int argc, char** argv) {
  using msggw::cli::ExitCode;
  msggw::hold_standard_streams();
  msggw::base::log::set_up(msggw::base::log::Level::info, msggw::base::log::Format::text);
  ExitCode code_of_fault = ExitCode::usage;
  try {
    const auto command = msggw::cli::parse(argc, argv);
    code_of_fault = std::visit([](const auto& one) { return msggw::code_of_fault(one); }, command);
    const auto code = std::visit([](const auto& one) { return msggw::execute(one); }, command);
    return static_cast<int>(msggw::printed(code));
  } catch (const msggw::config_language::ConfigError& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(ExitCode::usage);
  } catch (const std::exception& error) {
    std::cerr << "msggw: " << error.what() << '\n';
    return static_cast<int>(code_of_fault);
  }
}
