// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/enum.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "gateway/base/address.h"
#include "gateway/core/ids.h"

namespace msggw::tester {

/// What a request wants: "message" is a provisioning request in a MSGin5G message, "other" another
/// path or method, or a body that cannot be read.
enum class Operation : std::uint8_t { provision, bulk, message, read, release, other };
BOOST_DESCRIBE_ENUM(Operation, provision, bulk, message, read, release, other)

/// The value whose enumerator is spelled `name`; none: there is no such one.
template <class Enum>
std::optional<Enum> named(std::string_view name) {
  std::optional<Enum> found;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>([&](auto one) {
    if (name == one.name) found = one.value;
  });
  return found;
}

/// Its enumerator as it is spelled. Static storage.
template <class Enum>
std::string_view name_of(Enum value) noexcept {
  return boost::describe::enum_to_string(value, "?");
}

/// One endpoint that a request is about; a bulk request has several.
struct Subject {
  std::string_view private_id{};  ///< canonical text; as sent if it is no Private ID; or empty
  std::optional<core::UeType> ue_type{};
};

/// A request as it came in. Valid during the call it is given to.
struct Seen {
  base::Scheme channel = base::Scheme::http;  ///< by which protocol it came
  Operation operation = Operation::other;
  std::string_view gateway{};  ///< who asks, as far as it is proven; or empty
  std::span<const Subject> subjects{};
};

}  // namespace msggw::tester
