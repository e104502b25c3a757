// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace msggw::exchange {

/// What `msggw-sim exchange` was asked for. Exactly one of `coap` and `mqtt` is given.
struct Command {
  std::string coap;  ///< HOST:PORT of a gateway's CoAP listener
  std::string mqtt;  ///< HOST:PORT of a broker that the gateway is connected to
  std::string server = "http://127.0.0.1:7580";   ///< the MSGin5G Server double
  std::string control = "http://127.0.0.1:7581";  ///< its tester's interface
  std::string private_id;
};

/// Adds the subcommand `exchange`; parsing fills `command`, which must outlive `app`.
CLI::App* declare(CLI::App& app, Command& command);

/// A device and the double's own Application Server send each other a message, and report it: a
/// JSON line for each. Throws std::runtime_error with one sentence if something does not arrive.
void run(const Command& command);

}  // namespace msggw::exchange
