// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smpp/pdu.h"

#include <doctest/doctest.h>

#include <functional>
#include <vector>

#include "adapters/sms/smpp/test_peer.h"

namespace msggw::smpp {
namespace {

using base::Errc;

constexpr Command kBinds[] = {Command::bind_receiver, Command::bind_transmitter,
                              Command::bind_transceiver};

std::string of(std::size_t octets) {
  return std::string(octets, 'x');
}

Bind largest_bind() {
  return {of(64), of(64), of(64), 0xFF, {0xFF, 0xFE, of(64)}};
}

Message largest(Command command) {
  const bool data = command == Command::data_sm;
  Message m;
  m.service_type = of(64);
  m.source = {0xFF, 0xFE, of(data ? 64 : 20)};
  m.destination = {0xFD, 0xFC, of(data ? 64 : 20)};
  m.esm_class = m.registered_delivery = m.data_coding = 0xFF;
  if (!data) {
    m.protocol_id = m.priority = m.replace_if_present = m.default_message = 0xFF;
    m.schedule = m.validity = of(16);
    m.short_message = of(254);
  }
  m.source_port = m.destination_port = m.sar_reference = m.user_reference = 0xFFFF;
  m.sar_total = m.sar_number = m.state = 0xFF;
  m.payload = std::string(0xFFFF, '\0');
  m.receipted_id = of(64);
  m.network_error = NetworkError{0xFF, 0xFFFF};
  return m;
}

void round_trip(const Pdu& pdu) {
  CAPTURE(name_of(pdu.header.command));
  const auto octets = encode(pdu);
  REQUIRE(octets.has_value());
  const auto again = decode(*octets);
  REQUIRE(again.has_value());
  CHECK((*again == pdu));
}

TEST_CASE("PDUs round-trip with their fields at the smallest and the largest") {
  for (const Command bind : kBinds) {
    round_trip({{bind, Status::ok, 1}, Bind{"", "", "", 0, {}}});
    round_trip({{bind, Status::ok, kMostSequence}, largest_bind()});
    round_trip({{response_to(bind), Status::ok, 1}, BindResponse{}});
    round_trip({{response_to(bind), Status::bind_failed, 1}, BindResponse{of(64), 0xFF}});
    round_trip({{response_to(bind), Status::bind_failed, 1}, Empty{}});
  }
  for (const Command message : {Command::submit_sm, Command::deliver_sm, Command::data_sm}) {
    round_trip({{message, Status::ok, 1}, Message{}});
    round_trip({{message, Status::ok, kMostSequence}, largest(message)});
    Message empty_values;
    empty_values.payload = empty_values.receipted_id = "";
    round_trip({{message, Status::ok, 2}, empty_values});
    round_trip({{response_to(message), Status::ok, 1}, MessageResponse{""}});
    round_trip({{response_to(message), Status::ok, 1}, MessageResponse{of(64)}});
    round_trip({{response_to(message), Status{0xFFFFFFFF}, 1}, MessageResponse{of(64)}});
    round_trip({{response_to(message), Status::throttled, 0xFFFFFFFF}, Empty{}});
  }
  for (const Command bare : {Command::unbind, Command::enquire_link}) {
    round_trip({{bare, Status::ok, 1}, Empty{}});
    round_trip({{response_to(bare), Status::ok, 0}, Empty{}});
  }
  round_trip({{Command::generic_nack, Status::invalid_command, 0}, Empty{}});
}

TEST_CASE("every octet value and every message length arrives") {
  std::string all;
  for (int octet = 0; octet < 254; ++octet) {
    Message m;
    m.short_message = all;
    m.source.ton = m.destination.npi = static_cast<std::uint8_t>(octet);
    round_trip({{Command::submit_sm, Status::ok, 1}, m});
    all.push_back(static_cast<char>(255 - octet));
  }
}

template <class Body>
void refused(Command command, Body body, const std::function<void(Body&)>& spoil,
             Errc code = Errc::too_large) {
  spoil(body);
  std::string out = "before";
  const auto written = append({{command, Status::ok, 1}, std::move(body)}, out);
  REQUIRE(!written);
  CHECK(written.error().code == code);
  CHECK(out == "before");
}

TEST_CASE("a field above its limit is an error, never cut") {
  for (const Command bind : kBinds) {
    refused<Bind>(bind, largest_bind(), [](Bind& b) { b.system_id += 'x'; });
    refused<Bind>(bind, largest_bind(), [](Bind& b) { b.password += 'x'; });
    refused<Bind>(bind, largest_bind(), [](Bind& b) { b.system_type += 'x'; });
    refused<Bind>(bind, largest_bind(), [](Bind& b) { b.range.text += 'x'; });
    refused<BindResponse>(response_to(bind), {of(64), {}},
                          [](BindResponse& r) { r.system_id += 'x'; });
  }
  const std::vector<std::function<void(Message&)>> common{
      [](Message& m) { m.service_type += 'x'; }, [](Message& m) { m.source.text += 'x'; },
      [](Message& m) { m.destination.text += 'x'; }, [](Message& m) { *m.payload += 'x'; },
      [](Message& m) { *m.receipted_id += 'x'; }};
  for (const Command command : {Command::submit_sm, Command::deliver_sm, Command::data_sm}) {
    for (const auto& spoil : common) refused<Message>(command, largest(command), spoil);
    refused<MessageResponse>(response_to(command), {of(64)},
                             [](MessageResponse& r) { r.message_id += 'x'; });
    if (command == Command::data_sm) continue;
    const Message most = largest(command);
    refused<Message>(command, most, [](Message& m) { m.schedule += 'x'; });
    refused<Message>(command, most, [](Message& m) { m.validity += 'x'; });
    refused<Message>(command, most, [](Message& m) { m.short_message += 'x'; });
  }
}

TEST_CASE("what cannot be written is refused") {
  refused<Message>(
      Command::submit_sm, {}, [](Message& m) { m.source.text = std::string("1\0", 2); },
      Errc::malformed);
  refused<Message>(
      Command::data_sm, {}, [](Message& m) { m.short_message = "x"; }, Errc::malformed);
  refused<Bind>(Command::submit_sm, {}, [](Bind&) {}, Errc::malformed);
  refused<Message>(Command{0x99}, {}, [](Message&) {}, Errc::malformed);
  refused<Empty>(Command::submit_sm, {}, [](Empty&) {}, Errc::malformed);
  refused<Empty>(response_to(Command::submit_sm), {}, [](Empty&) {}, Errc::malformed);
  refused<Unread>(Command::query_sm, {}, [](Unread&) {}, Errc::unsupported);
}

}  // namespace
}  // namespace msggw::smpp
