// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "gateway/base/keyed_hash.h"
#include "gateway/base/text.h"
#include "gateway/commands/commands.h"
#include "gateway/commands/require.h"
#include "gateway/commands/table_lines.h"
#include "gateway/commands/upkeep.h"
#include "gateway/core/gateway.h"
#include "gateway/credentials/doors.h"
#include "gateway/roster/device_json.h"
#include "gateway/roster/device_line.h"
#include "provisioning/function/assigner.h"
#include "provisioning/function/ledger.h"
#include "provisioning/function/policy_options.h"
#include "storage/credential_record.h"
#include "storage/device_record.h"
#include "storage/handle_key.h"
#include "storage/lmdb_store.h"

namespace msggw::commands {

namespace {

constexpr std::size_t kMostLineOctets = std::size_t{1} << 20;

/// Shows each line between the first and the last one; throws what it says with the line, and if
/// the list is not whole.
void each_line(std::istream& in, const std::function<void(const TableHead&)>& begin,
               const std::function<base::Result<void>(std::string_view)>& take) {
  std::vector<char> room(kMostLineOctets);
  std::size_t number = 0;
  const auto fail = [&](const std::string& why) {
    throw std::runtime_error("line " + std::to_string(number) + ": " + why + "; nothing was taken");
  };
  while (in.getline(room.data(), static_cast<std::streamsize>(room.size()))) {
    ++number;
    // With the end of the line, unless the file ended before that.
    const auto octets = static_cast<std::size_t>(in.gcount()) - (in.eof() ? 0 : 1);
    const std::string_view line(room.data(), octets);
    if (number == 1) {
      const auto head = parse_first_line(line);
      if (!head) fail(head.error().detail);
      begin(*head);
    } else if (const auto lines = parse_last_line(line)) {
      if (*lines != number - 2)
        fail("it ends after " + std::to_string(number - 2) + " rows in place of " +
             std::to_string(*lines));
      if (in.peek() != std::istream::traits_type::eof())
        fail("something stands behind what says that it is the last line");
      return;
    } else if (const auto taken = take(line); !taken) {
      fail(base::printable(taken.error().detail, 400));
    }
  }
  ++number;
  if (in.gcount() > 0) fail("it is longer than a row can be");
  fail("the list ends before its last line: it is not whole");
}

/// The table of a gateway as it comes about line by line, as a start would read it.
class DeviceTable {
 public:
  DeviceTable(const Upkeep& upkeep, const core::HandleKey& key)
      : gateway_(upkeep.limits(), metrics_, {base::random_hash_key(), key, 1}),
        marks_(key),
        book_(options_of(upkeep), gateway_.tables(), metrics_) {
    const auto now = base::Clock().now();
    gateway_.commits().begin({}, now, now);
  }

  base::Result<void> take(std::string_view text) {
    auto line = roster::parse_device_line(text);
    if (!line) return tl::unexpected(line.error());
    core::StoredDevice& stored = line->stored;
    if (line->profile) {
      const auto profile = profile_no(*line->profile);
      if (!profile) return tl::unexpected(profile.error());
      stored.device.profile = *profile;
    }
    const auto mark = mark_of(line->source);
    if (!mark) return tl::unexpected(mark.error());
    stored.device.source = *mark;
    const core::DeviceState state = stored.device.state;
    const auto no = static_cast<std::uint32_t>(devices_);
    std::string row;
    storage::append_device(row, stored.device,
                           {stored.info,
                            stored.refusal ? &*stored.refusal : nullptr,
                            stored.aliases,
                            stored.postings,
                            stored.push_target,
                            {}});
    auto read = storage::parse_device(row);  // what cannot be read again is not written
    if (!read) return tl::unexpected(read.error());
    if (auto restored = gateway_.commits().restore_device(core::DeviceNo{no}, std::move(*read));
        !restored)
      return restored;
    batch_.put(storage::kDevices, no, row);
    ++devices_;
    // Whoever is being removed proves nothing any more.
    if (state == core::DeviceState::removing) return {};
    for (const roster::CredentialRow& one : line->credentials) {
      if (auto added = add(core::DeviceNo{no}, one); !added) return added;
    }
    return {};
  }

  /// All of it. The time of its rows is that of the process.
  storage::Batch& finish() {
    storage::put_credentials(batch_, book_, book_.changed);
    batch_.erase(storage::kMeta, storage::kLastMoment);
    return batch_;
  }
  std::size_t devices() const noexcept { return devices_; }
  std::size_t credentials() const noexcept { return book_.entries.size(); }

