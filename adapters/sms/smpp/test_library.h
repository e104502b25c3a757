// SPDX-License-Identifier: Apache-2.0
#pragma once

extern "C" {
#include <libsmpp34/smpp34.h>
#include <libsmpp34/smpp34_structs.h>
// needs the types of the header above
#include <libsmpp34/smpp34_params.h>
}

#include <doctest/doctest.h>

#include <cstring>
#include <type_traits>

#include "adapters/sms/smpp/octets.h"
#include "adapters/sms/smpp/pdu.h"

/// Our bodies as the structs of libsmpp34 and back: `fill` makes its, `take` makes ours. Fails the
/// test for what the library has no room for.
namespace msggw::smpp::test {

template <std::size_t N>
void put(std::uint8_t (&field)[N], const std::string& text) {
  REQUIRE(text.size() < N);
  std::memcpy(field, text.c_str(), text.size() + 1);
}

template <std::size_t N>
std::string text_of(const std::uint8_t (&field)[N]) {
  const auto* text = reinterpret_cast<const char*>(field);
  return {text, strnlen(text, N)};
}

inline void add_octets(tlv_t*& list, std::uint16_t tag, std::string_view octets) {
  tlv_t tlv{};
  tlv.tag = tag;
  tlv.length = static_cast<std::uint16_t>(octets.size());
  std::memcpy(tlv.value.octet, octets.data(), octets.size());
  build_tlv(&list, &tlv);
}

template <class Number>
void add(tlv_t*& list, std::uint16_t tag, std::optional<Number> number) {
  if (!number) return;
  tlv_t tlv{};
  tlv.tag = tag;
  tlv.length = sizeof(Number);
  if constexpr (sizeof(Number) == 1)
    tlv.value.val08 = *number;
  else
    tlv.value.val16 = *number;
  build_tlv(&list, &tlv);
}

/// The library puts a TLV before those that it has: the last one first.
inline tlv_t* tlvs_of(const Message& message) {
  tlv_t* list = nullptr;
  if (message.payload) add_octets(list, TLVID_message_payload, *message.payload);
  if (const auto& error = message.network_error) {
    std::string octets(1, static_cast<char>(error->network));
    append_u16(octets, error->code);
    add_octets(list, TLVID_network_error_code, octets);
  }
  add(list, TLVID_message_state, message.state);
  if (const auto& id = message.receipted_id)
    add_octets(list, TLVID_receipted_message_id, {id->c_str(), id->size() + 1});
  add(list, TLVID_sar_segment_seqnum, message.sar_number);
  add(list, TLVID_sar_total_segments, message.sar_total);
  add(list, TLVID_sar_msg_ref_num, message.sar_reference);
  add(list, TLVID_destination_port, message.destination_port);
  add(list, TLVID_source_port, message.source_port);
  add(list, TLVID_user_message_reference, message.user_reference);
  return list;
}

inline void take_tlv(const tlv_t& tlv, Message& message) {
  const std::string_view octets(reinterpret_cast<const char*>(tlv.value.octet), tlv.length);
  switch (tlv.tag) {
    case TLVID_message_payload: message.payload = octets; return;
    case TLVID_network_error_code:
      message.network_error = {static_cast<std::uint8_t>(octets.at(0)), read_u16(octets, 1)};
      return;
    case TLVID_message_state: message.state = tlv.value.val08; return;
    case TLVID_receipted_message_id:
      message.receipted_id = octets.substr(0, octets.find('\0'));
      return;
    case TLVID_sar_segment_seqnum: message.sar_number = tlv.value.val08; return;
    case TLVID_sar_total_segments: message.sar_total = tlv.value.val08; return;
    case TLVID_sar_msg_ref_num: message.sar_reference = tlv.value.val16; return;
    case TLVID_destination_port: message.destination_port = tlv.value.val16; return;
    case TLVID_source_port: message.source_port = tlv.value.val16; return;
    case TLVID_user_message_reference: message.user_reference = tlv.value.val16; return;
    default: FAIL("a TLV that was not written");
  }
}

template <class Frame>
void fill(Frame& frame, const Bind& bind) {
  put(frame.system_id, bind.system_id);
  put(frame.password, bind.password);
  put(frame.system_type, bind.system_type);
  frame.interface_version = bind.interface_version;
  frame.addr_ton = bind.range.ton;
  frame.addr_npi = bind.range.npi;
  put(frame.address_range, bind.range.text);
}

template <class Frame>
void take(const Frame& frame, Bind& bind) {
  bind = {text_of(frame.system_id),
          text_of(frame.password),
          text_of(frame.system_type),
          frame.interface_version,
          {frame.addr_ton, frame.addr_npi, text_of(frame.address_range)}};
}

template <class Frame>
void fill(Frame& frame, const BindResponse& response) {
  put(frame.system_id, response.system_id);
  add(frame.tlv, TLVID_sc_interface_version, response.interface_version);
}

template <class Frame>
void take(const Frame& frame, BindResponse& response) {
  response.system_id = text_of(frame.system_id);
  if (frame.tlv != nullptr) response.interface_version = frame.tlv->value.val08;
}

template <class Frame>
void fill(Frame& frame, const MessageResponse& response) {
  put(frame.message_id, response.message_id);
}

template <class Frame>
void take(const Frame& frame, MessageResponse& response) {
  response.message_id = text_of(frame.message_id);
}

template <class Frame>
void fill(Frame& frame, const Message& message) {
  put(frame.service_type, message.service_type);
  frame.source_addr_ton = message.source.ton;
  frame.source_addr_npi = message.source.npi;
  put(frame.source_addr, message.source.text);
  frame.dest_addr_ton = message.destination.ton;
  frame.dest_addr_npi = message.destination.npi;
  put(frame.destination_addr, message.destination.text);
  frame.esm_class = message.esm_class;
  frame.registered_delivery = message.registered_delivery;
  frame.data_coding = message.data_coding;
  if constexpr (!std::is_same_v<Frame, data_sm_t>) {
    frame.protocol_id = message.protocol_id;
    frame.priority_flag = message.priority;
    put(frame.schedule_delivery_time, message.schedule);
    put(frame.validity_period, message.validity);
    frame.replace_if_present_flag = message.replace_if_present;
    frame.sm_default_msg_id = message.default_message;
    frame.sm_length = static_cast<std::uint8_t>(message.short_message.size());
    std::memcpy(frame.short_message, message.short_message.data(), message.short_message.size());
  }
  frame.tlv = tlvs_of(message);
}

template <class Frame>
void take(const Frame& frame, Message& message) {
  message.service_type = text_of(frame.service_type);
  message.source = {frame.source_addr_ton, frame.source_addr_npi, text_of(frame.source_addr)};
  message.destination = {frame.dest_addr_ton, frame.dest_addr_npi, text_of(frame.destination_addr)};
  message.esm_class = frame.esm_class;
  message.registered_delivery = frame.registered_delivery;
  message.data_coding = frame.data_coding;
  if constexpr (!std::is_same_v<Frame, data_sm_t>) {
    message.protocol_id = frame.protocol_id;
    message.priority = frame.priority_flag;
    message.schedule = text_of(frame.schedule_delivery_time);
    message.validity = text_of(frame.validity_period);
    message.replace_if_present = frame.replace_if_present_flag;
    message.default_message = frame.sm_default_msg_id;
    message.short_message.assign(reinterpret_cast<const char*>(frame.short_message),
                                 frame.sm_length);
  }
  for (const tlv_t* tlv = frame.tlv; tlv != nullptr; tlv = tlv->next) take_tlv(*tlv, message);
}

template <class Frame>
void fill(Frame&, const Empty&) {}
template <class Frame>
void take(const Frame&, Empty&) {}

/// Frees its TLVs.
template <class Frame>
struct Held : Frame {
  Held() : Frame{} {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    if constexpr (requires { this->tlv; }) destroy_tlv(this->tlv);
  }
};

}  // namespace msggw::smpp::test
