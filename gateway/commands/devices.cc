// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/commands.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/cli/report.h"
#include "gateway/commands/operator_client.h"
#include "gateway/commands/presence.h"
#include "gateway/commands/require.h"
#include "gateway/core/newcomers.h"
#include "gateway/core/private_id.h"
#include "gateway/core/standing.h"
#include "storage/device_record.h"
#include "storage/handle_key.h"
#include "storage/lmdb_store.h"
#include "storage/moment.h"

namespace msggw::commands {

namespace {

bool is_named(const storage::DeviceRow& row, const std::string& private_id) {
  return row.device.private_id == private_id ||
         std::find(row.aliases.begin(), row.aliases.end(), private_id) != row.aliases.end();
}

/// The device table of a folder, row by row.
class Table {
 public:
  explicit Table(const cli::Source& source) {
    storage::LmdbOptions options;
    options.folder = folder_of(source);
    options.tables = storage::gateway_tables();
    options.tables.resize(
        static_cast<std::size_t>(storage::kMessages));  // an older folder has these
    options.format = storage::kGatewayFormat;
    options.owner = "gateway";
    options.read_only = true;
    store_ = storage::open_lmdb_store(std::move(options));
    const auto now = base::Clock().now();
    if (const auto moment = require(storage::last_moment(*store_)))
      timeline_.resume(*moment, now, now, core::Limits{}.longest_outage);
    if (const auto row = require(store_->find(storage::kMeta, storage::kHandleKey)))
      marks_.emplace(require(storage::handle_key(*store_)));
    require(store_->load(storage::kProfiles, [this](std::uint64_t, std::string_view octets) {
      profiles_.push_back(require(storage::parse_profile(octets)));
    }));
  }

  void each(const std::function<void(const storage::DeviceRow&)>& visit) const {
    require(store_->load(storage::kDevices, [&](std::uint64_t, std::string_view octets) {
      auto row = require(storage::parse_device(octets));
      row.device = core::shown(std::move(row.device), timeline_);
      if (row.refusal) row.refusal = core::shown(std::move(*row.refusal), timeline_);
      if (row.device.state != core::DeviceState::removed) visit(row);
    }));
  }

  cli::DeviceView view(const storage::DeviceRow& row) const {
    cli::DeviceView view;
    view.device = &row.device;
    if (row.device.has_service_id())
      view.profile = &profiles_.at(static_cast<std::size_t>(row.device.profile));
    if (row.refusal) view.refusal = &*row.refusal;
    view.info = row.info;
    view.aliases = row.aliases;
    if (marks_) view.source = marks_->name_of(row.device.source);
    if (row.device.posted) view.postings.push_back(row.device.private_id);
    view.postings.insert(view.postings.end(), row.postings.begin(), row.postings.end());
    return view;
  }

 private:
  std::unique_ptr<storage::Store> store_;
  core::Timeline timeline_;
  std::vector<core::ServiceProfile> profiles_;
  std::optional<core::SourceMarks> marks_;  ///< none: an older folder has no key
};

}  // namespace

cli::ExitCode execute(const cli::ListDevices& command, std::ostream& out, std::ostream& err) {
  if (command.presence || !command.bearer.empty()) return list_present(command, out, err);
  Table table(command.source);
  const auto now = base::Clock().now();
  const cli::EachDevice devices = [&](const auto& visit) {
    std::size_t shown = 0;
    table.each([&](const storage::DeviceRow& row) {
      if (command.state && row.device.state != *command.state) return;
      if (command.limit > 0 && shown >= command.limit) return;
      ++shown;
      visit(table.view(row));
    });
  };
  if (command.json)
    devices([&](const cli::DeviceView& view) { cli::print_json(out, view, now); });
  else
    cli::print_table(out, devices, now);
  return cli::ExitCode::ok;
}

cli::ExitCode execute(const cli::ShowDevice& command, std::ostream& out, std::ostream& err) {
  const auto wanted = core::PrivateId::parse(command.private_id, core::PrivateId::kMostOctets);
  if (!wanted) {
    err << "msggw devices show: " << wanted.error().detail << '\n';
    return cli::ExitCode::usage;
  }
  Table table(command.source);
  const auto now = base::Clock().now();
  bool found = false;
  table.each([&](const storage::DeviceRow& row) {
    if (!is_named(row, wanted->text())) return;
    found = true;
    auto view = table.view(row);
    view.seen = presence_of(command.source, row.device.private_id);
    command.json ? cli::print_json(out, view, now) : cli::print_details(out, view, now);
  });
  if (found) return cli::ExitCode::ok;
  err << "msggw devices show: no device with the Private ID " << wanted->text() << '\n';
  return cli::ExitCode::failed;
}

}  // namespace msggw::commands
