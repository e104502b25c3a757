// SPDX-License-Identifier: Apache-2.0
// msggw-sim: simulated peers of a gateway, for testers. One subcommand each.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "tests/sim/devices/options.h"
#include "tests/sim/exchange/command.h"
#include "tests/sim/fleet/command.h"
#include "tests/sim/fleet/options.h"
#include "tests/sim/m5s/command.h"
#include "tests/sim/smsc/command.h"
#include "tests/sim/smsc/phone.h"

namespace {

constexpr int kNotUsable = static_cast<int>(msggw::fleet::Exit::not_usable);

int run(int argc, char** argv) {
  try {
    CLI::App app("Simulated peers of a MSGin5G Message Gateway", "msggw-sim");
    app.require_subcommand(1);
    msggw::fleet::Options fleet;
    const CLI::App* fleet_command = msggw::fleet::declare(app, fleet);
    msggw::smsc::SmscCommand smsc;
    const CLI::App* smsc_command = msggw::smsc::declare(app, smsc);
    msggw::smsc::PhoneCommand phone;
    const CLI::App* phone_command = msggw::smsc::declare(app, phone);
    msggw::exchange::Command exchange;
    const CLI::App* exchange_command = msggw::exchange::declare(app, exchange);
    msggw::devices::Options devices;
    const CLI::App* devices_command = msggw::devices::declare(app, devices);
    msggw::m5s::Command m5s;
    const CLI::App* m5s_command = msggw::m5s::declare(app, m5s);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      return app.exit(e) == 0 ? 0 : kNotUsable;
    }
    if (fleet_command->parsed()) return static_cast<int>(msggw::fleet::run(fleet));
    if (smsc_command->parsed()) return static_cast<int>(msggw::smsc::run(smsc));
    if (phone_command->parsed()) return static_cast<int>(msggw::smsc::run(phone));
    if (exchange_command->parsed()) {
      msggw::exchange::run(exchange);
      return 0;
    }
    if (devices_command->parsed()) {
      msggw::devices::run(devices);
      return 0;
    }
    if (m5s_command->parsed()) return static_cast<int>(msggw::m5s::run(m5s));
    return kNotUsable;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "msggw-sim: %s\n", e.what());
    return kNotUsable;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int code = run(argc, argv);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fputs("msggw-sim: standard output cannot be written\n", stderr);
  return kNotUsable;
}
