// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/commands.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "gateway/base/private_file.h"
#include "gateway/base/text.h"
#include "gateway/commands/import_plan.h"
#include "gateway/commands/operator_client.h"
#include "gateway/commands/require.h"
#include "gateway/config/language/config_error.h"
#include "gateway/roster/rows.h"

namespace msggw::commands {

namespace {

using Steady = std::chrono::steady_clock;

constexpr auto kRetryAfter = std::chrono::milliseconds(500);
constexpr auto kProgressEvery = std::chrono::milliseconds(200);
constexpr std::size_t kMostShown = 200;
static_assert(ImportPlan::kMostUnderWay <= OperatorClient::kMostUnderWay);

/// Octets of the list, if it is a file; else 0.
std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

/// The line that shows how far it is, overwritten in place.
class Progress {
 public:
  Progress(std::ostream& err, std::uint64_t all) : err_(err), all_(all) {}

  double seconds() const { return std::chrono::duration<double>(Steady::now() - begun_).count(); }

  void show(const ImportPlan::Counts& counts, std::uint64_t octets) {
    if (!is_terminal_ || Steady::now() < next_) return;
    next_ = Steady::now() + kProgressEvery;
    char text[160];
    const double took = std::max(seconds(), 0.001);
    std::snprintf(text, sizeof text, "\r%zu rows, %.0f/s, %zu failed", counts.rows(),
                  static_cast<double>(counts.rows()) / took, counts.failed);
    err_ << text;
    if (all_ > 0 && octets > 0 && octets < all_) {
      const double left = took * static_cast<double>(all_ - octets) / static_cast<double>(octets);
      std::snprintf(text, sizeof text, ", about %.0f s to go", left);
      err_ << text;
    }
    err_ << "\x1b[K" << std::flush;
    shown_ = true;
  }
  /// Before anything else is written to the terminal.
  void clear() {
    if (std::exchange(shown_, false)) err_ << "\r\x1b[K";
  }

 private:
  std::ostream& err_;
  std::uint64_t all_;
  bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  Steady::time_point begun_ = Steady::now();
  Steady::time_point next_ = begun_;
};

/// "msggw devices import: ", what begins a line about what went wrong.
const char* prefix_of(const cli::ImportDevices& command) {
  return command.credentials ? "msggw devices credential import: " : "msggw devices import: ";
}

bool is_same_file(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code error;
  return !one.empty() && (one == other || std::filesystem::equivalent(one, other, error));
}

/// Where rows that failed are told of: why, and what may be corrected and imported again.
struct Failures {
  std::ofstream errors;
  std::ofstream rejected;

  /// Opens those that are named; false: one cannot be written, or is the list itself, which has
  /// been said. Rows with keys are for their owner alone.
  bool open(const cli::ImportDevices& command, std::ostream& err) {
    for (const std::filesystem::path& file : {command.errors, command.rejected}) {
      if (!is_same_file(file, command.file)) continue;
      err << prefix_of(command) << file.string() << " is the list itself; name another file\n";
      return false;
    }
    if (is_same_file(command.errors, command.rejected)) {
      err << prefix_of(command) << "--errors and --rejected name one file\n";
      return false;
    }
    const bool is_private = command.credentials && !command.rejected.empty();
    if (const auto made = is_private ? base::make_private(command.rejected) : base::Result<void>();
        !made) {
      err << prefix_of(command) << "cannot write " << made.error().detail << '\n';
      return false;
    }
    return open(errors, command.errors, command, err) &&
           open(rejected, command.rejected, command, err);
  }
  /// Likewise, at the end.
  bool are_told(const cli::ImportDevices& command, std::ostream& err) {
    return is_written(errors, command.errors, command, err) &&
           is_written(rejected, command.rejected, command, err);
  }

