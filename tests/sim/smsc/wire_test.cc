// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/wire.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/sim/smsc/utf.h"

namespace msggw::smsc {
namespace {

std::string octets(const char* hex) {
  std::string packed;
  for (const char* c = hex; *c != '\0'; ++c) {
    if (*c != ' ') packed.push_back(*c);
  }
  return *from_hex(packed);
}

// From SMPP 3.4, 4.4.1 field by field: "CMT", +4670 (TON 1, NPI 1) to 123, UDHI, receipt asked for,
// UCS2, "Hi".
const char* const kSubmitBody =
    "43 4d 54 00 01 01 34 36 37 30 00 00 00 31 32 33 00 40 00 01 00 00 01 00 08 00 04 00 48 00 69";

}  // namespace

TEST_CASE("a header is four numbers, most significant octet first") {
  const Header header = read_header(octets("00000010 80000004 00000058 7fffffff"));
  CHECK(header.length == 16);
  CHECK(header.command == response_to(Command::submit_sm));
  CHECK(header.status == status::throttled);
  CHECK(header.sequence == kLastSequence);
}

TEST_CASE("submit_sm, field by field") {
  const std::string body = octets(kSubmitBody);
  Sm sm;
  REQUIRE(parse_sm(body, sm) == status::ok);
  CHECK(sm.service_type == "CMT");
  CHECK(sm.source.ton == 1);
  CHECK(sm.source.npi == 1);
  CHECK(sm.source.text == "4670");
  CHECK(sm.destination.ton == 0);
  CHECK(sm.destination.text == "123");
  CHECK(sm.esm_class == esm::header);
  CHECK(sm.priority == 1);
  CHECK(sm.registered_delivery == 1);
  CHECK(sm.data_coding == 8);
  CHECK(to_hex(sm.octets) == "00480069");
  CHECK_FALSE(sm.segment);
}

TEST_CASE("TLVs of a submit_sm") {
  // No octets of short_message.
  const std::string base = octets("00 0000 00 0000 31 00 00 00 00 00 00 00 00 00 00 00");
  Sm sm;
  SUBCASE("message_payload instead of short_message") {
    const std::string body = base + octets("0424 0003 616263");
    REQUIRE(parse_sm(body, sm) == status::ok);
    CHECK(sm.octets == "abc");
    CHECK(sm.is_payload);
  }
  SUBCASE("all three of SAR") {
    const auto body = base + octets("020c 0002 1234 020e 0001 03 020f 0001 02");
    REQUIRE(parse_sm(body, sm) == status::ok);
    REQUIRE(sm.segment);
    CHECK(sm.segment->reference == 0x1234);
    CHECK(sm.segment->total == 3);
    CHECK(sm.segment->number == 2);
  }
  SUBCASE("SAR without a total is none") {
    REQUIRE(parse_sm(base + octets("020c 0002 1234 020f 0001 02"), sm) == status::ok);
    CHECK_FALSE(sm.segment);
  }
  SUBCASE("an unknown one is ignored") {
    CHECK(parse_sm(base + octets("1400 0002 0102"), sm) == status::ok);
  }
  SUBCASE("one that ends behind the PDU") {
    CHECK(parse_sm(base + octets("0424 0004 616263"), sm) == status::bad_tlv_stream);
    CHECK(parse_sm(base + octets("0424 00"), sm) == status::bad_tlv_stream);
  }
  SUBCASE("a wrong length") {
    CHECK(parse_sm(base + octets("020e 0002 0001"), sm) == status::bad_tlv_length);
  }
  SUBCASE("a payload beside a short_message") {
    std::string body = octets("00 0000 00 0000 31 00 00 00 00 00 00 00 00 00 00 01 61");
    CHECK(parse_sm(body + octets("0424 0001 62"), sm) == status::tlv_not_allowed);
  }
}

TEST_CASE("a field that is too long names itself, a PDU that ends too early does not") {
  Sm sm;
  const std::string digits21(21, '1');
  CHECK(parse_sm(octets("00 0000") + digits21 + std::string(40, '\0'), sm) == status::bad_source);
  CHECK(parse_sm(octets("00 0000 00 0000") + digits21 + std::string(40, '\0'), sm) ==
        status::bad_destination);
  CHECK(parse_sm("123456" + std::string(40, '\0'), sm) == status::bad_service_type);
  const std::string whole = octets(kSubmitBody);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const Status status = parse_sm(whole.substr(0, size), sm);
    CHECK((status == status::bad_command_length || status == status::bad_length));
  }
  std::string longer = whole;
  longer[26] = '\x09';  // sm_length above what is there
  CHECK(parse_sm(longer, sm) == status::bad_length);
}

