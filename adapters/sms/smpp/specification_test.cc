// SPDX-License-Identifier: Apache-2.0
// Octets written out by hand from the tables of SMPP 3.4, so that a mistake that encode() and
// decode() share is seen.
#include <doctest/doctest.h>

#include <vector>

#include "adapters/sms/smpp/pdu.h"
#include "adapters/sms/smpp/test_peer.h"

namespace msggw::smpp {
namespace {

using namespace std::string_literals;
using Answer = Fault::Answer;

std::string u32(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
  return out;
}

std::string pdu(std::uint32_t command, std::uint32_t status, std::uint32_t sequence,
                const std::string& body = "") {
  return u32(static_cast<std::uint32_t>(16 + body.size())) + u32(command) + u32(status) +
         u32(sequence) + body;
}

void same(const std::string& octets, const Pdu& expected) {
  const auto written = encode(expected);
  REQUIRE(written.has_value());
  CHECK(*written == octets);
  const auto read = decode(octets);
  REQUIRE(read.has_value());
  CHECK((*read == expected));
}

TEST_CASE("a bind_transceiver and its response (4.1.5, 4.1.6)") {
  // The octets of the example in 3.2.3, as a transceiver.
  same(
      "\x00\x00\x00\x2F\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x01"
      "\x53\x4D\x50\x50\x33\x54\x45\x53\x54\x00\x73\x65\x63\x72\x65\x74\x30\x38\x00"
      "\x53\x55\x42\x4D\x49\x54\x31\x00\x00\x01\x01\x00"s,
      {{Command::bind_transceiver, Status::ok, 1},
       Bind{"SMPP3TEST", "secret08", "SUBMIT1", 0, {1, 1, ""}}});
  same(pdu(0x80000009, 0, 1, "smsc\0\x02\x10\x00\x01\x34"s),
       {{response_to(Command::bind_transceiver), Status::ok, 1}, BindResponse{"smsc", 0x34}});
}

TEST_CASE("a submit_sm and its response (4.4.1, 4.4.2)") {
  Message m;
  m.service_type = "CMT";
  m.source = {5, 0, "MSGIN5G"};
  m.destination = {1, 1, "4915112345678"};
  m.esm_class = 3;
  m.priority = 2;
  m.validity = "000001000000000R";
  m.registered_delivery = 1;
  m.data_coding = 8;
  m.short_message = "\x04\x10"s;
  m.user_reference = 0x1234;
  same(pdu(4, 0, 0x7FFFFFFF,
           "CMT\0\x05\0MSGIN5G\0\x01\x01"s
           "4915112345678\0\x03\0\x02\0"
           "000001000000000R\0\x01\0\x08\0\x02\x04\x10\x02\x04\0\x02\x12\x34"s),
       {{Command::submit_sm, Status::ok, 0x7FFFFFFF}, m});
  same(pdu(0x80000004, 0, 0x7FFFFFFF, "a1b2\0"s),
       {{response_to(Command::submit_sm), Status::ok, 0x7FFFFFFF}, MessageResponse{"a1b2"}});
}

TEST_CASE("a deliver_sm with a user data header (4.6.1, 23.040 9.2.3.24.1)") {
  Message m;
  m.source = {1, 1, "491701234"};
  m.destination = {0, 0, "7711"};
  m.esm_class = 0x40;
  m.data_coding = 4;
  m.short_message = "\x05\x00\x03\x2A\x02\x01\xFF\x00\x80"s;
  same(pdu(5, 0, 7,
           "\0\x01\x01"s
           "491701234\0\0\0"
           "7711\0\x40\0\0\0\0\0\0\x04\0\x09\x05\0\x03\x2A\x02\x01\xFF\0\x80"s),
       {{Command::deliver_sm, Status::ok, 7}, m});
}

TEST_CASE("a receipt (4.6.1, 5.3.2.12, 5.3.2.31, 5.3.2.35)") {
  Message m;
  m.source = {1, 1, "1"};
  m.destination = {1, 1, "2"};
  m.esm_class = 4;
  m.short_message = "id:77 stat:DELIVRD";
  m.receipted_id = "77";
  m.state = 2;
  m.network_error = NetworkError{3, 0x0102};
  same(pdu(5, 0, 8,
           "\0\1\1"s
           "1\0\1\1"s
           "2\0\4\0\0\0\0\0\0\0\0\x12"s
           "id:77 stat:DELIVRD"
           "\x00\x1E\x00\x03\x37\x37\x00\x04\x27\x00\x01\x02\x04\x23\x00\x03\x03\x01\x02"s),
       {{Command::deliver_sm, Status::ok, 8}, m});
}

TEST_CASE("a data_sm with ports and segments (4.7.1)") {
  Message m;
  m.source = {1, 1, "1"};
  m.destination = {1, 1, "2"};
  m.source_port = 0x0102;
  m.destination_port = 0x0304;
  m.sar_reference = 0x0506;
  m.sar_total = 2;
  m.sar_number = 1;
  m.payload = "hi";
  same(pdu(0x103, 0, 9,
           "\0\1\1"s
           "1\0\1\1"s
           "2\0\0\0\0"s
           "\x02\x0A\0\2\1\2\x02\x0B\0\2\3\4\x02\x0C\0\2\5\6\x02\x0E\0\1\2\x02\x0F\0\1\1"
           "\x04\x24\0\2hi"s),
       {{Command::data_sm, Status::ok, 9}, m});
}

TEST_CASE("header-only PDUs (4.2, 4.3, 4.11)") {
  same(pdu(0x15, 0, 3), {{Command::enquire_link, Status::ok, 3}, Empty{}});
  same(pdu(0x80000015, 0, 3), {{response_to(Command::enquire_link), Status::ok, 3}, Empty{}});
  same(pdu(0x06, 0, 4), {{Command::unbind, Status::ok, 4}, Empty{}});
  same(pdu(0x80000000, 3, 0), {{Command::generic_nack, Status::invalid_command, 0}, Empty{}});
}

TEST_CASE("unusual but readable") {
  CHECK(decode(pdu(0x80000005, 0, 1)).has_value());  // deliver_sm_resp without its empty message_id
  CHECK(decode(pdu(0x80000009, 0x0E, 1)).has_value());
  CHECK(decode(pdu(0x80000015, 0, 1, "xyz")).has_value());  // octets behind a bare response
  for (const std::uint32_t command : {0x03U, 0x07U, 0x08U, 0x0BU, 0x21U, 0x102U, 0x80000003U}) {
    const auto unread = decode(pdu(command, 0, 1, "any octets"));
    REQUIRE(unread.has_value());
    CHECK(std::holds_alternative<Unread>(unread->body));
  }
  const std::string body = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s;
  const auto tlvs = decode(pdu(4, 0, 1, body + "\x14\x01\0\3abc\x04\x27\0\1\1\x04\x27\0\1\2"s));
  REQUIRE(tlvs.has_value());
  CHECK(std::get<Message>(tlvs->body).state == 2);  // unknown skipped, the last one counts
  const auto no_nul = decode(pdu(5, 0, 1, body + "\0\x1E\0\2ab"s));
  REQUIRE(no_nul.has_value());
  CHECK(std::get<Message>(no_nul->body).receipted_id == "ab");
}

void faulty(const std::string& octets, Status status, Answer answer) {
  CAPTURE(octets.size());
  const auto decoded = decode(octets);
  REQUIRE(!decoded);
  CHECK(text_of(decoded.error().status).name == text_of(status).name);
  CHECK((decoded.error().answer == answer));
}

TEST_CASE("faults name their status and the way to answer") {
  faulty("", Status::invalid_command_length, Answer::generic_nack);
  faulty(pdu(4, 0, 1).substr(0, 15), Status::invalid_command_length, Answer::generic_nack);
  faulty(pdu(4, 0, 1) + "x", Status::invalid_command_length, Answer::generic_nack);
  faulty(pdu(0x99, 0, 1), Status::invalid_command, Answer::generic_nack);
  faulty(pdu(0x80000099, 0, 1), Status::invalid_command, Answer::nothing);
  faulty(pdu(4, 0, 1), Status::invalid_command_length, Answer::response);
  faulty(pdu(4, 0, 1, "CMTxxx"), Status::invalid_command_length, Answer::response);
  faulty(pdu(4, 0, 1, std::string(65, 'x')), Status::invalid_service_type, Answer::response);
  faulty(pdu(4, 0, 1, "\0\1\1"s + std::string(21, '1')), Status::invalid_source, Answer::response);
  faulty(pdu(4, 0, 1, "\0\1\1\0\1\1"s + std::string(21, '1')), Status::invalid_destination,
         Answer::response);
  const std::string start = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s;
  faulty(pdu(4, 0, 1, start + "\xFF" + std::string(255, 'x')), Status::invalid_message_length,
         Answer::response);
  faulty(pdu(4, 0, 1, start + "\x05" + "1234"), Status::invalid_message_length, Answer::response);
  faulty(pdu(9, 0, 1, std::string(65, 'x')), Status::invalid_system_id, Answer::response);
  faulty(pdu(9, 0, 1, "x\0"s + std::string(65, 'x')), Status::invalid_password, Answer::response);
}

Pdu flawed(const std::string& octets, Status flaw) {
  CAPTURE(octets.size());
  const auto decoded = decode(octets);
  REQUIRE(decoded.has_value());
  CHECK(text_of(decoded->flaw).name == text_of(flaw).name);
  return *decoded;
}

TEST_CASE("TLVs that are not right cost no message") {
  const std::string start = "\0\1\1"s + "49170\0\0\0\0\0\0\0\0\0\0\0\0\0\x02hi"s;
  Message plain;
  plain.source = {1, 1, "49170"};
  plain.short_message = "hi";
  const auto message = [&](const std::string& tlvs, Status flaw) {
    return std::get<Message>(flawed(pdu(5, 0, 1, start + tlvs), flaw).body);
  };
  // Stray octets, half a TLV, one that is longer than the PDU.
  for (const std::string& tail : {"\0"s, "\x14\0"s, "\x02\x0A\0"s,
                                  "\x14\0\0\x10"
                                  "abc"s})
    CHECK((message(tail, Status::invalid_optional_part) == plain));
  // Numbers in more or fewer octets, and in none.
  const Status length = Status::invalid_parameter_length;
  CHECK(message("\x02\x04\0\1\7"s, length).user_reference == 7);
  CHECK(message("\x04\x27\0\4\0\0\0\2"s, length).state == 2);
  CHECK((message("\x04\x27\0\0"s, length) == plain));
  CHECK((message("\x04\x27\0\2\1\0"s, length) == plain));  // 256 is no state
  CHECK((message("\x04\x23\0\4\3\0\0\0"s, length) == plain));
  CHECK((message("\x04\x23\0\0"s, length) == plain));
  // What stands behind is read, and an earlier one that was right stays.
  CHECK(message("\x04\x23\0\1\3\0\x1E\0\3id\0"s, length).receipted_id == "id");
  CHECK(message("\x04\x27\0\1\2\x04\x27\0\0"s, length).state == 2);
  // The text itself, cut off or under a length that counts tag and length too: what is there.
  CHECK(message("\x04\x24\0\6hi"s, Status::invalid_optional_part).payload == "hi");
  const std::string id(65, 'i');
  CHECK(message("\0\x1E\0\x42"s + id + "\0"s, length).receipted_id == id);
}

TEST_CASE("the status of a response counts, whatever its body is") {
  const auto id_of = [](const Pdu& pdu) { return std::get<MessageResponse>(pdu.body).message_id; };
  const Status length = Status::invalid_command_length;
  for (const std::uint32_t command : {0x80000004U, 0x80000103U}) {
    CHECK(id_of(flawed(pdu(command, 0, 1), length)) == "");
    CHECK(id_of(flawed(pdu(command, 0, 1, "A1"), length)) == "A1");
    const std::string id(65, 'x');
    CHECK(id_of(flawed(pdu(command, 0, 1, id + "\0"s), Status::invalid_message_id)) == id);
    CHECK(id_of(flawed(pdu(command, 0, 1, id), Status::invalid_message_id)) == id);
    CHECK(id_of(flawed(pdu(command, 0, 1, "A1\0\0"s), Status::invalid_optional_part)) == "A1");
    CHECK(id_of(flawed(pdu(command, 0, 1, "A1\0\x14\0"s), Status::invalid_optional_part)) == "A1");
    // Refusals: with TLVs only (5.0 has delivery_failure_reason there), with words, with an id.
    CHECK(flawed(pdu(command, 0x0B, 1, "\x04\x25\0\1\1"s), Status::invalid_optional_part)
              .header.status == Status::invalid_destination);
    CHECK(flawed(pdu(command, 0x0B, 1, "barred"), length).header.status ==
          Status::invalid_destination);
    CHECK(id_of(flawed(pdu(command, 0x0B, 1, "A1\0"s), Status::ok)) == "A1");
  }
  for (const std::uint32_t command : {0x80000001U, 0x80000002U, 0x80000009U}) {
    const Pdu bound = flawed(pdu(command, 0, 1, "smsc"), length);
    CHECK(std::get<BindResponse>(bound.body).system_id == "smsc");
    flawed(pdu(command, 0, 1, "smsc\0\x02\x10\0"s), Status::invalid_optional_part);
    flawed(pdu(command, 0, 1), length);
    flawed(pdu(command, 0x0E, 1, "no"), length);
  }
  for (const std::uint32_t command : {0x15U, 0x06U, 0x80000015U, 0x80000006U, 0x80000000U})
    flawed(pdu(command, 0, 1, "xyz"), length);
}

}  // namespace
}  // namespace msggw::smpp
