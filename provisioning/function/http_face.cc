// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/http_face.h"

#include <boost/asio/post.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/crash_point.h"
#include "provisioning/function/negotiation.h"
#include "provisioning/function/problems.h"
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

Call HttpFace::call_of(base::Scheme channel, const http::Request& request) const {
  Call call;
  call.channel = channel;
  call.method = method_of(request.method);
  call.target = parse_target(request.path);
  call.body_encoding = protocol::encoding_of(request.content_type);
  call.wanted =
      choose_encoding(request.accept, call.body_encoding.value_or(protocol::Encoding::json));
  call.body = request.body;
  call.announced_octets = request.announced_octets;
  call.proof = {.certificate = request.client_names, .authorization = request.authorization};
  return call;
}

bool HttpFace::reads_body(base::Scheme channel, const http::Request& request,
                          std::uint64_t octets) const {
  Call call = call_of(channel, request);
  call.announced_octets = octets;
  return desk_.reads_body_of(call);
}

void HttpFace::handle(base::Scheme channel, const http::Request& request,
                      const http::Responder& responder) {
  const Call call = call_of(channel, request);
  if (trials_ != nullptr) return try_out(call, responder);
  Desk::Begun begun = desk_.begin(call);
  if (!begun.bulk) return answer(responder, std::move(begun.answer));
  if (!room_.take(request.source)) return answer(responder, refuse_overload(encoding_for(call)));
  begun_.push_back({responder,
                    std::move(begun.bulk),
                    {request.client_names.begin(), request.client_names.end()},
                    std::string(request.authorization),
                    request.source});
  go_on_later();
}

void HttpFace::answer(const http::Responder& to, Answer&& answer) {
  if (desk_.gateways().size() != 0) to.keep(answer.to_gateway);
  if (answer.due != kNow && parking_.octets() < max_parked_octets_)
    return parking_.park(answer.due, {to, nullptr}, std::move(answer.reply));
  if (answer.due != kNow) answer = refuse_overload(answer.reply.encoding);
  to.respond(response_of(std::move(answer.reply)));
}

void HttpFace::go_on_later() {
  if (std::exchange(going_on_, true)) return;
  boost::asio::post(io_, [this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) go_on();
  });
}

/// A part of one of them in each turn, in turn.
void HttpFace::go_on() {
  going_on_ = false;
  if (begun_.empty()) return;
  Begun next = std::move(begun_.front());
  begun_.pop_front();
  auto whole = desk_.go_on(*next.bulk,
                           {.certificate = next.client_names, .authorization = next.authorization});
  if (whole) {
    room_.give_back(next.source);
    answer(next.to, std::move(*whole));
  } else {
    begun_.push_back(std::move(next));
  }
  if (!begun_.empty()) go_on_later();
}

void HttpFace::drop_parked() noexcept {
  parking_.drop();
  for (const Begun& begun : begun_) room_.give_back(begun.source);
  begun_.clear();
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
