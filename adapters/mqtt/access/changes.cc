// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/changes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "gateway/base/text.h"

namespace msggw::mqtt::access {

namespace {

constexpr std::size_t kLengthOctets = 4;
/// Of an entry: a grant with as many and as long names as there may be has 20 KiB.
constexpr std::uint32_t kMostEntryOctets = 64 << 10;
constexpr std::size_t kReadAtOnce = 64 << 10;

template <class Number>
void append_number(std::string& out, Number number) {
  for (int shift = 8 * (sizeof number - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<unsigned char>(number >> shift)));
}

/// None: what `octets` begin with is not whole. What is too long to be one is cut there. After a
/// power cut a file may have zeros where nothing had been written.
std::optional<std::string_view> whole_entry(std::string_view octets) noexcept {
  if (octets.size() < kLengthOctets) return std::nullopt;
  std::uint32_t length = 0;
  for (const char octet : octets.substr(0, kLengthOctets))
    length = length << 8 | static_cast<unsigned char>(octet);
  octets.remove_prefix(kLengthOctets);
  if (length == 0 || (length <= kMostEntryOctets && octets.size() < length)) return std::nullopt;
  return octets.substr(0, length);
}

/// What the entry with that number is bound to.
std::string bond_of(std::uint64_t number) {
  std::string bond(1, '\2');
  append_number(bond, number);
  return bond;
}

std::string shown(const std::filesystem::path& path) {
  return base::printable(path.native(), 200);
}

base::Result<void> failed(const std::filesystem::path& path, const char* doing) {
  return base::fail(base::Errc::storage, shown(path) + ": " + doing + ": " + std::strerror(errno));
}

}  // namespace

base::Result<ChangeWriter> ChangeWriter::make(std::filesystem::path path,
                                              const credentials::Sealer& sealer) {
  base::UniqueFd file(::open(path.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                             S_IRUSR | S_IWUSR));
  if (!file) return tl::unexpected(failed(path, "cannot be made").error());
  return ChangeWriter(std::move(path), std::move(file), sealer);
}

base::Result<void> ChangeWriter::append(std::span<const Change> changes) {
  std::string all;
  std::string row;
  for (const Change& change : changes) {
    row.clear();
    append_change(row, change);
    const std::string entry = sealer_.seal(row, bond_of(count_++));
    append_number(all, static_cast<std::uint32_t>(entry.size()));
    all += entry;
  }
  for (std::string_view rest = all; !rest.empty();) {
    const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(path_, "cannot be written");
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

base::Result<void> ChangeWriter::sync() {
  return ::fdatasync(file_.get()) == 0 ? base::Result<void>() : failed(path_, "cannot be synced");
}

base::Result<void> ChangeWriter::check() const {
  struct stat ours{};
  struct stat there{};
  if (::fstat(file_.get(), &ours) != 0 || ::lstat(path_.c_str(), &there) != 0)
    return failed(path_, "is not there any more");
  if (ours.st_dev != there.st_dev || ours.st_ino != there.st_ino)
    return base::fail(base::Errc::storage, shown(path_) + " is another file than was made");
  return {};
}

base::Result<ChangeReader> ChangeReader::open(std::filesystem::path path,
                                              const credentials::Sealer& sealer) {
  base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat now{};
  if (!file || ::fstat(file.get(), &now) != 0)
    return tl::unexpected(failed(path, "cannot be read").error());
  if (!S_ISREG(now.st_mode) || (now.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return base::fail(base::Errc::storage,
                      shown(path) + " is no file that its owner alone may write");
  return ChangeReader(std::move(path), std::move(file), sealer);
}

base::Result<void> ChangeReader::read(const std::function<void(Change)>& take) {
  for (;;) {
    std::string_view rest = unread_;
    while (auto entry = whole_entry(rest)) {
      if (auto taken = take_one(*entry, take); !taken) return taken;
      rest.remove_prefix(kLengthOctets + entry->size());
    }
    unread_.erase(0, unread_.size() - rest.size());
    std::array<char, kReadAtOnce> some;
    const ssize_t got = ::pread(file_.get(), some.data(), some.size(), static_cast<off_t>(read_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path_, "cannot be read");
    if (got == 0) return {};
    unread_.append(some.data(), static_cast<std::size_t>(got));
    read_ += static_cast<std::uint64_t>(got);
  }
}

base::Result<void> ChangeReader::take_one(std::string_view entry,
                                          const std::function<void(Change)>& take) {
  const auto row = sealer_.open(entry, bond_of(count_));
  auto change = row ? parse_change(*row) : std::nullopt;
  if (!change)
    return base::fail(base::Errc::storage,
                      shown(path_) + " is damaged behind its change " + std::to_string(count_));
  ++count_;
  take(*std::move(change));
  return {};
}

}  // namespace msggw::mqtt::access
