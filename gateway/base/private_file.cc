// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "gateway/base/handle.h"
#include "gateway/base/text.h"

namespace msggw::base {

Result<void> make_private(const std::filesystem::path& path) {
  constexpr mode_t kOwner = S_IRUSR | S_IWUSR;
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kOwner));
  struct stat now{};
  bool done = file && ::fstat(file.get(), &now) == 0;
  // What is no file has no octets to be read later.
  if (done && S_ISREG(now.st_mode))
    done = ::fchmod(file.get(), kOwner) == 0 && ::ftruncate(file.get(), 0) == 0;
  if (done) return {};
  return fail(Errc::storage, printable(path.native(), 200) + ": " + std::strerror(errno));
}

}  // namespace msggw::base
