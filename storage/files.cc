// SPDX-License-Identifier: Apache-2.0
#include "storage/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "gateway/base/digest.h"

namespace msggw::storage {

namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;
/// Each is on the disk before the next, so that nobody else waits for more than one of them.
constexpr std::size_t kPiecesPerSync = 8;

base::UniqueFd make(const std::filesystem::path& file) {
  return base::UniqueFd(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
}

/// Shows each piece to `take`, until it says no.
template <class Take>
base::Result<Hashed> read_pieces(int from, const std::filesystem::path& name, const Take& take) {
  Hashed hashed;
  base::Sha256 sha256;
  std::string piece(kPiece, '\0');
  for (;;) {
    const ssize_t got = ::read(from, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(name, "read it");
    if (got == 0) break;
    const std::string_view read(piece.data(), static_cast<std::size_t>(got));
    sha256.add(read);
    hashed.octets += read.size();
    if (auto taken = take(read); !taken) return tl::unexpected(taken.error());
  }
  hashed.sha256 = sha256.hex();
  return hashed;
}

}  // namespace

tl::unexpected<base::Error> failed(const std::filesystem::path& file, const std::string& doing) {
  const int code = errno;
  return base::fail(base::Errc::storage,
                    file.string() + ": " + doing + ": " + std::generic_category().message(code));
}

bool write_all(int to, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t wrote = ::write(to, octets.data(), octets.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

base::Result<void> write_file(const std::filesystem::path& file, std::string_view octets) {
  const base::UniqueFd to = make(file);
  if (!to) return failed(file, "make it");
  if (write_all(to.get(), octets) && ::fsync(to.get()) == 0) return {};
  const auto why = failed(file, "write it");
  ::unlink(file.c_str());
  return why;
}

base::Result<base::UniqueFd> open_file(const std::filesystem::path& file) {
  // O_NONBLOCK: the open of a named pipe would wait for its other end.
  base::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return failed(file, "open it");
  struct stat now{};
  if (::fstat(fd.get(), &now) != 0) return failed(file, "look at it");
  if (!S_ISREG(now.st_mode))
    return base::fail(base::Errc::storage, file.string() + ": is no plain file");
  return fd;
}

base::Result<std::optional<std::string>> read_file(const std::filesystem::path& file,
                                                   std::size_t most) {
  struct stat now{};
  if (::lstat(file.c_str(), &now) != 0 && errno == ENOENT) return std::optional<std::string>();
  const auto fd = open_file(file);
  if (!fd) return tl::unexpected(fd.error());
  std::string text;
  const auto read = read_pieces(fd->get(), file, [&](std::string_view piece) -> base::Result<void> {
    if (piece.size() > most - text.size())
      return base::fail(base::Errc::storage,
                        file.string() + ": is longer than " + std::to_string(most) + " octets");
    text += piece;
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return std::optional(std::move(text));
}

base::Result<Hashed> hash_file(int from, const std::filesystem::path& name) {
  return read_pieces(from, name, [](std::string_view) { return base::Result<void>(); });
}

base::Result<Hashed> copy_file(int from, const std::filesystem::path& to,
                               const std::function<void(std::uint64_t octets)>& progress) {
  const base::UniqueFd made = make(to);
  if (!made) return failed(to, "make it");
  std::size_t pieces = 0;
  auto copied = read_pieces(from, to, [&](std::string_view piece) -> base::Result<void> {
    if (!write_all(made.get(), piece)) return failed(to, "write it");
    if (++pieces % kPiecesPerSync == 0 && ::fdatasync(made.get()) != 0)
      return failed(to, "write it");
    progress(piece.size());
    return {};
  });
  if (copied && ::fsync(made.get()) != 0) copied = failed(to, "write it");
  if (!copied) ::unlink(to.c_str());
  return copied;
}

std::filesystem::path without_slash(const std::filesystem::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

base::Result<std::uint64_t> free_octets(const std::filesystem::path& folder) {
  std::error_code absent;
  auto there = std::filesystem::absolute(folder, absent);
  while (there.has_relative_path() && !std::filesystem::exists(there, absent))
    there = there.parent_path();
  struct statvfs disk{};
  if (::statvfs(there.c_str(), &disk) != 0) return failed(there, "look at its disk");
  return std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

base::Result<void> sync_entries(const std::filesystem::path& folder) {
  const base::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // EACCES: what we may pass but not read was there before us and needs no sync from us.
  if (!fd && errno == EACCES) return {};
  if (!fd || ::fsync(fd.get()) != 0) return failed(folder, "sync it");
  return {};
}

}  // namespace msggw::storage
