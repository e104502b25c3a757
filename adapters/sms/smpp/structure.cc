#include "adapters/sms/smpp/structure.h"

#include <algorithm>
#include <span>

namespace msggw::smpp {
namespace {

struct Field {
  enum class Kind { text, octet, number, message };
  Kind kind;
  std::size_t most = 1;  ///< octets, the NUL of a text included
  Status fault = Status::ok;
};

constexpr Field text(std::size_t most, Status fault) {
  return {Field::Kind::text, most, fault};
}
constexpr Field kOctet{Field::Kind::octet};
constexpr Field kNumber{Field::Kind::number};  // TON or NPI

constexpr Field kBind[] = {text(16, Status::invalid_system_id),
                           text(9, Status::invalid_password),
                           text(13, Status::invalid_system_type),
                           kOctet,
                           kNumber,
                           kNumber,
                           text(41, Status::invalid_parameter_length)};
constexpr Field kBindResponse[] = {text(16, Status::invalid_system_id)};
constexpr Field kMessage[] = {text(6, Status::invalid_service_type),
                              kNumber,
                              kNumber,
                              text(21, Status::invalid_source),
                              kNumber,
                              kNumber,
                              text(21, Status::invalid_destination),
                              kOctet,
                              kOctet,
                              kOctet,
                              text(17, Status::invalid_schedule),
                              text(17, Status::invalid_validity),
                              kOctet,
                              kOctet,
                              kOctet,
                              kOctet,
                              {Field::Kind::message, 255, Status::invalid_message_length}};
constexpr Field kData[] = {text(6, Status::invalid_service_type),
                           kNumber,
                           kNumber,
                           text(21, Status::invalid_source),  // 4.7.1 has 65: the library's limit
                           kNumber,
                           kNumber,
                           text(65, Status::invalid_destination),
                           kOctet,
                           kOctet,
                           kOctet};
constexpr Field kMessageResponse[] = {text(65, Status::invalid_message_id)};

std::span<const Field> fields_of(Shape shape) noexcept {
  switch (shape) {
    case Shape::none: return {};
    case Shape::bind: return kBind;
    case Shape::bind_response: return kBindResponse;
    case Shape::message: return kMessage;
    case Shape::data: return kData;
    case Shape::message_response: return kMessageResponse;
  }
  return {};
}

/// The octets of `field` at the front of `rest`; 0: `fault` says why not.
std::size_t octets_of(const Field& field, std::string_view rest, Status& fault) noexcept {
  fault = Status::invalid_command_length;  // the PDU ends inside the field
  if (rest.empty()) return 0;
  switch (field.kind) {
    case Field::Kind::octet:
    case Field::Kind::number: return 1;
    case Field::Kind::text: {
      const auto end = rest.substr(0, field.most).find('\0');
      if (end != std::string_view::npos) return end + 1;
      if (rest.size() >= field.most) fault = field.fault;
      return 0;
    }
    case Field::Kind::message: {
      const std::size_t size = 1 + std::size_t{static_cast<unsigned char>(rest.front())};
      if (size <= field.most && size <= rest.size()) return size;
      fault = field.fault;
      return 0;
    }
  }
  return 0;
}

namespace tag {
constexpr std::uint16_t kReceiptedId = 0x001E, kUserReference = 0x0204, kSourcePort = 0x020A,
                        kDestinationPort = 0x020B, kSarReference = 0x020C, kSarTotal = 0x020E,
                        kSarNumber = 0x020F, kInterfaceVersion = 0x0210, kNetworkError = 0x0423,
                        kPayload = 0x0424, kState = 0x0427;
}  // namespace tag

bool read(std::string_view value, std::optional<std::uint8_t>& out) {
  if (value.size() != 1) return false;
  out = static_cast<std::uint8_t>(value.front());
  return true;
}

bool read(std::string_view value, std::optional<std::uint16_t>& out) {
  if (value.size() != 2) return false;
  out = read_u16(value, 0);
  return true;
}

bool read(std::string_view value, std::optional<NetworkError>& out) {
  if (value.size() != 3) return false;
  out = NetworkError{static_cast<std::uint8_t>(value.front()), read_u16(value, 1)};
  return true;
}

/// A C octet string of 1 to 65 octets (5.3.2.12); some SMSCs leave out the NUL.
bool read_text(std::string_view value, std::optional<std::string>& out) {
  const std::string_view words = value.substr(0, value.find('\0'));
  if (words.size() > 64) return false;
  out.emplace(words);
  return true;
}

bool read(std::uint16_t tag, std::string_view value, Message& message) {
  switch (tag) {
    case tag::kReceiptedId: return read_text(value, message.receipted_id);
    case tag::kUserReference: return read(value, message.user_reference);
    case tag::kSourcePort: return read(value, message.source_port);
    case tag::kDestinationPort: return read(value, message.destination_port);
    case tag::kSarReference: return read(value, message.sar_reference);
    case tag::kSarTotal: return read(value, message.sar_total);
    case tag::kSarNumber: return read(value, message.sar_number);
    case tag::kNetworkError: return read(value, message.network_error);
    case tag::kPayload: return message.payload.emplace(value), true;
    case tag::kState: return read(value, message.state);
    default: return true;
  }
}

void put(std::string& out, std::uint16_t tag, std::string_view value) {
  append_u16(out, tag);
  append_u16(out, static_cast<std::uint16_t>(value.size()));
  out.append(value);
}

void put(std::string& out, std::uint16_t tag, std::optional<std::uint8_t> value) {
  if (!value) return;
  const char octet = static_cast<char>(*value);
  put(out, tag, std::string_view(&octet, 1));
}

void put(std::string& out, std::uint16_t tag, std::optional<std::uint16_t> value) {
  if (!value) return;
  append_u16(out, tag);
  append_u16(out, 2);
  append_u16(out, *value);
}

}  // namespace

std::uint32_t read_u32(std::string_view octets, std::size_t at) noexcept {
  return std::uint32_t{read_u16(octets, at)} << 16 | read_u16(octets, at + 2);
}

std::uint16_t read_u16(std::string_view octets, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(octets[at]) << 8 |
                                    static_cast<unsigned char>(octets[at + 1]));
}

