// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "gateway/base/handle.h"

namespace msggw::demo {

/// A child process whose standard output is read through a pipe; it shares our standard error.
/// Killed and waited for on destruction, killed also when this process (or only the thread that
/// made this object) dies.
class Child {
 public:
  /// `arguments[0]` is the program's path. Throws std::runtime_error if it cannot be started.
  explicit Child(std::vector<std::string> arguments);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The read end, non-blocking; end of file when the child has ended (or closed it). The caller
  /// takes it over.
  base::UniqueFd take_output() noexcept { return std::move(output_); }
  /// Waits for the end: its exit code, or -1 if a signal ended it.
  int wait();

 private:
  pid_t pid_ = -1;
  base::UniqueFd output_;
};

/// The path of a program that is installed beside this one.
std::string beside_this_program(const std::string& name);

}  // namespace msggw::demo
