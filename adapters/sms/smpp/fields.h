// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "adapters/sms/smpp/pdu.h"

/// The fields of every body in their order on the wire, once for both directions: pdu.cc walks
/// them with a reader that fills a body and with a writer that appends one. A new field is one line
/// here and one member in pdu.h.
namespace msggw::smpp {

/// The name and the limit of a text, and what a peer is told whose text has no end within it.
struct TextField {
  const char* name;
  std::size_t most;  ///< octets, without the NUL that ends it
  Status fault;
};

/// `T` is `Body`, to be written, or is not const, to be read.
template <class T, class Body>
concept Is = std::same_as<std::remove_const_t<T>, Body>;

void walk_address(auto& walk, const TextField& field, Is<Address> auto& address) {
  walk.octet(address.ton);
  walk.octet(address.npi);
  walk.text(field, address.text);
}

/// SMPP 3.4 4.1.1, 4.1.3, 4.1.5. The second argument is the command, as in the next ones.
void walk_mandatory(auto& walk, Command, Is<Bind> auto& bind) {
  walk.text({"system_id", kMostAccountText, Status::invalid_system_id}, bind.system_id);
  walk.text({"password", kMostAccountText, Status::invalid_password}, bind.password);
  walk.text({"system_type", kMostAccountText, Status::invalid_system_type}, bind.system_type);
  walk.octet(bind.interface_version);
  walk_address(walk, {"address_range", kMostAccountText, Status::invalid_parameter_length},
               bind.range);
}

void walk_mandatory(auto& walk, Command, Is<BindResponse> auto& response) {
  walk.text({"system_id", kMostAccountText, Status::invalid_system_id}, response.system_id);
}

void walk_mandatory(auto& walk, Command, Is<MessageResponse> auto& response) {
  walk.text({"message_id", 64, Status::invalid_message_id}, response.message_id);
}

/// SMPP 3.4 4.4.1, 4.6.1, 4.7.1.
void walk_mandatory(auto& walk, Command command, Is<Message> auto& message) {
  const bool whole = command != Command::data_sm;
  const std::size_t address = whole ? 20 : 64;
  walk.text({"service_type", kMostAccountText, Status::invalid_service_type}, message.service_type);
  walk_address(walk, {"source_addr", address, Status::invalid_source}, message.source);
  walk_address(walk, {"destination_addr", address, Status::invalid_destination},
               message.destination);
  walk.octet(message.esm_class);
  if (whole) {
    walk.octet(message.protocol_id);
    walk.octet(message.priority);
    walk.text({"schedule_delivery_time", 16, Status::invalid_schedule}, message.schedule);
    walk.text({"validity_period", 16, Status::invalid_validity}, message.validity);
  }
  walk.octet(message.registered_delivery);
  if (whole) walk.octet(message.replace_if_present);
  walk.octet(message.data_coding);
  if (!whole) return;
  walk.octet(message.default_message);
  walk.short_message(message.short_message);
}

/// The TLVs that we know (SMPP 3.4 5.3.2), in the order in which they are written.
void walk_tlvs(auto& walk, Is<BindResponse> auto& response) {
  walk.tlv(0x0210, response.interface_version);
}

void walk_tlvs(auto& walk, Is<Message> auto& message) {
  walk.tlv(0x0204, message.user_reference);
  walk.tlv(0x020A, message.source_port);
  walk.tlv(0x020B, message.destination_port);
  walk.tlv(0x020C, message.sar_reference);
  walk.tlv(0x020E, message.sar_total);
  walk.tlv(0x020F, message.sar_number);
  walk.text_tlv(0x001E, {"receipted_message_id", 64, Status::invalid_parameter_length},
                message.receipted_id);
  walk.tlv(0x0427, message.state);
  walk.tlv(0x0423, message.network_error);
  walk.tlv(0x0424, message.payload);
}

void walk_tlvs(auto&, Is<Bind> auto&) {}
void walk_tlvs(auto&, Is<MessageResponse> auto&) {}

/// Empty and Unread have no fields.
template <class T>
concept WithoutFields = Is<T, Empty> || Is<T, Unread>;
void walk_mandatory(auto&, Command, WithoutFields auto&) {}
void walk_tlvs(auto&, WithoutFields auto&) {}

}  // namespace msggw::smpp
