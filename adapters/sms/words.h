// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gateway/core/registrations.h"

namespace msggw::sms {

/// Returns true if an SMS says the keyword and nothing else; blanks around it and letter case (of
/// ASCII) do not count. An empty keyword is never said.
bool says(std::string_view text, std::string_view keyword) noexcept;

/// What the templates of the configuration may name.
struct Words {
  std::string_view service_id;  ///< {serviceId}
  std::string_view private_id;  ///< {privateId}
  std::string_view state;       ///< {state}
  std::string servers;          ///< {servers}, parted by ", "
  std::string_view cause;       ///< {cause}
  std::string_view detail;      ///< {detail}
};
Words words_of(const core::RegistrationView& view, const core::Refusal* refusal);

/// Returns the template with its placeholders replaced, UTF-8; blanks that end it are taken away. A
/// placeholder that is not known stays as it is.
std::string fill(std::string_view text, const Words& words);

}  // namespace msggw::sms
