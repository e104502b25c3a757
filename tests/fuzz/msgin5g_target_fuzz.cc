// SPDX-License-Identifier: Apache-2.0
// What a MSGin5G Server says beside a body: the first line of the input is the path, the second the
// priority, the third the content type.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/msgin5g/media_type.h"
#include "adapters/msgin5g/target.h"
#include "gateway/base/result.h"

namespace {

std::string_view next_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace msgin5g = msggw::msgin5g;
  using msgin5g::Operation;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string path(next_line(rest));
  const msgin5g::FaceOptions options;
  const auto target = msgin5g::target_of(path, options);
  msggw::base::ensure(target.operation == Operation::none || !target.wrong_version,
                      "what is served is of the right version");
  msgin5g::FaceOptions below;
  below.path_prefix = "/gw";
  const auto same = msgin5g::target_of("/gw" + path, below);
  msggw::base::ensure(
      same.operation == target.operation && same.wrong_version == target.wrong_version,
      "a path means the same below a prefix");
  msgin5g::FaceOptions nothing;
  nothing.legacy_3gpp = nothing.non_3gpp = false;
  msggw::base::ensure(msgin5g::target_of(path, nothing).operation == Operation::none,
                      "what is switched off is not there");
  msgin5g::priority_of(next_line(rest));
  const std::string_view type = next_line(rest);
  msggw::base::ensure(
      !msgin5g::is_type(type, msgin5g::kJson) || !msgin5g::is_type(type, msgin5g::kProblemJson),
      "a type is one");
  return 0;
}
