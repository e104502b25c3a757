// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/m5s/load/load.h"
#include "tests/sim/m5s/world.h"

namespace CLI {
class App;
}

namespace msggw::m5s {

enum class Exit : int {
  ok = 0,
  not_all = 1,     ///< send: not delivered, or no good report; inbox: nothing came
  not_usable = 2,  ///< wrong usage, a taken port, a control interface that cannot be reached
};

/// What `msggw-sim m5s` was asked for: to be the double, or to talk to one.
struct Command {
  enum class What { serve, send, inbox, load };
  What what = What::serve;

  std::string address = "127.0.0.1";
  std::uint16_t port = 7'580;
  std::uint16_t control_port = 7'581;
  std::vector<std::string> groups;  ///< "ID=MEMBER,MEMBER"
  std::vector<std::string> faults;  ///< JSON, as POST /faults takes them
  Options options;

  std::string control = "http://127.0.0.1:7581";
  std::uint64_t wait = 10;  ///< seconds
  std::string to;
  std::string text;
  std::string from;  ///< empty: the double's own Application Server
  std::string app;
  bool to_group = false;
  bool report = false;
  bool base64 = false;
  std::uint64_t after = 0;

  LoadOptions load;
};

/// Adds the subcommand `m5s`; parsing fills `command`, which must outlive `app`.
CLI::App* declare(CLI::App& app, Command& command);

/// Serves until SIGINT or SIGTERM, or does what was asked. Throws std::runtime_error,
/// std::invalid_argument with one sentence for the user.
Exit run(const Command& command);

/// Sends a message by a running double and prints what became of it, and its report.
Exit send(const Command& command);
/// Is the double for load and ledgers (load/load.h), until SIGINT or SIGTERM.
Exit load(const Command& command);
void declare_load(CLI::App& parent, Command& command);
/// Prints what the Application Server has got, as JSON lines; waits for the first.
Exit show_inbox(const Command& command);

}  // namespace msggw::m5s
