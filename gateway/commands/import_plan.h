// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/http/client.h"
#include "gateway/base/result.h"
#include "gateway/roster/records.h"

namespace msggw::commands {

/// What `msggw devices import`, or that of credentials, does next: cuts the list into chunks and
/// decides what comes of each answer. It knows neither a connection nor a clock; whoever sends the
/// chunks tells it the time.
class ImportPlan {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// One being read, one being committed, one on its way.
  static constexpr std::size_t kMostUnderWay = 3;
  /// A chunk takes no further row from here on; it has at most Api::kMostRows in any case.
  static constexpr std::size_t kMostChunkOctets = 1 << 20;
  /// A chunk whose answers come to nothing for so long ends the import.
  static constexpr std::chrono::seconds kGiveUpAfter{60};

  /// A row that cannot be sent.
  struct Broken {
    std::size_t line;
    const char* reason;
    std::string row;
  };
  struct Chunk {
    std::string text;                ///< a list of its own, with the header
    std::vector<std::size_t> lines;  ///< of each row; at least one
    std::vector<std::size_t> ends;   ///< of each row in `text`, with its line feed
    std::vector<Broken> broken;      ///< told of with the others, in the order of the list
    Time since{};                    ///< of the first try
  };

  struct Counts {
    std::size_t added = 0;
    std::size_t known = 0;
    std::size_t kept = 0;  ///< of those, with another type or information than the list says
    std::size_t failed = 0;
    std::size_t rows() const noexcept { return added + known + failed; }
  };

  /// `row` is as it stands in the list; empty: it is too long to be kept.
  using RowFailed =
      std::function<void(std::size_t line, std::string_view reason, std::string_view row)>;

  /// What the rows of the list are; of credentials it is CSV.
  enum class Rows { devices, credentials };

  /// `in` must outlive this object. Rows before line `resume_from` are passed over. `row_failed` is
  /// called for each row that is not in the table afterwards.
  ImportPlan(std::istream& in, roster::Format format, std::size_t resume_from, RowFailed row_failed,
             Rows rows = Rows::devices);

  /// Before anything else. Throws std::runtime_error if the list should begin with a header and
  /// does not.
  void read_header();
  /// With its line feed; empty: the list has none.
  const std::string& header() const noexcept { return header_; }
  /// The next chunk to send, which lives until its answer is taken. Null while kMostUnderWay are
  /// under way, at the end of the list, and after stop().
  Chunk* next(Time now);
  /// Returns true if `chunk` is to be sent again after a while: no answer came, or one that a
  /// gateway gives which is busy (503) or was started anew (401). Everything else but a whole list
  /// of outcomes ends the import.
  bool answered(Chunk& chunk, const base::Result<http::ClientResponse>& answer, Time now);
  /// No chunk is begun any more. The first reason counts.
  void stop(std::string why);

  /// Whether there is nothing left to send or to wait for.
  bool over() const noexcept;
  /// Why it ended early; empty: it did not.
  const std::string& stopped() const noexcept { return stopped_; }
  /// The first line that may not have been taken in.
  std::size_t resume_line() const noexcept;
  const Counts& counts() const noexcept { return counts_; }
  /// Octets of the list that were read.
  std::uint64_t octets() const noexcept { return records_.octets(); }

 private:
  Chunk cut();
  void take(Chunk& chunk, std::string_view body);
  void give_up(std::string why);
  void fail(std::size_t line, std::string_view reason, std::string_view row);
  /// Of `broken` from `next` on those before `line`; returns where to go on.
  std::size_t fail_before(std::size_t line, const std::vector<Broken>& broken, std::size_t next);

  roster::RecordStream records_;
  roster::RowReader reader_;
  Rows rows_;
  std::size_t resume_from_;
  RowFailed row_failed_;
  std::string header_;
  std::size_t next_line_ = 1;
  std::list<Chunk> chunks_;  ///< under way, in the order of the list
  Counts counts_;
  bool at_end_ = false;
  bool gave_up_ = false;
  std::string stopped_;
};

}  // namespace msggw::commands
