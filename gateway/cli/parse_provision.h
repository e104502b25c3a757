// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "gateway/cli/command.h"

namespace msggw::cli {

/// What the options of `msggw provision` write into, in the words of the command line.
struct ProvisionWords {
  Provision command;
  std::string pf;
  std::string type;
  std::vector<std::string> info;
  std::string timeout = "5s";
  std::string encoding = "json";
  std::string ca, certificate, key;
  bool look_up = false;
  bool release = false;
  bool allow_cleartext = false;
};

/// `words` must stay in place until the command line is parsed.
void add_provision(CLI::App& app, ProvisionWords& words);
Command provision_of(ProvisionWords& words);

}  // namespace msggw::cli
