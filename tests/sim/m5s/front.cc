// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/front.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace msggw::m5s {

namespace {

/// An exprTime may be further away than a timer can count.
constexpr Span kLongest = std::chrono::hours(1);

void set_type(Response& response, const std::string& type) {
  std::erase_if(response.fields, [](const auto& one) { return one.first == "content-type"; });
  response.fields.emplace_back("content-type", type);
}

/// What a fault of kind `status` answers: a problem document, unless it names another body.
Response status_of(const Fault& fault) {
  Response response = response_of(
      {fault.status, fault.cause, "a fault that a tester asked for", "", fault.retry_after_s});
  if (!fault.body.empty()) response.body = fault.body;
  if (!fault.content_type.empty()) set_type(response, fault.content_type);
  return response;
}

Response ack_of(const Fault& fault, const Asked& asked) {
  boost::json::object body{{"msgId", asked.subject.message_id}, {"status", fault.ack_status}};
  if (const auto* const from = asked.body.if_contains("oriAddr")) body["oriAddr"] = *from;
  if (!fault.cause.empty()) body["failureCause"] = fault.cause;
  return json_response(200, body);
}

void spoil(const Fault& fault, const Asked& asked, Response& response, Way& way) {
  switch (fault.kind) {
    case Kind::delay:
    case Kind::duplicate: return;
    case Kind::drop: way = Way::never; return;
    case Kind::reset:
    case Kind::lost_ack:
    case Kind::restart: way = Way::reset; return;
    case Kind::half: way = Way::half; return;
    case Kind::status: response = status_of(fault); return;
    case Kind::ack_status: response = ack_of(fault, asked); return;
    case Kind::wrong_content_type:
      set_type(response, fault.content_type.empty() ? "text/plain" : fault.content_type);
      return;
    case Kind::wrong_body:
      response.body = fault.body.empty() ? "{" : fault.body;
      response.status = response.status == 204 ? 200 : response.status;
      set_type(response, "application/json");
      return;
  }
}

}  // namespace

/// An answer that is decided and may have to wait.
struct Front::Answer {
  Exchange exchange;
  Response response;
  Way way = Way::whole;
  Reply reply;
};

Front::Front(boost::asio::io_context& io, World& world)
    : io_(io),
      world_(world),
      api_(world),
      client_(io, world.options().version, world.options().answer_within),
      due_(io) {}

void Front::handle(Request request, Reply reply) {
  const Asked asked = api_.read(request);
  const Fault* const found = world_.faults.on_request(asked.subject);
  const std::optional<Fault> fault = found != nullptr ? std::optional(*found) : std::nullopt;
  Answer answer;
  answer.reply = std::move(reply);
  Exchange& exchange = answer.exchange;
  exchange.at = world_.now();
  exchange.subject = asked.subject;
  exchange.peer = std::move(request.peer);
  exchange.method = std::move(request.method);
  exchange.target = std::move(request.target);
  exchange.version = request.version;
  exchange.request_type = field(request.fields, "content-type");
  exchange.request = std::move(request.body);
  if (!fault || fault->carried_out) answer.response = api_.carry_out(asked);
  if (fault) {
    exchange.fault = fault->name;
    spoil(*fault, asked, answer.response, answer.way);
  }
  if (fault && fault->kind == Kind::restart) {
    answer.way = Way::never;  // its connection is cut with all others
    finish(std::move(answer));
    return restart(fault->delay, fault->lose_store);
  }
  if (fault && fault->delay > Span(0)) {
    const auto kept = std::make_shared<Answer>(std::move(answer));
    later(fault->delay, [this, kept] { finish(std::move(*kept)); });
  } else {
    finish(std::move(answer));
  }
  touch();
}

void Front::finish(Answer answer) {
  Exchange& exchange = answer.exchange;
  const bool is_told = answer.way == Way::whole || answer.way == Way::half;
  exchange.status = is_told ? answer.response.status : 0;
  if (is_told) {
    exchange.fields = answer.response.fields;
    exchange.answer = answer.response.body;
  }
  exchange.took = world_.now() - exchange.at;
  world_.count(exchange.subject.operation, exchange.status);
  world_.journal.add(std::move(exchange));
  answer.reply(std::move(answer.response), answer.way);
}

void Front::restart(Span down, bool lose_store) {
  if (lose_store) world_.registry.forget();
  if (restart_) restart_(down);
}

void Front::touch() {
  for (Relay::Outgoing& one : world_.relay.take(world_.now())) ask(std::move(one));
  if (change_) change_();
  const auto due = world_.relay.next_due();
  if (!due) {
    due_.cancel();
    return;
  }
  due_.expires_after(std::clamp(*due - world_.now(), Span(1), kLongest));
  due_.async_wait([this](const boost::system::error_code& stop) {
    if (!stop) touch();
  });
}

void Front::ask(Relay::Outgoing outgoing) {
  const Fault* const found = world_.faults.on_request(outgoing.subject);
  if (found == nullptr) return post(std::move(outgoing), true, "");
  const Fault fault = *found;
  const auto record = outgoing.record;
  switch (fault.kind) {
    case Kind::duplicate:
      post(outgoing, false, fault.name);
      return post(std::move(outgoing), true, fault.name);
    case Kind::delay:
      return later(fault.delay, [this, outgoing = std::move(outgoing), name = fault.name] {
        post(outgoing, true, name);
      });
    case Kind::lost_ack:  // it is made, but nobody hears the answer
      post(std::move(outgoing), false, fault.name);
      break;
    case Kind::drop:
    case Kind::reset:
    case Kind::half:
    case Kind::status:
    case Kind::wrong_body:
    case Kind::wrong_content_type:
    case Kind::ack_status:
    case Kind::restart: break;
  }
  later(world_.options().answer_within, [this, record] {
    world_.relay.answered(record, nullptr, world_.now());
    touch();
  });
}

/// `counts`: the answer is heard.
void Front::post(Relay::Outgoing outgoing, bool counts, const std::string& fault) {
  Exchange exchange;
  exchange.at = world_.now();
  exchange.is_ours = true;
  exchange.subject = std::move(outgoing.subject);
  exchange.peer = base::to_string(base::Address{outgoing.at.host, outgoing.at.port});
  exchange.method = "POST";
  exchange.target = outgoing.at.path;
  exchange.version = client_.version();
  exchange.request_type = "application/json";
  exchange.request = outgoing.body;
  exchange.fault = fault;
  exchange.attempt = outgoing.attempt;
  const auto kept = std::make_shared<Exchange>(std::move(exchange));
  client_.post({outgoing.at, std::move(outgoing.body), outgoing.priority},
               [this, kept, counts, record = outgoing.record](const Response* response) {
                 kept->took = world_.now() - kept->at;
                 if (response != nullptr) {
                   kept->status = response->status;
                   kept->fields = response->fields;
                   kept->answer = response->body;
                 }
                 world_.count(kept->subject.operation, kept->status);
                 world_.journal.add(std::move(*kept));
                 if (counts) world_.relay.answered(record, response, world_.now());
                 touch();
               });
}

void Front::later(Span span, std::function<void()> what) {
  const auto timer = std::make_shared<boost::asio::steady_timer>(io_, span);
  timer->async_wait([timer, what = std::move(what)](const boost::system::error_code& stop) {
    if (!stop) what();
  });
}

}  // namespace msggw::m5s
