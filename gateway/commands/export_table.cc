// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "gateway/base/document.h"
#include "gateway/base/handle.h"
#include "gateway/base/text.h"
#include "gateway/commands/commands.h"
#include "gateway/commands/require.h"
#include "gateway/commands/table_lines.h"
#include "gateway/commands/upkeep.h"
#include "gateway/core/standing.h"
#include "gateway/core/timeline.h"
#include "gateway/credentials/book.h"
#include "gateway/credentials/sealer.h"
#include "gateway/roster/device_json.h"
#include "gateway/roster/device_line.h"
#include "provisioning/function/assignment_record.h"
#include "provisioning/function/ledger.h"
#include "provisioning/function/policy_options.h"
#include "storage/credential_record.h"
#include "storage/device_record.h"
#include "storage/files.h"
#include "storage/handle_key.h"
#include "storage/moment.h"

namespace msggw::commands {

namespace {

namespace fs = std::filesystem;

/// Where the lines go: a file that has its name when it is whole, and of which nothing is left when
/// a signal ends this before; or standard output.
class Sink {
 public:
  Sink(const fs::path& file, std::ostream& out) : file_(file), out_(out) {
    if (file == "-") return;
    std::error_code none;
    if (fs::symlink_status(file, none).type() != fs::file_type::not_found)
      throw std::runtime_error(file.string() + ": is there already; name another file");
    end_by_exception();
    ::unlink(partial().c_str());
    fd_.reset(
        ::open(partial().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd_) throw std::runtime_error(storage::failed(partial(), "make it").value().detail);
  }
  ~Sink() {
    if (fd_) ::unlink(partial().c_str());
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void line(const std::string& text) {
    throw_if_told_to_end();
    text_ += text;
    text_ += '\n';
    if (text_.size() >= kRoom) flush();
  }
  void finish() {
    flush();
    if (!fd_) return;
    if (::fsync(fd_.get()) != 0 || ::rename(partial().c_str(), file_.c_str()) != 0)
      throw std::runtime_error(storage::failed(file_, "write it").value().detail);
    fd_.reset();
    const fs::path folder = fs::absolute(file_).parent_path();
    require(storage::sync_entries(folder));
  }

 private:
  static constexpr std::size_t kRoom = std::size_t{1} << 20;

  fs::path partial() const { return file_.native() + ".partial"; }
  void flush() {
    if (!fd_) {
      out_ << text_;
    } else {
      if (!storage::write_all(fd_.get(), text_))
        throw std::runtime_error(storage::failed(file_, "write it").value().detail);
    }
    text_.clear();
  }

  fs::path file_;
  std::ostream& out_;
  base::UniqueFd fd_;
  std::string text_;
};

std::string hex_of(std::string_view octets) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char octet : octets) {
    text += kDigits[static_cast<unsigned char>(octet) >> 4];
    text += kDigits[static_cast<unsigned char>(octet) & 15];
  }
  return text;
}

/// What devices prove by who they are, by the number of the device. Each is read and opened when it
/// is asked for, so that never all of them are in memory in clear.
class Credentials {
 public:
  /// Throws std::runtime_error, as of() does: they cannot be read.
  Credentials(storage::Snapshot& snapshot, const fs::path& key_file)
      : snapshot_(snapshot), key_file_(key_file) {
    if (const auto key = require(credentials::KeyFile(key_file).read())) sealer_.emplace(*key);
    require(snapshot.load(storage::kCredentials, [&](std::uint64_t no, std::string_view octets) {
      const auto one = require(storage::parse_credential(octets));
      numbers_[static_cast<std::uint32_t>(one.device)].push_back(no);
    }));
  }

  std::vector<roster::CredentialRow> of(std::uint64_t device) const {
    std::vector<roster::CredentialRow> all;
    const auto its = numbers_.find(static_cast<std::uint32_t>(device));
    if (its == numbers_.end()) return all;
    for (const std::uint64_t no : its->second) all.push_back(row(no));
    return all;
  }

 private:
  roster::CredentialRow row(std::uint64_t no) const {
    const auto time = [](std::uint32_t at_s) { return at_s == 0 ? "" : roster::print_time(at_s); };
    const auto octets = require(snapshot_.find(storage::kCredentials, no)).value_or("");
    const auto one = require(storage::parse_credential(octets));
    roster::CredentialRow row;
    row.kind = credentials::name_of(one.kind);
    row.name = one.name;
    row.not_before = time(one.not_before_s);
    row.not_after = time(one.not_after_s);
    if (one.kind == credentials::Kind::password) row.hash = one.secret;
    if (one.kind != credentials::Kind::psk) return row;
    const auto secret =
        sealer_ ? sealer_->open(one.secret, credentials::bond_of(one)) : std::nullopt;
    if (!secret)
      throw std::runtime_error("credential " + std::to_string(no) +
                               ": its key cannot be opened with " +
                               base::printable(key_file_.native(), 200));
    row.key = hex_of(*secret);
    return row;
  }

