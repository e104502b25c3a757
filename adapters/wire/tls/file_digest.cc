// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/file_digest.h"

#include <openssl/x509.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "adapters/wire/tls/files.h"
#include "gateway/base/digest.h"
#include "gateway/base/plain_file.h"

namespace msggw::tls {

namespace {

/// With its length before it, so that no two texts in a row are taken for two others.
void add_text(base::Sha256& digest, std::string_view text) {
  digest.add(std::to_string(text.size()) + ':');
  digest.add(text);
}

void add_file(base::Sha256& digest, const std::filesystem::path& path) {
  add_text(digest, path.native());
  if (path.empty()) return;
  add_text(digest, base::read_file(path, kMostFileOctets).value_or(""));
}

void add_time(base::Sha256& digest, const char* variable, const char* path) {
  const char* const other = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  std::error_code absent;
  const auto time = std::filesystem::last_write_time(other != nullptr ? other : path, absent);
  if (!absent) add_text(digest, std::to_string(time.time_since_epoch().count()));
}

}  // namespace

std::string digest_of(const Options& options) {
  base::Sha256 digest;
  for (const auto& path : {options.ca, options.crl, options.certificate, options.key})
    add_file(digest, path);
  if (options.side == Side::client && options.ca.empty()) {
    add_time(digest, X509_get_default_cert_file_env(), X509_get_default_cert_file());
    add_time(digest, X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  }
  return digest.hex();
}

}  // namespace msggw::tls
