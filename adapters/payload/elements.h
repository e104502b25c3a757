// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::payload {

/// Whether an element must be there.
enum class Need : std::uint8_t { mandatory, optional };

/// The members of one object of a body, each asked for by its name. The first that is wrong is
/// noted in `fault`, and what could not be read comes back empty. The object and the fault must
/// outlive it.
class Elements {
 public:
  /// `path` is what the object is called in a fault: empty for the body.
  Elements(const boost::json::value& object, std::string path, std::optional<base::Error>& fault)
      : object_(object), path_(std::move(path)), fault_(fault) {}

  /// A text of one line that is not empty where it is mandatory: UTF-8 without control characters.
  std::string line(std::string_view name, Need need, std::size_t most_octets);
  /// Any text; empty if it is absent.
  std::string text(std::string_view name);
  /// False if it is absent.
  bool flag(std::string_view name);
  /// A whole number from 1 to 4294967295.
  std::optional<std::uint32_t> number(std::string_view name);
  std::optional<Elements> object(std::string_view name);

  /// Notes that the element is wrong: "destAddr.addrType must be ...".
  void incorrect(std::string_view name, std::string_view what);

 private:
  void note(base::Errc code, std::string_view name, std::string_view what);

  const boost::json::value& object_;
  std::string path_;
  std::optional<base::Error>& fault_;
};

}  // namespace msggw::payload
