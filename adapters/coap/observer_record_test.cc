// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/observer_record.h"

#include <doctest/doctest.h>

#include "gateway/core/device.h"

namespace msggw::coap_adapter {
namespace {

Observation largest() {
  Observation observation;
  coap::Observer& to = observation.to;
  to.peer = coap::peer_at(boost::asio::ip::make_address("2001:db8::1"), 65'535);
  to.peer.local = coap::peer_at(boost::asio::ip::make_address("2001:db8::2"), 0).address;
  to.peer.scope = UINT32_MAX;
  to.token.octets = {'\0', 'b', 'c', 'd', 'e', 'f', 'g', '\xff'};
  to.token.size = 8;
  to.proved = true;
  observation.view = View::octets;
  return observation;
}

TEST_CASE("an observation comes back as it was, and nobody has shown to be there") {
  const Observation observation = largest();
  const std::string record = record_of(observation);
  CHECK(record.size() <= core::Device::kMostObserverOctets);
  const auto back = observation_of(record);
  REQUIRE(back);
  CHECK(back->to.is_same(observation.to));
  CHECK(back->view == View::octets);
  CHECK_FALSE(back->to.proved);
  CHECK_FALSE(back->sequence);
  const auto least = observation_of(record_of(Observation{}));
  REQUIRE(least);
  CHECK(least->to.token.size == 0);
}

TEST_CASE("one of a security session is not kept") {
  Observation observation = largest();
  observation.to.peer.session = 1;
  CHECK(record_of(observation).empty());
}

TEST_CASE("a record that is cut, longer, or has what there is not, is none") {
  const std::string record = record_of(largest());
  for (std::size_t size = 0; size < record.size(); ++size)
    CHECK_FALSE(observation_of(record.substr(0, size)));
  CHECK_FALSE(observation_of(record + 'x'));
  CHECK_FALSE(observation_of("\x04" + record.substr(1)));  // a view
  std::string token = record;
  token[1] = 9;
  token.insert(2, 1, 'x');
  CHECK_FALSE(observation_of(token));
}

}  // namespace
}  // namespace msggw::coap_adapter
