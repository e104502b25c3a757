// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/handle.h"

namespace msggw::traffic {

/// What a side of the traffic remembers, a JSON object a line. A line is with the system before
/// add() returns, so it is there also if the process is killed next.
class Ledger {
 public:
  /// Empty: nothing is kept. Throws std::runtime_error if the file cannot be appended to.
  explicit Ledger(const std::string& file);

  bool is_kept() const { return file_ != nullptr; }
  void add(const boost::json::object& line);

  /// Calls `line` for each line that stands in the file, the oldest first; a last one that was cut
  /// off is taken away.
  static void read(const std::string& file,
                   const std::function<void(const boost::json::object&)>& line);

 private:
  static void close(std::FILE* file) noexcept { std::fclose(file); }

  base::Handle<std::FILE, close> file_;
};

/// Commands for a running process, a JSON object a line on its standard input.
class Commands {
 public:
  int fd() const { return 0; }
  /// Those that have come. Requires that fd() is readable. None: nothing will come any more.
  std::optional<std::vector<boost::json::object>> take();

 private:
  std::string rest_;
};

/// One line on standard output, at once.
void say(const boost::json::object& line);

}  // namespace msggw::traffic
