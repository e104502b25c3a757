// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/http_face.h"

#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/crash_point.h"
#include "provisioning/function/negotiation.h"
#include "provisioning/function/target.h"

namespace msggw::function {

namespace {

/// The methods of RFC 9110 and 5789 are known.
Method method_of(std::string_view method) noexcept {
  if (method == "POST") return Method::post;
  if (method == "GET") return Method::get;
  if (method == "DELETE") return Method::del;
  for (const std::string_view other : {"HEAD", "PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT"}) {
    if (method == other) return Method::other;
  }
  return Method::unknown;
}

/// RFC 6750 3.
const char* challenge_of(Challenge challenge) noexcept {
  return challenge == Challenge::invalid ? R"(Bearer error="invalid_token")" : "Bearer";
}

http::Response response_of(Reply&& reply) {
  http::Response response;
  response.status = reply.status;
  if (!reply.body.empty()) {
    response.content_type = reply.is_problem ? protocol::problem_media_type(reply.encoding)
                                             : protocol::media_type(reply.encoding);
    response.body = std::move(reply.body);
  }
  const auto add = [&](const char* name, std::string value) {
    response.headers.emplace_back(name, std::move(value));
  };
  if (!reply.location.empty()) add("location", std::move(reply.location));
  if (reply.retry_after.count() > 0) add("retry-after", std::to_string(reply.retry_after.count()));
  if (!reply.allow.empty()) add("allow", std::string(reply.allow));
  if (reply.status == 415) add("accept", "application/json, application/cbor");
  if (reply.challenge != Challenge::none) add("www-authenticate", challenge_of(reply.challenge));
  return response;
}

}  // namespace

void HttpFace::handle(base::Scheme channel, const http::Request& request,
                      const http::Responder& responder) {
  Call call;
  call.channel = channel;
  call.method = method_of(request.method);
  call.target = parse_target(request.path);
  call.body_encoding = protocol::encoding_of(request.content_type);
  call.wanted =
      choose_encoding(request.accept, call.body_encoding.value_or(protocol::Encoding::json));
  call.body = request.body;
  call.proof = {.certificate = request.client_names, .authorization = request.authorization};
  if (trials_ != nullptr) return try_out(call, responder);
  Answer answer = desk_.handle(call);
  if (desk_.gateways().size() != 0) responder.keep(answer.to_gateway);
  if (answer.due != kNow)
    return parking_.park(answer.due, {responder, nullptr}, std::move(answer.reply));
  responder.respond(response_of(std::move(answer.reply)));
}

void HttpFace::try_out(const Call& call, const http::Responder& responder) {
  auto trial = std::make_unique<Trial>(trials_->begin(call, desk_.gateways().who(call.proof).name));
  Answer answer;
  if (trial->is_carried_out()) answer = desk_.handle(call);
  To to{responder, std::move(trial)};
  if (answer.due != kNow) return parking_.park(answer.due, std::move(to), std::move(answer.reply));
  give_spoilt(to, std::move(answer.reply));
}

void HttpFace::committed(CommitNo no) {
  parking_.committed(no, [this](To& to, Reply&& reply) {
    give(to, std::move(reply));
    base::crash_point("pf-answered");
  });
}

void HttpFace::give(To& to, Reply&& reply) {
  if (to.trial) return give_spoilt(to, std::move(reply));
  to.to.respond(response_of(std::move(reply)));
}

void HttpFace::give_spoilt(To& to, Reply&& reply) {
  const Trial& trial = *to.trial;
  trials_->spoil(trial, reply);
  if (trial.is_ordinary()) {
    trials_->said(trial, reply);
    return to.to.respond(response_of(std::move(reply)));
  }
  const tester::Action& action = trial.action();
  switch (action.kind) {
    case tester::Kind::drop:
    case tester::Kind::restart: return;
    case tester::Kind::reset:
    case tester::Kind::lost_ack: return to.to.reset();
    case tester::Kind::delay:
    case tester::Kind::half:
    case tester::Kind::status:
    case tester::Kind::wrong_body:
    case tester::Kind::wrong_content_type:
    case tester::Kind::wrong_service_id:
    case tester::Kind::duplicate: break;
  }
  trials_->said(trial, reply);
  http::Response response = response_of(std::move(reply));
  if (action.kind == tester::Kind::wrong_content_type)
    response.content_type = action.content_type.empty() ? "text/html" : action.content_type;
  if (action.kind == tester::Kind::delay) {
    return trials_->later(trial, [to = to.to, response] { to.respond(response); });
  }
  const http::Damage damage = action.kind == tester::Kind::half        ? http::Damage::half
                              : action.kind == tester::Kind::duplicate ? http::Damage::twice
                                                                       : http::Damage::none;
  to.to.respond(std::move(response), damage);
}

}  // namespace msggw::function
