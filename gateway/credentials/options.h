// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>

#include "gateway/base/clock.h"

namespace msggw::credentials {

/// The [credentials] section of the configuration; etc/msggw.toml explains each under the same
/// name.
struct Options {
  /// Empty: credentials.key in the gateway's folder.
  std::filesystem::path key_file{};
  /// How long a credential that has ended is still good.
  base::Duration grace{0};
  /// Of all devices. Above: no more are added.
  std::size_t max_credentials = 1'000'000;
  /// Of one device. Above: no more are added.
  std::size_t max_per_device = 8;
};

}  // namespace msggw::credentials
