// msggw-sim: simulated peers of a gateway, for testers. One subcommand each.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "tests/sim/fleet/command.h"
#include "tests/sim/fleet/options.h"

int main(int argc, char** argv) {
  constexpr int kNotUsable = static_cast<int>(msggw::fleet::Exit::not_usable);
  try {
    CLI::App app("Simulated peers of a MSGin5G Message Gateway", "msggw-sim");
    app.require_subcommand(1);
    msggw::fleet::Options fleet;
    const CLI::App* fleet_command = msggw::fleet::declare(app, fleet);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      return app.exit(e) == 0 ? 0 : kNotUsable;
    }
    if (fleet_command->parsed()) return static_cast<int>(msggw::fleet::run(fleet));
    return kNotUsable;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "msggw-sim: %s\n", e.what());
    return kNotUsable;
  }
}
