// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gateway/cli/command.h"

namespace msggw::commands {

/// Asks whoever sits at the terminal; without one it says how it is done.
inline bool is_wanted(std::string_view command, std::string_view question, std::ostream& err) {
  if (::isatty(STDIN_FILENO) != 1) {
    err << "msggw " << command << ": nothing is removed; --yes does it\n";
    return false;
  }
  err << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

/// Why the removal ended before its end; empty: it did not.
template <class Work>
std::string trouble_of(const Work& work) {
  try {
    work();
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

/// Behind the words for what has been removed by then.
inline cli::ExitCode ended_early(std::string_view command, std::string_view trouble,
                                 std::ostream& err) {
  err << "msggw " << command << ": " << trouble
      << "; not all may be removed, the same command goes on\n";
  return cli::ExitCode::failed;
}

/// How far a removal is, on one line of the terminal; nothing elsewhere.
class RemovalProgress {
 public:
  RemovalProgress(std::ostream& err, std::size_t all) : err_(err), all_(all) {}
  ~RemovalProgress() {
    if (is_terminal_) err_ << "\r\x1b[K";
  }
  RemovalProgress(const RemovalProgress&) = delete;
  RemovalProgress& operator=(const RemovalProgress&) = delete;

  void show(std::size_t removed) {
    if (is_terminal_) err_ << '\r' << removed << " of " << all_ << "\x1b[K" << std::flush;
  }

 private:
  std::ostream& err_;
  std::size_t all_;
  bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
};

}  // namespace msggw::commands
