// SPDX-License-Identifier: Apache-2.0
// What the Provisioning Function reads of a request beside its body: the first line of the input is
// the path, of HTTP as it stands and of CoAP with a segment between two '/'; the rest is the Accept
// header.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "provisioning/function/negotiation.h"
#include "provisioning/function/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace function = msggw::function;
  namespace protocol = msggw::protocol;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = input.find('\n');
  const auto path = input.substr(0, end);
  const auto accept = end == std::string_view::npos ? std::string_view{} : input.substr(end + 1);

  const auto target = function::parse_target(path);
  using Kind = function::Target::Kind;
  if (target.kind == Kind::item || target.kind == Kind::old_bulk) {
    const auto again = function::parse_target(function::item_path(target.private_id));
    msggw::base::ensure(again.kind == target.kind && again.private_id == target.private_id,
                        "the path of an item leads back to it");
  }
  std::vector<std::string_view> segments;
  for (std::size_t at = 0; at < path.size();) {
    const auto slash = std::min(path.find('/', at + 1), path.size());
    segments.push_back(path.substr(at + 1, slash - at - 1));
    at = slash;
  }
  const auto over_coap = function::target_of(segments);
  msggw::base::ensure(over_coap.kind != Kind::bad_item, "nothing is percent-encoded over CoAP");
  if (path.starts_with('/') && path.find('%') == std::string_view::npos &&
      over_coap.kind != Kind::message && target.kind != Kind::bulk) {
    msggw::base::ensure(over_coap.kind == target.kind && over_coap.private_id == target.private_id,
                        "a path is the same over both protocols");
  }
  const auto json = function::choose_encoding(accept, protocol::Encoding::json);
  const auto cbor = function::choose_encoding(accept, protocol::Encoding::cbor);
  msggw::base::ensure(json.has_value() == cbor.has_value(),
                      "the preferred encoding does not decide whether one is acceptable");
  return 0;
}
