// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/policy.h"

#include <algorithm>

namespace msggw::messages {

namespace {

constexpr std::string_view kNobody = "none";

}  // namespace

bool knows_one(const std::vector<std::string>& servers, const core::ServiceProfile& profile) {
  const auto& ids = profile.server_service_ids;
  return std::find_first_of(ids.begin(), ids.end(), servers.begin(), servers.end()) != ids.end();
}

base::Result<AddressType> parse_address_type(std::string_view name) {
  if (const auto type = address_type_of(name)) return *type;
  return base::fail(base::Errc::incorrect, "is none of UE, AS, GROUP, BC, TOPIC");
}

std::string to_string(AddressType type) {
  return std::string(name_of(type));
}

base::Result<std::optional<Address>> parse_recipient(std::string_view text) {
  if (text == kNobody) return std::optional<Address>();
  const std::size_t space = text.find(' ');
  const std::string_view address =
      space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  const auto type = parse_address_type(text.substr(0, space));
  if (!type)
    return base::fail(base::Errc::incorrect,
                      "is no type (UE, AS, GROUP, BC, TOPIC) and a Service ID, as "
                      "\"AS as-1@example\"");
  if (address.empty() || address.find(' ') != std::string_view::npos)
    return base::fail(base::Errc::incorrect, "is a type and a Service ID, as \"AS as-1@example\"");
  return std::optional<Address>(Address{*type, std::string(address)});
}

std::string to_string(const std::optional<Address>& recipient) {
  if (!recipient) return std::string(kNobody);
  return to_string(recipient->type) + ' ' + recipient->address;
}

}  // namespace msggw::messages
