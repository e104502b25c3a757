// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "gateway/base/log.h"
#include "gateway/base/result.h"

namespace msggw::test {

/// Standard error, and so the events, as long as it lives. One at a time.
class Events {
 public:
  Events() : file_(memfd_create("events", 0)), before_(dup(STDERR_FILENO)) {
    base::ensure(file_ >= 0 && before_ >= 0 && dup2(file_, STDERR_FILENO) >= 0,
                 "standard error can be kept");
    base::log::set_up(base::log::Level::info, base::log::Format::text,
                      base::log::PrivateIds::plain);
  }
  ~Events() {
    base::log::set_up(base::log::Level::error, base::log::Format::text);
    dup2(before_, STDERR_FILENO);
    close(before_);
    close(file_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  std::string text() const {
    std::string text(static_cast<std::size_t>(lseek(file_, 0, SEEK_END)), '\0');
    base::ensure(pread(file_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
                 "what was written can be read");
    return text;
  }
  /// How often `word` stands in them.
  std::size_t count(const std::string& word) const {
    const std::string all = text();
    std::size_t count = 0;
    for (std::size_t at = all.find(word); at != std::string::npos; at = all.find(word, at + 1))
      ++count;
    return count;
  }

 private:
  int file_;
  int before_;
};

}  // namespace msggw::test
