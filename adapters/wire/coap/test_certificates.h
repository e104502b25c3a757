// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace msggw::coap::test {

/// A folder with a small PKI, made by openssl's command line: `ca` signs `server` (localhost,
/// 127.0.0.1), `client` (CN gateway-1), `named` (other.example) and `expired`; `stranger-ca` signs
/// `stranger`. Each is NAME.pem and NAME.key. Gone with this object.
class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::filesystem::path pem(const std::string& name) const { return folder_ / (name + ".pem"); }
  std::filesystem::path key(const std::string& name) const { return folder_ / (name + ".key"); }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  void make_ca(const std::string& name);
  void sign(const std::string& name, const std::string& ca, const std::string& extensions,
            const std::string& validity);
  void run(const std::string& command);

  std::filesystem::path folder_;
};

}  // namespace msggw::coap::test
