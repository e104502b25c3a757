// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "adapters/sms/smpp/octets.h"
#include "adapters/sms/smpp/pdu.h"

namespace msggw::smpp {
namespace {

struct Row {
  Command request;
  std::string_view name;
  std::string_view response_name;  ///< empty: there is none
};

constexpr std::array<Row, 15> kRows{
    {{Command::bind_receiver, "bind_receiver", "bind_receiver_resp"},
     {Command::bind_transmitter, "bind_transmitter", "bind_transmitter_resp"},
     {Command::query_sm, "query_sm", "query_sm_resp"},
     {Command::submit_sm, "submit_sm", "submit_sm_resp"},
     {Command::deliver_sm, "deliver_sm", "deliver_sm_resp"},
     {Command::unbind, "unbind", "unbind_resp"},
     {Command::replace_sm, "replace_sm", "replace_sm_resp"},
     {Command::cancel_sm, "cancel_sm", "cancel_sm_resp"},
     {Command::bind_transceiver, "bind_transceiver", "bind_transceiver_resp"},
     {Command::outbind, "outbind", {}},
     {Command::enquire_link, "enquire_link", "enquire_link_resp"},
     {Command::submit_multi, "submit_multi", "submit_multi_resp"},
     {Command::alert_notification, "alert_notification", {}},
     {Command::data_sm, "data_sm", "data_sm_resp"},
     {Command{0}, {}, "generic_nack"}}};

std::string_view name_in_table(Command command) noexcept {
  for (const Row& row : kRows)
    if (row.request == request_of(command))
      return is_response(command) ? row.response_name : row.name;
  return {};
}

}  // namespace

bool is_known(Command command) noexcept {
  return !name_in_table(command).empty();
}

std::string_view name_of(Command command) noexcept {
  const std::string_view name = name_in_table(command);
  return name.empty() ? "unknown" : name;
}

std::string describe(Command command) {
  return is_known(command) ? std::string(name_of(command))
                           : in_hex(static_cast<std::uint32_t>(command));
}

}  // namespace msggw::smpp
