// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

struct evp_cipher_ctx_st;  // EVP_CIPHER_CTX

namespace msggw::credentials {

/// Encrypts secrets that must be had again in clear (AES-256-GCM), so that the store and its copies
/// tell nothing without the key. Less than a microsecond each: the schedule of the key is made
/// once. One thread at a time; another has a copy of its own.
class Sealer {
 public:
  using Key = std::array<std::uint8_t, 32>;
  static constexpr std::size_t kMoreOctets = 28;  ///< that sealing adds: nonce and tag

  explicit Sealer(const Key& key);
  Sealer(const Sealer& other) : Sealer(other.key_) {}
  Sealer(Sealer&&) noexcept = default;
  Sealer& operator=(const Sealer& other) { return *this = Sealer(other); }
  Sealer& operator=(Sealer&&) noexcept = default;
  ~Sealer() = default;

  /// What comes of it can be opened only together with the same `bound_to`, so that nobody who may
  /// write the store can give a secret another name or another device.
  std::string seal(std::string_view secret, std::string_view bound_to) const;
  /// None: it was sealed with another key, for something else, or has been changed.
  std::optional<std::string> open(std::string_view sealed, std::string_view bound_to) const;

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };
  evp_cipher_ctx_st* begin(std::string_view nonce, std::string_view bound_to, bool encrypts) const;

  Key key_;
  std::unique_ptr<evp_cipher_ctx_st, Free> cipher_;  ///< of one message after the other
};

/// The file that the key of a Sealer stands in: 32 octets.
class KeyFile {
 public:
  explicit KeyFile(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const noexcept { return path_; }
  /// None: there is no such file. storage: it cannot be read, or is none of ours.
  base::Result<std::optional<Sealer::Key>> read() const;
  /// Makes the file, which must not be there, with a new key and mode 0600; it is durable when this
  /// returns. storage, with the reason.
  base::Result<Sealer::Key> make() const;

 private:
  std::filesystem::path path_;
};

}  // namespace msggw::credentials
