// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/ids.h"
#include "gateway/core/private_id.h"
#include "provisioning/function/policy_options.h"
#include "provisioning/function/policy_servers.h"
#include "provisioning/function/service_id_maker.h"

namespace msggw::function {

/// What the policy looks at. Arguments live for the call.
struct Asked {
  core::UeType type{};
  const core::PrivateId& private_id;
  std::string_view info;     ///< compact JSON object, or empty
  std::string_view gateway;  ///< who asks, as far as it is proven; or empty
};

/// The members of a request's information as texts. It is parsed when the first is asked for, in
/// the memory of this object if that is enough. Lives for one call.
class InfoTexts {
 public:
  explicit InfoTexts(std::string_view compact) : compact_(compact) {}
  InfoTexts(const InfoTexts&) = delete;
  InfoTexts& operator=(const InfoTexts&) = delete;

  /// A string as it is, any other value as compact JSON; none if there is no such member. Valid
  /// until the next call.
  std::optional<std::string_view> find(std::string_view name);

 private:
  void parse();

  std::string_view compact_;
  bool parsed_ = false;
  std::array<unsigned char, 4'096> room_;
  boost::json::monotonic_resource memory_{room_.data(), room_.size()};
  boost::json::value value_;
  std::string text_;
};

/// A rule, compiled: its conditions and everything that an answer takes from it, ready to be told.
class PolicyRule {
 public:
  struct Gives {
    ServiceIdTemplate service_ids;
    PolicyServers servers;
    std::string service_info;  ///< compact JSON object with the segment size, or empty
    std::chrono::seconds lifetime;
  };

  PolicyRule(RuleOptions options, Gives gives);
  PolicyRule(const PolicyRule&) = delete;  // its tables point into it
  PolicyRule& operator=(const PolicyRule&) = delete;

  bool matches(const Asked& asked, InfoTexts& info) const;
  /// The first condition that is not met, in words; empty if all are.
  std::string why_not(const Asked& asked, InfoTexts& info) const;
  /// The conditions in words, for the rule that decides.
  std::string conditions() const;

  /// If it does not allow: 403 POLICY_DENIED with its reason, also for a known endpoint.
  const RuleOptions& options() const noexcept { return options_; }
  const Gives& gives() const noexcept { return gives_; }

 private:
  bool is_of_private_ids(std::string_view text) const;
  bool is_of_gateways(std::string_view gateway) const;
  bool info_matches(InfoTexts& info) const;

  RuleOptions options_;
  Gives gives_;
  boost::unordered_flat_set<std::string_view> whole_ids_;  ///< of options_.private_ids
  std::vector<std::string_view> id_patterns_;              ///< those with `*` or `?`
  std::uint32_t types_ = 0;                                ///< a bit for each ueType; none: all
  std::uint32_t kinds_ = 0;  ///< a bit for each kind of Private ID; none: all
};

}  // namespace msggw::function
