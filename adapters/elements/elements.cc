// SPDX-License-Identifier: Apache-2.0
#include "adapters/elements/elements.h"

namespace msggw::elements {

namespace {

constexpr std::size_t kMostWordOctets = 64;  // of an enumeration; each word that is known has fewer
constexpr std::string_view kDelivered = "REPT_DELY_SUCCESS";
constexpr std::string_view kFailed = "REPT_DELY_FAILED";

}  // namespace

base::DocumentLimits document_limits(std::size_t body_octets) noexcept {
  return {.octets = body_octets, .depth = 16, .items = 1'024};
}

std::optional<messages::Address> read_address(Members& body, std::string_view name, Need need,
                                              std::size_t most_octets) {
  auto members = body.object(name, need);
  if (!members) return std::nullopt;
  messages::Address address;
  const std::string type = members->line("addrType", Need::mandatory, kMostWordOctets);
  address.address = members->line("addr", Need::mandatory, most_octets);
  const auto known = messages::address_type_of(type);
  if (!known && !type.empty())
    members->note(Wrong::address_type, "addrType", "is none of UE, AS, GROUP, BC, TOPIC");
  if (known) address.type = *known;
  return address;
}

bool read_delivered(Members& body) {
  const std::string status = body.line("delivSt", Need::mandatory, kMostWordOctets);
  const bool delivered = status == kDelivered;
  if (!delivered && !status.empty() && status != kFailed)
    body.note(Wrong::delivery_status, "delivSt",
              "is neither REPT_DELY_SUCCESS nor REPT_DELY_FAILED");
  return delivered;
}

void append_address(base::ObjectWriter& out, std::string_view name,
                    const messages::Address& address) {
  out.object(name, [&](base::ObjectWriter& writer) {
    writer.text("addrType", messages::name_of(address.type));
    writer.text("addr", address.address);
  });
}

void append_segment(base::ObjectWriter& out, const messages::Segment& segment) {
  out.json("segInd", "true");
  out.object("segParams", [&](base::ObjectWriter& writer) {
    writer.text("segId", segment.set);
    if (segment.total) writer.number("totalSegCount", *segment.total);
    writer.number("segNumb", segment.number);
    if (segment.last) writer.json("lastSegFlag", "true");
  });
}

void append_outcome(base::ObjectWriter& out, const messages::Report& report) {
  out.text("delivSt", report.delivered ? kDelivered : kFailed);
  if (!report.failure_cause.empty()) out.text("failureCause", report.failure_cause);
}

}  // namespace msggw::elements
