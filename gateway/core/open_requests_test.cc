// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/open_requests.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using msggw::core::OpenRequests;
using msggw::core::Ticket;

TEST_CASE("an open request is found once, under its own ticket only") {
  OpenRequests<std::string> requests(2);
  const Ticket first = requests.next_ticket();
  requests.open() = "a";
  const Ticket second = requests.next_ticket();
  CHECK(first != second);
  requests.open() = "b";
  CHECK(requests.is_full());

  const std::string* request = requests.take(first);
  REQUIRE(request != nullptr);
  CHECK(*request == "a");
  CHECK(requests.take(first) == nullptr);

  const Ticket third = requests.next_ticket();  // the same place, another use
  CHECK(third != first);
  requests.open() = "c";
  CHECK(requests.take(first) == nullptr);
  CHECK(*requests.take(third) == "c");
  CHECK(requests.take(Ticket{~std::uint64_t{0}}) == nullptr);
  CHECK(requests.size() == 1);
}

TEST_CASE("a ticket whose request was answered at once is given again") {
  OpenRequests<int> requests(1);
  const Ticket ticket = requests.next_ticket();
  CHECK(requests.next_ticket() == ticket);
  CHECK(requests.take(ticket) == nullptr);
  CHECK(requests.size() == 0);
}

TEST_CASE("requests of one source leave others room, and all places can be taken") {
  using msggw::base::Source;
  msggw::core::SharedRequests<std::string> requests(8);
  std::vector<Ticket> tickets;
  const auto fill = [&](Source source) {
    std::size_t count = 0;
    for (; const auto ticket = requests.next_ticket(source); ++count) {
      requests.open(source) = "of " + std::to_string(static_cast<int>(source));
      tickets.push_back(*ticket);
    }
    return count;
  };
  CHECK(fill(Source{1}) == 4);
  CHECK(fill(Source{2}) == 2);
  CHECK(fill(Source{3}) == 1);
  CHECK(fill(Source{4}) == 1);
  CHECK(fill(Source{5}) == 0);
  CHECK(*requests.take(tickets[0]) == "of 1");
  CHECK(requests.take(tickets[0]) == nullptr);
  CHECK(fill(Source{5}) == 1);
  for (std::size_t i = 1; i < tickets.size(); ++i) CHECK(requests.take(tickets[i]) != nullptr);
  CHECK(fill(Source{1}) == 4);
}
