// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/wire.h"

#include "gateway/base/result.h"

namespace msggw::smsc {
namespace {

// SMPP 3.4, 5.3.2.
constexpr std::uint16_t kSarReference = 0x020C, kSarTotal = 0x020E, kSarNumber = 0x020F,
                        kPayload = 0x0424, kReceiptedId = 0x001E, kMessageState = 0x0427,
                        kInterfaceVersion = 0x0210;
constexpr std::uint8_t kVersion34 = 0x34;

std::uint8_t octet_at(std::string_view in, std::size_t at) {
  return static_cast<std::uint8_t>(in[at]);
}
std::uint16_t u16_at(std::string_view in, std::size_t at) {
  return static_cast<std::uint16_t>(octet_at(in, at) << 8 | octet_at(in, at + 1));
}
std::uint32_t u32_at(std::string_view in, std::size_t at) {
  return std::uint32_t{u16_at(in, at)} << 16 | u16_at(in, at + 2);
}

/// Takes fields off the front. The first one that is wrong decides the status; after it everything
/// reads as empty.
class Fields {
 public:
  explicit Fields(std::string_view in) : in_(in) {}

  /// A C-octet string of at most `most` octets, its NUL counted, as the specification does.
  std::string_view text(std::size_t most, Status wrong) {
    const std::size_t end = in_.substr(0, most).find('\0');
    if (end == in_.npos) {
      fail(in_.size() < most ? status::bad_command_length : wrong);
      return {};
    }
    return take(end + 1).substr(0, end);
  }
  std::uint8_t octet() {
    const auto taken = take(1);
    return taken.empty() ? std::uint8_t{0} : octet_at(taken, 0);
  }
  Address address(std::size_t most, Status wrong) {
    Address address;
    address.ton = octet();
    address.npi = octet();
    address.text = text(most, wrong);
    return address;
  }
  std::string_view take(std::size_t count) {
    if (count > in_.size()) {
      fail(status::bad_command_length);
      return {};
    }
    const auto taken = in_.substr(0, count);
    in_.remove_prefix(count);
    return taken;
  }
  void fail(Status status) {
    if (status_ == status::ok) status_ = status;
    in_ = {};
  }
  bool at_end() const { return in_.empty(); }
  std::size_t left() const { return in_.size(); }
  Status status() const { return status_; }

