// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/udh.h"

#include <doctest/doctest.h>

namespace msggw::sms_text {

namespace {

template <std::size_t N>
UserDataHeader parse(const char (&octets)[N]) {
  return parse_udh(std::string_view(octets, N - 1));
}

}  // namespace

TEST_CASE("the elements that matter are read") {
  const auto narrow = parse("\x05\x00\x03\xAB\x03\x02text");
  CHECK(narrow.octets == 6);
  CHECK(narrow.concatenation == Concatenation{0xAB, 3, 2, false});
  CHECK(!narrow.ports);
  CHECK(!narrow.ignored);
  CHECK(parse("\x06\x08\x04\xAB\xCD\xFF\xFF").concatenation ==
        Concatenation{0xABCD, 255, 255, true});
  CHECK(parse("\x06\x05\x04\x15\x81\x00\x50").ports == Ports{5505, 80});
  CHECK(parse("\x04\x04\x02\xF0\xFF").ports == Ports{240, 255});
  const auto both = parse("\x0B\x00\x03\x01\x02\x01\x05\x04\x00\x07\x00\x09text");
  CHECK(both.octets == 12);
  CHECK(both.concatenation == Concatenation{1, 2, 1, false});
  CHECK(both.ports == Ports{7, 9});
  CHECK(parse("\x00text").octets == 1);
}

TEST_CASE("other elements are skipped") {
  const auto header = parse("\x0B\x24\x01\x01\x70\x00\x00\x03\x01\x02\x01\x00x");
  CHECK(header.ignored);  // the last element has no length
  const auto good = parse("\x0A\x24\x01\x01\x70\x00\x00\x03\x01\x02\x01x");
  CHECK(!good.ignored);
  CHECK(good.concatenation == Concatenation{1, 2, 1, false});
}

TEST_CASE("impossible concatenation is ignored") {
  CHECK(!parse("\x05\x00\x03\x01\x00\x00").concatenation);
  CHECK(!parse("\x05\x00\x03\x01\x00\x01").concatenation);
  CHECK(!parse("\x05\x00\x03\x01\x02\x00").concatenation);
  CHECK(!parse("\x05\x00\x03\x01\x02\x03").concatenation);
  CHECK(!parse("\x06\x08\x04\x01\x01\x02\x03").concatenation);
  CHECK(!parse("\x04\x00\x02\x01\x02").concatenation);
  CHECK(!parse("\x06\x00\x04\x01\x02\x01\x00").concatenation);
  CHECK(!parse("\x05\x08\x03\x01\x02\x01").concatenation);
  CHECK(!parse("\x03\x05\x01\x01").ports);
}

TEST_CASE("of repeated elements the last counts") {
  CHECK(parse("\x0A\x00\x03\x01\x02\x01\x00\x03\x09\x05\x04").concatenation ==
        Concatenation{9, 5, 4, false});
  CHECK(parse("\x0B\x00\x03\x01\x02\x01\x08\x04\x01\x09\x05\x04").concatenation ==
        Concatenation{0x109, 5, 4, true});
  CHECK(parse("\x0A\x00\x03\x01\x02\x01\x00\x03\x09\x00\x04").concatenation ==
        Concatenation{1, 2, 1, false});
  CHECK(parse("\x0A\x05\x04\x00\x01\x00\x02\x04\x02\xF1\xF2").ports == Ports{0xF1, 0xF2});
}

TEST_CASE("a header that does not add up is ignored whole") {
  const std::string_view whole("\x0B\x00\x03\x01\x02\x01\x05\x04\x00\x07\x00\x09text", 16);
  for (std::size_t size = 0; size < 12; ++size) {
    const auto header = parse_udh(whole.substr(0, size));
    CHECK(header.ignored);
    CHECK(header.octets == size);
    CHECK(!header.concatenation);
    CHECK(!header.ports);
  }
  CHECK(!parse_udh(whole.substr(0, 12)).ignored);
  const auto inner = parse("\x08\x00\x03\x01\x02\x01\x05\x04\x00text");
  CHECK(inner.ignored);
  CHECK(inner.octets == 9);
  CHECK(!inner.concatenation);
}

TEST_CASE("what is written is read") {
  for (const bool wide : {false, true}) {
    for (const bool concatenated : {false, true}) {
      for (const bool with_ports : {false, true}) {
        std::optional<Concatenation> concatenation;
        if (concatenated) {
          concatenation =
              Concatenation{static_cast<std::uint16_t>(wide ? 0x1234 : 0x34), 7, 3, wide};
        }
        std::optional<Ports> ports;
        if (with_ports) ports = Ports{0xABCD, 0x0102};
        const std::string header = write_udh(concatenation, ports);
        CHECK(header.size() == udh_size(concatenated, wide, with_ports));
        if (header.empty()) continue;
        const auto read = parse_udh(header + "x");
        CHECK(read.octets == header.size());
        CHECK(read.concatenation == concatenation);
        CHECK(read.ports == ports);
      }
    }
  }
}

}  // namespace msggw::sms_text
