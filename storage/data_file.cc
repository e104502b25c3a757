// SPDX-License-Identifier: Apache-2.0
#include "storage/data_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "gateway/base/handle.h"
#include "storage/lmdb.h"
#include "storage/lmdb_image.h"

namespace msggw::storage {

namespace {

constexpr const char* kData = "data.mdb";
constexpr const char* kMade = "data.mdb.new";
constexpr const char* kReplaced =
    "data.mdb is not the file that is in use, somebody has replaced it; put that one back, or "
    "restart to go on with what is there";

auto fail(const std::filesystem::path& folder, const std::string& reason) {
  return base::fail(base::Errc::storage, "store " + folder.string() + ": " + reason);
}

auto fail_by_errno(const std::filesystem::path& folder, const std::string& doing) {
  return fail(folder, doing + ": " + std::generic_category().message(errno));
}

lmdb::Image image_of(int fd) {
  lmdb::Image image;
  image.read = [fd](std::uint64_t offset, char* to, std::size_t size) {
    return ::pread(fd, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
  };
  image.size = [fd] {
    struct stat now{};
    return ::fstat(fd, &now) == 0 ? static_cast<std::uint64_t>(now.st_size) : 0;
  };
  return image;
}

/// The open file, or none if it is not there.
base::Result<base::UniqueFd> open_plain(const std::filesystem::path& folder, const char* name,
                                        bool read_only, uid_t user) {
  // O_NONBLOCK: the open of a named pipe would wait for its other end.
  const auto path = folder / name;
  base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd && errno == ENOENT) return fd;
  if (!fd && errno == ELOOP) {
    return fail(folder, std::string(name) +
                            " is a symbolic link; move the folder itself if it must be elsewhere");
  }
  if (!fd) return fail_by_errno(folder, std::string("open ") + name);
  struct stat now{};
  if (::fstat(fd.get(), &now) != 0) return fail_by_errno(folder, std::string("look at ") + name);
  if (!S_ISREG(now.st_mode)) return fail(folder, std::string(name) + " is no plain file");
  if (read_only) return fd;
  if (now.st_uid != user && now.st_uid != 0) {
    return fail(folder, std::string(name) + " belongs to another user (" +
                            std::to_string(now.st_uid) +
                            "); run as the user that owns it, or change its owner");
  }
  if ((now.st_mode & S_IWOTH) != 0) {
    return fail(folder, std::string(name) +
                            " can be written by every user; chmod 600 it, and look "
                            "whether somebody did");
  }
  return fd;
}

}  // namespace

base::Result<void> check_data_files(const std::filesystem::path& folder, bool read_only,
                                    uid_t user) {
  if (const auto lock = open_plain(folder, "lock.mdb", read_only, user); !lock)
    return tl::unexpected(lock.error());
  const auto data = open_plain(folder, kData, read_only, user);
  if (!data) return tl::unexpected(data.error());
  if (!*data) return {};
  const lmdb::Image image = image_of(data->get());
  if (image.size() == 0) {
    return fail(
        folder,
        "data.mdb is empty; restore the folder from a backup, or move it away to begin anew");
  }
  if (lmdb::is_cut_off(image)) {
    return fail(folder, "data.mdb is cut off, it ends after " + std::to_string(image.size()) +
                            " octets (a copy that ended early, a full disk?); restore the folder "
                            "from a backup, or move it away to begin anew");
  }
  return {};
}

std::vector<std::string> table_names(const std::filesystem::path& folder) {
  const auto data = open_plain(folder, kData, true, 0);
  return data && *data ? lmdb::table_names(image_of(data->get())) : std::vector<std::string>();
}

base::Result<void> make_data_file(const std::filesystem::path& folder, std::size_t map_size) {
  const auto path = folder / kData;
  const auto made = folder / kMade;
  if (::access(path.c_str(), F_OK) == 0) return {};
  ::unlink(made.c_str());  // of a start that ended before its rename
  const base::UniqueFd fd(
      ::open(made.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return fail_by_errno(folder, "make data.mdb");
  if (auto written = lmdb::write_empty(fd.get(), map_size); !written)
    return fail(folder, "make data.mdb: " + written.error().detail);
  if (::fsync(fd.get()) != 0 || ::rename(made.c_str(), path.c_str()) != 0)
    return fail_by_errno(folder, "make data.mdb");
  return {};
}

base::Result<void> DataFile::opened(const std::filesystem::path& folder, int fd) {
  struct stat now{};
  if (::fstat(fd, &now) != 0) return fail_by_errno(folder, "look at data.mdb");
  if (inode_ == 0) {
    folder_ = folder;
    path_ = folder / kData;
    device_ = now.st_dev;
    inode_ = now.st_ino;
  }
  if (now.st_dev != device_ || now.st_ino != inode_) return fail(folder_, kReplaced);
  return check();
}

base::Result<void> DataFile::check() const {
  // Before the file is looked at: other threads look too, and it may have grown between.
  std::uint64_t before = octets_.load(std::memory_order_acquire);
  struct stat now{};
  if (::lstat(path_.c_str(), &now) != 0) {
    return fail_by_errno(folder_,
                         "data.mdb cannot be found any more, though it is in use; put it "
                         "back, or restart");
  }
  if (now.st_dev != device_ || now.st_ino != inode_) {
    return fail(folder_, kReplaced);
  }
  const auto octets = static_cast<std::uint64_t>(now.st_size);
  if (octets < before) {
    return fail(folder_, "data.mdb was cut off while in use, from " + std::to_string(before) +
                             " to " + std::to_string(octets) +
                             " octets; stop, restore the folder from a backup, start");
  }
  while (octets > before &&
         !octets_.compare_exchange_weak(before, octets, std::memory_order_acq_rel)) {
  }
  return {};
}

}  // namespace msggw::storage
