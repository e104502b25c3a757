// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/elements/faults.h"

namespace msggw::elements {

/// Whether an element must be there. What is wrong with a `conditional` one counts as wrong with an
/// optional one, but what lacks it lacks something mandatory.
enum class Need : std::uint8_t { mandatory, conditional, optional };

/// The members of one object of a body, each of which is asked for by its name. What is wrong is
/// noted in `faults` under its JSON Pointer, and what could not be read comes back empty. `null` is
/// wrong wherever a type is said: the schemas of TS 29.538 declare nothing nullable (TS 29.501,
/// OpenAPI 3.0.3). The object and the faults must outlive it.
class Members {
 public:
  /// `pointer` is that of the object: empty for the body.
  Members(const boost::json::value& object, std::string pointer, Faults& faults);

  /// A text of one line that is not empty: UTF-8 without control characters. An optional one may be
  /// empty.
  std::string line(std::string_view name, Need need, std::size_t most_octets);
  /// Any text. A view into the object.
  std::optional<std::string_view> text(std::string_view name, Need need);
  std::optional<bool> flag(std::string_view name);
  /// A whole number.
  std::optional<std::uint32_t> number(std::string_view name, Need need, std::uint32_t least,
                                      std::uint32_t most);
  std::optional<Members> object(std::string_view name, Need need);

  bool has(std::string_view name) const noexcept;
  /// Notes that the element of that name is incorrect.
  void incorrect(std::string_view name, Need need, std::string reason);
  void note(Wrong wrong, std::string_view name, std::string reason);

 private:
  const boost::json::value* find(std::string_view name, Need need);
  std::string pointer_to(std::string_view name) const;

  const boost::json::value& object_;
  std::string pointer_;
  Faults& faults_;
};

}  // namespace msggw::elements
