// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smpp/framer.h"

#include <doctest/doctest.h>

#include <vector>

#include "adapters/sms/smpp/octets.h"

namespace msggw::smpp {
namespace {

using namespace std::string_literals;
using Status = Framer::Status;

std::string pdu_of(std::size_t octets, char fill) {
  std::string out;
  append_u32(out, static_cast<std::uint32_t>(octets));
  out.append(octets - 4, fill);
  return out;
}

void feed(Framer& framer, std::string_view octets, std::vector<std::string>& out) {
  while (true) {
    const auto step = framer.next(octets);
    if (step.status != Status::whole) {
      CHECK(step.status == Status::partial);
      CHECK(octets.empty());
      return;
    }
    out.emplace_back(step.pdu);
  }
}

TEST_CASE("a stream gives the same PDUs however it is split") {
  const std::vector<std::string> pdus{pdu_of(16, 'a'), pdu_of(20, 'b'), pdu_of(16, 'c')};
  const std::string stream = pdus[0] + pdus[1] + pdus[2];
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      Framer framer(20);
      std::vector<std::string> out;
      feed(framer, stream.substr(0, first), out);
      feed(framer, stream.substr(first, second - first), out);
      feed(framer, stream.substr(second), out);
      REQUIRE(out == pdus);
    }
  }
}

TEST_CASE("octet by octet, and without a copy where a PDU lies whole") {
  Framer framer;
  std::vector<std::string> out;
  const std::string pdu = pdu_of(65'536, 'x');
  for (const char octet : pdu) feed(framer, std::string_view(&octet, 1), out);
  CHECK(out == std::vector<std::string>{pdu});
  std::string_view whole = pdu;
  const auto step = framer.next(whole);
  CHECK(step.status == Status::whole);
  CHECK(step.pdu.data() == pdu.data());
}

TEST_CASE("a bad length is told once, before anything is kept") {
  for (const std::string& length : {"\0\0\0\x0F"s, "\0\1\0\1"s, "\xFF\xFF\xFF\xFF"s, "\0\0\0\0"s}) {
    for (std::size_t split = 0; split <= 4; ++split) {
      Framer framer;
      std::string_view head = std::string_view(length).substr(0, split);
      std::string_view tail = std::string_view(length).substr(split);
      auto step = framer.next(head);
      if (split < 4) {
        CHECK(step.status == Status::partial);
        step = framer.next(tail);
      }
      CHECK(step.status == Status::lost);
      CHECK(framer.next(tail).status == Status::ended);
    }
  }
}

}  // namespace
}  // namespace msggw::smpp
