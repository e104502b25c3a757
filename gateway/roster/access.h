// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "gateway/base/address.h"
#include "gateway/base/result.h"

namespace msggw::roster {

/// How the command line reaches a running gateway: `operator.json` in the gateway's folder, mode
/// 0600, so that who may read the device table may also change it, and nobody else.
struct Access {
  base::Uri url;      ///< root of the operator's listener, "http://127.0.0.1:8080"
  std::string token;  ///< for `Authorization: Bearer`; another one after every start
};

/// 64 hexadecimal digits from the system's random numbers.
std::string random_token();

/// Writes the file while it lives. Throws std::runtime_error (folder, reason) if it cannot.
class AccessFile {
 public:
  AccessFile(const std::filesystem::path& folder, const Access& access);
  ~AccessFile();  ///< removes it; a killed gateway leaves it behind, with a token that opens
                  ///< nothing
  AccessFile(const AccessFile&) = delete;
  AccessFile& operator=(const AccessFile&) = delete;

 private:
  std::filesystem::path file_;
};

/// For a gateway without an operator's listener: takes away what a killed one may have left.
void remove_access(const std::filesystem::path& folder) noexcept;

enum class Whose { gateway, function };

/// Of a gateway, or of a Provisioning Function, which is named in what is wrong.
/// unavailable: no file, so no gateway runs on that folder (or its listener is off). refused: it
/// may not be read, or it is a stranger's in a folder that every user can write to. malformed: it
/// is not what a gateway writes.
base::Result<Access> read_access(const std::filesystem::path& folder, Whose whose = Whose::gateway);

}  // namespace msggw::roster
