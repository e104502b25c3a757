// SPDX-License-Identifier: Apache-2.0
#include "adapters/elements/elements.h"

#include <doctest/doctest.h>

#include <boost/json/value.hpp>

#include "gateway/base/json.h"

namespace msggw::elements {
namespace {

using messages::Address;
using messages::AddressType;

template <class Read>
std::string fault_of(const char* json, const Read& read) {
  const auto value = base::parse_json(json, {}).value();
  Faults faults(4);
  Members members(value, "", faults);
  read(members);
  return faults.none() ? "" : std::move(faults).take().front().sentence();
}

template <class Append>
std::string written(const Append& append) {
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  append(writer);
  writer.end();
  return body;
}

TEST_CASE("each type of address is read as it is written, and another is not served") {
  for (const auto type : {AddressType::ue, AddressType::as, AddressType::group,
                          AddressType::broadcast, AddressType::topic}) {
    const Address address{type, "a \"b\""};
    const std::string body =
        written([&](base::ObjectWriter& writer) { append_address(writer, "oriAddr", address); });
    std::optional<Address> again;
    const auto read = [&](Members& members) {
      again = read_address(members, "oriAddr", Need::mandatory);
    };
    CHECK(fault_of(body.c_str(), read).empty());
    CHECK(again == address);
  }
  const auto read = [](Members& members) { read_address(members, "to", Need::optional); };
  CHECK(fault_of("{}", read).empty());
  CHECK(fault_of(R"({"to":{"addrType":"PLANET","addr":"x"}})", read)
            .starts_with("/to/addrType is none of UE"));
  CHECK(fault_of(R"({"to":{"addrType":"PLANET"}})", read) == "/to/addr is missing");
  CHECK(fault_of(R"({"to":{"addrType":"","addr":"x"}})", read) == "/to/addrType is empty");
}

TEST_CASE("an outcome is read as it is written, and of another nothing is told") {
  const auto outcome = [](bool delivered, const char* cause) {
    const messages::Report report{{}, {}, "m", delivered, cause};
    return written([&](base::ObjectWriter& writer) { append_outcome(writer, report); });
  };
  CHECK(outcome(true, "") == R"({"delivSt":"REPT_DELY_SUCCESS"})");
  CHECK(outcome(false, "EXPIRED") == R"({"delivSt":"REPT_DELY_FAILED","failureCause":"EXPIRED"})");
  for (const bool delivered : {true, false}) {
    bool again = !delivered;
    const auto read = [&](Members& members) { again = read_delivered(members); };
    CHECK(fault_of(outcome(delivered, "").c_str(), read).empty());
    CHECK(again == delivered);
  }
  const auto read = [](Members& members) { read_delivered(members); };
  CHECK(fault_of("{}", read) == "/delivSt is missing");
  CHECK(fault_of(R"({"delivSt":""})", read) == "/delivSt is empty");
  CHECK(fault_of(R"({"delivSt":"DONE"})", read).starts_with("/delivSt is neither"));
}

TEST_CASE("a segment says what it knows of its set") {
  const auto segment = [](const messages::Segment& one) {
    return written([&](base::ObjectWriter& writer) { append_segment(writer, one); });
  };
  CHECK(segment({"s1", 1, 2, false}) ==
        R"({"segInd":true,"segParams":{"segId":"s1","totalSegCount":2,"segNumb":1}})");
  CHECK(segment({"s1", 2, {}, true}) ==
        R"({"segInd":true,"segParams":{"segId":"s1","segNumb":2,"lastSegFlag":true}})");
}

}  // namespace
}  // namespace msggw::elements
