// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "adapters/sms/return_paths.h"
#include "adapters/sms/submissions.h"
#include "gateway/messages/message.h"

namespace msggw::sms {

/// What the gateway itself tells a phone, as messages keep it until an SMSC has it
/// (messages::DeviceSide::tell): the number is the recipient, the address of the gateway the
/// sender, the SMSC and the form of that address the application.
messages::Message text_to(const std::string& number, const ReturnPath& path, std::string content,
                          const Options& options);
/// Without what only its owner knows. An SMSC that is no longer configured becomes the first.
Outgoing outgoing_of(const messages::Message& text, const Options& options);

}  // namespace msggw::sms
