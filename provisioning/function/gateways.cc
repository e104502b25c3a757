// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/gateways.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "gateway/base/pattern.h"
#include "gateway/base/secrets.h"
#include "gateway/base/text.h"

namespace msggw::function {

namespace {

[[noreturn]] void bad(const GatewayOptions& gateway, const std::string& what) {
  throw std::runtime_error("gateway \"" + base::printable(gateway.name) + "\": " + what);
}

Asker refused(const char* why) {
  return {.standing = Asker::Standing::refused, .why = why};
}

}  // namespace

bool Asker::may_ask_for(core::UeType type) const noexcept {
  if (gateway == nullptr || gateway->ue_types.empty()) return true;
  return std::find(gateway->ue_types.begin(), gateway->ue_types.end(), type) !=
         gateway->ue_types.end();
}

bool Asker::may_ask_for(std::string_view private_id) const noexcept {
  return gateway == nullptr || gateway->private_ids.empty() ||
         base::matches_any(gateway->private_ids, private_id);
}

Gateways::Gateways(std::vector<GatewayOptions> all)
    : given_(true), all_(std::move(all)), token_key_(base::random_hash_key()) {
  if (all_.size() > kMostGateways)
    throw std::runtime_error("more than " + std::to_string(kMostGateways) + " gateways");
  for (std::size_t at = 0; at < all_.size(); ++at) add(at);
}

void Gateways::add(std::size_t at) {
  const GatewayOptions& gateway = all_[at];
  if (gateway.name.empty()) bad(gateway, "needs a name");
  if (gateway.certificate.empty() && gateway.token.empty() && gateway.psk_identity.empty())
    bad(gateway, "needs a certificate, a token or a psk_identity to be known by");
  if (gateway.psk_identity.empty() != gateway.psk_key.empty())
    bad(gateway, "psk_identity and psk_key need each other");
  const auto put = [&](Index& index, std::string_view key) {
    return key.empty() || index.emplace(key, at).second;
  };
  if (!put(by_name_, gateway.name)) bad(gateway, "the name is given twice");
  if (!put(by_certificate_, gateway.certificate))
    bad(gateway, "another gateway has this certificate");
  if (!put(by_psk_identity_, gateway.psk_identity))
    bad(gateway, "another gateway has this psk_identity");
  if (gateway.token.empty()) return;
  if (!by_token_.emplace(base::keyed_hash(token_key_, gateway.token), at).second)
    bad(gateway, "another gateway has this token");
}

const GatewayOptions* Gateways::find(const Index& index, std::string_view key) const noexcept {
  const auto found = index.find(key);
  return found == index.end() ? nullptr : &all_[found->second];
}

const GatewayOptions* Gateways::find_token(std::string_view token) const noexcept {
  const auto found = by_token_.find(base::keyed_hash(token_key_, token));
  if (found == by_token_.end()) return nullptr;
  const GatewayOptions& gateway = all_[found->second];
  return base::is_same_secret(token, gateway.token) ? &gateway : nullptr;
}

Asker Gateways::who(const Proof& proof) const {
  const GatewayOptions* gateway = nullptr;
  if (!proof.psk_identity.empty()) {
    gateway = find(by_psk_identity_, proof.psk_identity);
    // Its key was known when the session began.
    if (gateway == nullptr) return refused("the PSK identity is known no longer");
  }
  for (const std::string& name : proof.certificate) {
    const GatewayOptions* owner = find(by_certificate_, name);
    if (owner == nullptr || owner == gateway) continue;
    if (gateway != nullptr) return refused("the certificate has the names of two gateways");
    gateway = owner;
  }
  if (!proof.authorization.empty() && !all_.empty()) {
    const auto token = base::bearer_token_in(proof.authorization);
    if (!token) return refused("the Authorization field holds no bearer token");
    const GatewayOptions* owner = find_token(*token);
    if (owner == nullptr) return refused("the token is not known");
    if (gateway != nullptr && gateway != owner)
      return refused("certificate and token are those of two gateways");
    gateway = owner;
  }
  if (gateway != nullptr) return {Asker::Standing::gateway, gateway->name, gateway, ""};
  if (proof.certificate.empty()) return {};
  // Whoever has such a certificate must not pass for the gateway of that name.
  for (const std::string& name : proof.certificate)
    if (by_name_.contains(name))
      return refused("the certificate has the name of a gateway that is known by something else");
  return {Asker::Standing::named, proof.certificate.front(), nullptr, ""};
}

std::optional<std::string> Gateways::psk_key(std::string_view identity) const {
  const GatewayOptions* gateway = find(by_psk_identity_, identity);
  if (gateway == nullptr) return std::nullopt;
  return gateway->psk_key;
}

}  // namespace msggw::function
