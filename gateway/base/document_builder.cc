// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/document_builder.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace msggw::base {

namespace {

/// Members of all objects in `value`. Recursion is bounded by DocumentLimits::depth.
std::size_t members_in(const boost::json::value& value) {
  std::size_t members = 0;
  if (const auto* object = value.if_object()) {
    members = object->size();
    for (const auto& member : *object) {
      if (member.value().is_structured()) members += members_in(member.value());
    }
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) {
      if (item.is_structured()) members += members_in(item);
    }
  }
  return members;
}

}  // namespace

Result<boost::json::value> DocumentBuilder::finish() {
  boost::json::value value = stack_.release();
  // The stack keeps the last of two members with one key and says nothing; then fewer are there
  // than were pushed.
  if (members_in(value) != members_)
    return fail(Errc::malformed, "a key comes twice in one object");
  return value;
}

}  // namespace msggw::base
