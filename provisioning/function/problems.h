// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "provisioning/function/call.h"

namespace msggw::function {

// The refusals of the Provisioning Function as answers: problem documents that name their cause
// (TS 29.500 table 5.2.7.2-1, and our own).

/// What the answer to a call that gets no further is written in.
protocol::Encoding encoding_for(const Call& call) noexcept;

Answer refuse(protocol::Encoding encoding, const protocol::Problem& problem, CommitNo due = kNow);
/// `param`: the element at fault (protocol::Problem::InvalidParam), none if it is not one's.
Answer refuse(protocol::Encoding encoding, unsigned status, const char* cause, std::string detail,
              std::string param = {});

Answer refuse_method(protocol::Encoding encoding, Method method, std::string_view allow);
/// 415 or 406. `names_header`: the type came in a header field, as over HTTP.
Answer refuse_encoding(protocol::Encoding encoding, unsigned status, bool names_header);
Answer refuse_overload(protocol::Encoding encoding);
Answer refuse_without_store(protocol::Encoding encoding);

}  // namespace msggw::function
