// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace msggw::storage {

/// What the process says before it ends because a file that it reads by its memory is damaged, or
/// its disk cannot be read: following such pages is a fault (SIGSEGV, SIGBUS), of which the system
/// says nothing. Any other fault is what it was without this.
class FaultWords {
 public:
  /// `words`, one line, go to standard error, and the process ends with `exit_code`.
  FaultWords(std::string words, int exit_code);
  ~FaultWords();
  FaultWords(const FaultWords&) = delete;
  FaultWords& operator=(const FaultWords&) = delete;

  /// Where the file is in memory: each fault there is one of the file, on any thread.
  void set_map(std::span<const char> map) noexcept { map_ = map; }

  /// As long as it lives each fault of this thread is one of the file, wherever its pages lead.
  class Following {
   public:
    explicit Following(const FaultWords& words) noexcept;
    ~Following();
    Following(const Following&) = delete;
    Following& operator=(const Following&) = delete;

   private:
    const FaultWords* before_;
  };

  /// Both are safe in a signal's handler.
  bool maps(const void* address) const noexcept;
  [[noreturn]] void end() const noexcept;

 private:
  std::string words_;
  int exit_code_;
  std::span<const char> map_;
};

}  // namespace msggw::storage
