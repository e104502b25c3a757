// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/import.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <list>
#include <optional>
#include <stdexcept>
#include <vector>

#include "gateway/admin/api.h"
#include "gateway/base/document.h"
#include "gateway/base/text.h"
#include "gateway/commands/operator_client.h"
#include "gateway/config/language/config_error.h"
#include "gateway/roster/records.h"

namespace msggw::commands {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kUnderWay = 3;  // one being read, one being committed, one on its way
constexpr std::size_t kMostChunkOctets = 1 << 20;
constexpr auto kRetryAfter = std::chrono::milliseconds(500);
constexpr auto kGiveUpAfter = std::chrono::seconds(60);
constexpr auto kProgressEvery = std::chrono::milliseconds(200);
constexpr std::size_t kMostShown = 200;

struct Chunk {
  std::string text;
  std::vector<std::size_t> lines;  // of each row
  Steady::time_point since{};      // of the first try
};

struct Counts {
  std::size_t added = 0;
  std::size_t known = 0;
  std::size_t failed = 0;
  std::size_t rows() const noexcept { return added + known + failed; }
};

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

  void show(const Counts& counts, std::uint64_t octets) {
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

class Import {
 public:
  Import(const cli::ImportDevices& command, std::istream& in, std::ostream& errors,
         std::ostream& err)
      : command_(command),
        in_(in),
        records_(in, command.format),
        reader_(command.format),
        errors_(errors),
        err_(err),
        progress_(err, command.file == "-" ? 0 : size_of(command.file)),
        client_(folder_of(command.source)),
        timer_(client_.io()),
        signals_(client_.io(), SIGINT, SIGTERM) {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) stop("interrupted");
    });
  }

  /// Throws std::runtime_error for a list that cannot be read at all.
  void run() {
    const auto there = client_.call("GET", "/api/v1/status");
    if (!there) throw std::runtime_error(there.error().detail);
    if (there->status != 200) throw std::runtime_error(reason_of(*there));
    read_header();
    while (!over()) {
      fill();
      progress_.show(counts_, records_.octets());
      if (over()) break;
      client_.io().restart();
      client_.io().run_one();
    }
    progress_.clear();
    if (in_.bad()) stop("the list cannot be read further");
  }

  const Counts& counts() const noexcept { return counts_; }
  double seconds() const { return progress_.seconds(); }
  /// Why it ended early; empty: it did not.
  const std::string& stopped() const noexcept { return stopped_; }
  /// The first line that may not have been taken in.
  std::size_t resume_line() const {
    std::size_t line = next_line_;
    for (const Chunk& chunk : chunks_) line = std::min(line, chunk.lines.front());
    return line;
  }

 private:
  using Place = std::list<Chunk>::iterator;

  bool over() const { return (at_end_ || !stopped_.empty()) && (chunks_.empty() || gave_up_); }

  void stop(std::string why) {
    if (stopped_.empty()) stopped_ = std::move(why);
  }

  void read_header() {
    if (!reader_.wants_header()) return;
    const auto header = records_.next();
    if (!header) throw std::runtime_error("the list is empty; a header was expected");
    const auto read = header->whole ? reader_.read_header(header->text)
                                    : base::fail(base::Errc::malformed, "no CSV header");
    if (!read)
      throw std::runtime_error("line " + std::to_string(header->line) + ": " + read.error().detail);
    header_ = std::string(header->text) + "\n";
    next_line_ = header->line + 1;
  }

  void fill() {
    while (!at_end_ && stopped_.empty() && chunks_.size() < kUnderWay) {
      Chunk chunk = next_chunk();
      if (chunk.lines.empty()) return;
      chunks_.push_back(std::move(chunk));
      send(std::prev(chunks_.end()));
    }
  }

  Chunk next_chunk() {
    Chunk chunk;
    chunk.text = header_;
    while (chunk.lines.size() < admin::Api::kMostRows && chunk.text.size() < kMostChunkOctets) {
      const auto record = records_.next();
      if (!record) {
        at_end_ = true;
        break;
      }
      next_line_ = record->line + 1;
      if (record->line < command_.resume_from) continue;
      if (!record->whole) {
        row_failed(record->line, "too long, or a quote that is not closed");
        continue;
      }
      chunk.text.append(record->text).push_back('\n');
      chunk.lines.push_back(record->line);
    }
    return chunk;
  }

  void send(Place chunk) {
    if (chunk->since == Steady::time_point{}) chunk->since = Steady::now();
    client_.start("POST", "/api/v1/devices", std::string(roster::media_type(command_.format)),
                  chunk->text, [this, chunk](base::Result<http::ClientResponse> answer) {
                    if (answer && answer->status == 200) return taken(chunk, answer->body);
                    const unsigned status = answer ? answer->status : 0;
                    const bool for_now = status == 0 || status == 401 || status == 503;
                    const std::string why = answer ? reason_of(*answer) : answer.error().detail;
                    if (!for_now || Steady::now() - chunk->since > kGiveUpAfter)
                      return give_up(why);
                    again_.push_back(chunk);
                    wait();
                  });
  }

  /// Tries the chunks that came to nothing once more; the gateway may be starting anew.
  void wait() {
    if (again_.size() > 1) return;
    timer_.expires_after(kRetryAfter);
    timer_.async_wait([this](const boost::system::error_code&) {
      client_.look_again();
      for (const Place chunk : std::exchange(again_, {})) send(chunk);
    });
  }

  void give_up(const std::string& why) {
    stop(why);
    gave_up_ = true;
  }

  void taken(Place chunk, std::string_view body) {
    const auto answer = base::parse_json(body, {.octets = 16 << 20, .items = 100'000});
    const auto* members = answer ? answer->if_object() : nullptr;
    const auto* rows = members == nullptr ? nullptr : members->if_contains("rows");
    if (rows == nullptr || !rows->is_array() || rows->get_array().size() != chunk->lines.size())
      return give_up("the gateway's answer is not understood");
    for (std::size_t i = 0; i < chunk->lines.size(); ++i)
      row_taken(chunk->lines[i], rows->get_array()[i]);
    chunks_.erase(chunk);
  }

  void row_taken(std::size_t line, const boost::json::value& row) {
    const auto text = [&](std::string_view name) -> std::string_view {
      const auto* members = row.if_object();
      const auto* member = members == nullptr ? nullptr : members->if_contains(name);
      const auto* value = member == nullptr ? nullptr : member->if_string();
      return value == nullptr ? std::string_view{} : std::string_view(*value);
    };
    const std::string_view status = text("status");
    if (status == "added") {
      ++counts_.added;
    } else if (status == "known") {
      ++counts_.known;
    } else {
      row_failed(line, text("detail"));
    }
  }

  void row_failed(std::size_t line, std::string_view reason) {
    ++counts_.failed;
    if (&errors_ == &err_) progress_.clear();
    errors_ << "line " << line << ": " << base::printable(reason, kMostShown) << '\n';
  }

  const cli::ImportDevices& command_;
  std::istream& in_;
  roster::RecordStream records_;
  roster::RowReader reader_;
  std::ostream& errors_;
  std::ostream& err_;
  Progress progress_;
  OperatorClient client_;
  boost::asio::steady_timer timer_;
  boost::asio::signal_set signals_;
  std::string header_;
  std::size_t next_line_ = 1;
  std::list<Chunk> chunks_;  // under way, in the order of the list
  std::vector<Place> again_;
  Counts counts_;
  bool at_end_ = false;
  bool gave_up_ = false;
  std::string stopped_;
};

void summarise(const Import& import, bool json, std::ostream& out) {
  const Counts& counts = import.counts();
  const double seconds = import.seconds();
  char text[200];
  const char* format = json ? R"({"rows":%zu,"added":%zu,"known":%zu,"failed":%zu,"seconds":%.3f})"
                            : "%zu rows: %zu added, %zu known, %zu failed, in %.1f s";
  std::snprintf(text, sizeof text, format, counts.rows(), counts.added, counts.known, counts.failed,
                seconds);
  out << text;
  if (!json && seconds > 0.1)
    out << " (" << static_cast<std::size_t>(static_cast<double>(counts.rows()) / seconds) << "/s)";
  out << '\n';
}

}  // namespace

