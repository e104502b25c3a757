// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "gateway/cli/command.h"

namespace msggw::cli {

/// What the options of `msggw devices` and `msggw status` write into, in the words of the command
/// line.
struct DevicesWords {
  std::string config;
  std::string folder;
  std::string state;
  std::size_t limit = 0;
  std::string private_id;
  std::vector<std::string> private_ids;
  std::string type = "non3gpp";
  std::vector<std::string> info;
  std::vector<std::string> aliases;
  std::string file;
  std::string format;
  std::string errors;
  std::size_t resume_from = 1;
  bool json = false;
};

/// `words` must stay in place until the command line is parsed.
void add_devices(CLI::App& app, DevicesWords& words);
Command devices_of(const CLI::App& devices, DevicesWords& words);
void add_status(CLI::App& app, DevicesWords& words);
Command status_of(const DevicesWords& words);

}  // namespace msggw::cli
