// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/address.h"
#include "provisioning/function/gateways.h"
#include "provisioning/function/ledger.h"
#include "provisioning/function/target.h"
#include "provisioning/protocol/messages.h"

namespace msggw::function {

/// A method of HTTP or CoAP. `other`: one that exists and does nothing here; `unknown`: none that
/// we know.
enum class Method : std::uint8_t { post, get, del, other, unknown };
/// "POST", "GET", "DELETE", "other"; also in metrics.
std::string_view name_of(Method method) noexcept;

/// A request to the Provisioning Function, whatever protocol it came by. Valid during the call that
/// it is given to.
struct Call {
  base::Scheme channel = base::Scheme::http;
  Method method = Method::unknown;
  Target target;
  /// None: there is no body, or its type is not one that we read.
  std::optional<protocol::Encoding> body_encoding;
  /// What the answer is to be written in. None: the client takes neither encoding.
  std::optional<protocol::Encoding> wanted;
  std::string_view body;
  Proof proof;
  std::uint64_t announced_octets = 0;  ///< of a body that was not waited for
};

/// Why a 401 is one, for those who must say it in a field.
enum class Challenge : std::uint8_t { none, missing, invalid };

/// What to answer, in HTTP's terms.
struct Reply {
  unsigned status = 500;
  protocol::Encoding encoding = protocol::Encoding::json;
  bool is_problem = false;  ///< the body is a problem document
  std::string body;
  std::string location;                 ///< path of what was made; else empty
  std::chrono::seconds retry_after{0};  ///< 0: not told
  std::string_view allow;               ///< with 405: the methods; static storage
  Challenge challenge = Challenge::none;
};

/// A reply, and the commit after which it may be given: it says what that commit makes durable.
/// kNow: at once.
struct Answer {
  Reply reply;
  CommitNo due = kNow;
  bool to_gateway = false;  ///< who asked is a configured gateway
};

}  // namespace msggw::function