void append_u32(std::string& out, std::uint32_t value) {
  append_u16(out, static_cast<std::uint16_t>(value >> 16));
  append_u16(out, static_cast<std::uint16_t>(value));
}

void append_u16(std::string& out, std::uint16_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}

Shape shape_of(Command command) noexcept {
  const Command request = request_of(command);
  const bool response = is_response(command);
  if (is_bind(request)) return response ? Shape::bind_response : Shape::bind;
  if (request == Command::submit_sm || request == Command::deliver_sm)
    return response ? Shape::message_response : Shape::message;
  if (request == Command::data_sm) return response ? Shape::message_response : Shape::data;
  return Shape::none;
}

Layout layout_of(Shape shape, std::string_view body) noexcept {
  Layout layout;
  for (const Field& field : fields_of(shape)) {
    Status fault = Status::ok;
    const std::size_t octets = octets_of(field, body.substr(layout.octets), fault);
    if (octets == 0) {
      layout.fault = fault;
      return layout;
    }
    if (field.kind == Field::Kind::number) layout.number_at[layout.numbers++] = layout.octets;
    layout.octets += octets;
  }
  return layout;
}

bool TlvCursor::next() noexcept {
  if (rest_.empty()) return false;
  if (rest_.size() < 4 || rest_.size() - 4 < read_u16(rest_, 2)) {
    malformed_ = true;
    return false;
  }
  tag_ = read_u16(rest_, 0);
  value_ = rest_.substr(4, read_u16(rest_, 2));
  rest_.remove_prefix(4 + value_.size());
  return true;
}

Status read_tlvs(std::string_view octets, Message& message) {
  TlvCursor tlvs(octets);
  while (tlvs.next())
    if (!read(tlvs.tag(), tlvs.value(), message)) return Status::invalid_parameter_length;
  return tlvs.malformed() ? Status::invalid_optional_part : Status::ok;
}

Status read_tlvs(std::string_view octets, BindResponse& response) {
  TlvCursor tlvs(octets);
  while (tlvs.next())
    if (tlvs.tag() == tag::kInterfaceVersion && !read(tlvs.value(), response.interface_version))
      return Status::invalid_parameter_length;
  return tlvs.malformed() ? Status::invalid_optional_part : Status::ok;
}

void append_tlvs(const Message& message, std::string& out) {
  put(out, tag::kUserReference, message.user_reference);
  put(out, tag::kSourcePort, message.source_port);
  put(out, tag::kDestinationPort, message.destination_port);
  put(out, tag::kSarReference, message.sar_reference);
  put(out, tag::kSarTotal, message.sar_total);
  put(out, tag::kSarNumber, message.sar_number);
  if (message.receipted_id) {
    append_u16(out, tag::kReceiptedId);
    append_u16(out, static_cast<std::uint16_t>(message.receipted_id->size() + 1));
    out.append(*message.receipted_id).push_back('\0');
  }
  put(out, tag::kState, message.state);
  if (message.network_error) {
    append_u16(out, tag::kNetworkError);
    append_u16(out, 3);
    out.push_back(static_cast<char>(message.network_error->network));
    append_u16(out, message.network_error->code);
  }
  if (message.payload) put(out, tag::kPayload, std::string_view(*message.payload));
}

void append_tlvs(const BindResponse& response, std::string& out) {
  put(out, tag::kInterfaceVersion, response.interface_version);
}

}  // namespace msggw::smpp
