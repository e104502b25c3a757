// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "adapters/msgin5g/options.h"

namespace msggw::process {

/// What one address of a MSGin5G Server said.
struct Reached {
  std::string server;  ///< its name
  std::string url;
  bool answers = false;
  std::string what;  ///< "HTTP 405", or why there is no answer
};

/// For `msggw check --server`: asks each address of each server for something that changes nothing,
/// with the certificates and the version of HTTP that the gateway would use, and waits for what it
/// says; any answer is one. Throws std::runtime_error if a certificate cannot be used.
std::vector<Reached> reach_servers(const msgin5g::Options& options);

}  // namespace msggw::process
