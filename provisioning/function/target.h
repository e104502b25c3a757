// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace msggw::function {

/// `{apiRoot}` of the Provisioning Function is the listener itself: no prefix.
inline constexpr std::string_view kCollectionPath = "/msgin5g-provisioning/v1/provisionings";
/// Takes bulk requests, over HTTP only. No Private ID is at such a path.
inline constexpr std::string_view kBulkPath = "/msgin5g-provisioning/v1/bulk";
/// Takes MSGin5G messages, over CoAP only.
inline constexpr std::string_view kMessagePath = "/msgin5g";

/// What the path of a request names.
struct Target {
  enum class Kind {
    unknown,
    health,      ///< /healthz
    collection,  ///< kCollectionPath
    bulk,        ///< kBulkPath
    old_bulk,  ///< kCollectionPath "/bulk": POST is a bulk request as it was in version 1.0 of the
               ///< interface, all else is about an item
    item,      ///< kCollectionPath "/{privateId}"
    bad_item,  ///< an item whose percent-encoding is broken
    message,   ///< kMessagePath
  };

  Kind kind = Kind::unknown;
  std::string private_id;  ///< of an item and of old_bulk: decoded, not checked further
};

/// Of the path of an HTTP request without its query.
Target parse_target(std::string_view path);
/// Of the Uri-Path options of a CoAP request.
Target target_of(std::span<const std::string_view> segments);

/// The path of an item; what is not an unreserved character (RFC 3986 2.3) is percent-encoded.
std::string item_path(std::string_view private_id);

}  // namespace msggw::function
