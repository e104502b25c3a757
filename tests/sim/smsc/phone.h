// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tests/sim/smsc/command.h"

namespace msggw::smsc {

/// What `msggw-sim phone` was asked for.
struct PhoneCommand {
  std::string control = "http://127.0.0.1:2780";
  std::string from;
  std::string to;
  std::string text = "hello";
  double wait = 10;  ///< seconds for the answer
  double retry = 0;  ///< seconds after which it is asked again, 0: never
  bool json = false;
  bool once = false;
  std::string service_id_after = "Service ID: ";
};

/// Adds the subcommand `phone`; parsing fills `command`, which must outlive `app`.
CLI::App* declare(CLI::App& app, PhoneCommand& command);

/// Sends one short message and prints what the phone gets. Throws std::runtime_error with one
/// sentence for the user if the SMSC's control interface cannot be used.
Exit run(const PhoneCommand& command);

/// What stands behind `prefix` up to white space or the end; empty: the prefix is not there.
std::string_view text_after(std::string_view text, std::string_view prefix);

}  // namespace msggw::smsc