TEST_CASE("data_sm has longer addresses and its text in message_payload") {
  const std::string body =
      octets("00 0101") + std::string(64, '1') + octets("00 0000 32 00 00 01 04 0424 0002 beef");
  Sm sm;
  REQUIRE(parse_data_sm(body, sm) == status::ok);
  CHECK(sm.source.text == std::string(64, '1'));
  CHECK(sm.destination.text == "2");
  CHECK(sm.registered_delivery == 1);
  CHECK(sm.data_coding == 4);
  CHECK(to_hex(sm.octets) == "beef");
}

TEST_CASE("bind") {
  const std::string body = octets("6777 00 736563726574 00 00 34 01 01 00");
  Bind bind;
  REQUIRE(parse_bind(body, bind) == status::ok);
  CHECK(bind.system_id == "gw");
  CHECK(bind.password == "secret");
  CHECK(bind.version == 0x34);
  CHECK(parse_bind("a system id of 16" + std::string(20, '\0'), bind) == status::bad_system_id);
  CHECK(parse_bind(octets("6777 00 313233343536373839 00 00 34 01 01 00"), bind) ==
        status::bad_password);
}

TEST_CASE("what is written, octet by octet") {
  std::string out = "before";
  Writer writer(out);
  SUBCASE("bare") {
    writer.bare(number_of(Command::generic_nack), status::bad_command_id, 7);
    CHECK(to_hex(out.substr(6)) == "00000010800000000000000300000007");
  }
  SUBCASE("a response with an id") {
    writer.with_id(response_to(Command::submit_sm), status::ok, 2, "ab");
    CHECK(to_hex(out.substr(6)) == "00000013800000040000000000000002616200");
  }
  SUBCASE("an error has no body") {
    writer.with_id(response_to(Command::submit_sm), status::throttled, 2, "ab");
    CHECK(to_hex(out.substr(6)) == "00000010800000040000005800000002");
  }
  SUBCASE("a bind response") {
    writer.bound(response_to(Command::bind_transceiver), 1, "me", true);
    CHECK(to_hex(out.substr(6)) == "000000188000000900000000000000016d65000210000134");
  }
  SUBCASE("deliver_sm") {
    Sm sm;
    sm.source = {1, 1, "49"};
    sm.destination = {0, 0, "12"};
    sm.esm_class = esm::receipt;
    sm.octets = "x";
    sm.receipted_message_id = "f";
    sm.message_state = std::uint8_t{2};
    writer.sm(Command::deliver_sm, 3, sm);
    CHECK(to_hex(out.substr(6)) ==
          "00000031000000050000000000000003"
          "00"
          "01013439"
          "00"
          "00003132"
          "00"
          "040000"
          "00"
          "00"
          "00000000"
          "0178"
          "001e00026600"
          "0427000102");
  }
  SUBCASE("message_payload and SAR") {
    Sm sm;
    sm.octets = "xyz";
    sm.is_payload = true;
    sm.segment = Segment{0x0102, 9, 8};
    writer.sm(Command::deliver_sm, 3, sm);
    Sm back;
    REQUIRE(parse_sm(std::string_view(out).substr(22), back) == status::ok);
    CHECK(back.octets == "xyz");
    CHECK(back.segment->reference == 0x0102);
    CHECK(back.segment->total == 9);
    CHECK(back.segment->number == 8);
  }
}

TEST_CASE("names") {
  CHECK(command_name(0x80000009) == "bind_transceiver_resp");
  CHECK(command_name(0x80000000) == "generic_nack");
  CHECK(command_name(0x77) == "0x00000077");
  CHECK(status_name(0x58) == "ESME_RTHROTTLED");
  CHECK(status_name(0x0400) == "0x00000400");
}

}  // namespace msggw::smsc
