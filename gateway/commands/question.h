// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <iostream>
#include <string>
#include <string_view>

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
