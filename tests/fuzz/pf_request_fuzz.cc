// What the Provisioning Function reads of an HTTP request beside its body: the first line of the
// input is the path, the rest the Accept header.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

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
  if (target.kind == function::Target::Kind::item) {
    const auto again = function::parse_target(function::item_path(target.private_id));
    msggw::base::ensure(again.kind == target.kind && again.private_id == target.private_id,
                        "the path of an item leads back to it");
  }
  const auto json = function::choose_encoding(accept, protocol::Encoding::json);
  const auto cbor = function::choose_encoding(accept, protocol::Encoding::cbor);
  msggw::base::ensure(json.has_value() == cbor.has_value(),
                      "the preferred encoding does not decide whether one is acceptable");
  return 0;
}
