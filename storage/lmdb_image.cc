// SPDX-License-Identifier: Apache-2.0
// The layout of pages as liblmdb 0.9 (MDB_DATA_VERSION 1) writes them on a 64-bit machine, in the
// order of its octets; only what leads to other pages is read.
#include "storage/lmdb_image.h"

#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msggw::storage::lmdb {

namespace {

constexpr std::uint32_t kMagic = 0xBEEFC0DE;
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kNoPage = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kSmallestPage = 512;
constexpr std::size_t kLargestPage = 65'536;

// Of a page: its number, two octets, flags, then where its free space begins and ends.
constexpr std::size_t kPageHeader = 16;
constexpr std::size_t kPageFlags = 10;
constexpr std::size_t kLower = 12;
constexpr unsigned kBranch = 0x01;
constexpr unsigned kLeaf = 0x02;
constexpr unsigned kMeta = 0x08;

// Of a meta page, from its begin; a tree is described by 48 octets, the last 8 name its root.
constexpr std::size_t kMetaOctets = 152;
constexpr std::size_t kTrees = 40;
constexpr std::size_t kTreeOctets = 48;
constexpr std::size_t kRoot = 40;
constexpr std::size_t kLastPage = 136;
constexpr std::size_t kCommit = 144;

// Of a node: size of the value, or a page number together with the flags; flags; size of the key.
constexpr std::size_t kNodeHeader = 8;
constexpr unsigned kBigValue = 0x01;
constexpr unsigned kTree = 0x02;

/// Page 0 is a meta page and never part of a tree, so what is not there leads to no good page.
template <class Number>
Number number_at(std::string_view octets, std::size_t at) {
  Number number = 0;
  if (at <= octets.size() && octets.size() - at >= sizeof number)
    std::memcpy(&number, octets.data() + at, sizeof number);
  return number;
}

struct Meta {
  std::size_t page_size = 0;
  std::uint64_t last_page = 0;
  std::uint64_t commit = 0;
  std::uint64_t roots[2] = {kNoPage, kNoPage};  ///< of free pages, of names
};

std::optional<Meta> read_meta(const Image& image, std::uint64_t offset) {
  std::string page(kMetaOctets, '\0');
  if (!image.read(offset, page.data(), page.size())) return std::nullopt;
  Meta meta;
  meta.page_size = number_at<std::uint32_t>(page, kTrees);
  meta.last_page = number_at<std::uint64_t>(page, kLastPage);
  meta.commit = number_at<std::uint64_t>(page, kCommit);
  for (std::size_t i = 0; i < 2; ++i)
    meta.roots[i] = number_at<std::uint64_t>(page, kTrees + i * kTreeOctets + kRoot);
  const bool ours = (number_at<std::uint16_t>(page, kPageFlags) & kMeta) != 0 &&
                    number_at<std::uint32_t>(page, kPageHeader) == kMagic &&
                    number_at<std::uint32_t>(page, kPageHeader + 4) == kVersion &&
                    meta.page_size >= kSmallestPage && meta.page_size <= kLargestPage &&
                    meta.last_page < kNoPage / kLargestPage;
  return ours ? std::optional(meta) : std::nullopt;
}

std::optional<Meta> newest_meta(const Image& image) {
  const auto first = read_meta(image, 0);
  if (!first) return std::nullopt;
  const auto second = read_meta(image, first->page_size);
  if (!second) return std::nullopt;
  return first->commit < second->commit ? second : first;
}

/// The trees of one commit, from their roots to the last page that they name.
class Walk {
 public:
  Walk(const Image& image, const Meta& meta, std::uint64_t pages)
      : image_(image), meta_(meta), pages_(pages) {}

  /// Whether every page is there. Pages named twice are walked twice, within the number of pages.
  bool all_there() {
    for (const std::uint64_t root : meta_.roots) follow(root);
    for (std::uint64_t looked = 0; !next_.empty(); ++looked) {
      if (looked > pages_ || next_.size() > pages_ || !look(next_.back())) return false;
    }
    return !missing_;
  }

 private:
  void follow(std::uint64_t page) {
    if (page == kNoPage) return;
    if (page >= pages_) missing_ = true;
    if (!missing_) next_.push_back(page);
  }

  bool look(std::uint64_t number) {
    next_.pop_back();
    std::string page(meta_.page_size, '\0');
    if (missing_ || !image_.read(number * meta_.page_size, page.data(), page.size())) return false;
    const unsigned flags = number_at<std::uint16_t>(page, kPageFlags);
    if ((flags & (kBranch | kLeaf)) == 0) return false;
    const std::size_t nodes_end = number_at<std::uint16_t>(page, kLower);
    for (std::size_t at = kPageHeader; at + 2 <= nodes_end; at += 2) {
      const std::size_t node = number_at<std::uint16_t>(page, at);
      (flags & kBranch) != 0 ? look_at_branch(page, node) : look_at_leaf(page, node);
    }
    return true;
  }

  void look_at_branch(std::string_view page, std::size_t node) {
    const std::uint64_t low = number_at<std::uint32_t>(page, node);
    follow(low | std::uint64_t{number_at<std::uint16_t>(page, node + 4)} << 32);
  }

  void look_at_leaf(std::string_view page, std::size_t node) {
    const unsigned flags = number_at<std::uint16_t>(page, node + 4);
    const std::size_t value = node + kNodeHeader + number_at<std::uint16_t>(page, node + 6);
    if ((flags & kTree) != 0) follow(number_at<std::uint64_t>(page, value + kRoot));
    if ((flags & kBigValue) == 0) return;
    const std::uint64_t octets = number_at<std::uint32_t>(page, node);
    const std::uint64_t more = (kPageHeader + octets - 1) / meta_.page_size;
    const std::uint64_t first = number_at<std::uint64_t>(page, value);
    if (first >= pages_ || more >= pages_ - first) missing_ = true;
  }

  const Image& image_;
  const Meta& meta_;
  std::uint64_t pages_;  ///< that the file holds
  std::vector<std::uint64_t> next_;
  bool missing_ = false;
};

}  // namespace

bool is_cut_off(const Image& image) {
  // Somebody may be writing: what is missing is missing only if the same commit is the newest.
  for (auto meta = newest_meta(image); meta;) {
    const std::uint64_t pages = image.size() / meta->page_size;
    if (pages > meta->last_page || Walk(image, *meta, pages).all_there()) return false;
    const auto again = newest_meta(image);
    if (!again || again->commit == meta->commit) return true;
    meta = again;
  }
  return false;
}

std::vector<std::string> table_names(const Image& image) {
  std::vector<std::string> names;
  const auto meta = newest_meta(image);
  if (!meta || meta->roots[1] >= kNoPage / kLargestPage) return names;
  std::string page(meta->page_size, '\0');
  if (!image.read(meta->roots[1] * meta->page_size, page.data(), page.size())) return names;
  if ((number_at<std::uint16_t>(page, kPageFlags) & kLeaf) == 0) return names;
  const std::size_t nodes_end = number_at<std::uint16_t>(page, kLower);
  for (std::size_t at = kPageHeader; at + 2 <= nodes_end && at + 2 <= page.size(); at += 2) {
    const std::size_t node = number_at<std::uint16_t>(page, at);
    const std::size_t octets = number_at<std::uint16_t>(page, node + 6);
    if (node + kNodeHeader + octets > page.size()) return {};
    names.push_back(page.substr(node + kNodeHeader, octets));
  }
  return names;
}

}  // namespace msggw::storage::lmdb