 private:
  std::string_view in_;
  Status status_ = status::ok;
};

struct SegmentTlvs {
  Segment segment;
  unsigned seen = 0;
};

void take_tlv(Fields& fields, std::uint16_t tag, std::string_view value, Sm& out,
              SegmentTlvs& segment) {
  const auto has = [&](std::size_t octets) {
    if (value.size() != octets) fields.fail(status::bad_tlv_length);
    return value.size() == octets;
  };
  switch (tag) {
    case kSarReference:
      if (has(2)) segment.segment.reference = u16_at(value, 0), segment.seen |= 1;
      break;
    case kSarTotal:
      if (has(1)) segment.segment.total = octet_at(value, 0), segment.seen |= 2;
      break;
    case kSarNumber:
      if (has(1)) segment.segment.number = octet_at(value, 0), segment.seen |= 4;
      break;
    case kMessageState:
      if (has(1)) out.message_state = octet_at(value, 0);
      break;
    case kReceiptedId:
      if (value.empty() || value.size() > 65) fields.fail(status::bad_tlv_length);
      out.receipted_message_id = value.substr(0, value.find('\0'));
      break;
    case kPayload:
      // 5.3.2.32: not beside a short_message.
      if (!out.octets.empty()) fields.fail(status::tlv_not_allowed);
      out.octets = value;
      out.is_payload = true;
      break;
    default: break;  // 3.3: an unknown one is ignored
  }
}

Status take_tlvs(Fields& fields, Sm& out) {
  SegmentTlvs segment;
  while (!fields.at_end()) {
    if (fields.left() < 4) return status::bad_tlv_stream;
    const auto head = fields.take(4);
    const std::uint16_t octets = u16_at(head, 2);
    if (octets > fields.left()) return status::bad_tlv_stream;
    take_tlv(fields, u16_at(head, 0), fields.take(octets), out, segment);
  }
  if (segment.seen == 7) out.segment = segment.segment;
  return fields.status();
}

}  // namespace

Header read_header(std::string_view octets) {
  return {u32_at(octets, 0), u32_at(octets, 4), u32_at(octets, 8), u32_at(octets, 12)};
}

Status parse_bind(std::string_view body, Bind& out) {
  Fields fields(body);
  out.system_id = fields.text(16, status::bad_system_id);
  out.password = fields.text(9, status::bad_password);
  out.system_type = fields.text(13, status::bad_system_type);
  out.version = fields.octet();
  fields.octet();
  fields.octet();
  fields.text(41, status::bind_failed);
  return fields.status();
}

Status parse_sm(std::string_view body, Sm& out) {
  out = Sm{};
  Fields fields(body);
  out.service_type = fields.text(6, status::bad_service_type);
  out.source = fields.address(21, status::bad_source);
  out.destination = fields.address(21, status::bad_destination);
  out.esm_class = fields.octet();
  out.protocol_id = fields.octet();
  out.priority = fields.octet();
  fields.text(17, status::bad_schedule);
  fields.text(17, status::bad_expiry);
  out.registered_delivery = fields.octet();
  fields.octet();  // replace_if_present_flag
  out.data_coding = fields.octet();
  fields.octet();  // sm_default_msg_id
  const std::uint8_t length = fields.octet();
  if (fields.status() == status::ok && length > fields.left()) return status::bad_length;
  out.octets = fields.take(length);
  return take_tlvs(fields, out);
}

Status parse_data_sm(std::string_view body, Sm& out) {
  out = Sm{};
  Fields fields(body);
  out.service_type = fields.text(6, status::bad_service_type);
  out.source = fields.address(65, status::bad_source);
  out.destination = fields.address(65, status::bad_destination);
  out.esm_class = fields.octet();
  out.registered_delivery = fields.octet();
  out.data_coding = fields.octet();
  return take_tlvs(fields, out);
}

void Writer::u16(std::uint16_t value) {
  u8(static_cast<std::uint8_t>(value >> 8));
  u8(static_cast<std::uint8_t>(value));
}

void Writer::u32(std::uint32_t value) {
  u16(static_cast<std::uint16_t>(value >> 16));
  u16(static_cast<std::uint16_t>(value));
}

void Writer::text(std::string_view value) {
  out_.append(value);
  out_.push_back('\0');
}

void Writer::head(std::uint32_t command, Status status, std::uint32_t sequence) {
  start_ = out_.size();
  u32(0);
  u32(command);
  u32(status);
  u32(sequence);
}

void Writer::end() {
  const auto length = static_cast<std::uint32_t>(out_.size() - start_);
  for (unsigned i = 0; i < 4; ++i) out_[start_ + i] = static_cast<char>(length >> (24 - 8 * i));
}

void Writer::bare(std::uint32_t command, Status status, std::uint32_t sequence) {
  head(command, status, sequence);
  end();
}

void Writer::with_id(std::uint32_t command, Status status, std::uint32_t sequence,
                     std::string_view id) {
  head(command, status, sequence);
  if (status == status::ok) text(id);
  end();
}

void Writer::bound(std::uint32_t command, std::uint32_t sequence, std::string_view system_id,
                   bool with_version) {
  head(command, status::ok, sequence);
  text(system_id);
  if (with_version) {
    u16(kInterfaceVersion);
    u16(1);
    u8(kVersion34);
  }
  end();
}

void Writer::sm(Command command, std::uint32_t sequence, const Sm& sm) {
  base::ensure(sm.octets.size() <= (sm.is_payload ? 0xFFFFu : 0xFFu), "a short message too long");
  head(number_of(command), status::ok, sequence);
  text(sm.service_type);
  for (const Address* address : {&sm.source, &sm.destination}) {
    u8(address->ton);
    u8(address->npi);
    text(address->text);
  }
  u8(sm.esm_class);
  u8(sm.protocol_id);
  u8(sm.priority);
  text({});
  text({});
  u8(sm.registered_delivery);
  u8(0);
  u8(sm.data_coding);
  u8(0);
  u8(sm.is_payload ? std::uint8_t{0} : static_cast<std::uint8_t>(sm.octets.size()));
  if (!sm.is_payload) out_.append(sm.octets);
  if (sm.segment) {
    u16(kSarReference), u16(2), u16(sm.segment->reference);
    u16(kSarTotal), u16(1), u8(sm.segment->total);
    u16(kSarNumber), u16(1), u8(sm.segment->number);
  }
  if (!sm.receipted_message_id.empty()) {
    u16(kReceiptedId), u16(static_cast<std::uint16_t>(sm.receipted_message_id.size() + 1));
    text(sm.receipted_message_id);
  }
  if (sm.message_state) u16(kMessageState), u16(1), u8(*sm.message_state);
  if (sm.is_payload) {
    u16(kPayload), u16(static_cast<std::uint16_t>(sm.octets.size()));
    out_.append(sm.octets);
  }
  end();
}

}  // namespace msggw::smsc
