// SPDX-License-Identifier: Apache-2.0
// libsmpp34, which shares no line with us, as a second opinion on every body: what we write it
// reads as the same fields, what it writes we read as the same fields, and the octets are the same.
// Held to what it can do: its lists of TONs, NPIs and statuses, and the limits that README.md
// names.
#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <random>
#include <vector>

#include "adapters/sms/smpp/pdu.h"
#include "adapters/sms/smpp/test_library.h"
#include "adapters/sms/smpp/test_peer.h"

namespace msggw::smpp {
namespace {

using test::fill;
using test::Held;
using test::take;

template <class Frame, class Kind>
void read_by_both(const std::string& octets, const Pdu& expected) {
  const std::vector<std::uint8_t> copy(octets.begin(), octets.end());
  Held<Frame> frame;
  const int refused =
      smpp34_unpack(static_cast<std::uint32_t>(expected.header.command),
                    static_cast<Frame*>(&frame), copy.data(), static_cast<int>(copy.size()));
  REQUIRE_MESSAGE(refused == 0, smpp34_strerror);
  CHECK(std::strlen(smpp34_strerror) < 1'900);  // beyond its end it would write on
  Kind theirs;
  take<Frame>(frame, theirs);
  CHECK((theirs == std::get<Kind>(expected.body)));
  CHECK(frame.command_length == octets.size());
  CHECK(frame.command_id == static_cast<std::uint32_t>(expected.header.command));
  CHECK(frame.command_status == static_cast<std::uint32_t>(expected.header.status));
  CHECK(frame.sequence_number == expected.header.sequence);
  const auto ours = decode(octets);
  REQUIRE(ours.has_value());
  CHECK((*ours == expected));
}

template <class Frame, class Kind>
void written_by_both(const Pdu& pdu) {
  Held<Frame> frame;
  frame.command_id = static_cast<std::uint32_t>(pdu.header.command);
  frame.command_status = static_cast<std::uint32_t>(pdu.header.status);
  frame.sequence_number = pdu.header.sequence;
  fill<Frame>(frame, std::get<Kind>(pdu.body));
  std::array<std::uint8_t, 4'096> buffer{};
  int octets = 0;
  const int refused = smpp34_pack(frame.command_id, buffer.data(), static_cast<int>(buffer.size()),
                                  &octets, static_cast<Frame*>(&frame));
  REQUIRE_MESSAGE(refused == 0, smpp34_strerror);
  const std::string theirs(reinterpret_cast<const char*>(buffer.data()),
                           static_cast<std::size_t>(octets));
  const auto ours = encode(pdu);
  REQUIRE(ours.has_value());
  CHECK((*ours == theirs));
  read_by_both<Frame, Kind>(theirs, pdu);
}

class Random {
 public:
  std::size_t below(std::size_t limit) { return engine_() % limit; }
  std::uint8_t octet() { return static_cast<std::uint8_t>(engine_()); }
  /// At its limits more often than chance has it.
  std::size_t size(std::size_t most) {
    const std::size_t kind = below(4);
    return kind == 0 ? 0 : kind == 1 ? most : below(most + 1);
  }
  std::string octets(std::size_t most) {
    std::string out(size(most), '\0');
    for (char& one : out) one = static_cast<char>(octet());
    return out;
  }
  std::string text(std::size_t most) {
    std::string out = octets(most);
    for (char& one : out)
      if (one == '\0') one = '0';
    return out;
  }
  Address address(std::size_t most) {
    constexpr std::uint8_t kNpis[] = {0, 1, 3, 4, 6, 8, 9, 10, 14, 18};
    return {static_cast<std::uint8_t>(below(7)), kNpis[below(std::size(kNpis))], text(most)};
  }
  template <class Number>
  void maybe(std::optional<Number>& out) {
    if (below(2) == 0) out = static_cast<Number>(engine_());
  }

 private:
  std::mt19937 engine_{34};
};

Message random_message(Random& random, Command command) {
  const bool data = command == Command::data_sm;
  Message m;
  m.service_type = random.text(5);
  m.source = random.address(20);
  m.destination = random.address(data ? 64 : 20);
  m.esm_class = random.octet();
  m.registered_delivery = random.octet();
  m.data_coding = random.octet();
  if (command == Command::submit_sm) {  // the library's deliver_sm has no room for times
    m.schedule = random.text(16);
    m.validity = random.text(16);
  }
  if (!data) {
    m.protocol_id = random.octet();
    m.priority = random.octet();
    m.replace_if_present = random.octet();
    m.default_message = random.octet();
    m.short_message = random.octets(253);
  }
  random.maybe(m.source_port);
  random.maybe(m.destination_port);
  random.maybe(m.sar_reference);
  random.maybe(m.sar_total);
  random.maybe(m.sar_number);
  random.maybe(m.user_reference);
  random.maybe(m.state);
  if (random.below(2) == 0) m.network_error = {random.octet(), 0x8001};
  if (random.below(2) == 0) m.receipted_id = random.text(64);
  if (random.below(2) == 0) m.payload = random.octets(1'024);
  return m;
}

Header header(Random& random, Command command) {
  constexpr Status kStatuses[] = {Status::ok, Status::throttled, Status::unknown_error};
  const auto status = is_response(command) ? kStatuses[random.below(3)] : Status::ok;
  return {command, status, static_cast<std::uint32_t>(1 + random.below(kMostSequence))};
}

constexpr int kRounds = 1'000;

template <class Frame>
void messages(Command command) {
  Random random;
  for (int round = 0; round < kRounds; ++round)
    written_by_both<Frame, Message>({header(random, command), random_message(random, command)});
}

TEST_CASE("submit_sm, deliver_sm and data_sm are to libsmpp34 what they are to us") {
  messages<submit_sm_t>(Command::submit_sm);
  messages<deliver_sm_t>(Command::deliver_sm);
  messages<data_sm_t>(Command::data_sm);
}

template <class Request, class Response>
void binds(Command command) {
  Random random;
  for (int round = 0; round < kRounds; ++round) {
    written_by_both<Request, Bind>(
        {header(random, command),
         Bind{random.text(15), random.text(8), random.text(12), 0x34, random.address(40)}});
    BindResponse response{random.text(15), {}};
    random.maybe(response.interface_version);
    Header ok = header(random, response_to(command));
    ok.status = Status::ok;
    written_by_both<Response, BindResponse>({ok, response});
  }
}

TEST_CASE("binds and their responses") {
  binds<bind_receiver_t, bind_receiver_resp_t>(Command::bind_receiver);
  binds<bind_transmitter_t, bind_transmitter_resp_t>(Command::bind_transmitter);
  binds<bind_transceiver_t, bind_transceiver_resp_t>(Command::bind_transceiver);
}

TEST_CASE("the responses to messages, and what is a header only") {
  Random random;
  for (int round = 0; round < kRounds; ++round) {
    const auto ok = [&](Command request) {
      Header ok = header(random, response_to(request));
      ok.status = Status::ok;
      return ok;
    };
    const MessageResponse response{random.text(64)};
    written_by_both<submit_sm_resp_t, MessageResponse>({ok(Command::submit_sm), response});
    written_by_both<data_sm_resp_t, MessageResponse>({ok(Command::data_sm), response});
    written_by_both<deliver_sm_resp_t, MessageResponse>(
        {ok(Command::deliver_sm), MessageResponse{}});
  }
  const auto bare = [&]<class Frame>(Frame, Command command) {
    written_by_both<Frame, Empty>({header(random, command), Empty{}});
  };
  bare(enquire_link_t{}, Command::enquire_link);
  bare(enquire_link_resp_t{}, response_to(Command::enquire_link));
  bare(unbind_t{}, Command::unbind);
  bare(unbind_resp_t{}, response_to(Command::unbind));
  bare(generic_nack_t{}, Command::generic_nack);
}

/// Without TLVs: where those have a wrong length, the library goes astray and loses memory. False:
/// one of the two refuses it, the library also for what is not in its lists.
template <class Frame, class Kind>
bool agree_on(const std::string& octets, Command command) {
  const auto ours = decode(octets);
  if (!ours || ours->flaw != Status::ok) return false;
  const std::vector<std::uint8_t> copy(octets.begin(), octets.end());
  Held<Frame> frame;
  if (smpp34_unpack(static_cast<std::uint32_t>(command), static_cast<Frame*>(&frame), copy.data(),
                    static_cast<int>(copy.size())) != 0)
    return false;
  if constexpr (requires { frame.tlv; })
    if (frame.tlv != nullptr) return false;
  Kind theirs;
  take<Frame>(frame, theirs);
  REQUIRE((theirs == std::get<Kind>(ours->body)));
  return true;
}

template <class Frame, class Kind>
void spoilt(Random& random, const Pdu& pdu) {
  int agreed = 0;
  const std::string good = encode(pdu).value();
  for (int round = 0; round < kRounds; ++round) {
    std::string octets = good;
    for (std::size_t times = 1 + random.below(3); times > 0; --times) {
      constexpr std::uint8_t kTelling[] = {0x00, 0x01, 0x05, 0x34, 0x80, 0xFF};
      const std::size_t at = kHeaderOctets + random.below(octets.size() - kHeaderOctets);
      octets[at] = static_cast<char>(kTelling[random.below(std::size(kTelling))]);
    }
    agreed += agree_on<Frame, Kind>(octets, pdu.header.command) ? 1 : 0;
  }
  CHECK(agreed > kRounds / 10);
}

TEST_CASE("wrong octets that both take mean the same to both") {
  Random random;
  Message message;
  message.service_type = "CMT";
  message.source = {5, 0, "MSGIN5G"};
  message.destination = {1, 1, "491511234567"};
  spoilt<data_sm_t, Message>(random, {{Command::data_sm, Status::ok, 1}, message});
  message.short_message = std::string(40, 'm');
  spoilt<deliver_sm_t, Message>(random, {{Command::deliver_sm, Status::ok, 1}, message});
  message.validity = "000001000000000R";
  spoilt<submit_sm_t, Message>(random, {{Command::submit_sm, Status::ok, 1}, message});
  spoilt<bind_receiver_t, Bind>(random, {{Command::bind_receiver, Status::ok, 1},
                                         Bind{"system", "secret", "type", 0x34, {}}});
  spoilt<submit_sm_resp_t, MessageResponse>(
      random, {{response_to(Command::submit_sm), Status::ok, 1}, MessageResponse{"message-id"}});
}

}  // namespace
}  // namespace msggw::smpp
