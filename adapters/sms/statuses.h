// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/sms/smpp/status.h"
#include "gateway/core/outbox.h"
#include "gateway/messages/outbox.h"

namespace msggw::sms {

/// deliver_sm_resp by what became of the message, one rule for all:
/// - the gateway has as much as it may: ESME_RTHROTTLED, since an SMSC slows down everything by it;
/// - this phone has, or the store or another part is away: ESME_RX_T_APPN, this message later;
/// - nobody may or can ever take it: ESME_RX_R_APPN, ESME_RX_P_APPN.
smpp::Status status_of(const core::Answer& answer) noexcept;
smpp::Status status_of(const messages::Refusal& why) noexcept;

}  // namespace msggw::sms