 private:
  static credentials::Options options_of(const Upkeep& upkeep) {
    credentials::Options options = upkeep.credentials();
    options.key_file = upkeep.key_file();
    return options;
  }

  base::Result<core::ProfileNo> profile_no(const core::ServiceProfile& profile) {
    std::string row;
    storage::append_profile(row, profile);
    const auto next = static_cast<std::uint32_t>(profiles_.size());
    const auto [found, is_new] = profiles_.try_emplace(row, next);
    if (is_new) {
      const auto read = storage::parse_profile(row);  // as above
      if (!read) return tl::unexpected(read.error());
      if (auto restored = gateway_.commits().restore_profile(core::ProfileNo{next}, *read);
          !restored)
        return tl::unexpected(restored.error());
      batch_.put(storage::kProfiles, next, row);
    }
    return core::ProfileNo{found->second};
  }

  base::Result<core::SourceMark> mark_of(const std::string& name) const {
    if (name.empty()) return core::SourceMark{};
    if (name == "broker") return marks_.of(base::broker_source());
    std::uint32_t number = 0;
    const auto reads = [&](std::size_t from, int radix) {
      const char* const end = name.data() + name.size();
      const auto [stop, error] = std::from_chars(name.data() + from, end, number, radix);
      return error == std::errc{} && stop == end && number != 0;
    };
    if (name.starts_with("#") && reads(1, 16)) return core::SourceMark{number};
    if (name.starts_with("smsc:") && reads(5, 10)) return marks_.of(base::smsc_source(number - 1));
    return base::fail(base::Errc::incorrect, "source is not what an export has there");
  }

  base::Result<void> add(core::DeviceNo device, const roster::CredentialRow& row) {
    const auto kind = credentials::kind_of(row.kind);
    const auto time = [](const std::string& text) {
      return text.empty() ? std::optional<std::uint32_t>(0) : roster::parse_time(text);
    };
    const auto not_before = time(row.not_before);
    const auto not_after = time(row.not_after);
    if (!kind || !not_before || !not_after)
      return base::fail(base::Errc::incorrect, "credentials is not what an export has there");
    std::string secret = row.hash;
    if (*kind == credentials::Kind::psk) {
      auto key = credentials::read_key(row.key);
      if (!key) return tl::unexpected(key.error());
      secret = std::move(*key);
    }
    const auto added = credentials::OperatorSide(book_).add(
        device, {*kind, row.name, secret, *not_before, *not_after});
    if (!added) return tl::unexpected(added.error());
    return {};
  }

  base::metrics::Registry metrics_;
  core::Gateway gateway_;
  core::SourceMarks marks_;
  credentials::Book book_;
  std::map<std::string, std::uint32_t> profiles_;
  std::size_t devices_ = 0;
  storage::Batch batch_;
};

/// Of an export that is one for this store, and no sooner: what is not there yet is made.
std::unique_ptr<storage::Store> open_for_writing(const Upkeep& upkeep) {
  std::error_code none;
  if (std::filesystem::exists(upkeep.folder() / "data.mdb", none)) upkeep.open();
  return storage::open_lmdb_store(upkeep.store());
}

void require_empty(storage::Store& store, const Upkeep& upkeep) {
  std::size_t rows = 0;
  for (const storage::TableNo table : {storage::kDevices, storage::kProfiles, storage::kQueue})
    require(store.load(table, [&](std::uint64_t, std::string_view) { ++rows; }));
  if (rows > 0)
    throw std::runtime_error(
        "store " + upkeep.folder().string() +
        ": has devices, or has had some; an export is taken into a gateway without any "
        "(`msggw devices import` adds the devices of a list)");
}

cli::ExitCode import_devices(const cli::ImportTable& command, const Upkeep& upkeep,
                             std::istream& in, std::ostream& out) {
  const AsOwner owner(upkeep.folder());
  std::unique_ptr<storage::Store> store;
  std::optional<DeviceTable> table;
  each_line(
      in,
      [&](const TableHead& head) {
        if (head.of != "gateway")
          throw std::runtime_error("it is the export of a Provisioning Function; say --pf");
        store = open_for_writing(upkeep);
        require_empty(*store, upkeep);
        table.emplace(upkeep, require(storage::handle_key(*store)));
      },
      [&](std::string_view line) { return table->take(line); });
  require(store->apply(table->finish()));
  if (command.json)
    out << "{\"devices\":" << table->devices() << ",\"credentials\":" << table->credentials()
        << "}\n";
  else
    out << table->devices() << " devices, " << table->credentials() << " credentials\n";
  return cli::ExitCode::ok;
}

/// The assignments of a Provisioning Function, and those that come to them.
class AssignmentTable {
 public:
  explicit AssignmentTable(storage::Store& store) {
    std::map<function::RuleNo, std::string> names;
    require(store.load(function::kRules, [&](std::uint64_t key, std::string_view name) {
      const auto no = static_cast<std::uint32_t>(key);
      names[function::RuleNo{no}] = name;
      next_rule_ = std::max(next_rule_, no + 1);
    }));
    require(store.load(function::kAssignments, [&](std::uint64_t key, std::string_view octets) {
      const auto record = require(function::parse_record(octets));
      require(assigner_.restore(function::AssignmentNo{key}, record));
      // A name may stand under several numbers, of which assignments have one.
      if (const auto name = names.find(record.rule); name != names.end())
        rules_[name->second] = static_cast<std::uint32_t>(record.rule);
    }));
  }

