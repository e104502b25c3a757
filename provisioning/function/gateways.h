// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/keyed_hash.h"
#include "gateway/core/ids.h"
#include "provisioning/function/gateway_options.h"

namespace msggw::function {

/// What a request brings along to prove who sent it. Valid during the call it is given to.
struct Proof {
  std::span<const std::string>
      certificate{};                 ///< names in the client certificate that was verified
  std::string_view psk_identity{};   ///< that the session's key belongs to, or empty
  std::string_view authorization{};  ///< the header field as sent, or empty
};

/// Who asks, as far as it is proven.
struct Asker {
  enum class Standing : std::uint8_t {
    nobody,   ///< nothing was shown
    named,    ///< a certificate that the CA signed, of no configured gateway
    gateway,  ///< a configured gateway
    refused   ///< what was shown proves nothing: an unknown token, two proofs of two gateways, ...
  };

  Standing standing = Standing::nobody;
  std::string_view name{};                  ///< of `named` and `gateway`
  const GatewayOptions* gateway = nullptr;  ///< of `gateway` only
  const char* why = "";                     ///< of `refused`: one clause

  /// Both are true for whoever is no configured gateway: only those are restricted.
  bool may_ask_for(core::UeType type) const noexcept;
  bool may_ask_for(std::string_view private_id) const noexcept;  ///< canonical text
};

/// The gateways that the Provisioning Function knows. A value that never changes: a reload makes
/// another one, and what an Asker points to goes with this one. Loop thread only.
class Gateways {
 public:
  /// Not given: nobody is restricted and tokens are not looked at.
  Gateways() = default;
  /// Throws std::runtime_error naming gateway and fault: no name, no proof, two with one name or
  /// one proof.
  explicit Gateways(std::vector<GatewayOptions> all);
  Gateways(Gateways&&) noexcept = default;
  Gateways& operator=(Gateways&&) noexcept = default;

  /// Costs one look-up for each proof, whatever the number of gateways; a token is looked for by a
  /// hash that its sender cannot know and then compared in constant time, so how long that takes
  /// says nothing about the tokens there are.
  Asker who(const Proof& proof) const;

  /// The key of a PSK identity; none: unknown.
  std::optional<std::string> psk_key(std::string_view identity) const;
  bool has_psk() const noexcept { return !by_psk_identity_.empty(); }
  std::size_t size() const noexcept { return all_.size(); }
  /// A list was given, even if nobody is on it.
  bool were_given() const noexcept { return given_; }

 private:
  using Index = boost::unordered_flat_map<std::string_view, std::size_t>;

  void add(std::size_t at);
  const GatewayOptions* find(const Index& index, std::string_view key) const noexcept;
  const GatewayOptions* find_token(std::string_view token) const noexcept;

  bool given_ = false;
  std::vector<GatewayOptions> all_;  ///< the indexes point into it
  Index by_name_;
  Index by_certificate_;
  Index by_psk_identity_;
  boost::unordered_flat_map<std::uint64_t, std::size_t> by_token_;  ///< by keyed hashes
  base::HashKey token_key_;
};

}  // namespace msggw::function
