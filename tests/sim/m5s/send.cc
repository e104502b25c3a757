// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/send.h"

#include <utility>

#include "tests/sim/smsc/options.h"

namespace msggw::m5s {

std::optional<Problem> read_send(const boost::json::object& body, World& world, Message& into) {
  std::optional<Problem> problem;
  Reader reader(body, "", problem);
  reader.only({"to", "toType", "from", "fromType", "text", "base64", "appId", "msgId", "report",
               "store", "storeFor", "priority"});
  std::optional<std::string> from, from_type, to_type, text, id, store_for;
  std::optional<bool> is_base64, stores;
  reader.must("to", into.to.id);
  reader.may("toType", to_type);
  reader.may("from", from);
  reader.may("fromType", from_type);
  reader.may("text", text);
  reader.may("base64", is_base64);
  reader.may("appId", into.app);
  reader.may("msgId", id);
  reader.may("report", into.wants_report);
  reader.may("store", stores);
  reader.may("storeFor", store_for);
  reader.may("priority", into.priority);
  if (into.priority && sbi_priority_of(*into.priority).empty())
    reader.incorrect("priority", "HIGH, MIDDLE or LOW", false);
  if (store_for) {
    const auto span = smsc::parse_span(*store_for);
    if (!span) reader.incorrect("storeFor", "a time like \"500ms\", \"2s\", \"5m\"", false);
    into.expires = world.now() + span.value_or(Span(0));
  }
  if (problem) return problem;
  into.to.type = to_type.value_or("UE");
  into.from = {from_type.value_or("AS"), from.value_or(world.options().own_server)};
  into.payload = is_base64.value_or(false) ? base64_of(text.value_or("")) : std::move(text);
  into.id = id && !id->empty() ? *id : world.new_message_id();
  into.stores = stores.value_or(true);
  return std::nullopt;
}

std::string base64_of(std::string_view octets) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < octets.size(); at += 3) {
    const auto octet = [&](std::size_t n) -> std::uint32_t {
      return at + n < octets.size() ? static_cast<std::uint8_t>(octets[at + n]) : 0;
    };
    const std::uint32_t bits = octet(0) << 16 | octet(1) << 8 | octet(2);
    for (std::size_t n = 0; n < 4; ++n) {
      const bool is_padding = n > octets.size() - at;
      out += is_padding ? '=' : kAlphabet[bits >> (18 - 6 * n) & 63];
    }
  }
  return out;
}

}  // namespace msggw::m5s
