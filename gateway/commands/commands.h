// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "gateway/cli/command.h"

namespace msggw::commands {

// What the commands of msggw do. Each prints what was asked for to `out`, what went wrong to `err`,
// and the exit code says why. Those that take a configuration throw config_language::ConfigError.
// Whether `out` took what was printed is for the caller to see.

// These read the device table of a gateway, which may be running: as last committed. They throw
// std::runtime_error if there is none or it cannot be read.
cli::ExitCode execute(const cli::ListDevices& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::ShowDevice& command, std::ostream& out, std::ostream& err);

// These go by way of the running gateway (operator_client.h), and return when what they did is
// durable. failed: no gateway answers, or it refused.
cli::ExitCode execute(const cli::AddDevice& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::AddCredential& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::ListCredentials& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::RemoveCredentials& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::OperateDevices& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::RemoveDevices& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::RemoveAliases& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::ListMessages& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::ShowMessage& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::RemoveMessages& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::Why& command, std::ostream& out, std::ostream& err);
/// failed, too: nothing is known of it.
cli::ExitCode execute(const cli::Trace& command, std::ostream& out, std::ostream& err);
cli::ExitCode execute(const cli::ShowStatus& command, std::ostream& out, std::ostream& err);

/// failed, too: the configuration is wrong, and nothing has changed.
cli::ExitCode execute(const cli::Reload& command, std::ostream& out, std::ostream& err);

/// What a file and the environment say, secrets left out.
cli::ExitCode execute(const cli::ShowConfig& command, std::ostream& out, std::ostream& err);
/// Of two files, or what the running gateway says that a reload would do.
cli::ExitCode execute(const cli::DiffConfig& command, std::ostream& out, std::ostream& err);

/// Cuts the list into chunks of Api::kMostRows rows, has a few of them under way, and reports rows
/// that failed by their lines. A gateway that is started anew meanwhile is waited for. A progress
/// line goes to `err` if standard error is a terminal. ok: every row is in the table. failed: some
/// are not; if the file for them cannot be written, `err` says so.
cli::ExitCode execute(const cli::ImportDevices& command, std::ostream& out, std::ostream& err);

// These look after a store on disk, of a gateway or of a Provisioning Function. failed: what was
// wrong is told, and nothing has changed.

/// Beside the running owner of the store. A backup that was not finished is taken away again.
cli::ExitCode execute(const cli::MakeBackup& command, std::ostream& out, std::ostream& err);
/// ok, and a warning: the key that its PSKs need is not there.
cli::ExitCode execute(const cli::Restore& command, std::ostream& out, std::ostream& err);
/// check looks in a process of its own, beside the running owner; the others need it stopped.
cli::ExitCode execute(const cli::CareForStore& command, std::ostream& out, std::ostream& err);

/// Beside the running owner of the store; the file has its name when it is whole.
cli::ExitCode execute(const cli::ExportTable& command, std::ostream& out, std::ostream& err);
/// The owner of the store is stopped. All or nothing.
cli::ExitCode execute(const cli::ImportTable& command, std::ostream& out, std::ostream& err);

/// One request as a MSGin5G UE, an Application Server or a gateway would send it (the contribution
/// 6.X.1.3, 6.X.1.4). Throws std::runtime_error if a file of the command cannot be used.
cli::ExitCode execute(const cli::Provision& command, std::ostream& out, std::ostream& err);

/// `msggw pf --explain`: which rule decides and why, what the store knows of the Private ID, the
/// quota of the rule, and what the answer would be. Nothing is changed; the store is read as of its
/// last commit, also while the Provisioning Function runs. `usage`: no Private ID. `failed`: the
/// store is there and cannot be read; all else is told nevertheless. Throws what
/// process::read_policy() throws, too.
cli::ExitCode execute(const cli::Explain& command, std::ostream& out, std::ostream& err);

}  // namespace msggw::commands