  storage::Snapshot& snapshot_;
  fs::path key_file_;
  std::optional<credentials::Sealer> sealer_;
  std::map<std::uint32_t, std::vector<std::uint64_t>> numbers_;
};

core::Timeline timeline_of(storage::Snapshot& snapshot, std::chrono::seconds longest_outage) {
  core::Timeline timeline;
  const auto now = base::Clock().now();
  if (const auto moment = require(storage::last_moment(snapshot)))
    timeline.resume(*moment, now, now, longest_outage);
  return timeline;
}

std::size_t export_devices(const Upkeep& upkeep, bool with_credentials, Sink& sink) {
  const auto snapshot = upkeep.open();
  const core::Timeline timeline = timeline_of(*snapshot, upkeep.limits().longest_outage);
  std::vector<core::ServiceProfile> profiles;
  require(snapshot->load(storage::kProfiles, [&](std::uint64_t, std::string_view octets) {
    profiles.push_back(require(storage::parse_profile(octets)));
  }));
  std::optional<core::SourceMarks> marks;
  if (require(snapshot->find(storage::kMeta, storage::kHandleKey)))
    marks.emplace(require(storage::handle_key(*snapshot)));
  std::optional<Credentials> credentials;
  if (with_credentials) credentials.emplace(*snapshot, upkeep.key_file());
  std::size_t devices = 0;
  std::string text;
  require(snapshot->load(storage::kDevices, [&](std::uint64_t key, std::string_view octets) {
    roster::DeviceLine line;
    line.stored = require(storage::parse_device(octets));
    core::Device& device = line.stored.device;
    if (device.state == core::DeviceState::removed) return;
    if (device.has_service_id())
      line.profile = profiles.at(static_cast<std::size_t>(device.profile));
    if (marks) line.source = marks->name_of(device.source);
    device = core::shown(std::move(device), timeline);
    if (line.stored.refusal) line.stored.refusal = core::shown(*line.stored.refusal, timeline);
    // Those of a device that is being removed go with it: nothing takes them in.
    if (credentials && device.state != core::DeviceState::removing)
      line.credentials = credentials->of(key);
    text.clear();
    roster::append_device_line(text, line);
    sink.line(text);
    ++devices;
  }));
  return devices;
}

std::size_t export_assignments(const Upkeep& upkeep, Sink& sink) {
  const auto snapshot = upkeep.open();
  std::map<std::uint64_t, std::string> rules{{0, function::PolicyOptions::kOtherwiseName}};
  require(snapshot->load(function::kRules,
                         [&](std::uint64_t no, std::string_view name) { rules[no] = name; }));
  std::size_t assignments = 0;
  std::string text;
  require(snapshot->load(function::kAssignments, [&](std::uint64_t, std::string_view octets) {
    const auto row = require(function::parse_record(octets));
    text.clear();
    append_assignment(text, row, rules.at(static_cast<std::uint64_t>(row.rule)));
    sink.line(text);
    ++assignments;
  }));
  return assignments;
}

}  // namespace

cli::ExitCode execute(const cli::ExportTable& command, std::ostream& out, std::ostream& err) {
  const Upkeep upkeep(command.of);
  try {
    Sink sink(command.file, out);
    sink.line(first_line({upkeep.of(), command.credentials}));
    const std::size_t lines = upkeep.is_function()
                                  ? export_assignments(upkeep, sink)
                                  : export_devices(upkeep, command.credentials, sink);
    sink.line(last_line(lines));
    sink.finish();
    if (command.file == "-") return cli::ExitCode::ok;
    out << base::printable(command.file.native(), 200) << ": " << lines
        << (upkeep.is_function() ? " assignments\n" : " devices\n");
    if (command.credentials)
      err << "msggw export: warning: PSKs stand in it in clear: whoever has the file is these "
             "devices\n";
    return cli::ExitCode::ok;
  } catch (const std::exception& error) {
    err << "msggw export: " << error.what() << '\n';
    return cli::ExitCode::failed;
  }
}

}  // namespace msggw::commands
