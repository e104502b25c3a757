// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/plain_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace msggw::base {

namespace {

tl::unexpected<Error> unreadable(std::string why) {
  return fail(Errc::incorrect, std::move(why));
}

tl::unexpected<Error> too_large(std::size_t most_octets) {
  return unreadable("the file is larger than " + std::to_string(most_octets) + " octets");
}

}  // namespace

Result<UniqueFd> open_file(const std::filesystem::path& file, std::size_t most_octets,
                           FileKind kind) {
  // O_NONBLOCK: the open of a named pipe would wait for its other end.
  const int waiting = kind == FileKind::plain ? O_NONBLOCK : 0;
  UniqueFd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | waiting));
  struct stat now{};
  const bool is_known = opened ? ::fstat(opened.get(), &now) == 0 : false;
  if (!is_known && errno == ENXIO) return unreadable("it is no regular file");  // a socket
  if (!is_known) return unreadable(std::strerror(errno));
  if (S_ISDIR(now.st_mode)) return unreadable("it is a folder");
  const bool is_plain = S_ISREG(now.st_mode);
  if (!is_plain && kind == FileKind::plain) return unreadable("it is no regular file");
  if (is_plain && std::cmp_greater(now.st_size, most_octets)) return too_large(most_octets);
  return opened;
}

Result<std::string> read_file(const std::filesystem::path& file, std::size_t most_octets,
                              FileKind kind) {
  const auto opened = open_file(file, most_octets, kind);
  if (!opened) return tl::unexpected(opened.error());
  std::string text;
  char part[16 * 1024];
  while (text.size() <= most_octets) {
    const std::size_t wanted = std::min(sizeof part, most_octets + 1 - text.size());
    const ssize_t got = ::read(opened->get(), part, wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(std::strerror(errno));
    if (got == 0) return text;
    text.append(part, static_cast<std::size_t>(got));
  }
  return too_large(most_octets);
}

}  // namespace msggw::base
