// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace msggw::demo {

namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw std::runtime_error(std::string("no pipe: ") + std::strerror(errno));
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  base::UniqueFd read;
  base::UniqueFd write;
};

/// In the child: becomes the program or reports errno. Only calls that are allowed after fork().
[[noreturn]] void become(char* const* arguments, pid_t parent, int output, int report) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setpgid(0, 0);  // Ctrl-C is for the parent, which then ends the child
  ::dup2(output, STDOUT_FILENO);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execv(arguments[0], arguments);
  const int error = errno;
  [[maybe_unused]] const auto ignored = ::write(report, &error, sizeof error);
  ::_exit(127);
}

}  // namespace

Child::Child(std::vector<std::string> arguments) {
  Pipe output;
  Pipe report;
  ::fcntl(output.read.get(), F_SETFL, O_NONBLOCK);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(argv.data(), parent, output.write.get(), report.write.get());
  if (pid_ < 0) throw std::runtime_error(std::string("no process: ") + std::strerror(errno));
  report.write.reset();
  int error = 0;
  if (::read(report.read.get(), &error, sizeof error) == sizeof error) {
    wait();
    throw std::runtime_error("cannot start " + arguments[0] + ": " + std::strerror(error));
  }
  output_ = std::move(output.read);
}

Child::~Child() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

int Child::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string beside_this_program(const std::string& name) {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

}  // namespace msggw::demo
