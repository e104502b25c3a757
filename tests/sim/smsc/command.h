// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tests/sim/smsc/options.h"
#include "tests/sim/smsc/server.h"

namespace CLI {
class App;
}

namespace msggw::smsc {

/// Exit codes of both commands.
enum class Exit : int {
  ok = 0,
  not_all = 1,     ///< smsc: the campaign missed its goal; phone: no answer in time
  not_usable = 2,  ///< wrong usage, a taken port, a control interface that cannot be reached
};

/// What `msggw-sim smsc` was asked for.
struct SmscCommand {
  std::string smpp = "127.0.0.1:2775";
  std::string control = "127.0.0.1:2780";
  TlsFiles tls;
  Behaviour behaviour;
  std::string campaign;  ///< body of POST /campaigns, empty: none
  bool campaign_report = false;
};

/// Adds the subcommand `smsc`; parsing fills `command`, which must outlive `app`.
CLI::App* declare(CLI::App& app, SmscCommand& command);

/// Runs until SIGINT or SIGTERM, or until the campaign to be reported is over. Throws
/// std::runtime_error, std::invalid_argument with one sentence for the user.
Exit run(const SmscCommand& command);

}  // namespace msggw::smsc
