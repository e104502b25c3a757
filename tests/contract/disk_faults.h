// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace msggw::test {

/// A disk that goes bad: from the call number `after` (0: the next one) every pwrite(), writev()
/// and fdatasync() of this process fails with `code` and writes nothing, until the object goes. Not
/// for use beside threads that write. Where `is_full`, statvfs() finds no room meanwhile.
class DiskFaults {
 public:
  DiskFaults(int code, unsigned after, bool is_full = false);
  ~DiskFaults();
  DiskFaults(const DiskFaults&) = delete;
  DiskFaults& operator=(const DiskFaults&) = delete;

  /// Calls that failed so far.
  unsigned hits() const noexcept;
};

}  // namespace msggw::test
