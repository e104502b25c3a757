// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "tests/sim/smsc/wire.h"

namespace msggw::smsc {
namespace {

struct CommandName {
  Command command;
  const char* name;
};
constexpr CommandName kCommands[] = {
    {Command::bind_receiver, "bind_receiver"},
    {Command::bind_transmitter, "bind_transmitter"},
    {Command::query_sm, "query_sm"},
    {Command::submit_sm, "submit_sm"},
    {Command::deliver_sm, "deliver_sm"},
    {Command::unbind, "unbind"},
    {Command::replace_sm, "replace_sm"},
    {Command::cancel_sm, "cancel_sm"},
    {Command::bind_transceiver, "bind_transceiver"},
    {Command::enquire_link, "enquire_link"},
    {Command::submit_multi, "submit_multi"},
    {Command::data_sm, "data_sm"},
};

struct StatusName {
  Status status;
  const char* name;
};
// SMPP 3.4, table 5-2.
constexpr StatusName kStatuses[] = {
    {0x00, "ESME_ROK"},
    {0x01, "ESME_RINVMSGLEN"},
    {0x02, "ESME_RINVCMDLEN"},
    {0x03, "ESME_RINVCMDID"},
    {0x04, "ESME_RINVBNDSTS"},
    {0x05, "ESME_RALYBND"},
    {0x06, "ESME_RINVPRTFLG"},
    {0x07, "ESME_RINVREGDLVFLG"},
    {0x08, "ESME_RSYSERR"},
    {0x0A, "ESME_RINVSRCADR"},
    {0x0B, "ESME_RINVDSTADR"},
    {0x0C, "ESME_RINVMSGID"},
    {0x0D, "ESME_RBINDFAIL"},
    {0x0E, "ESME_RINVPASWD"},
    {0x0F, "ESME_RINVSYSID"},
    {0x11, "ESME_RCANCELFAIL"},
    {0x13, "ESME_RREPLACEFAIL"},
    {0x14, "ESME_RMSGQFUL"},
    {0x15, "ESME_RINVSERTYP"},
    {0x33, "ESME_RINVNUMDESTS"},
    {0x34, "ESME_RINVDLNAME"},
    {0x40, "ESME_RINVDESTFLAG"},
    {0x42, "ESME_RINVSUBREP"},
    {0x43, "ESME_RINVESMCLASS"},
    {0x44, "ESME_RCNTSUBDL"},
    {0x45, "ESME_RSUBMITFAIL"},
    {0x48, "ESME_RINVSRCTON"},
    {0x49, "ESME_RINVSRCNPI"},
    {0x50, "ESME_RINVDSTTON"},
    {0x51, "ESME_RINVDSTNPI"},
    {0x53, "ESME_RINVSYSTYP"},
    {0x54, "ESME_RINVREPFLAG"},
    {0x55, "ESME_RINVNUMMSGS"},
    {0x58, "ESME_RTHROTTLED"},
    {0x61, "ESME_RINVSCHED"},
    {0x62, "ESME_RINVEXPIRY"},
    {0x63, "ESME_RINVDFTMSGID"},
    {0x64, "ESME_RX_T_APPN"},
    {0x65, "ESME_RX_P_APPN"},
    {0x66, "ESME_RX_R_APPN"},
    {0x67, "ESME_RQUERYFAIL"},
    {0xC0, "ESME_RINVOPTPARSTREAM"},
    {0xC1, "ESME_ROPTPARNOTALLWD"},
    {0xC2, "ESME_RINVPARLEN"},
    {0xC3, "ESME_RMISSINGOPTPARAM"},
    {0xC4, "ESME_RINVOPTPARAMVAL"},
    {0xFE, "ESME_RDELIVERYFAILURE"},
    {0xFF, "ESME_RUNKNOWNERR"},
};

}  // namespace

std::string command_name(std::uint32_t command) {
  if (command == number_of(Command::generic_nack)) return "generic_nack";
  for (const auto& [known, name] : kCommands) {
    if ((command & ~kResponse) != number_of(known)) continue;
    return (command & kResponse) != 0 ? std::string(name) + "_resp" : name;
  }
  return fmt::format("0x{:08x}", command);
}

std::string status_name(Status status) {
  for (const auto& [known, name] : kStatuses) {
    if (status == known) return name;
  }
  return fmt::format("0x{:08x}", status);
}

bool is_temporary(Status status) {
  return status == status::system_error || status == status::queue_full ||
         status == status::throttled || status == status::temporary;
}

}  // namespace msggw::smsc
