// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/upkeep.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>

namespace msggw::commands::upkeep_test {
namespace {

std::string fault_of_signal(int signal) {
  return fault_of_look(W_EXITCODE(0, signal));
}

TEST_CASE("a look that was ended says nothing of the store, but for one that its pages ended") {
  for (const int code : {0, 1}) CHECK(fault_of_look(W_EXITCODE(code, 0)).empty());
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT})
    CHECK(fault_of_signal(signal).starts_with("data.mdb is damaged"));
  CHECK(fault_of_signal(SIGKILL) ==
        "the look at it was ended by signal 9, perhaps for want of memory, so nothing is known of "
        "it; look again");
  CHECK(fault_of_signal(SIGTERM).find("damaged") == std::string::npos);
}

TEST_CASE("a signal is an exception, unless it is ignored") {
  const auto is_told = [](int ignored) {  // by a process of its own: the note stays
    const pid_t child = ::fork();
    if (child == 0) {
      if (ignored != 0) std::signal(ignored, SIG_IGN);
      end_by_exception();
      std::raise(SIGHUP);
      try {
        throw_if_told_to_end();
      } catch (const std::runtime_error&) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status == W_EXITCODE(1, 0);
  };
  CHECK(is_told(0));
  CHECK(is_told(SIGINT));
  CHECK_FALSE(is_told(SIGHUP));
}

}  // namespace
}  // namespace msggw::commands::upkeep_test
