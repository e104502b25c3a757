// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/disk_faults.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "gateway/base/handle.h"

namespace msggw::test {

namespace {

std::atomic<int> fault_code{0};  // 0: the disk is good
std::atomic<bool> no_room{false};
std::atomic<unsigned> good_calls_left{0};
std::atomic<unsigned> failed_calls{0};

bool fails() noexcept {
  if (fault_code == 0) return false;
  if (good_calls_left > 0) return --good_calls_left, false;
  ++failed_calls;
  errno = fault_code;
  return true;
}

}  // namespace

DiskFaults::DiskFaults(int code, unsigned after, bool is_full) {
  no_room = is_full;
  good_calls_left = after;
  failed_calls = 0;
  fault_code = code;
}

DiskFaults::~DiskFaults() {
  fault_code = 0;
  no_room = false;
}

unsigned DiskFaults::hits() const noexcept {
  return failed_calls;
}

}  // namespace msggw::test

// The program's own definitions come before those of libc for every shared library, LMDB among
// them.
extern "C" ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  return msggw::test::fails() ? -1 : ::syscall(SYS_pwrite64, fd, data, size, offset);
}

extern "C" ssize_t writev(int fd, const iovec* parts, int count) {
  return msggw::test::fails() ? -1 : ::syscall(SYS_writev, fd, parts, count);
}

extern "C" int fdatasync(int fd) {
  return msggw::test::fails() ? -1 : static_cast<int>(::syscall(SYS_fdatasync, fd));
}

extern "C" int statvfs(const char* path, struct statvfs* disk) {
  const msggw::base::UniqueFd place(::open(path, O_PATH | O_CLOEXEC));
  if (::fstatvfs(place.get(), disk) != 0) return -1;
  if (msggw::test::no_room) disk->f_bavail = 0;
  return 0;
}
