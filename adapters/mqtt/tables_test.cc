#include <doctest/doctest.h>

#include <string>

#include "adapters/mqtt/open_requests.h"
#include "adapters/mqtt/presence.h"
#include "adapters/mqtt/spellings.h"

namespace msggw::mqtt {

TEST_CASE("an open request is found once, under its own ticket only") {
  OpenRequests open(2);
  const auto first = open.next_ticket();
  open.keep({"a", "resp/a", "corr"});
  const auto second = open.next_ticket();
  CHECK(first != second);
  open.keep({"b", {}, {}});
  CHECK(open.is_full());

  const auto* request = open.take(first);
  REQUIRE(request != nullptr);
  CHECK(request->id == "a");
  CHECK(request->response_topic == "resp/a");
  CHECK(request->correlation == "corr");
  CHECK(open.take(first) == nullptr);

  const auto third = open.next_ticket();  // the same place, another use
  CHECK(third != first);
  open.keep({"c", {}, {}});
  CHECK(open.take(first) == nullptr);
  CHECK(open.take(third)->id == "c");
  CHECK(open.take(core::Ticket{~std::uint64_t{0}}) == nullptr);
  CHECK(open.size() == 1);
}

TEST_CASE("a ticket whose request was answered at once is given again") {
  OpenRequests open(1);
  const auto ticket = open.next_ticket();
  CHECK(open.next_ticket() == ticket);
  CHECK(open.take(ticket) == nullptr);
  CHECK(open.size() == 0);
}

TEST_CASE("spellings are kept once each, up to the limits") {
  Spellings table(2);
  const core::DeviceNo one{1};
  CHECK(table.add(one, "00-1B"));
  CHECK(table.add(one, "00-1B"));
  CHECK(table.add(one, "00:1b"));
  CHECK(table.add(core::DeviceNo{2}, "x"));
  CHECK_FALSE(table.add(core::DeviceNo{3}, "y"));
  CHECK(table.some(1).size() == 1);
  CHECK(table.some(9).size() == 2);
  for (std::size_t i = 2; i < Spellings::kMostOfOne; ++i) CHECK(table.add(one, std::to_string(i)));
  CHECK_FALSE(table.add(one, "one more"));
  CHECK(table.take(one).size() == Spellings::kMostOfOne);
  CHECK(table.take(one).empty());
  CHECK(table.size() == 1);
}

TEST_CASE("presence counts each device once and remembers those not yet registered") {
  Presence presence;
  const core::DeviceNo device{1000};
  presence.set(device, false);
  presence.set(device, true);
  presence.set(device, true);
  CHECK(presence.online() == 1);
  CHECK(presence.is_online(device));
  CHECK_FALSE(presence.is_online(core::DeviceNo{5}));
  presence.set(device, false);
  CHECK(presence.online() == 0);

  presence.set_early("early", true);
  presence.set_early("gone", true);
  presence.set_early("gone", false);
  CHECK_FALSE(presence.recorded("gone", core::DeviceNo{3}));
  CHECK(presence.recorded("early", core::DeviceNo{2}));
  CHECK_FALSE(presence.recorded("early", core::DeviceNo{2}));
  CHECK(presence.is_online(core::DeviceNo{2}));
  for (std::size_t i = 0; i <= Presence::kMostEarly; ++i)
    presence.set_early("flood" + std::to_string(i), true);
  CHECK_FALSE(presence.recorded("flood0", core::DeviceNo{4}));
  CHECK(presence.recorded("flood" + std::to_string(Presence::kMostEarly), core::DeviceNo{4}));
}

}  // namespace msggw::mqtt
