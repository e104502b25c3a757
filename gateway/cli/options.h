// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gateway/cli/command.h"

namespace msggw::cli {

// Each adds a command of msggw, which becomes `chosen` when it is parsed.
void add_provision(CLI::App& app, Command& chosen);
void add_devices(CLI::App& app, Command& chosen);
/// `msggw devices credential`, of `devices`.
void add_credentials(CLI::App& devices, Command& chosen);
void add_messages(CLI::App& app, Command& chosen);
void add_why(CLI::App& app, Command& chosen);
void add_trace(CLI::App& app, Command& chosen);
void add_status(CLI::App& app, Command& chosen);
/// backup, restore, store, export and import.
void add_upkeep(CLI::App& app, Command& chosen);
void add_reload(CLI::App& app, Command& chosen);
/// `msggw config`.
void add_configuration(CLI::App& app, Command& chosen);

// Options that several commands take. What they write into must stay in place until the command
// line is parsed.

CLI::Option* add_config(CLI::App& command, std::filesystem::path& config);
/// --config and --dir, of which one may be said.
void add_source(CLI::App& command, Source& source);
/// --errors, --rejected and --resume-from of an import.
void add_import_options(CLI::App& command, ImportDevices& import);
/// --timeout, whose default is what is in `timeout`.
void add_timeout(CLI::App& command, base::Duration& timeout);
/// --limit, 0 for all.
void add_limit(CLI::App& command, std::size_t& limit);
/// --type with one of "ue", "as", "legacy", "non3gpp".
CLI::Option* add_type(CLI::App& command, core::UeType& type, const char* help);
/// --info NAME=VALUE.
CLI::Option* add_info(CLI::App& command, std::vector<std::string>& pairs, const char* help);
/// What add_info() left, as a compact JSON object in `out`; `chosen` becomes a Stop and the result
/// is false if one name is given twice.
bool take_info(const std::vector<std::string>& pairs, std::string& out, Command& chosen);

}  // namespace msggw::cli
