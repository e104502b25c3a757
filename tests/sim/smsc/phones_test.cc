// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/phones.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>

#include "tests/sim/smsc/messages.h"

namespace msggw::smsc {
namespace {

class World {
 public:
  World() { phones.keep(3); }

  bool submit(const Part& part, const char* id, const char* number = "4670",
              const char* from = "12345") {
    Sm sm;
    sm.source = {0, 0, from};
    sm.destination = {1, 1, number};
    sm.esm_class = part.esm_class;
    sm.data_coding = part.data_coding;
    sm.octets = part.octets;
    sm.segment = part.segment;
    return phones.take({sm, id, "gw", 1}, Alphabet::gsm7);
  }
  boost::json::object latest(const char* number = "+4670") const {
    return phones.list(number, 0).at("messages").as_array().back().as_object();
  }

  Phones phones;
};

const std::string kLong = std::string(290, 'x') + "(end)";

}  // namespace

TEST_CASE("a short message") {
  World world;
  CHECK(world.submit({"hello \x1B\x65", 0, 0, false, {}}, "1"));
  CHECK(world.phones.received("4670") == 1);
  CHECK(world.latest().at("text") == "hello €");
  CHECK(world.latest().at("from") == "12345");
  CHECK(world.phones.list("4670", 1).at("messages").as_array().empty());
  CHECK(world.phones.list("999", 0).at("received") == 0);
}

TEST_CASE("parts in any order, a duplicate among them") {
  for (const auto how : {Concatenation::udh8, Concatenation::udh16, Concatenation::sar}) {
    World world;
    const auto parts = parts_of_text(kLong, {Alphabet::gsm7, how, 0x0102});
    REQUIRE(parts);
    REQUIRE(parts->size() == 2);
    CHECK_FALSE(world.submit((*parts)[1], "2"));
    CHECK_FALSE(world.submit((*parts)[1], "2 again"));
    CHECK(world.phones.list("4670", 0).at("incomplete") == 1);
    CHECK(world.submit((*parts)[0], "1"));
    CHECK(std::string_view(world.latest().at("text").as_string()) == kLong);
    CHECK(world.latest().at("messageIds") == boost::json::array{"1", "2"});
    CHECK(world.phones.list("4670", 0).at("incomplete") == 0);
  }
}

TEST_CASE("parts of two senders with one reference do not mix") {
  World world;
  const auto parts = parts_of_text(kLong, {Alphabet::gsm7, Concatenation::udh8, 1});
  CHECK_FALSE(world.submit((*parts)[0], "1", "4670", "111"));
  CHECK_FALSE(world.submit((*parts)[1], "2", "4670", "222"));
  CHECK(world.submit((*parts)[1], "3", "4670", "111"));
}

TEST_CASE("8-bit data is shown as octets") {
  World world;
  CHECK(world.submit({"\x01\xFF", 0, 4, false, {}}, "1"));
  CHECK(world.latest().at("octets") == "01ff");
  CHECK_FALSE(world.latest().contains("text"));
}

TEST_CASE("limits: numbers, messages of one, incomplete ones of one") {
  World world;
  const Part part{"x", 0, 0, false, {}};
  for (const char* number : {"1", "2", "3", "4"}) world.submit(part, "1", number);
  CHECK(world.phones.size() == 3);
  CHECK(world.phones.dropped() == 1);
  for (std::size_t i = 0; i < Phones::kMostMessages + 5; ++i) world.submit(part, "1", "1");
  CHECK(world.phones.received("1") == Phones::kMostMessages + 6);
  CHECK(world.phones.list("1", 0).at("messages").as_array().size() == Phones::kMostMessages);
  for (std::uint16_t reference = 0; reference < 300; ++reference) {
    world.submit((*parts_of_text(kLong, {Alphabet::gsm7, Concatenation::udh16, reference}))[0], "1",
                 "2");
  }
  CHECK(world.phones.list("2", 0).at("incomplete") == Phones::kMostIncomplete);
}

}  // namespace msggw::smsc
