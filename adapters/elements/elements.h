// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "adapters/elements/limits.h"
#include "adapters/elements/members.h"
#include "gateway/base/document.h"
#include "gateway/messages/message.h"

namespace msggw::elements {

/// Octets of a parsed body that fit on the stack of its reader; longer bodies take the rest from
/// the heap.
inline constexpr std::size_t kParseRoom = 4'096;

/// For a body of at most that many octets.
base::DocumentLimits document_limits(std::size_t body_octets) noexcept;

/// An Address, "oriAddr" or "destAddr". None: it is not there, or no object. An unknown type is
/// noted as Wrong::address_type.
std::optional<messages::Address> read_address(Members& body, std::string_view name, Need need,
                                              std::size_t most_octets = kMostAddressOctets);

/// Whether a report says that the message was delivered, from "delivSt"; another than the two is
/// noted as Wrong::delivery_status.
bool read_delivered(Members& body);

void append_address(base::ObjectWriter& out, std::string_view name,
                    const messages::Address& address);
/// `segInd` and `segParams`.
void append_segment(base::ObjectWriter& out, const messages::Segment& segment);
/// `delivSt`, and `failureCause` where there is one.
void append_outcome(base::ObjectWriter& out, const messages::Report& report);

}  // namespace msggw::elements
