// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "storage/lmdb_store.h"

namespace msggw::test {

/// A store with the tables of the contract.
inline storage::LmdbOptions options_for(const std::filesystem::path& folder,
                                        bool read_only = false) {
  storage::LmdbOptions options;
  options.folder = folder;
  options.tables = {"a", "b", "c"};
  options.read_only = read_only;
  return options;
}

/// Why the store cannot be opened; "opened" if it can.
inline std::string refusal(const storage::LmdbOptions& options) {
  try {
    storage::open_lmdb_store(options);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "opened";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace msggw::test
