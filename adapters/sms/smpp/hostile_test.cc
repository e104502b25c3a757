// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <vector>

#include "adapters/sms/smpp/octets.h"
#include "adapters/sms/smpp/pdu.h"
#include "adapters/sms/smpp/test_peer.h"

namespace msggw::smpp {
namespace {

using namespace std::string_literals;

/// Decodes an exact-size copy, so that a sanitizer sees the first octet read past the end.
Decoded decode_copy(const std::string& octets) {
  const auto copy = std::make_unique<char[]>(octets.size());
  std::copy(octets.begin(), octets.end(), copy.get());
  return decode({copy.get(), octets.size()});
}

std::vector<std::string> samples() {
  Message m;
  m.service_type = "CMT";
  m.source = {5, 0, "MSGIN5G"};
  m.destination = {1, 1, "491511234567"};
  m.short_message = std::string(40, 'm');
  m.source_port = 1;
  m.receipted_id = "id";
  m.network_error = NetworkError{3, 9};
  Message data = m;
  data.short_message.clear();
  data.payload = std::string(300, 'p');
  const Pdu pdus[] = {
      {{Command::bind_transceiver, Status::ok, 1}, Bind{"system", "secret", "type", 0x34, {}}},
      {{response_to(Command::bind_receiver), Status::ok, 1}, BindResponse{"smsc", 0x34}},
      {{Command::submit_sm, Status::ok, 2}, m},
      {{Command::deliver_sm, Status::ok, 3}, m},
      {{Command::data_sm, Status::ok, 4}, data},
      {{response_to(Command::submit_sm), Status::ok, 5}, MessageResponse{"message-id"}},
      {{Command::enquire_link, Status::ok, 6}, Empty{}}};
  std::vector<std::string> out;
  for (const Pdu& pdu : pdus) out.push_back(encode(pdu).value());
  return out;
}

void set_length(std::string& octets) {
  std::string length;
  append_u32(length, static_cast<std::uint32_t>(octets.size()));
  octets.replace(0, std::min<std::size_t>(4, octets.size()), length, 0,
                 std::min<std::size_t>(4, octets.size()));
}

void mutate(std::string& octets, std::mt19937& random) {
  constexpr unsigned char kTelling[] = {0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF};
  for (unsigned times = 1 + random() % 4; times > 0; --times) {
    const std::size_t at = octets.empty() ? 0 : random() % octets.size();
    switch (random() % 6) {
      case 0: octets.resize(at); break;
      case 1: octets.insert(at, random() % 40, static_cast<char>(random())); break;
      case 2: octets.erase(at, random() % 8); break;
      case 3: octets.append(octets.substr(at)); break;
      default:
        if (!octets.empty()) octets[at] = static_cast<char>(kTelling[random() % 6]);
    }
  }
  if (random() % 8 != 0) set_length(octets);
}

bool is_one_of_ours(Status status) {
  return status != Status::ok && status != Status::system_error &&
         text_of(status).name.starts_with("ESME_");
}

TEST_CASE("100,000 mutated PDUs end in a PDU or in a fault") {
  std::mt19937 random(34);
  const auto originals = samples();
  std::size_t decoded = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string octets = originals[random() % originals.size()];
    mutate(octets, random);
    const auto pdu = decode_copy(octets);
    if (!pdu) {
      REQUIRE(is_one_of_ours(pdu.error().status));
      if (octets.size() >= kHeaderOctets && is_response(pdu.error().header.command))
        REQUIRE((pdu.error().answer == Fault::Answer::nothing));
      continue;
    }
    ++decoded;
    if (std::holds_alternative<Unread>(pdu->body)) continue;
    const auto again = encode(*pdu);
    // What encode() refuses although it was read: an ok response without a body.
    if (!again) continue;
    const auto twice = decode_copy(*again);
    REQUIRE(twice.has_value());
    REQUIRE((twice->header == pdu->header && twice->body == pdu->body));
    REQUIRE(twice->flaw == Status::ok);
  }
  MESSAGE("decoded: ", decoded);
  CHECK(decoded > 10'000);
  CHECK(decoded < 90'000);
}

TEST_CASE("every prefix, with its length and with a length made to fit") {
  for (const std::string& original : samples()) {
    for (std::size_t size = 0; size < original.size(); ++size) {
      std::string octets = original.substr(0, size);
      CHECK(!decode_copy(octets));
      if (size >= kHeaderOctets) set_length(octets);
      (void)decode_copy(octets);
    }
  }
}

TEST_CASE("TLVs that are many, cut off, of a wrong length or large") {
  const std::string body = "\0\1\1"s + "1\0\1\1"s + "2\0\0\0\0\0\0\0\0\0\0\0"s;
  const auto with = [&](const std::string& tail) {
    std::string octets;
    append_u32(octets, static_cast<std::uint32_t>(16 + body.size() + tail.size()));
    append_u32(octets, 4);
    append_u32(octets, 0);
    append_u32(octets, 1);
    return octets + body + tail;
  };
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "\x04\x26\0\1\1"s;
  CHECK(decode_copy(with(many)).has_value());
  CHECK(decode_copy(with(many + "\x04"s))->flaw == Status::invalid_optional_part);
  CHECK(decode_copy(with("\x02\x0A\0\2\1"s))->flaw == Status::invalid_optional_part);
  const auto large = decode_copy(with("\x04\x24\x04\x01"s + std::string(1'025, 'x')));
  REQUIRE(large.has_value());
  CHECK(std::get<Message>(large->body).payload->size() == 1'025);
}

}  // namespace
}  // namespace msggw::smpp
