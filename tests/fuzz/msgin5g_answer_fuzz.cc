// SPDX-License-Identifier: Apache-2.0
// An answer of a MSGin5G Server: the first line of the input is the status, a blank and the content
// type; the rest is the body.
#include <charconv>
#include <cstdint>
#include <string_view>
#include <variant>

#include "adapters/msgin5g/answers.h"
#include "gateway/base/result.h"
#include "gateway/base/text.h"

namespace {

using namespace msggw::msgin5g;
using msggw::base::ensure;

void check_text(std::string_view text) {
  ensure(text.size() <= 4'096, "what is said of an answer is bounded");
  ensure(msggw::base::is_plain(text), "what is said of an answer is safe to print");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.substr(0, input.find('\n'));
  const auto blank = line.find(' ');
  msggw::http::ClientResponse response;
  std::from_chars(line.data(), line.data() + line.size(), response.status);
  if (blank != std::string_view::npos) response.content_type = line.substr(blank + 1);
  if (line.size() < size) response.body = input.substr(line.size() + 1);
  Limits limits;
  limits.body_octets = 4'096;
  const Meaning meaning = meaning_of(response, "m-1", limits);
  if (const auto* ended = std::get_if<Ended>(&meaning)) {
    ensure(!ended->cause.empty(), "what ends has a cause");
    check_text(ended->cause);
    check_text(ended->detail);
    ensure(response.status == 200 || (response.status >= 400 && response.status < 500),
           "nothing ends by a fault of the server");
  }
  if (const auto* trouble = std::get_if<ServerTrouble>(&meaning)) check_text(trouble->reason);
  if (const auto* unknown = std::get_if<OriginatorUnknown>(&meaning)) check_text(unknown->reason);
  const bool taken =
      std::holds_alternative<Done>(meaning) || std::holds_alternative<Stored>(meaning);
  ensure(!taken || response.status == 200 || response.status == 204, "only a success is one");
  return 0;
}
