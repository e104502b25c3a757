#include "adapters/sms/smpp/library.h"

extern "C" {
#include <libsmpp34/smpp34.h>
#include <libsmpp34/smpp34_structs.h>
}

#include <array>
#include <cstring>
#include <initializer_list>
#include <type_traits>

namespace msggw::smpp {
namespace {

/// `pack` wants one octet of room behind the PDU.
using Buffer = std::array<std::uint8_t, kHeaderOctets + kMostMandatory + 1>;

template <std::size_t N>
void put(std::uint8_t (&field)[N], std::string_view text) {
  base::ensure(text.size() < N, "a text was checked before it is copied");
  std::memcpy(field, text.data(), text.size());
  field[text.size()] = 0;
}

template <std::size_t N>
std::string text_of(const std::uint8_t (&field)[N]) {
  const auto* text = reinterpret_cast<const char*>(field);
  return {text, strnlen(text, N)};
}

/// Unpacks a PDU that consists of a plain header and `body` with each TON and NPI zero: the library
/// refuses statuses, sequences, TONs and NPIs that are not in its lists.
template <class Frame>
bool unpack(std::uint32_t command, std::string_view body, const Layout& layout, Frame& frame) {
  base::ensure(body.size() == layout.octets && body.size() <= kMostMandatory,
               "a body was checked before it is unpacked");
  std::string header;
  append_u32(header, static_cast<std::uint32_t>(kHeaderOctets + body.size()));
  append_u32(header, command);
  append_u32(header, 0);
  append_u32(header, 1);
  Buffer buffer{};  // the zeros behind the body end the library's strlen() in every version of it
  std::memcpy(buffer.data(), header.data(), header.size());
  std::memcpy(buffer.data() + kHeaderOctets, body.data(), body.size());
  for (std::size_t i = 0; i < layout.numbers; ++i) buffer[kHeaderOctets + layout.number_at[i]] = 0;
  frame = {};
  return smpp34_unpack(command, &frame, buffer.data(),
                       static_cast<int>(kHeaderOctets + body.size())) == 0;
}

/// Appends the body alone.
template <class Frame>
bool pack(std::uint32_t command, Frame& frame, std::string& out) {
  static_assert(std::is_trivially_copyable_v<Frame>);
  frame.command_id = command;
  frame.sequence_number = 1;
  Buffer buffer{};
  int octets = 0;
  if (smpp34_pack(command, buffer.data(), static_cast<int>(buffer.size()), &octets, &frame) != 0)
    return false;
  out.append(reinterpret_cast<const char*>(buffer.data()) + kHeaderOctets,
             static_cast<std::size_t>(octets) - kHeaderOctets);
  return true;
}

void set_numbers(std::string& out, std::size_t at, const Address& address) {
  out[at] = static_cast<char>(address.ton);
  out[at + 1] = static_cast<char>(address.npi);
}

Address address_of(std::string_view body, std::size_t at, std::string text) {
  return {static_cast<std::uint8_t>(body[at]), static_cast<std::uint8_t>(body[at + 1]),
          std::move(text)};
}

/// What submit_sm and data_sm have in common.
template <class Frame>
void read_common(std::string_view body, const Layout& layout, const Frame& frame, Message& out) {
  out.service_type = text_of(frame.service_type);
  out.source = address_of(body, layout.number_at[0], text_of(frame.source_addr));
  out.destination = address_of(body, layout.number_at[2], text_of(frame.destination_addr));
  out.esm_class = frame.esm_class;
  out.registered_delivery = frame.registered_delivery;
  out.data_coding = frame.data_coding;
}

template <class Frame>
void write_common(const Message& message, Frame& frame) {
  put(frame.service_type, message.service_type);
  put(frame.source_addr, message.source.text);
  put(frame.destination_addr, message.destination.text);
  frame.esm_class = message.esm_class;
  frame.registered_delivery = message.registered_delivery;
  frame.data_coding = message.data_coding;
}

bool pack_submit(const Message& message, std::string& out) {
  submit_sm_t frame{};
  write_common(message, frame);
  frame.protocol_id = message.protocol_id;
  frame.priority_flag = message.priority;
  put(frame.schedule_delivery_time, message.schedule);
  put(frame.validity_period, message.validity);
  frame.replace_if_present_flag = message.replace_if_present;
  frame.sm_default_msg_id = message.default_message;
  if (!pack(SUBMIT_SM, frame, out)) return false;
  // Packed with an empty message, its last field, since the library refuses one of 254 octets.
  out.back() = static_cast<char>(message.short_message.size());
  out.append(message.short_message);
  return true;
}

}  // namespace

bool unpack_mandatory(std::string_view body, const Layout& layout, Bind& out) {
  bind_receiver_t frame;  // the one bind that the library takes with every interface version
  if (!unpack(BIND_RECEIVER, body, layout, frame)) return false;
  out.system_id = text_of(frame.system_id);
  out.password = text_of(frame.password);
  out.system_type = text_of(frame.system_type);
  out.interface_version = frame.interface_version;
  out.range = address_of(body, layout.number_at[0], text_of(frame.address_range));
  return true;
}

bool unpack_mandatory(std::string_view body, const Layout& layout, BindResponse& out) {
  bind_receiver_resp_t frame;
  if (!unpack(BIND_RECEIVER_RESP, body, layout, frame)) return false;
  out.system_id = text_of(frame.system_id);
  return true;
}

bool unpack_mandatory(std::string_view body, const Layout& layout, MessageResponse& out) {
  submit_sm_resp_t frame;  // deliver_sm_resp and data_sm_resp too: deliver_sm_resp_t has no room
  if (!unpack(SUBMIT_SM_RESP, body, layout, frame)) return false;
  out.message_id = text_of(frame.message_id);
  return true;
}

bool unpack_mandatory(std::string_view body, const Layout& layout, bool data, Message& out) {
  if (data) {
    data_sm_t frame;
    if (!unpack(DATA_SM, body, layout, frame)) return false;
    read_common(body, layout, frame, out);
    return true;
  }
  submit_sm_t frame;  // deliver_sm too: deliver_sm_t has no room for times
  if (!unpack(SUBMIT_SM, body, layout, frame)) return false;
  read_common(body, layout, frame, out);
  out.protocol_id = frame.protocol_id;
  out.priority = frame.priority_flag;
  out.schedule = text_of(frame.schedule_delivery_time);
  out.validity = text_of(frame.validity_period);
  out.replace_if_present = frame.replace_if_present_flag;
  out.default_message = frame.sm_default_msg_id;
  out.short_message.assign(reinterpret_cast<const char*>(frame.short_message), frame.sm_length);
  return true;
}

bool pack_mandatory(const Bind& bind, std::string& out) {
  bind_receiver_t frame{};
  put(frame.system_id, bind.system_id);
  put(frame.password, bind.password);
  put(frame.system_type, bind.system_type);
  frame.interface_version = bind.interface_version;
  put(frame.address_range, bind.range.text);
  if (!pack(BIND_RECEIVER, frame, out)) return false;
  set_numbers(out, out.size() - bind.range.text.size() - 3, bind.range);
  return true;
}

bool pack_mandatory(const BindResponse& response, std::string& out) {
  bind_receiver_resp_t frame{};
  put(frame.system_id, response.system_id);
  return pack(BIND_RECEIVER_RESP, frame, out);
}

bool pack_mandatory(const MessageResponse& response, std::string& out) {
  submit_sm_resp_t frame{};
  put(frame.message_id, response.message_id);
  return pack(SUBMIT_SM_RESP, frame, out);
}

bool pack_mandatory(const Message& message, bool data, std::string& out) {
  const std::size_t source_at = out.size() + message.service_type.size() + 1;
  if (data) {
    data_sm_t frame{};
    write_common(message, frame);
    if (!pack(DATA_SM, frame, out)) return false;
  } else if (!pack_submit(message, out)) {
    return false;
  }
  set_numbers(out, source_at, message.source);
  set_numbers(out, source_at + 2 + message.source.text.size() + 1, message.destination);
  return true;
}

}  // namespace msggw::smpp
