// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/wire/tls/contexts.h"

namespace msggw::tls {

/// In seconds: certificates may end in the year 9999 (RFC 5280 4.1.2.5), beyond nanoseconds.
using Day = std::chrono::sys_seconds;

/// When a file begins and ends to be of use: of several certificates in it the one that ends first.
struct Ending {
  /// What the file is: "certificate", "ca" (of a server "client_ca") or "crl".
  std::string use;
  std::filesystem::path file;
  std::string subject;  ///< of what ends first, for people
  Day from;
  Day until;
};
/// Those of all files that are named, but for what cannot be read, and CRLs that have no end. CRLs
/// behind the CAs are told as the "crl" of that file.
std::vector<Ending> endings_of(const Options& options);

/// When the first of the certificates ends by which the peer of an ended handshake was verified;
/// Day::max(): it has shown none that was, or `connection` is null.
Day peer_until(const ssl_st* connection);

/// "2026-01-31 23:59:59 UTC".
std::string date_of(Day day);

}  // namespace msggw::tls
