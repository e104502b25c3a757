// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msggw::smsc {

/// SMPP 3.4, 5.1.2.1.
enum class Command : std::uint32_t {
  bind_receiver = 0x01,
  bind_transmitter = 0x02,
  query_sm = 0x03,
  submit_sm = 0x04,
  deliver_sm = 0x05,
  unbind = 0x06,
  replace_sm = 0x07,
  cancel_sm = 0x08,
  bind_transceiver = 0x09,
  enquire_link = 0x15,
  submit_multi = 0x21,
  data_sm = 0x103,
  generic_nack = 0x80000000,
};
constexpr std::uint32_t kResponse = 0x80000000;  ///< the bit that makes a response of a command
constexpr std::uint32_t number_of(Command command) {
  return static_cast<std::uint32_t>(command);
}
constexpr std::uint32_t response_to(Command command) {
  return number_of(command) | kResponse;
}
/// "submit_sm", "submit_sm_resp", or "0x00000099" for one that is in no table.
std::string command_name(std::uint32_t command);

/// command_status, SMPP 3.4, 5.1.3. A tester may send any number, so it is one.
using Status = std::uint32_t;
namespace status {
constexpr Status ok = 0x00, bad_length = 0x01, bad_command_length = 0x02, bad_command_id = 0x03,
                 bad_bind_state = 0x04, already_bound = 0x05, system_error = 0x08,
                 bad_source = 0x0A, bad_destination = 0x0B, bind_failed = 0x0D, bad_password = 0x0E,
                 bad_system_id = 0x0F, queue_full = 0x14, bad_service_type = 0x15,
                 bad_system_type = 0x53, throttled = 0x58, bad_schedule = 0x61, bad_expiry = 0x62,
                 temporary = 0x64, bad_tlv_stream = 0xC0, tlv_not_allowed = 0xC1,
                 bad_tlv_length = 0xC2;
}
/// Whether what was answered with it should be sent again later.
bool is_temporary(Status status);
/// "ESME_RTHROTTLED", or "0x00000400" for one that the specification does not name.
std::string status_name(Status status);

constexpr std::size_t kHeaderOctets = 16;
/// Of one PDU: a message_payload has up to 64,000 octets here, the rest has less than 1,500.
constexpr std::size_t kMostPduOctets = 65'536;
constexpr std::uint32_t kLastSequence = 0x7FFFFFFF;

struct Header {
  std::uint32_t length = 0;
  std::uint32_t command = 0;
  Status status = 0;
  std::uint32_t sequence = 0;
};
/// `octets` holds kHeaderOctets or more.
Header read_header(std::string_view octets);

struct Address {
  std::uint8_t ton = 0;
  std::uint8_t npi = 0;
  std::string_view text{};
};

/// SAR TLVs (5.3.2.22 to 24).
struct Segment {
  std::uint16_t reference = 0;
  std::uint8_t total = 0;
  std::uint8_t number = 0;
};

/// What submit_sm, deliver_sm and data_sm have in common. Views point into the PDU.
struct Sm {
  std::string_view service_type{};
  Address source{};
  Address destination{};
  std::uint8_t esm_class = 0;
  std::uint8_t protocol_id = 0;
  std::uint8_t priority = 0;
  std::uint8_t registered_delivery = 0;
  std::uint8_t data_coding = 0;
  bool is_payload = false;  ///< `octets` came, or goes, in message_payload
  std::string_view octets{};
  std::optional<Segment> segment{};             ///< when all three TLVs are there
  std::string_view receipted_message_id{};      ///< empty: none
  std::optional<std::uint8_t> message_state{};  ///< 5.2.28
};

namespace esm {
constexpr std::uint8_t receipt = 0x04, header = 0x40;  ///< 5.2.12: delivery receipt, UDHI
}

struct Bind {
  std::string_view system_id{};
  std::string_view password{};
  std::string_view system_type{};
  std::uint8_t version = 0;
};

/// Each takes the octets behind the header. status::ok, or the status that the response must have:
/// a text without its end or with more octets than the specification allows names the field, a
/// wrong end of the PDU is bad_command_length, TLVs are 0xC0 to 0xC2. `out` holds views into `body`
/// and is only of use after ok.
Status parse_bind(std::string_view body, Bind& out);
Status parse_sm(std::string_view body, Sm& out);
Status parse_data_sm(std::string_view body, Sm& out);

/// Appends PDUs to a buffer. The buffer is the writer's alone until the PDU is complete.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  /// A PDU without a body.
  void bare(std::uint32_t command, Status status, std::uint32_t sequence);
  /// A response with one C-octet string; the body is left out when `status` is not ok (4.4.2).
  void with_id(std::uint32_t command, Status status, std::uint32_t sequence, std::string_view id);
  /// A successful bind response, with sc_interface_version for those who may get TLVs.
  void bound(std::uint32_t command, std::uint32_t sequence, std::string_view system_id,
             bool with_version);
  /// submit_sm or deliver_sm, by `command`. At most 255 octets without is_payload.
  void sm(Command command, std::uint32_t sequence, const Sm& sm);

 private:
  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void text(std::string_view value);
  void head(std::uint32_t command, Status status, std::uint32_t sequence);
  void end();

  std::string& out_;
  std::size_t start_ = 0;
};

}  // namespace msggw::smsc
