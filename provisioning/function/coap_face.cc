// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/coap_face.h"

#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

#include "gateway/base/crash_point.h"
#include "provisioning/function/target.h"

namespace msggw::function {

namespace {

using coap::Code;
using protocol::Encoding;

std::optional<Encoding> encoding_of(std::uint16_t format) noexcept {
  if (format == coap::kFormatJson) return Encoding::json;
  if (format == coap::kFormatCbor) return Encoding::cbor;
  return std::nullopt;
}

Method method_of(coap::Method method) noexcept {
  switch (method) {
    case coap::Method::post: return Method::post;
    case coap::Method::get: return Method::get;
    case coap::Method::remove: return Method::del;
    case coap::Method::put:
    case coap::Method::fetch:
    case coap::Method::patch:
    case coap::Method::ipatch: break;
  }
  return Method::other;
}

Proof proof_of(const coap::Identity* identity) noexcept {
  if (identity == nullptr) return {};
  switch (identity->kind) {
    case coap::Identity::Kind::psk: return {.psk_identity = identity->names.front()};
    case coap::Identity::Kind::certificate: return {.certificate = identity->names};
    case coap::Identity::Kind::none: break;
  }
  return {};
}

Code code_of(unsigned status, coap::Method method) noexcept {
  switch (status) {
    case 200: return method == coap::Method::get ? Code::content : Code::changed;
    case 201: return Code::created;
    case 204: return Code::deleted;
    case 400: return Code::bad_request;
    case 401: return Code::unauthorized;
    case 403: return Code::forbidden;
    case 404: return Code::not_found;
    case 405: return Code::method_not_allowed;
    case 406: return Code::not_acceptable;
    case 409: return Code::conflict;
    case 413: return Code::too_large;
    case 415: return Code::unsupported_format;
    case 422: return Code::unprocessable;
    case 429: return Code::too_many_requests;
    case 501: return Code::not_implemented;
    case 502: return Code::bad_gateway;
    case 503: return Code::unavailable;
    case 504: return Code::gateway_timeout;
    default: return status < 500 ? Code::bad_request : Code::internal_error;
  }
}

/// `most_body_octets` goes with 4.13, as Size1 (RFC 7959 4).
coap::Response response_of(coap::Method method, Reply&& reply, std::uint32_t most_body_octets) {
  coap::Response response;
  response.code = code_of(reply.status, method);
  if (response.code == Code::too_large) response.size1 = most_body_octets;
  if (!reply.location.empty()) response.location = reply.location.substr(1);
  if (reply.retry_after.count() > 0)
    response.max_age_s = static_cast<std::uint32_t>(reply.retry_after.count());
  if (reply.body.empty()) return response;
  response.content_format =
      reply.encoding == Encoding::json ? coap::kFormatJson : coap::kFormatCbor;
  response.payload = std::move(reply.body);
  return response;
}

}  // namespace

std::vector<coap::ListedResource> listed_resources() {
  return {{std::string(kCollectionPath.substr(1)), "msgin5g.prov", "50 60"},
          {std::string(kMessagePath.substr(1)), "msgin5g", "50 60"},
          {"healthz", "", "50 60"}};
}

CoapFace::CoapFace(const base::Context& context, base::Scheme channel,
                   const coap::ServerOptions& listener, Desk& desk)
    : desk_(desk),
      channel_(channel),
      most_body_octets_(static_cast<std::uint32_t>(listener.max_body_octets)),
      server_(context, listener, [this](coap::Incoming& incoming, coap::Response& out) {
        return handle(incoming, out);
      }) {}

coap::Reply CoapFace::handle(coap::Incoming& incoming, coap::Response& out) {
  const coap::Request& request = incoming.request;
  Call call;
  call.channel = channel_;
  call.method = method_of(request.method);
  call.target = target_of(request.path);
  call.body_encoding = encoding_of(request.content_format.value_or(coap::kFormatJson));
  call.wanted =
      request.accept ? encoding_of(*request.accept) : call.body_encoding.value_or(Encoding::json);
  call.proof = proof_of(request.identity);
  // A block of a body whose request would be refused anyway is not worth keeping.
  if (desk_.reads_body_of(call)) {
    const auto body = incoming.body(out);
    if (!body) return coap::Reply::now;
    call.body = *body;
  }
  incoming.once_only = call.method == Method::post || call.method == Method::del;
  if (trials_ != nullptr) return try_out(call, incoming, out);
  Answer answer = desk_.handle(call);
  if (answer.due != kNow) {
    parking_.park(answer.due, {incoming.ticket, nullptr}, std::move(answer.reply));
    return coap::Reply::later;
  }
  out = response_of(request.method, std::move(answer.reply), most_body_octets_);
  return coap::Reply::now;
}

coap::Reply CoapFace::try_out(const Call& call, coap::Incoming& incoming, coap::Response& out) {
  auto trial = std::make_unique<Trial>(trials_->begin(call, desk_.gateways().who(call.proof).name));
  Answer answer;
  if (trial->is_carried_out()) answer = desk_.handle(call);
  if (answer.due != kNow) {
    parking_.park(answer.due, {incoming.ticket, std::move(trial)}, std::move(answer.reply));
    return coap::Reply::later;
  }
  if (trial->is_ordinary()) {
    trials_->said(*trial, answer.reply);
    out = response_of(incoming.request.method, std::move(answer.reply), most_body_octets_);
    return coap::Reply::now;
  }
  // What goes wrong goes wrong with an answer that comes later: there it can be done in every way.
  auto to = std::make_shared<To>(To{incoming.ticket, std::move(trial)});
  boost::asio::post(trials_->io(), [this, alive = std::weak_ptr<int>(alive_), to,
                                    reply = std::move(answer.reply)]() mutable {
    if (!alive.expired()) give_spoilt(*to, std::move(reply));
  });
  return coap::Reply::later;
}

void CoapFace::committed(CommitNo no) {
  parking_.committed(no, [this](To& to, Reply&& reply) {
    if (to.trial) return give_spoilt(to, std::move(reply));
    give(to.to, std::move(reply), coap::Delivery::once, false);
    base::crash_point("pf-answered");
  });
}

void CoapFace::give(coap::Ticket to, Reply&& reply, coap::Delivery delivery, bool plain_text) {
  const auto method = server_.method_of(to);
  if (!method) return;
  coap::Response response = response_of(*method, std::move(reply), most_body_octets_);
  if (plain_text) response.content_format = coap::kFormatText;
  server_.answer(to, std::move(response), delivery);
}

void CoapFace::give_spoilt(To& to, Reply&& reply) {
  const Trial& trial = *to.trial;
  trials_->spoil(trial, reply);
  coap::Delivery delivery = coap::Delivery::once;
  bool plain_text = false;
  const tester::Kind kind = trial.is_ordinary() ? tester::Kind::status : trial.action().kind;
  switch (kind) {
    case tester::Kind::drop:
    case tester::Kind::restart: return server_.abandon(to.to, coap::Reply::nothing);
    case tester::Kind::reset: return server_.abandon(to.to, coap::Reply::reset);
    case tester::Kind::half: reply.body.resize(reply.body.size() / 2); break;
    case tester::Kind::wrong_content_type: plain_text = true; break;
    case tester::Kind::duplicate: delivery = coap::Delivery::twice; break;
    case tester::Kind::lost_ack: delivery = coap::Delivery::lost; break;
    case tester::Kind::delay:
    case tester::Kind::status:
    case tester::Kind::wrong_body:
    case tester::Kind::wrong_service_id: break;
  }
  trials_->said(trial, reply);
  if (kind != tester::Kind::delay) return give(to.to, std::move(reply), delivery, plain_text);
  trials_->later(trial, [this, alive = std::weak_ptr<int>(alive_), ticket = to.to,
                         reply = std::make_shared<Reply>(std::move(reply))] {
    if (!alive.expired()) give(ticket, std::move(*reply), coap::Delivery::once, false);
  });
}

}  // namespace msggw::function
