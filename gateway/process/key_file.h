// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "gateway/config/sections/config.h"

namespace msggw::process {

/// Where the key stands that the PSKs of devices are encrypted with.
inline std::filesystem::path key_file_of(const config::Config& config) {
  const std::filesystem::path& named = config.credentials.key_file;
  return named.empty() ? config.gateway.folder / "credentials.key" : named;
}

}  // namespace msggw::process
