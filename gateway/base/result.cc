// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/result.h"

#include <cstdio>
#include <cstdlib>

namespace msggw::base {

const char* name_of(Errc code) noexcept {
  switch (code) {
    case Errc::malformed: return "malformed";
    case Errc::missing: return "missing";
    case Errc::incorrect: return "incorrect";
    case Errc::too_large: return "too_large";
    case Errc::unsupported: return "unsupported";
    case Errc::unknown_device: return "unknown_device";
    case Errc::refused: return "refused";
    case Errc::overloaded: return "overloaded";
    case Errc::unavailable: return "unavailable";
    case Errc::storage: return "storage";
  }
  return "?";
}

void ensure(bool condition, const char* what) noexcept {
  if (condition) return;
  std::fprintf(stderr, "msggw: broken invariant: %s\n", what);
  std::abort();
}

}  // namespace msggw::base
