// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/codec.h"

#include <doctest/doctest.h>

#include <vector>

namespace msggw::coap {
namespace {

using Status = Frame::Status;
using namespace std::string_literals;

TEST_CASE("frames of every size of header are read as they were written") {
  for (const std::size_t size : {0U, 1U, 12U, 13U, 14U, 268U, 269U, 65'804U, 65'805U, 70'000U}) {
    CAPTURE(size);
    const std::string payload(size > 0 ? size - 1 : 0, 'p');
    std::string out;
    append_frame(out, 0x45, "token", {}, payload);
    const std::size_t octets = payload.empty() ? 0 : payload.size() + 1;
    for (std::size_t at = 0; at < out.size(); at += out.size() < 20 ? 1 : 61)
      CHECK(read_frame(std::string_view(out).substr(0, at), 100'000).status == Status::partial);
    const Frame frame = read_frame(out + "more", 100'000);
    REQUIRE(frame.status == Status::whole);
    CHECK(frame.octets == out.size());
    CHECK(frame.message.code == 0x45);
    CHECK(frame.message.token.view() == "token");
    CHECK(frame.message.rest.size() == octets);
  }
}

TEST_CASE("frames that cannot be taken") {
  CHECK(read_frame("\x09\x01", 100).status == Status::malformed);  // a token of 9 octets
  CHECK(read_frame("\x0F\x01", 100).status == Status::malformed);
  // Judged by the length alone, before anything is kept.
  CHECK(read_frame("\xF0\xFF\xFF\xFF\xFF"s, 100'000).status == Status::too_large);
  CHECK(read_frame("\xD0\x58\x01"s, 100).status == Status::too_large);  // 101
  CHECK(read_frame("\xD0\x57\x01"s, 100).status == Status::partial);    // 100
}

TEST_CASE("options are read as they were written") {
  const std::vector<std::pair<std::uint16_t, std::string>> options{{3, "host"},
                                                                   {11, "a"},
                                                                   {11, ""},
                                                                   {11, std::string(12, 'x')},
                                                                   {12, std::string(13, 'y')},
                                                                   {60, "\1\2"},
                                                                   {292, std::string(268, 'z')},
                                                                   {900, std::string(269, 'w')},
                                                                   {65'000, "end"}};
  OptionWriter writer;
  for (const auto& [number, value] : options) writer.add(number, value);
  const std::string whole = std::string(writer.octets()) + "\xFFpayload";
  OptionCursor cursor(whole);
  for (const auto& [number, value] : options) {
    REQUIRE(cursor.next());
    CHECK(cursor.number() == number);
    CHECK(cursor.value() == value);
  }
  CHECK(!cursor.next());
  CHECK(!cursor.malformed());
  CHECK(cursor.payload() == "payload");
}

TEST_CASE("malformed options") {
  const auto malformed = [](std::string_view rest) {
    OptionCursor cursor(rest);
    while (cursor.next()) {
    }
    return cursor.malformed();
  };
  CHECK(!malformed(""));
  CHECK(!malformed("\xB1x"));
  CHECK(malformed("\xFF"));                      // a payload marker without a payload
  CHECK(malformed("\xB2x"));                     // a value that is cut off
  CHECK(malformed("\xD1"));                      // a delta that is cut off
  CHECK(malformed("\xE1\x01"));                  //
  CHECK(malformed("\x1D"));                      // a length that is cut off
  CHECK(malformed("\xF1x"));                     // the reserved nibble
  CHECK(malformed("\x1Fx"));                     //
  CHECK(malformed("\xE0\xFE\xF2\xE0\xFE\xF2"));  // numbers above 65535
}

}  // namespace
}  // namespace msggw::coap
