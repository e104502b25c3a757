// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/tracking.h"

#include <doctest/doctest.h>

using msggw::core::Bearer;
using msggw::messages::MessageNo;
using msggw::messages::Tracked;
using msggw::messages::Tracking;

TEST_CASE("what a bearer writes down is kept, changed once a batch, and goes") {
  Tracking tracking;
  const Tracked row{Bearer::sms, 7, "abc"};
  tracking.put(MessageNo{2}, row);
  tracking.put(MessageNo{1}, {Bearer::mqtt, 8, "x"});
  tracking.put(MessageNo{2}, {Bearer::sms, 7, "abcd"});
  CHECK(tracking.take_changes() == std::vector{MessageNo{1}, MessageNo{2}});
  CHECK_FALSE(tracking.has_changes());
  CHECK(tracking.find(MessageNo{2})->octets == "abcd");
  CHECK(tracking.of(Bearer::sms) == std::vector{MessageNo{2}});
  tracking.drop(MessageNo{2});
  tracking.drop(MessageNo{3});
  CHECK(tracking.take_changes() == std::vector{MessageNo{2}});
  CHECK(tracking.find(MessageNo{2}) == nullptr);
  CHECK(tracking.restore(MessageNo{5}, row));
  CHECK_FALSE(tracking.restore(MessageNo{5}, row));
  CHECK_FALSE(tracking.has_changes());
  CHECK(tracking.size() == 2);
}
