// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/wire/coap/blocks.h"
#include "adapters/wire/coap/counters.h"
#include "adapters/wire/coap/exchanges.h"
#include "adapters/wire/coap/server.h"

namespace msggw::coap {

/// What the calls of one server share.
struct CallRoom {
  PartialBodies& bodies;
  ServerCounters& counters;
  std::size_t max_body_octets;
  const base::Clock& clock;
};

/// Makes `out` an error and counts why. Returns Reply::now.
Reply refuse(ServerCounters& counters, Response& out, Reason reason, Code code,
             std::string_view diagnostic);

/// A request and its exchange-to-be.
class Call final : public Incoming {
 public:
  Call(const CallRoom& room, const Request& from, Ticket its_ticket, const Exchange& to_be)
      : Incoming(from, its_ticket), exchange(to_be), room_(room) {}

  std::optional<std::string_view> body(Response& out) override;

  /// False: an option makes the request wrong whatever it asks for, and `out` says which.
  bool accept_options(Response& out);

  Exchange exchange;

 private:
  std::optional<std::string_view> too_large(Response& out);
  std::size_t most_octets() const { return most_body_octets.value_or(room_.max_body_octets); }

  const CallRoom& room_;
  std::string whole_;
};

}  // namespace msggw::coap
