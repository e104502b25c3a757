#include "adapters/sms/smpp/pdu.h"

#include <initializer_list>

#include "adapters/sms/smpp/library.h"
#include "adapters/sms/smpp/structure.h"

namespace msggw::smpp {
namespace {

struct Limited {
  const char* name;
  std::string_view text;
  std::size_t most;
};

base::Result<> check_texts(std::initializer_list<Limited> texts) {
  for (const Limited& field : texts) {
    if (field.text.size() > field.most)
      return base::fail(base::Errc::too_large, std::string(field.name) + " has more than " +
                                                   std::to_string(field.most) + " octets");
    if (field.text.find('\0') != std::string_view::npos)
      return base::fail(base::Errc::malformed, std::string(field.name) + " has a NUL");
  }
  return {};
}

base::Result<> refused_by_library() {
  return base::fail(base::Errc::malformed, "libsmpp34 refuses to pack the PDU");
}

base::Result<> append_body(Shape, const Bind& bind, std::string& out) {
  if (auto good = check_texts({{"system_id", bind.system_id, 15},
                               {"password", bind.password, 8},
                               {"system_type", bind.system_type, 12},
                               {"address_range", bind.range.text, 40}});
      !good)
    return good;
  return pack_mandatory(bind, out) ? base::Result<>{} : refused_by_library();
}

base::Result<> append_body(Shape, const BindResponse& response, std::string& out) {
  if (auto good = check_texts({{"system_id", response.system_id, 15}}); !good) return good;
  if (!pack_mandatory(response, out)) return refused_by_library();
  append_tlvs(response, out);
  return {};
}

base::Result<> append_body(Shape, const MessageResponse& response, std::string& out) {
  if (auto good = check_texts({{"message_id", response.message_id, 64}}); !good) return good;
  return pack_mandatory(response, out) ? base::Result<>{} : refused_by_library();
}

bool fits_data_sm(const Message& message) {
  return message.protocol_id == 0 && message.priority == 0 && message.schedule.empty() &&
         message.validity.empty() && message.replace_if_present == 0 &&
         message.default_message == 0 && message.short_message.empty();
}

base::Result<> append_body(Shape shape, const Message& message, std::string& out) {
  const bool data = shape == Shape::data;
  if (data && !fits_data_sm(message))
    return base::fail(base::Errc::malformed, "a field that data_sm does not have is set");
  if (message.short_message.size() > kMostShortMessage)
    return base::fail(base::Errc::too_large, "short_message has more than 254 octets");
  if (message.payload && message.payload->size() > 0xFFFF)
    return base::fail(base::Errc::too_large, "message_payload has more than 65535 octets");
  std::string_view receipted;
  if (message.receipted_id) receipted = *message.receipted_id;
  if (auto good = check_texts({{"service_type", message.service_type, 5},
                               {"source_addr", message.source.text, 20},
                               {"destination_addr", message.destination.text, data ? 64U : 20U},
                               {"schedule_delivery_time", message.schedule, 16},
                               {"validity_period", message.validity, 16},
                               {"receipted_message_id", receipted, 64}});
      !good)
    return good;
  if (!pack_mandatory(message, data, out)) return refused_by_library();
  append_tlvs(message, out);
  return {};
}

template <class Body>
bool belongs(Shape) {
  return false;
}
template <>
bool belongs<Bind>(Shape shape) {
  return shape == Shape::bind;
}
template <>
bool belongs<BindResponse>(Shape shape) {
  return shape == Shape::bind_response;
}
template <>
bool belongs<Message>(Shape shape) {
  return shape == Shape::message || shape == Shape::data;
}
template <>
bool belongs<MessageResponse>(Shape shape) {
  return shape == Shape::message_response;
}

/// Commands that are a header only, whatever their status.
bool is_bare(Command command) noexcept {
  const Command request = request_of(command);
  return command == Command::generic_nack || request == Command::unbind ||
         request == Command::enquire_link ||
         (is_response(command) &&
          (request == Command::cancel_sm || request == Command::replace_sm));
}

/// A body, appended for a command that may have it.
struct BodyWriter {
  const Header& header;
  std::string& out;

