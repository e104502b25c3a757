// SPDX-License-Identifier: Apache-2.0
// What a device may write beside a body when it asks for messages: parameters of the query, Accept,
// and the number that it was told. The input is lines, each one parameter.
#include <cstdint>
#include <string_view>
#include <vector>

#include "adapters/coap/message_requests.h"
#include "adapters/payload/messages.h"
#include "gateway/base/result.h"
#include "gateway/base/text.h"
#include "gateway/core/gateway.h"

namespace {

using namespace msggw;
using base::ensure;

void check_after(const core::Registrations& registrations, std::string_view after) {
  constexpr messages::MessageNo kNext{(std::uint64_t{5} << 32) + 100};
  constexpr core::DeviceNo kDevice{3};
  const auto no = coap_adapter::read_after(after, registrations, kDevice, kNext);
  if (!no) return;
  ensure(after.size() == 16, "a number has sixteen digits");
  ensure(messages::number(*no) >> 32 == 5 || messages::number(*no) >> 32 == 4, "it is near");
  ensure(coap_adapter::etag_of(registrations, kDevice, *no).size() == 8, "an ETag has its size");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static base::metrics::Registry metrics;
  static core::Gateway gateway({}, metrics, {});
  std::string_view in(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> queries;
  while (!in.empty() && queries.size() < 16) {
    const auto end = std::min(in.find('\n'), in.size());
    queries.push_back(in.substr(0, end));
    in.remove_prefix(std::min(end + 1, in.size()));
  }
  for (const char* const name : {"after", "app"}) {
    const auto read = coap_adapter::read_parameter(queries, name);
    if (!read) {
      ensure(!base::has_control(read.error().detail), "a diagnostic is printable");
      continue;
    }
    check_after(gateway.registrations(), *read);
    payload::is_line(*read, elements::kMostApplicationOctets);
  }
  coap::Request request;
  if (size >= 2) request.accept = static_cast<std::uint16_t>(data[0] << 8 | data[1]);
  const auto view = coap_adapter::choose_view(request, size % 2 == 0);
  if (view && request.accept)
    ensure(coap_adapter::format_of(*view) == *request.accept, "the format is what was asked for");
  return 0;
}
