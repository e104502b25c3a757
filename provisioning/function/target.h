#pragma once

#include <string>
#include <string_view>

namespace msggw::function {

/// `{apiRoot}` of the Provisioning Function is the listener itself: no prefix.
inline constexpr std::string_view kCollectionPath = "/msgin5g-provisioning/v1/provisionings";

/// What the path of a request names.
struct Target {
  enum class Kind {
    unknown,
    health,      ///< /healthz
    collection,  ///< kCollectionPath
    item,        ///< kCollectionPath "/{privateId}"
    bad_item,    ///< an item whose percent-encoding is broken
  };

  Kind kind = Kind::unknown;
  std::string private_id;  ///< of an item: decoded, not checked further
};

/// Of a path without its query.
Target parse_target(std::string_view path);

/// The path of an item; what is not an unreserved character (RFC 3986 2.3) is percent-encoded.
std::string item_path(std::string_view private_id);

}  // namespace msggw::function
