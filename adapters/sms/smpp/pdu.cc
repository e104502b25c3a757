// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smpp/pdu.h"

#include "adapters/sms/smpp/fields.h"
#include "adapters/sms/smpp/octets.h"
#include "adapters/sms/smpp/reader.h"
#include "adapters/sms/smpp/writer.h"

namespace msggw::smpp {
namespace {

/// A body of the kind that `command` has.
Body body_for(Command command) {
  const Command request = request_of(command);
  const bool response = is_response(command);
  if (is_bind(request)) return response ? Body{BindResponse{}} : Body{Bind{}};
  if (is_message(request)) return response ? Body{MessageResponse{}} : Body{Message{}};
  const bool bare = command == Command::generic_nack || request == Command::unbind ||
                    request == Command::enquire_link ||
                    (response && (request == Command::cancel_sm || request == Command::replace_sm));
  return bare ? Body{Empty{}} : Body{Unread{}};
}

/// Whether data_sm has a field for everything that is set.
bool fits_data_sm(const Message& message) {
  return message.protocol_id == 0 && message.priority == 0 && message.schedule.empty() &&
         message.validity.empty() && message.replace_if_present == 0 &&
         message.default_message == 0 && message.short_message.empty();
}

base::Result<> check_body(const Pdu& pdu) {
  const Command command = pdu.header.command;
  if (!is_known(command)) return base::fail(base::Errc::malformed, "the command is unknown");
  if (std::holds_alternative<Unread>(pdu.body))
    return base::fail(base::Errc::unsupported, "the command is only recognised");
  const bool failed = is_response(command) && pdu.header.status != Status::ok;
  const bool left_out = failed && std::holds_alternative<Empty>(pdu.body);
  if (!left_out && pdu.body.index() != body_for(command).index())
    return base::fail(base::Errc::malformed, "the body is not one of the command");
  if (command == Command::data_sm && !fits_data_sm(std::get<Message>(pdu.body)))
    return base::fail(base::Errc::malformed, "a field that data_sm does not have is set");
  return {};
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
  if (auto good = check_body(pdu); !good) return good;
  const std::size_t start = out.size();
  out.append(4, '\0');
  append_u32(out, static_cast<std::uint32_t>(pdu.header.command));
  append_u32(out, static_cast<std::uint32_t>(pdu.header.status));
  append_u32(out, pdu.header.sequence);
  Writer writer(out);
  std::visit(
      [&](const auto& body) {
        walk_mandatory(writer, pdu.header.command, body);
        walk_tlvs(writer, body);
      },
      pdu.body);
  auto written = std::move(writer).result();
  if (!written) {
    out.resize(start);
    return written;
  }
  write_u32(out, start, static_cast<std::uint32_t>(out.size() - start));
  return written;
}

Decoded decode(std::string_view octets) {
  if (octets.size() < kHeaderOctets)
    return tl::unexpected<Fault>(
        Fault{Status::invalid_command_length, Fault::Answer::generic_nack, {}});
  const auto command = static_cast<Command>(read_u32(octets, 4));
  Pdu pdu{{command, static_cast<Status>(read_u32(octets, 8)), read_u32(octets, 12)}, Empty{}};
  if (read_u32(octets, 0) != octets.size())
    return fault(Status::invalid_command_length, pdu.header, true);
  if (!is_known(command)) return fault(Status::invalid_command, pdu.header, true);
  pdu.body = body_for(command);
  if (std::holds_alternative<Unread>(pdu.body)) return pdu;
  const std::string_view rest = octets.substr(kHeaderOctets);
  if (std::holds_alternative<Empty>(pdu.body)) {
    if (!rest.empty()) pdu.flaw = Status::invalid_command_length;
    return pdu;
  }
  const bool may_be_left_out =
      is_response(command) &&
      (pdu.header.status != Status::ok || command == response_to(Command::deliver_sm));
  if (rest.empty() && may_be_left_out) {
    pdu.body = Empty{};
    return pdu;
  }
  Reader reader(rest, is_response(command));
  std::visit(
      [&](auto& body) {
        walk_mandatory(reader, command, body);
        while (reader.next_tlv()) walk_tlvs(reader, body);
      },
      pdu.body);
  if (reader.fault() != Status::ok) return fault(reader.fault(), pdu.header, false);
  pdu.flaw = reader.flaw();
  return pdu;
}

}  // namespace msggw::smpp
