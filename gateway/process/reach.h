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
  bool has_api = false;  ///< as a MSGin5G Server does that lacks something in what it was asked
  std::string what;      ///< "HTTP 400", or why there is no answer
};

/// For `msggw check --server`: gives each address of each server a message without any element,
/// which changes nothing, with the certificates and the version of HTTP that the gateway would use,
/// and waits for what it says. Throws std::runtime_error if a certificate cannot be used.
std::vector<Reached> reach_servers(const msgin5g::Options& options);

}  // namespace msggw::process
