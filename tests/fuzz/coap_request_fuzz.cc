// SPDX-License-Identifier: Apache-2.0
// What the CoAP adapter reads itself, once libcoap has taken a datagram apart: queries, formats,
// blocks. The input is a list of steps; each is an octet that says what follows, an octet of
// length, and so many octets of value.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "adapters/coap/registration.h"
#include "adapters/wire/coap/blocks.h"
#include "gateway/base/result.h"
#include "gateway/base/text.h"

namespace msggw::coap {
namespace {

constexpr std::size_t kMostBodies = 4;
constexpr std::size_t kMostOctets = 300;

struct Fuzzed {
  Request request;
  std::vector<std::string_view> path;
  std::vector<std::string_view> queries;
};

std::uint32_t number(std::string_view value) {
  std::uint32_t result = 0;
  for (const char c : value.substr(0, 4)) result = result << 8 | static_cast<unsigned char>(c);
  return result;
}

void run(Fuzzed& fuzzed, PartialBodies& bodies, base::TimePoint now) {
  Request& request = fuzzed.request;
  request.path = fuzzed.path;
  request.queries = fuzzed.queries;
  if (const auto query = coap_adapter::read_query(request.queries)) {
    base::ensure(!query->lifetime || query->lifetime->count() > 0, "a lifetime is above zero");
  } else {
    base::ensure(!base::has_control(query.error().detail), "a diagnostic is printable");
  }
  const auto chosen = coap_adapter::choose_encodings(request, !request.payload.empty());
  base::ensure(chosen || !chosen.error().detail.empty(), "an error says why");

  Response response;
  response.code = Code::content;
  response.payload = request.payload;
  std::optional<Block> block2;
  if (request.block2) block2 = decode_block(*request.block2);
  if (cut_to_block(response, block2))
    base::ensure(response.payload.size() <= (block2 ? block2->size() : 1024), "a block fits");

  const auto block1 = request.block1 ? decode_block(*request.block1) : std::nullopt;
  if (!block1) return;
  base::ensure(encode_block(*block1) == *request.block1,
               "a block option is written as it was read");
  const auto added = bodies.add(request, *block1, now);
  base::ensure(added.body.size() <= kMostOctets, "a body is within the limit");
  base::ensure(bodies.size() <= kMostBodies, "bodies are within the limit");
}

}  // namespace
}  // namespace msggw::coap

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace std::string_view_literals;
  std::string_view in(reinterpret_cast<const char*>(data), size);
  msggw::coap::PartialBodies bodies({msggw::coap::kMostBodies, msggw::coap::kMostOctets}, {});
  msggw::coap::Fuzzed fuzzed;
  msggw::base::TimePoint now{};
  while (in.size() >= 2) {
    const char kind = in[0];
    const auto length = std::min<std::size_t>(static_cast<unsigned char>(in[1]), in.size() - 2);
    const auto value = in.substr(2, length);
    in.remove_prefix(2 + length);
    switch (kind) {
      case 'p': fuzzed.path.push_back(value); break;
      case 'q': fuzzed.queries.push_back(value); break;
      case 'c': fuzzed.request.content_format = msggw::coap::number(value) & 0xFFFF; break;
      case 'a': fuzzed.request.accept = msggw::coap::number(value) & 0xFFFF; break;
      case '1': fuzzed.request.block1 = msggw::coap::number(value) & 0xFFFFFF; break;
      case '2': fuzzed.request.block2 = msggw::coap::number(value) & 0xFFFFFF; break;
      case 's': fuzzed.request.size1 = msggw::coap::number(value); break;
      case 't': fuzzed.request.request_tag = value; break;
      case 'f':
        fuzzed.request.peer.port = static_cast<std::uint16_t>(msggw::coap::number(value));
        break;
      case 'b': fuzzed.request.payload = value; break;
      case 'w': now += msggw::base::Duration{msggw::coap::number(value)}; break;
      case '!': msggw::coap::run(fuzzed, bodies, now); break;
      case '0': fuzzed = {}; break;
      default: break;
    }
  }
  return 0;
}
