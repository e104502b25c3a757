// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/uplink.h"

#include <utility>

#include "adapters/coap/message_requests.h"
#include "adapters/coap/refusals.h"
#include "adapters/coap/registration.h"
#include "adapters/elements/limits.h"

namespace msggw::coap_adapter {

namespace {

void tell(const messages::Answer& answer, payload::Encoding encoding, coap::Response& out) {
  if (answer.refusal) return describe(*answer.refusal, out);
  out.code = coap::Code::changed;
  out.content_format = format_of(encoding);
  out.payload = payload::encode_accepted(encoding, answer.message_id);
}

}  // namespace

Uplink::Uplink(const base::Clock& clock, messages::DeviceSide& messages, Listeners& server,
               const Options& options)
    : clock_(clock),
      messages_(messages),
      server_(server),
      most_octets_(options.max_message_octets),
      open_(options.max_open_exchanges) {}

coap::Reply Uplink::structured(coap::Incoming& incoming, coap::Response& out,
                               core::DeviceNo device) {
  auto encodings = choose_document(incoming.request);
  if (!encodings && encodings.error().code == base::Errc::unsupported)
    encodings.error().detail = "a message is 50 (JSON) or 60 (CBOR); POST content alone to up";
  if (!encodings) return refuse_format(server_, encodings.error(), out);
  incoming.most_body_octets = most_octets_;
  const auto whole = incoming.body(out);
  if (!whole) return coap::Reply::now;
  auto request = payload::parse_message(encodings->body, *whole, most_octets_);
  if (!request) return refuse_body(server_, *request.error().refusal, out);
  request->device = device;
  return send(incoming, out, *std::move(request), encodings->answer);
}

coap::Reply Uplink::plain(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device) {
  const auto application = read_parameter(incoming.request.queries, "app");
  if (!application)
    return server_.refuse(out, coap::Reason::bad_query, coap::Code::bad_request,
                          application.error().detail);
  if (!payload::is_line(*application, elements::kMostApplicationOctets))
    return server_.refuse(out, coap::Reason::bad_query, coap::Code::bad_request,
                          "app is too long, no UTF-8 or holds control characters");
  const auto encoding = choose_answer(incoming.request);
  if (!encoding) return refuse_format(server_, encoding.error(), out);
  incoming.most_body_octets = most_octets_;
  const auto whole = incoming.body(out);
  if (!whole) return coap::Reply::now;
  messages::SendRequest request;
  request.device = device;
  request.application = *application;
  request.content = *whole;
  return send(incoming, out, std::move(request), *encoding);
}

coap::Reply Uplink::send(coap::Incoming& incoming, coap::Response& out,
                         messages::SendRequest request, payload::Encoding encoding) {
  const base::Source source = coap::source_of(incoming.request.peer);
  const auto ticket = open_.next_ticket(source);
  if (!ticket)
    return server_.refuse(out, coap::Reason::too_many_open, coap::Code::unavailable,
                          "too many requests are open; try again");
  incoming.once_only = true;
  request.bearer = core::Bearer::coap;
  request.ticket = *ticket;
  request.origin = origin_of(incoming.request);
  request.origin_for = kExchangeLifetime;
  if (const auto answer = messages_.send(std::move(request), clock_.now())) {
    tell(*answer, encoding, out);
    return coap::Reply::now;
  }
  open_.open(source) = {incoming.ticket, encoding};
  return coap::Reply::later;
}

void Uplink::answer(const messages::Answer& answer) {
  const OpenRequest* const request = open_.take(answer.ticket);
  if (request == nullptr) return;
  coap::Response response;
  tell(answer, request->encoding, response);
  server_.answer(request->exchange, std::move(response));
}

}  // namespace msggw::coap_adapter