cli::ExitCode import_devices(const cli::ImportDevices& command, std::istream& in, std::ostream& out,
                             std::ostream& err) {
  std::ifstream file;
  if (command.file != "-") {
    file.open(command.file, std::ios::binary);
    if (!file) {
      err << "msggw devices import: cannot read " << command.file.string() << '\n';
      return cli::ExitCode::usage;
    }
  }
  std::ofstream errors;
  if (!command.errors.empty()) {
    errors.open(command.errors, std::ios::binary | std::ios::trunc);
    if (!errors) {
      err << "msggw devices import: cannot write " << command.errors.string() << '\n';
      return cli::ExitCode::usage;
    }
  }
  try {
    Import import(command, command.file == "-" ? in : file,
                  command.errors.empty() ? err : static_cast<std::ostream&>(errors), err);
    import.run();
    summarise(import, command.json, out);
    if (!import.stopped().empty()) {
      err << "msggw devices import: " << import.stopped() << "; to go on: --resume-from "
          << import.resume_line() << '\n';
      return cli::ExitCode::failed;
    }
    return import.counts().failed == 0 ? cli::ExitCode::ok : cli::ExitCode::failed;
  } catch (const config_language::ConfigError&) {
    throw;
  } catch (const std::runtime_error& error) {
    err << "msggw devices import: " << error.what() << '\n';
    return cli::ExitCode::failed;
  }
}

}  // namespace msggw::commands
