// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/crash_point.h"

#ifdef MSGGW_CRASH_POINTS

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace msggw::base {

namespace {

struct Wanted {
  std::string step;
  long pass = 0;
};

Wanted read_wanted() {
  const char* const setting = std::getenv("MSGGW_CRASH_AT");
  if (setting == nullptr) return {};
  const std::string text = setting;
  const auto colon = text.find(':');
  if (colon == std::string::npos) return {text, 1};
  return {text.substr(0, colon), std::strtol(text.c_str() + colon + 1, nullptr, 10)};
}

}  // namespace

void crash_point(const char* step) noexcept {
  static const Wanted wanted = read_wanted();
  static std::atomic<long> passes{0};
  if (wanted.step == step && ++passes == wanted.pass) std::raise(SIGKILL);
}

}  // namespace msggw::base

#endif
