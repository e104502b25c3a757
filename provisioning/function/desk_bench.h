// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/document.h"
#include "gateway/base/json.h"
#include "provisioning/function/desk.h"
#include "provisioning/function/ledger_bench.h"
#include "storage/memory_store.h"

namespace msggw::function {

/// How a request reaches the desk.
struct Binding {
  enum class Kind { http, coap, message };
  Kind kind;
  protocol::Encoding encoding;
};
inline constexpr Binding kBindings[] = {
    {Binding::Kind::http, protocol::Encoding::json},
    {Binding::Kind::http, protocol::Encoding::cbor},
    {Binding::Kind::coap, protocol::Encoding::json},
    {Binding::Kind::coap, protocol::Encoding::cbor},
    {Binding::Kind::message, protocol::Encoding::json},
    {Binding::Kind::message, protocol::Encoding::cbor},
};
inline std::string name_of(const Binding& binding) {
  constexpr const char* kNames[] = {"HTTP", "CoAP", "message"};
  return std::string(kNames[static_cast<int>(binding.kind)]) +
         (binding.encoding == protocol::Encoding::json ? " JSON" : " CBOR");
}

/// The same document in an encoding; `text` that is no JSON stays as it is.
inline std::string encoded(protocol::Encoding encoding, const std::string& text) {
  const auto value = base::parse_json(text, {});
  if (!value) return text;
  std::string out;
  base::append_document(encoding, out, *value);
  return out;
}
inline boost::json::object object_of(const Reply& reply) {
  const auto value = base::parse_document(reply.encoding, reply.body, {}, {});
  return value && value->is_object() ? value->as_object() : boost::json::object();
}
inline std::string text_in(const boost::json::object& object, const char* member) {
  const auto* value = object.if_contains(member);
  return value != nullptr && value->is_string() ? std::string(value->as_string().c_str()) : "";
}

/// For tests: a desk without faces. Each request is answered when it may be.
class DeskBench {
 public:
  explicit DeskBench(const PolicyOptions& policy = policy_of({}), Gateways gateways = Gateways(),
                     DeskOptions options = default_options(), std::size_t max_unanswered = 1'000,
                     std::size_t max_assignments = 10'000)
      : ledger_(store_, max_unanswered, max_assignments),
        desk_(std::move(options), Policy(policy, {}), *ledger_.operator->(), metrics_) {
    desk_.set_gateways(std::move(gateways));
  }

  static DeskOptions default_options() {
    return {.wire = {}, .service_id = "prov@msgin5g.example", .allow_unknown_gateways = true};
  }

  Desk& desk() { return desk_; }
  Ledger& ledger() { return *ledger_.operator->(); }
  std::string metrics() const { return base::metrics::expose(metrics_); }
  void commit() {
    ledger().submit();
    ledger_.await_commit();
  }

  Reply settle(const Call& call) {
    Answer answer = desk_.handle(call);
    if (answer.due != kNow) commit();
    return std::move(answer.reply);
  }

  static Call call(base::Scheme channel, Method method, Target target, std::string_view body,
                   const Proof& proof = {}) {
    const auto json = protocol::Encoding::json;
    return {channel, method, std::move(target), json, json, body, proof};
  }

  /// A provisioning request, its body given as JSON whatever the binding writes.
  Reply ask(const Binding& binding, const std::string& request, const Proof& proof = {}) {
    Call call;
    call.method = Method::post;
    call.body_encoding = binding.encoding;
    call.wanted = binding.encoding;
    call.proof = proof;
    std::string body = request;
    call.channel = binding.kind == Binding::Kind::http ? base::Scheme::http : base::Scheme::coap;
    call.target.kind = Target::Kind::collection;
    if (binding.kind == Binding::Kind::message) {
      call.target.kind = Target::Kind::message;
      body = R"({"msgType":"MSG","msgId":"m1","appId":"msgin5g-provisioning",)"
             R"("destAddr":{"addrType":"AS","addr":"prov"},"payload":)" +
             request + "}";
    }
    body = encoded(binding.encoding, body);
    call.body = body;
    Reply reply = settle(call);
    if (binding.kind == Binding::Kind::message) unwrap(reply);
    return reply;
  }
  Reply ask(const std::string& request, const Proof& proof = {}) {
    return ask(kBindings[0], request, proof);
  }
  Reply bulk(const std::string& body, const Proof& proof = {}) {
    return settle(
        call(base::Scheme::http, Method::post, {Target::Kind::bulk, "bulk"}, body, proof));
  }
  Reply item(Method method, const std::string& private_id, const Proof& proof = {}) {
    return settle(call(base::Scheme::https, method, {Target::Kind::item, private_id}, {}, proof));
  }

 private:
  /// Leaves what the message carries, if it is one.
  static void unwrap(Reply& reply) {
    const auto message = object_of(reply);
    const auto* payload = message.if_contains("payload");
    if (payload == nullptr || text_in(message, "msgId") != "m1") return;
    reply.body.clear();
    base::append_document(reply.encoding, reply.body, *payload);
  }

  storage::MemoryStore store_{store_tables().size()};
  base::metrics::Registry metrics_;
  LedgerBench ledger_;
  Desk desk_;
};

}  // namespace msggw::function
