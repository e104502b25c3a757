// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/msgin5g/access_token.h"
#include "adapters/msgin5g/face.h"
#include "adapters/wire/peers/rate_limit.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"

namespace msggw::msgin5g {

/// Takes requests of MSGin5G Servers that show an access token of somebody whose key is here (TS
/// 29.510 6.3, RFC 6750). A token that was good before costs a look into a table; how many others
/// are looked at in a second has a limit, since a signature costs as much as dozens of requests.
/// Loop thread only.
class TokenGuard {
 public:
  static constexpr std::size_t kMostKnown = 256;   ///< tokens with a good signature, remembered
  static constexpr std::size_t kMostASecond = 50;  ///< others, whose signature is looked at

  /// Throws std::runtime_error if the file of the keys cannot be used.
  TokenGuard(const base::Context& context, std::filesystem::path keys, TokenRules rules);

  /// TokenCheck of a Face. Counts what it refuses, and tells of it.
  std::optional<Problem> check(Role role, std::string_view authorization, bool is_answered);
  /// Whether it was made with these.
  bool is_of(const std::filesystem::path& keys, const TokenRules& rules) const {
    return file_ == keys && rules_ == rules;
  }
  /// Reads the keys again; errors as load_token_keys(), and then those that there are stay.
  base::Result<> reload();

 private:
  /// Only who has a key can choose what is in the table.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view token) const noexcept {
      return std::hash<std::string_view>()(token);
    }
  };
  using Known = boost::unordered_flat_map<std::string, TokenClaims, Hash, std::equal_to<>>;

  void refused(TokenFault fault, std::string_view api);
  std::optional<TokenFault> fault_of(std::string_view token, std::string_view api);
  tl::expected<TokenClaims, TokenFault> learn(std::string_view token);
  void forget_old(std::chrono::sys_seconds now);

  base::Context context_;
  std::filesystem::path file_;
  TokenRules rules_;
  TokenKeys keys_;
  Known known_;           ///< whose signature is proven
  std::string last_bad_;  ///< and why: a request is looked at before and after its body
  TokenFault last_fault_{};
  peers::RateLimit rate_{kMostASecond, kMostASecond};
  std::array<base::metrics::Counter*, kTokenFaults> counts_{};
  base::log::Limit log_limit_;
};

}  // namespace msggw::msgin5g
