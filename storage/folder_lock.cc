// SPDX-License-Identifier: Apache-2.0
#include "storage/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include "storage/files.h"

namespace msggw::storage {

namespace {

[[noreturn]] void fail(const std::filesystem::path& folder, const std::string& doing, int code) {
  throw std::runtime_error("store " + folder.string() + ": " + doing + ": " +
                           std::generic_category().message(code));
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
  if (error)
    fail(folder, "make the folders above it (run as a user that may, or choose another folder)",
         error.value());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    fail(folder, "make it (run as a user that may, or choose another folder)", errno);
}

/// What root makes in a folder of somebody else's keeps that one, whose folder it is, out of it.
void refuse_root_in_anothers(const std::filesystem::path& folder, uid_t user) {
  struct stat now{};
  std::error_code none;
  if (user != 0 || ::stat(folder.c_str(), &now) != 0 || now.st_uid == 0) return;
  if (std::filesystem::exists(folder / "data.mdb", none)) return;
  throw std::runtime_error("store " + folder.string() + ": belongs to user " +
                           std::to_string(now.st_uid) +
                           ", and there is no store in it yet: root would make one that this user "
                           "cannot open; run as that user");
}

/// "process 123", or "another process" in the moment before the owner has written its number.
std::string owner(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (const auto end = pid.find_first_not_of("0123456789"); end != std::string::npos)
    pid.resize(end);
  return pid.empty() ? "another process" : "process " + pid;
}

void sync_one(const std::filesystem::path& folder) {
  if (const auto synced = sync_entries(folder); !synced)
    throw std::runtime_error("store " + synced.error().detail);
}

}  // namespace

base::UniqueFd lock_folder(const std::filesystem::path& folder) {
  make_folder(folder);
  refuse_root_in_anothers(folder, ::geteuid());
  const auto file = folder / "lock";
  base::UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd)
    fail(folder,
         "open the file 'lock' in it (run as the user that owns the folder; if that is who runs "
         "this, somebody else, root perhaps, has made files in it: `chown -R` it to that user)",
         errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail(folder, "lock it", errno);
    throw std::runtime_error("store " + folder.string() + ": in use by " + owner(fd.get()) +
                             "; stop that one or choose another folder");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) != 0 ||
      ::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    fail(folder, "write the file 'lock' in it", errno);
  }
  return fd;
}

void sync_folder(const std::filesystem::path& folder) {
  sync_one(folder);
  std::error_code error;
  const auto whole = std::filesystem::absolute(folder, error);
  if (!error && whole.has_parent_path()) sync_one(whole.parent_path());
}

}  // namespace msggw::storage
