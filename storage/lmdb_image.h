// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace msggw::storage::lmdb {

/// The data file of an LMDB 0.9 environment as octets, looked at before it is mapped into memory: a
/// page of it that lies behind the end of the file would end the process (SIGBUS), without a word.
struct Image {
  /// Reads `size` octets at `offset` into `to`; false if they are not there.
  std::function<bool(std::uint64_t offset, char* to, std::size_t size)> read;
  /// How long the file is now, octets.
  std::function<std::uint64_t()> size;
};

/// Whether a page that the newest commit uses is missing. A file may end before the last page that
/// was given, since LMDB does not write what a commit takes and gives back; so where it does, the
/// trees are walked. False also if the octets are no environment: LMDB says so itself.
bool is_cut_off(const Image& image);

/// The names of the tables, as far as one page holds them all (some fifty); none if there are more,
/// if the octets are no environment, or if that page is damaged.
std::vector<std::string> table_names(const Image& image);

}  // namespace msggw::storage::lmdb
