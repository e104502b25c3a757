// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "gateway/base/handle.h"
#include "tests/support/temp_folder.h"

namespace msggw::tls::test {

/// A folder with a small PKI: `ca` signs `server` (localhost, 127.0.0.1), `client` (gateway-1),
/// `named` (other.example) and `expired`; `stranger-ca` signs `stranger` (localhost, 127.0.0.1).
/// Each is NAME.pem and NAME.key. Gone with this object.
class Certificates {
 public:
  struct Wanted {
    std::string common_name{};  ///< empty: as the file is called
    /// "DNS:localhost", "URI:...", "IP:127.0.0.1", "email:...": may hold any octets.
    std::vector<std::string> names{};
    const char* usage = nullptr;  ///< extendedKeyUsage: "serverAuth", ...; null: without
    int from_day = -1;            ///< counted from today
    int until_day = 2;
    std::string issuer = "ca";  ///< its own name: self-signed
    bool is_ca = false;
  };

  Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  void make(const std::string& name, const Wanted& wanted);
  struct WantedCrl {
    std::string issuer = "ca";
    std::vector<std::string> revoked{};  ///< names of certificates
    int from_day = -1;                   ///< counted from today
    int until_day = 1;
    std::string signed_by{};  ///< empty: the issuer
    bool der = false;
  };
  /// Returns the file `name`.crl; one of PEM is added to what stands there.
  std::filesystem::path revoke(const std::string& name, const WantedCrl& wanted);
  /// Returns a file with `ca` and a CRL of its that names `name`.
  std::filesystem::path revoke(const std::string& name);
  /// Returns a file of that name with the certificates of these, one behind the other.
  std::filesystem::path chain(const std::string& name, const std::vector<std::string>& of);
  /// Returns a file with the key of `name` under a password, in PKCS #8 or in OpenSSL's older form.
  std::filesystem::path encrypt_key(const std::string& name, bool pkcs8);
  /// Returns a file of that name with `text` in it.
  std::filesystem::path write(const std::string& name, const std::string& text) const;

  const X509* certificate(const std::string& name) const { return made_.at(name).first.get(); }
  std::filesystem::path pem(const std::string& name) const { return folder() / (name + ".pem"); }
  std::filesystem::path key(const std::string& name) const { return folder() / (name + ".key"); }
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  using Pair = std::pair<base::Handle<X509, X509_free>, base::Handle<EVP_PKEY, EVP_PKEY_free>>;
  msggw::test::TempFolder folder_;
  std::map<std::string, Pair> made_;
  long serial_ = 0;
};

}  // namespace msggw::tls::test
