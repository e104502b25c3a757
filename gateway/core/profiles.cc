// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/profiles.h"

#include "gateway/base/bytes.h"

namespace msggw::core {

Profiles::Interned Profiles::intern(ServiceProfile profile) {
  const auto [at, added] = numbers_.try_emplace(key_of(profile), ProfileNo(profiles_.size()));
  if (added) profiles_.push_back(std::move(profile));
  return {at->second, added};
}

std::string Profiles::key_of(const ServiceProfile& profile) {
  std::string key;
  base::ByteWriter writer(key);
  writer.bytes(profile.service_info);
  for (const std::string& id : profile.server_service_ids) writer.bytes(id);
  return key;
}

}  // namespace msggw::core