  base::Result<> operator()(const Empty&) const {
    const bool failed = is_response(header.command) && header.status != Status::ok;
    if (is_bare(header.command) || failed) return {};
    return base::fail(base::Errc::malformed, "the command needs a body");
  }
  base::Result<> operator()(const Unread&) const {
    return base::fail(base::Errc::unsupported, "the command is only recognised");
  }
  template <class Body>
  base::Result<> operator()(const Body& body) const {
    const Shape shape = shape_of(header.command);
    if (!belongs<Body>(shape))
      return base::fail(base::Errc::malformed, "the body is not one of the command");
    return append_body(shape, body, out);
  }
};

using Body = decltype(Pdu::body);

/// The mandatory part through the library, then the TLVs, where the body can have them.
Status read_body(Shape shape, std::string_view octets, Body& body) {
  const Layout layout = layout_of(shape, octets);
  if (layout.fault != Status::ok) return layout.fault;
  const std::string_view mandatory = octets.substr(0, layout.octets);
  const std::string_view tlvs = octets.substr(layout.octets);
  const auto skip_tlvs = [&](bool unpacked) {
    BindResponse none;
    return unpacked ? read_tlvs(tlvs, none) : Status::system_error;
  };
  switch (shape) {
    case Shape::none: return Status::ok;
    case Shape::bind: return skip_tlvs(unpack_mandatory(mandatory, layout, body.emplace<Bind>()));
    case Shape::message_response:
      return skip_tlvs(unpack_mandatory(mandatory, layout, body.emplace<MessageResponse>()));
    case Shape::bind_response: {
      auto& response = body.emplace<BindResponse>();
      if (!unpack_mandatory(mandatory, layout, response)) return Status::system_error;
      return read_tlvs(tlvs, response);
    }
    case Shape::message:
    case Shape::data: {
      auto& message = body.emplace<Message>();
      if (!unpack_mandatory(mandatory, layout, shape == Shape::data, message))
        return Status::system_error;
      return read_tlvs(tlvs, message);
    }
  }
  return Status::system_error;
}

bool has_no_response(Command request) noexcept {
  return request == Command::alert_notification || request == Command::outbind;
}

tl::unexpected<Fault> fault(Status status, const Header& header, bool in_header) {
  auto answer = in_header ? Fault::Answer::generic_nack : Fault::Answer::response;
  if (is_response(header.command) || has_no_response(header.command))
    answer = Fault::Answer::nothing;
  return tl::unexpected<Fault>(Fault{status, answer, header});
}

}  // namespace

base::Result<> append(const Pdu& pdu, std::string& out) {
  const std::size_t start = out.size();
  if (!is_known(pdu.header.command))
    return base::fail(base::Errc::malformed, "the command is unknown");
  out.append(4, '\0');
  append_u32(out, static_cast<std::uint32_t>(pdu.header.command));
  append_u32(out, static_cast<std::uint32_t>(pdu.header.status));
  append_u32(out, pdu.header.sequence);
  if (auto written = std::visit(BodyWriter{pdu.header, out}, pdu.body); !written) {
    out.resize(start);
    return written;
  }
  std::string length;
  append_u32(length, static_cast<std::uint32_t>(out.size() - start));
  out.replace(start, 4, length);
  return {};
}

base::Result<std::string> encode(const Pdu& pdu) {
  std::string out;
  if (auto written = append(pdu, out); !written)
    return tl::unexpected<base::Error>(std::move(written.error()));
  return out;
}

Decoded decode(std::string_view octets) {
  if (octets.size() < kHeaderOctets)
    return tl::unexpected<Fault>(
        Fault{Status::invalid_command_length, Fault::Answer::generic_nack, {}});
  Pdu pdu{{static_cast<Command>(read_u32(octets, 4)), static_cast<Status>(read_u32(octets, 8)),
           read_u32(octets, 12)},
          Empty{}};
  if (read_u32(octets, 0) != octets.size())
    return fault(Status::invalid_command_length, pdu.header, true);
  if (!is_known(pdu.header.command)) return fault(Status::invalid_command, pdu.header, true);
  const std::string_view body = octets.substr(kHeaderOctets);
  const Command command = pdu.header.command;
  const Shape shape = shape_of(command);
  if (shape == Shape::none) {
    if (!is_bare(command))
      pdu.body = Unread{};
    else if (!body.empty() && !is_response(command))
      return fault(Status::invalid_command_length, pdu.header, false);
    return pdu;
  }
  const bool may_be_bare =
      pdu.header.status != Status::ok || command == response_to(Command::deliver_sm);
  if (body.empty() && is_response(command) && may_be_bare) return pdu;
  const Status status = read_body(shape, body, pdu.body);
  if (status != Status::ok) return fault(status, pdu.header, false);
  return pdu;
}

}  // namespace msggw::smpp
