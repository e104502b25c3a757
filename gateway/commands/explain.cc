// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/commands.h"

#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gateway/commands/explanation.h"
#include "gateway/commands/require.h"
#include "gateway/config/files/gateways_file.h"
#include "gateway/config/files/load.h"
#include "gateway/core/private_id.h"
#include "gateway/process/function_process.h"
#include "gateway/process/stores.h"
#include "provisioning/function/assignment_record.h"
#include "provisioning/function/ledger.h"

namespace msggw::commands {

namespace {

Stored read_store(const function::Options& pf, const core::PrivateId& id) {
  Stored stored;
  std::error_code ignored;
  if (pf.volatile_store || !std::filesystem::exists(pf.folder / "data.mdb", ignored)) return stored;
  stored.exists = true;
  try {
    storage::LmdbOptions lmdb = process::store_of(pf);
    lmdb.read_only = true;
    const auto store = storage::open_lmdb_store(std::move(lmdb));
    std::map<std::uint64_t, std::string> names{{0, function::PolicyOptions::kOtherwiseName}};
    require(store->load(function::kRules,
                        [&](std::uint64_t no, std::string_view name) { names[no] = name; }));
    std::map<std::uint64_t, std::size_t> counts;
    require(store->load(function::kAssignments, [&](std::uint64_t, std::string_view octets) {
      const auto record = require(function::parse_record(octets));
      const auto no = static_cast<std::uint64_t>(record.rule);
      ++stored.assignments;
      ++counts[no];
      if (record.private_id != id.text()) return;
      stored.known = {std::string(record.service_id), names[no], record.ue_type};
    }));
    for (const auto& [no, count] : counts) stored.by_rule[names[no]] += count;
  } catch (const std::runtime_error& error) {
    stored.fault = error.what();
  }
  return stored;
}

}  // namespace

cli::ExitCode execute(const cli::Explain& command, std::ostream& out, std::ostream& err) {
  const auto config =
      config_files::load(config_file_of(command.config), command.settings, config::Purpose::look);
  const function::Policy policy = process::read_policy(config.pf);
  const auto id = core::PrivateId::parse(command.private_id, config.pf.wire.private_id_octets);
  if (!id) {
    err << "msggw pf --explain: " << id.error().detail << '\n';
    return cli::ExitCode::usage;
  }
  const Explanation it(command, *id,
                       {config.pf, policy, config_files::load_gateways(config.pf.gateways_file)},
                       read_store(config.pf, *id));
  command.json ? it.print_json(out) : it.print_text(out);
  const std::string& fault = it.stored().fault;
  if (fault.empty()) return cli::ExitCode::ok;
  err << "msggw pf --explain: " << fault << '\n';
  return cli::ExitCode::failed;
}

}  // namespace msggw::commands
