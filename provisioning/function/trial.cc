// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/trial.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "gateway/base/document.h"
#include "gateway/core/private_id.h"
#include "provisioning/function/problems.h"
#include "provisioning/protocol/envelope.h"

namespace msggw::function {

namespace {

using tester::Operation;

constexpr std::string_view kHalfAnObject = R"({"serviceId":)";

/// The limits of our own answers, and more: a bulk answer is the longest.
constexpr base::DocumentLimits kAnswers{.octets = 16 << 20, .depth = 32, .items = 1'000'000};

Operation operation_of(const Call& call) noexcept {
  switch (call.target.kind) {
    case Target::Kind::collection:
      return call.method == Method::post ? Operation::provision : Operation::other;
    case Target::Kind::bulk:
    case Target::Kind::old_bulk:
      if (call.method == Method::post) return Operation::bulk;
      [[fallthrough]];
    case Target::Kind::item:
      if (call.method == Method::get) return Operation::read;
      return call.method == Method::del ? Operation::release : Operation::other;
    case Target::Kind::message:
      return call.method == Method::post ? Operation::message : Operation::other;
    case Target::Kind::unknown:
    case Target::Kind::health:
    case Target::Kind::bad_item: break;
  }
  return Operation::other;
}

/// Whom the request is about, with the canonical texts.
class Subjects {
 public:
  void add(std::string_view private_id, std::optional<core::UeType> type) {
    const auto canonical = core::PrivateId::parse(private_id, core::PrivateId::kMostOctets);
    ids_.push_back(canonical ? canonical->text() : std::string(private_id));
    types_.push_back(type);
  }
  void add(const protocol::DecodedRequest& asked) {
    add(asked.request.private_id, asked.ok() ? std::optional(asked.request.ue_type) : std::nullopt);
  }
  std::vector<tester::Subject> all() const {
    std::vector<tester::Subject> subjects;
    for (std::size_t i = 0; i < ids_.size(); ++i) subjects.push_back({ids_[i], types_[i]});
    return subjects;
  }

 private:
  std::vector<std::string> ids_;
  std::vector<std::optional<core::UeType>> types_;
};

Subjects subjects_of(const Call& call, Operation operation, const protocol::WireLimits& wire) {
  Subjects subjects;
  const auto encoding = call.body_encoding.value_or(protocol::Encoding::json);
  switch (operation) {
    case Operation::provision:
      subjects.add(protocol::decode_request(encoding, call.body, wire));
      break;
    case Operation::bulk:
      for (const auto& asked : protocol::decode_bulk_request(encoding, call.body, wire).items)
        subjects.add(asked);
      break;
    case Operation::message: {
      const auto message = protocol::decode_envelope(encoding, call.body, wire);
      subjects.add(protocol::decode_request(encoding, message.envelope.payload, wire));
      break;
    }
    case Operation::read:
    case Operation::release: subjects.add(call.target.private_id, std::nullopt); break;
    case Operation::other: break;
  }
  return subjects;
}

/// Gives every member "serviceId", however deep, this value.
void replace_service_ids(boost::json::value& value, const std::string& service_id) {
  if (auto* array = value.if_array()) {
    for (auto& item : *array) replace_service_ids(item, service_id);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) {
      if (member.key() == "serviceId")
        member.value() = service_id;
      else
        replace_service_ids(member.value(), service_id);
    }
  }
}

void replace_service_ids(Reply& reply, const std::string& service_id) {
  auto value = base::parse_document(reply.encoding, reply.body, kAnswers, {});
  if (!value) return;
  replace_service_ids(*value, service_id);
  reply.body.clear();
  base::append_document(reply.encoding, reply.body, *value);
}

std::string service_id_in(const boost::json::value* value) {
  const auto* object = value == nullptr ? nullptr : value->if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains("serviceId");
  if (member == nullptr || !member->is_string()) return {};
  return {member->get_string().data(), member->get_string().size()};
}

unsigned status_in(const boost::json::value& item) {
  const auto* object = item.if_object();
  const auto* status = object == nullptr ? nullptr : object->if_contains("status");
  boost::system::error_code error;
  const auto number = status == nullptr ? 0U : status->to_number<unsigned>(error);
  return error ? 0 : number;
}

}  // namespace

Trial Trials::begin(const Call& call, std::string_view gateway) {
  Trial trial;
  trial.operation_ = operation_of(call);
  const Subjects subjects = subjects_of(call, trial.operation_, wire_);
  const auto all = subjects.all();
  trial.subjects_ = all.size();
  trial.fate_ = tester_.on_request({call.channel, trial.operation_, gateway, all});
  return trial;
}

void Trials::later(const Trial& trial, std::function<void()> act) {
  const bool delayed = !trial.is_ordinary() && trial.action().kind == tester::Kind::delay;
  const auto timer = std::make_shared<boost::asio::steady_timer>(io_);
  timer->expires_after(delayed ? trial.action().delay : base::Duration{0});
  timer->async_wait([timer, act = std::move(act)](const boost::system::error_code&) { act(); });
}

void Trials::spoil(const Trial& trial, Reply& reply) const {
  if (trial.is_ordinary()) return;
  const tester::Action& action = trial.action();
  const auto pretend_success = [&] {
    if (reply.status < 300 && !reply.body.empty()) return;
    reply = Reply{};
    reply.status = 200;
  };
  switch (action.kind) {
    case tester::Kind::status:
      reply = refuse(reply.encoding, action.status, action.cause.c_str(), "a tester's fault").reply;
      reply.retry_after = std::chrono::seconds(action.retry_after_s);
      return;
    case tester::Kind::wrong_body:
      pretend_success();
      reply.body = action.body.empty() ? std::string(kHalfAnObject) : action.body;
      return;
    case tester::Kind::wrong_content_type: pretend_success(); return;
    case tester::Kind::wrong_service_id: replace_service_ids(reply, action.service_id); return;
    case tester::Kind::delay:
    case tester::Kind::drop:
    case tester::Kind::reset:
    case tester::Kind::half:
    case tester::Kind::duplicate:
    case tester::Kind::lost_ack:
    case tester::Kind::restart: return;
  }
}

void Trials::said(const Trial& trial, const Reply& reply) {
  const auto value = base::parse_document(reply.encoding, reply.body, kAnswers, {});
  const auto* object = value ? value->if_object() : nullptr;
  const std::uint64_t first = trial.fate_.entry;
  const auto* items = object == nullptr ? nullptr : object->if_contains("responses");
  if (trial.operation_ == Operation::bulk && items != nullptr && items->is_array()) {
    const auto& list = items->get_array();
    for (std::size_t i = 0; i < list.size() && i < trial.subjects_; ++i) {
      const auto* item = list[i].if_object();
      tester_.answered(first + i, status_in(list[i]),
                       service_id_in(item == nullptr ? nullptr : item->if_contains("response")));
    }
    return;
  }
  const auto* payload = object == nullptr ? nullptr : object->if_contains("payload");
  const bool in_message = trial.operation_ == Operation::message && payload != nullptr;
  const std::string service_id = in_message ? service_id_in(payload)
                                 : value    ? service_id_in(&*value)
                                            : std::string();
  const std::size_t entries = std::max<std::size_t>(1, trial.subjects_);
  for (std::size_t i = 0; i < entries; ++i) tester_.answered(first + i, reply.status, service_id);
}

}  // namespace msggw::function
