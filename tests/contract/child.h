// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "gateway/base/handle.h"

namespace msggw::test {

/// Numbers to and from another process.
class Line {
 public:
  explicit Line(base::UniqueFd fd) : fd_(std::move(fd)) {}

  void say(std::uint64_t number) {
    if (::send(fd_.get(), &number, sizeof number, MSG_NOSIGNAL) != sizeof number) gone_ = true;
  }
  /// The next number; none once the other side is gone.
  std::optional<std::uint64_t> hear() {
    std::uint64_t number = 0;
    if (::recv(fd_.get(), &number, sizeof number, MSG_WAITALL) != sizeof number)
      return std::nullopt;
    return number;
  }
  bool gone() const noexcept { return gone_; }

 private:
  base::UniqueFd fd_;
  bool gone_ = false;
};

/// Runs `body(line)` in a child process that exits 0 when it returns and 1 when it throws. Fork
/// before opening any store: a child must not use an LMDB environment of its parent.
class Child {
 public:
  template <class Body>
  explicit Child(Body&& body) : line_(base::UniqueFd()) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      throw std::runtime_error("socketpair");
    }
    base::UniqueFd ours(ends[0]);
    base::UniqueFd theirs(ends[1]);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ours.reset();
      Line line(std::move(theirs));
      try {
        body(line);
        ::_exit(0);
      } catch (...) {
        ::_exit(1);
      }
    }
    line_ = Line(std::move(ours));
  }
  ~Child() {
    if (pid_ > 0) kill_it();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Line& line() noexcept { return line_; }
  pid_t pid() const noexcept { return pid_; }

  /// kill -9, and waits until it is gone.
  void kill_it() {
    ::kill(pid_, SIGKILL);
    wait();
  }
  /// Its exit status, or -1 if a signal ended it.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  Line line_;
  pid_t pid_ = -1;
};

}  // namespace msggw::test