  base::Result<void> take(std::string_view text, bool of_gateway) {
    const auto line = parse_assignment(text, of_gateway);
    if (!line) return tl::unexpected(line.error());
    if (line->service_id.empty()) return ++without, base::Result<void>();
    if (const auto known = assigner_.find(line->private_id)) {
      if (assigner_.record(*known).service_id == line->service_id)
        return ++this->known, base::Result<void>();
      return base::fail(base::Errc::refused, line->private_id + " has another Service ID here");
    }
    const function::AssignmentRecord record{line->ue_type, line->private_id, line->service_id,
                                            rule_of(line->rule)};
    const auto no = static_cast<std::uint64_t>(assigner_.last_number()) + 1;
    if (auto restored = assigner_.restore(function::AssignmentNo{no}, record); !restored)
      return restored;
    batch.put_with(function::kAssignments, no,
                   [&](std::string& out) { function::append_record(out, record); });
    ++added;
    return {};
  }

  storage::Batch batch;
  std::size_t added = 0;
  std::size_t known = 0;
  std::size_t without = 0;  ///< devices that have no Service ID

 private:
  function::RuleNo rule_of(const std::string& name) {
    if (name.empty() || name == function::PolicyOptions::kOtherwiseName)
      return function::kDefaultRule;
    const auto [found, is_new] = rules_.try_emplace(name, next_rule_);
    if (is_new) batch.put(function::kRules, next_rule_++, name);
    return function::RuleNo{found->second};
  }

  function::Assigner assigner_{std::numeric_limits<std::uint32_t>::max(),
                               function::ServiceIdMaker(function::system_random()),
                               base::random_hash_key()};
  std::map<std::string, std::uint32_t> rules_;
  std::uint32_t next_rule_ = 1;
};

cli::ExitCode import_assignments(const cli::ImportTable& command, const Upkeep& upkeep,
                                 std::istream& in, std::ostream& out) {
  const AsOwner owner(upkeep.folder());
  std::unique_ptr<storage::Store> store;
  std::optional<AssignmentTable> table;
  bool of_gateway = false;
  each_line(
      in,
      [&](const TableHead& head) {
        of_gateway = head.of == "gateway";
        store = open_for_writing(upkeep);
        table.emplace(*store);
      },
      [&](std::string_view line) { return table->take(line, of_gateway); });
  require(store->apply(table->batch));
  if (command.json)
    out << "{\"added\":" << table->added << ",\"known\":" << table->known
        << ",\"without\":" << table->without << "}\n";
  else
    out << table->added << " assignments added, " << table->known << " known, " << table->without
        << " devices without a Service ID\n";
  return cli::ExitCode::ok;
}

}  // namespace

cli::ExitCode execute(const cli::ImportTable& command, std::ostream& out, std::ostream& err) {
  const Upkeep upkeep(command.of);
  try {
    std::ifstream file;
    if (command.file != "-") {
      file.open(command.file, std::ios::binary);
      if (!file) throw std::runtime_error(command.file.string() + ": cannot be read");
    }
    std::istream& in = command.file == "-" ? std::cin : static_cast<std::istream&>(file);
    return upkeep.is_function() ? import_assignments(command, upkeep, in, out)
                                : import_devices(command, upkeep, in, out);
  } catch (const std::exception& error) {
    err << "msggw import: " << error.what() << '\n';
    return cli::ExitCode::failed;
  }
}

}  // namespace msggw::commands
