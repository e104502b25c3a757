// SPDX-License-Identifier: Apache-2.0
// What a text becomes as a message: whom it goes to, and by what it is known when it comes again;
// and how many are none yet.
#include <algorithm>
#include <string>

#include "adapters/sms/numbers.h"
#include "adapters/sms/uplink.h"

namespace msggw::sms {

Uplink::Asked Uplink::request_of(core::DeviceNo device, const Writing& writing, const Text& text,
                                 const Seen& seen, base::TimePoint now) {
  messages::SendRequest request;
  request.device = device;
  request.bearer = core::Bearer::sms;
  const Routes& routes = options_.routes;
  const auto& ports = writing.piece.ports;
  const auto port = ports ? std::optional(ports->destination) : std::nullopt;
  request.application = routes.application(ports);
  request.own = messages_->own_number(own_name(writing.service.text, port, options_));
  const auto named = text.is_text ? routes.named(text.body) : std::nullopt;
  if (named) request.to = named->to;
  request.content = named ? std::string(named->rest) : text.body;
  request.otherwise = routes.otherwise(writing.number, writing.service.text, port);
  request.origin_for = std::max(messages_->queue().limits.window_time, std::chrono::seconds{1});
  auto origin = origin_of(request, writing, seen, now);
  request.origin = std::move(origin.name);
  return {std::move(request), origin.is_again};
}

Origins::Origin Uplink::origin_of(const messages::SendRequest& request, const Writing& writing,
                                  const Seen& seen, base::TimePoint now) {
  messages::SendRequest asked = request;
  const auto known_since = [&](const std::string& origin) {
    asked.origin = origin;
    return messages_->known_since(asked, now);
  };
  if (!writing.id.empty()) {
    std::string origin = "id " + options_.of(writing.smsc).name + ' ' + writing.id;
    const bool is_again = known_since(origin).has_value();
    return {std::move(origin), is_again};
  }
  const Piece& piece = writing.piece;
  std::string said = writing.number + ' ' + writing.service.text;
  if (piece.ports)
    said += " port " + std::to_string(piece.ports->destination) + ' ' +
            std::to_string(piece.ports->originator);
  if (!piece.is_whole())
    said += " parts " + std::to_string(static_cast<int>(piece.form)) + ' ' +
            std::to_string(piece.reference) + ' ' + std::to_string(piece.total);
  return origins_.of(said, base::keyed_hash(content_key_, request.content), seen, now, known_since);
}

Uplink::Kept Uplink::kept_of(core::DeviceNo device) const {
  Kept kept{held_.size_of(device), inbox_.incomplete_of(tables_.device(device).private_id)};
  for (const std::string& alias : tables_.aliases(device))
    kept.long_messages += inbox_.incomplete_of(alias);
  return kept;
}

}  // namespace msggw::sms
