// SPDX-License-Identifier: Apache-2.0
// What is kept with a device's row of who observes its inbox, as a damaged store or one of another
// version may have it: none, or the one way to write it.
#include <cstdint>
#include <string_view>

#include "adapters/coap/observer_record.h"
#include "gateway/base/result.h"
#include "gateway/core/device.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace msggw;
  const std::string_view record(reinterpret_cast<const char*>(data), size);
  const auto read = coap_adapter::observation_of(record);
  if (!read) return 0;
  base::ensure(read->to.token.size <= read->to.token.octets.size(), "a token has its size");
  base::ensure(read->to.peer.session == 0, "a session is not kept");
  const std::string written = coap_adapter::record_of(*read);
  base::ensure(written.size() <= core::Device::kMostObserverOctets, "a row has room for it");
  const auto again = coap_adapter::observation_of(written);
  base::ensure(again && again->to.is_same(read->to) && again->view == read->view,
               "it is written as it was read");
  base::ensure(coap_adapter::record_of(*again) == written, "it is written in one way");
  return 0;
}
