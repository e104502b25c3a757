// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "adapters/wire/http/server.h"
#include "gateway/base/result.h"

namespace msggw::admin {

/// A JSON answer, `body` without its line end.
http::Response json_answer(unsigned status, std::string body);
/// A problem document with the status that goes with the error.
http::Response failure(const base::Error& error);
http::Response not_allowed(const char* allow);
/// The store has not committed in time.
http::Response not_stored();

/// Within this whoever changes something is answered; then not_stored().
inline constexpr base::Duration kAnswerWithin{10'000};

}  // namespace msggw::admin