 private:
  static bool open(std::ofstream& out, const std::filesystem::path& file,
                   const cli::ImportDevices& command, std::ostream& err) {
    if (file.empty()) return true;
    out.open(file, std::ios::binary | std::ios::trunc);
    if (!out) err << prefix_of(command) << "cannot write " << file.string() << '\n';
    return out.good();
  }
  static bool is_written(std::ofstream& out, const std::filesystem::path& file,
                         const cli::ImportDevices& command, std::ostream& err) {
    if (file.empty() || out.flush()) return true;
    err << prefix_of(command) << "cannot write " << file.string()
        << ", rows that failed are missing in it\n";
    return false;
  }
};

class Import {
 public:
  Import(const cli::ImportDevices& command, std::istream& in, Failures& failures, std::ostream& err)
      : command_(command),
        in_(in),
        plan_(
            in, command.format, command.resume_from,
            [this](std::size_t line, std::string_view reason, std::string_view row) {
              tell(line, reason);
              keep(row);
            },
            command.credentials ? ImportPlan::Rows::credentials : ImportPlan::Rows::devices),
        failures_(failures),
        err_(err),
        progress_(err, command.file == "-" ? 0 : size_of(command.file)),
        client_(folder_of(command.source)),
        timer_(client_.io()),
        signals_(client_.io(), SIGINT, SIGTERM) {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) plan_.stop("interrupted");
    });
  }

  /// Throws std::runtime_error for a list that cannot be read at all.
  void run() {
    const auto there = require(client_.call("GET", "/api/v1/status"));
    if (there.status != 200) throw std::runtime_error(reason_of(there));
    plan_.read_header();
    while (!plan_.over()) {
      while (ImportPlan::Chunk* const chunk = plan_.next(Steady::now())) send(*chunk);
      progress_.show(plan_.counts(), plan_.octets());
      if (plan_.over()) break;
      client_.io().restart();
      client_.io().run_one();
    }
    progress_.clear();
    if (in_.bad()) plan_.stop("the list cannot be read further");
  }

  const ImportPlan& plan() const noexcept { return plan_; }
  double seconds() const { return progress_.seconds(); }

 private:
  void send(ImportPlan::Chunk& chunk) {
    client_.start("POST", command_.credentials ? "/api/v1/credentials" : "/api/v1/devices",
                  std::string(roster::media_type(command_.format)), chunk.text,
                  [this, &chunk](const base::Result<http::ClientResponse>& answer) {
                    if (!plan_.answered(chunk, answer, Steady::now())) return;
                    again_.push_back(&chunk);
                    wait();
                  });
  }

  /// Sends the chunks that came to nothing once more; the gateway may be starting anew.
  void wait() {
    if (again_.size() > 1) return;
    timer_.expires_after(kRetryAfter);
    timer_.async_wait([this](const boost::system::error_code&) {
      client_.look_again();
      for (ImportPlan::Chunk* const chunk : std::exchange(again_, {})) send(*chunk);
    });
  }

  void tell(std::size_t line, std::string_view reason) {
    if (command_.errors.empty()) progress_.clear();
    std::ostream& to = command_.errors.empty() ? err_ : failures_.errors;
    to << "line " << line << ": " << base::printable(reason, kMostShown) << '\n';
  }

  /// The file is a list as the one that the row stands in.
  void keep(std::string_view row) {
    if (command_.rejected.empty() || row.empty()) return;
    if (!std::exchange(has_header_, true)) failures_.rejected << plan_.header();
    failures_.rejected << row << '\n';
  }

  const cli::ImportDevices& command_;
  std::istream& in_;
  ImportPlan plan_;
  Failures& failures_;
  bool has_header_ = false;  ///< the file of those that were rejected
  std::ostream& err_;
  Progress progress_;
  OperatorClient client_;
  boost::asio::steady_timer timer_;
  boost::asio::signal_set signals_;
  std::vector<ImportPlan::Chunk*> again_;
};

void summarise(const Import& import, bool json, std::ostream& out) {
  const ImportPlan::Counts& counts = import.plan().counts();
  const double seconds = import.seconds();
  char took[40];
  std::snprintf(took, sizeof took, json ? "%.3f" : "%.1f", seconds);
  if (json) {
    out << "{\"rows\":" << counts.rows() << ",\"added\":" << counts.added
        << ",\"known\":" << counts.known << ",\"kept\":" << counts.kept
        << ",\"failed\":" << counts.failed << ",\"seconds\":" << took << '}';
  } else {
    out << counts.rows() << " rows: " << counts.added << " added, " << counts.known << " known";
    if (counts.kept > 0) out << " (" << counts.kept << " of another type or info, which stays)";
    out << ", " << counts.failed << " failed, in " << took << " s";
  }
  if (!json && seconds > 0.1)
    out << " (" << static_cast<std::size_t>(static_cast<double>(counts.rows()) / seconds) << "/s)";
  out << '\n';
}

/// ok: every row is in the table. Tells why the import ended early, and if rows that failed could
/// not be told of.
cli::ExitCode conclude(const cli::ImportDevices& command, const ImportPlan& plan,
                       Failures& failures, std::ostream& err) {
  const bool is_told = failures.are_told(command, err);
  if (!plan.stopped().empty())
    err << prefix_of(command) << plan.stopped() << "; to go on: --resume-from "
        << plan.resume_line() << '\n';
  const bool is_whole = is_told && plan.stopped().empty() && plan.counts().failed == 0;
  return is_whole ? cli::ExitCode::ok : cli::ExitCode::failed;
}

}  // namespace

cli::ExitCode execute(const cli::ImportDevices& command, std::ostream& out, std::ostream& err) {
  std::ifstream file;
  if (command.file != "-") {
    file.open(command.file, std::ios::binary);
    if (!file) {
      err << prefix_of(command) << "cannot read " << command.file.string() << '\n';
      return cli::ExitCode::usage;
    }
  }
  Failures failures;
  if (!failures.open(command, err)) return cli::ExitCode::usage;
  try {
    Import import(command, command.file == "-" ? std::cin : static_cast<std::istream&>(file),
                  failures, err);
    import.run();
    summarise(import, command.json, out);
    return conclude(command, import.plan(), failures, err);
  } catch (const config_language::ConfigError&) {
    throw;
  } catch (const std::runtime_error& error) {
    err << prefix_of(command) << error.what() << '\n';
    return cli::ExitCode::failed;
  }
}

}  // namespace msggw::commands
