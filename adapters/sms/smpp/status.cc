// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smpp/status.h"

#include <algorithm>
#include <iterator>

#include "adapters/sms/smpp/octets.h"

namespace msggw::smpp {
namespace {

using enum StatusClass;

struct Row {
  std::uint32_t value;
  StatusText text;
};

// In ascending order.
constexpr Row kRows[] = {
    {0x00, {"ESME_ROK", "no error", StatusClass::ok}},
    {0x01, {"ESME_RINVMSGLEN", "the message length is invalid", permanent}},
    {0x02, {"ESME_RINVCMDLEN", "the command length is invalid", permanent}},
    {0x03, {"ESME_RINVCMDID", "the command is unknown", permanent}},
    {0x04, {"ESME_RINVBNDSTS", "the bind does not allow this command", bind_refused}},
    {0x05, {"ESME_RALYBND", "the session is bound already", bind_refused}},
    {0x06, {"ESME_RINVPRTFLG", "the priority flag is invalid", permanent}},
    {0x07, {"ESME_RINVREGDLVFLG", "the registered delivery flag is invalid", permanent}},
    {0x08, {"ESME_RSYSERR", "system error of the other side", temporary}},
    {0x0A, {"ESME_RINVSRCADR", "the source address is invalid", permanent}},
    {0x0B, {"ESME_RINVDSTADR", "the destination address is invalid", permanent}},
    {0x0C, {"ESME_RINVMSGID", "the message ID is invalid", permanent}},
    {0x0D, {"ESME_RBINDFAIL", "the bind failed", bind_refused}},
    {0x0E, {"ESME_RINVPASWD", "the password is invalid", bind_refused}},
    {0x0F, {"ESME_RINVSYSID", "the system ID is invalid", bind_refused}},
    {0x11, {"ESME_RCANCELFAIL", "the message cannot be cancelled", permanent}},
    {0x13, {"ESME_RREPLACEFAIL", "the message cannot be replaced", permanent}},
    {0x14, {"ESME_RMSGQFUL", "the message queue is full", throttled}},
    {0x15, {"ESME_RINVSERTYP", "the service type is invalid", permanent}},
    {0x33, {"ESME_RINVNUMDESTS", "the number of destinations is invalid", permanent}},
    {0x34, {"ESME_RINVDLNAME", "the distribution list name is invalid", permanent}},
    {0x40, {"ESME_RINVDESTFLAG", "the destination flag is invalid", permanent}},
    {0x42, {"ESME_RINVSUBREP", "submit with replace is invalid here", permanent}},
    {0x43, {"ESME_RINVESMCLASS", "the esm_class is invalid", permanent}},
    {0x44, {"ESME_RCNTSUBDL", "cannot submit to the distribution list", permanent}},
    {0x45, {"ESME_RSUBMITFAIL", "the submit failed", temporary}},
    {0x48, {"ESME_RINVSRCTON", "the source TON is invalid", permanent}},
    {0x49, {"ESME_RINVSRCNPI", "the source NPI is invalid", permanent}},
    {0x50, {"ESME_RINVDSTTON", "the destination TON is invalid", permanent}},
    {0x51, {"ESME_RINVDSTNPI", "the destination NPI is invalid", permanent}},
    {0x53, {"ESME_RINVSYSTYP", "the system type is invalid", bind_refused}},
    {0x54, {"ESME_RINVREPFLAG", "the replace_if_present flag is invalid", permanent}},
    {0x55, {"ESME_RINVNUMMSGS", "the number of messages is invalid", permanent}},
    {0x58, {"ESME_RTHROTTLED", "more messages than allowed were sent", throttled}},
    {0x61, {"ESME_RINVSCHED", "the scheduled delivery time is invalid", permanent}},
    {0x62, {"ESME_RINVEXPIRY", "the validity period is invalid", permanent}},
    {0x63, {"ESME_RINVDFTMSGID", "the predefined message is unknown", permanent}},
    {0x64, {"ESME_RX_T_APPN", "temporary error of the receiver", temporary}},
    {0x65, {"ESME_RX_P_APPN", "permanent error of the receiver", permanent}},
    {0x66, {"ESME_RX_R_APPN", "the receiver rejects the message", permanent}},
    {0x67, {"ESME_RQUERYFAIL", "the query failed", permanent}},
    {0xC0, {"ESME_RINVOPTPARSTREAM", "the optional part cannot be read", permanent}},
    {0xC1, {"ESME_ROPTPARNOTALLWD", "an optional parameter is not allowed", permanent}},
    {0xC2, {"ESME_RINVPARLEN", "a parameter's length is invalid", permanent}},
    {0xC3, {"ESME_RMISSINGOPTPARAM", "an optional parameter is missing", permanent}},
    {0xC4, {"ESME_RINVOPTPARAMVAL", "an optional parameter's value is invalid", permanent}},
    {0xFE, {"ESME_RDELIVERYFAILURE", "the delivery failed", permanent}},
    {0xFF, {"ESME_RUNKNOWNERR", "unknown error", temporary}},
};
constexpr StatusText kVendor{"vendor", "an error of the SMSC's own, see its manual", permanent};
constexpr StatusText kReserved{"reserved", "a value that SMPP 3.4 does not define", permanent};

}  // namespace

const StatusText& text_of(Status status) noexcept {
  const auto value = static_cast<std::uint32_t>(status);
  const auto* row =
      std::lower_bound(std::begin(kRows), std::end(kRows), value,
                       [](const Row& at, std::uint32_t wanted) { return at.value < wanted; });
  if (row != std::end(kRows) && row->value == value) return row->text;
  return value >= 0x400 && value <= 0x4FF ? kVendor : kReserved;
}

std::string describe(Status status) {
  const StatusText& text = text_of(status);
  std::string name(text.name);
  if (&text == &kVendor || &text == &kReserved)
    name.append(" ").append(in_hex(static_cast<std::uint32_t>(status)));
  return name.append(", ").append(text.words);
}

}  // namespace msggw::smpp
