// SPDX-License-Identifier: Apache-2.0
#include "storage/message_state.h"

#include <doctest/doctest.h>

namespace msggw::storage {
namespace {

using namespace messages;

template <class Parse>
void check_faults(const std::string& row, const Parse& parse) {
  for (std::size_t size = 0; size < row.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse(std::string_view(row).substr(0, size)));
  }
  CHECK_FALSE(parse(row + '\0'));
  std::string newer = row;
  newer.front() = 3;
  CHECK(parse(newer).error().detail.ends_with("unknown version; a newer program wrote it"));
}

TEST_CASE("where a segment belongs comes back as it was") {
  for (const Place& place :
       {Place{{~0ULL, 1}, 4'096, 4'096, 70'000, true}, Place{{1, 2}, 0, 0, 0, false}}) {
    std::string row;
    append_place(row, place);
    CHECK(parse_place(row).value() == place);
    check_faults(row, parse_place);
  }
}

TEST_CASE("what a bearer must know comes back as it was") {
  for (const Tracked& tracked :
       {Tracked{core::Bearer::sms, 1'800'000'000, std::string("a\0b", 3)}, Tracked{}}) {
    std::string row;
    append_tracked(row, tracked);
    CHECK(parse_tracked(row).value() == tracked);
    check_faults(row, parse_tracked);
  }
}

TEST_CASE("whom a device answers comes back as it was") {
  const std::vector<Transaction> all{{{AddressType::as, "as-1"}, 0xffffffff, 1'800'000'000},
                                     {{AddressType::ue, "ue-1"}, 0, 0}};
  std::string row;
  append_transactions(row, all);
  CHECK(parse_transactions(row).value() == all);
  check_faults(row, parse_transactions);
  CHECK(row.front() == 1);  // as programs without addresses of the gateway wrote it
  auto with_own = all;
  with_own.back().own = 7;
  row.clear();
  append_transactions(row, with_own);
  CHECK(parse_transactions(row).value() == with_own);
  check_faults(row, parse_transactions);
  row.clear();
  append_transactions(row, std::vector<Transaction>(5, all[0]));
  CHECK(parse_transactions(row).error().detail == "transactions row: too many peers");
}

TEST_CASE("a draft comes back as it was") {
  for (const Draft& draft :
       {Draft{core::DeviceNo{7}, core::Bearer::sms, 1'800'000'000, std::string("a\0\xff", 3)},
        Draft{core::DeviceNo{0}, core::Bearer::coap, 0, "x"}}) {
    std::string row;
    append_draft(row, draft);
    CHECK(parse_draft(row).value() == draft);
    check_faults(row, parse_draft);
  }
}

}  // namespace
}  // namespace msggw::storage
