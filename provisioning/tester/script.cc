// SPDX-License-Identifier: Apache-2.0
#include "provisioning/tester/script.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <optional>

#include "gateway/base/json.h"
#include "provisioning/tester/members.h"

namespace msggw::tester {

namespace {

constexpr std::uint64_t kMostCount = 1'000'000'000'000;
constexpr std::uint64_t kMostDelayMs = 3'600'000;

constexpr std::array kKinds{Kind::delay,
                            Kind::drop,
                            Kind::reset,
                            Kind::half,
                            Kind::status,
                            Kind::wrong_body,
                            Kind::wrong_content_type,
                            Kind::wrong_service_id,
                            Kind::duplicate,
                            Kind::lost_ack,
                            Kind::restart};

std::optional<Kind> kind_of(std::string_view name) {
  for (const Kind kind : kKinds) {
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

std::string all_kinds() {
  std::string names;
  for (const Kind kind : kKinds) names.append(names.empty() ? "" : ", ").append(name_of(kind));
  return names;
}

/// Whether a request that meets this is carried out, unless the tester says otherwise: where the
/// answer is what goes wrong.
bool carried_out_by_default(Kind kind) {
  switch (kind) {
    case Kind::delay:
    case Kind::half:
    case Kind::wrong_body:
    case Kind::wrong_content_type:
    case Kind::wrong_service_id:
    case Kind::duplicate:
    case Kind::lost_ack: return true;
    case Kind::drop:
    case Kind::reset:
    case Kind::status:
    case Kind::restart: return false;
  }
  return false;
}

/// The object behind `name`, or none; anything else is a mistake.
const boost::json::object* object_behind(Members& members, std::string_view name) {
  const auto* value = members.find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) members.wrong(name, "must be an object");
  return value->if_object();
}

void read_match(const boost::json::object& object, Match& match, std::string& problem) {
  Members members(object, "match.", {"channels", "operations", "ueTypes", "privateId", "gateway"},
                  problem);
  members.words("channels", match.channels, channel_of);
  members.words("operations", match.operations, operation_of);
  members.words("ueTypes", match.ue_types, core::ue_type_of);
  members.text("privateId", match.private_id);
  members.text("gateway", match.gateway);
}

void read_when(const boost::json::object& object, When& when, std::string& problem) {
  Members members(object, "when.", {"nth", "from", "to", "every", "probability", "seed"}, problem);
  members.numbers("nth", when.nth, 1);
  members.number("from", when.from, 1, kMostCount);
  members.number("to", when.to, when.from, kMostCount);
  members.number("every", when.every, 1, kMostCount);
  members.fraction("probability", when.probability);
  members.number("seed", when.seed, 0, std::numeric_limits<std::uint64_t>::max());
  if (members.has("nth") && (members.has("from") || members.has("to") || members.has("every")))
    members.wrong("nth", "cannot go with from, to and every");
}

void read_action(Members& members, Action& action) {
  std::uint64_t delay = 0;
  members.number("delayMs", delay, 0, kMostDelayMs);
  action.delay = base::Duration(static_cast<base::Duration::rep>(delay));
  members.number("status", action.status, 400, 599);
  members.text("cause", action.cause);
  members.number("retryAfter", action.retry_after_s, 1, 86'400);
  members.text("body", action.body);
  members.text("contentType", action.content_type);
  members.text("serviceId", action.service_id);
  members.flag("loseStore", action.lose_store);
  members.flag("carriedOut", action.carried_out);
  if (action.kind == Kind::delay && delay == 0)
    members.wrong("delayMs", "is what a delay is for: from 1 to 3600000");
  if (action.kind == Kind::wrong_service_id && action.service_id.empty())
    members.wrong("serviceId", "is missing: the Service ID to answer");
}

Fault read_fault(const boost::json::object& object, const std::string& path, std::string& problem) {
  Fault fault;
  Members members(
      object, path,
      {"name", "match", "when", "do", "delayMs", "status", "cause", "retryAfter", "body",
       "contentType", "serviceId", "loseStore", "carriedOut", "matched", "fired"},
      problem);
  members.text("name", fault.name);
  std::string word;
  members.text("do", word);
  const auto kind = kind_of(word);
  if (!kind) members.wrong("do", "must be one of " + all_kinds());
  fault.action.kind = kind.value_or(Kind::delay);
  fault.action.carried_out = carried_out_by_default(fault.action.kind);
  if (const auto* match = object_behind(members, "match")) read_match(*match, fault.match, problem);
  if (const auto* when = object_behind(members, "when")) read_when(*when, fault.when, problem);
  read_action(members, fault.action);
  return fault;
}

/// Writes the members of one object, leaving out what says nothing.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  ~Object() { out_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  std::string& member(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    base::append_json_string(out_, name);
    out_ += ':';
    return out_;
  }
  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) base::append_json_string(member(name), value);
  }
  void number(std::string_view name, std::uint64_t value) { member(name) += std::to_string(value); }
  void flag(std::string_view name, bool value) { member(name) += value ? "true" : "false"; }
  template <class T>
  void words(std::string_view name, const std::vector<T>& values) {
    if (values.empty()) return;
    member(name) += '[';
    for (const T& value : values) {
      base::append_json_string(out_, name_of(value));
      out_ += ',';
    }
    out_.back() = ']';
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_match(std::string& out, const Match& match) {
  Object object(out);
  object.words("channels", match.channels);
  object.words("operations", match.operations);
  object.words("ueTypes", match.ue_types);
  object.text("privateId", match.private_id);
  object.text("gateway", match.gateway);
}

void append_when(std::string& out, const When& when) {
  Object object(out);
  if (!when.nth.empty()) {
    std::string& list = object.member("nth");
    list += '[';
    for (const std::uint64_t number : when.nth) list.append(std::to_string(number)) += ',';
    list.back() = ']';
  } else {
    object.number("from", when.from);
    if (when.to != 0) object.number("to", when.to);
    object.number("every", when.every);
  }
  if (when.probability < 1.0) {
    base::append_json(object.member("probability"), boost::json::value(when.probability));
    object.number("seed", when.seed);
  }
}

void append_action(Object& object, const Action& action) {
  object.text("do", name_of(action.kind));
  if (action.delay > base::Duration{0})
    object.number("delayMs", static_cast<std::uint64_t>(action.delay.count()));
  if (action.kind == Kind::status) object.number("status", action.status);
  object.text("cause", action.cause);
  if (action.retry_after_s != 0) object.number("retryAfter", action.retry_after_s);
  object.text("body", action.body);
  object.text("contentType", action.content_type);
  object.text("serviceId", action.service_id);
  if (action.lose_store) object.flag("loseStore", true);
  object.flag("carriedOut", action.carried_out);
}

}  // namespace

base::Result<Fault> parse_fault(std::string_view json) {
  const auto value = base::parse_json(json, {});
  if (!value) return base::fail(value.error().code, value.error().detail);
  if (!value->is_object()) return base::fail(base::Errc::incorrect, "a fault is a JSON object");
  std::string problem;
  Fault fault = read_fault(value->get_object(), "", problem);
  if (!problem.empty()) return base::fail(base::Errc::incorrect, problem);
  return fault;
}

base::Result<std::vector<Fault>> parse_scenario(std::string_view json) {
  const auto value = base::parse_json(json, {.octets = kMostScenarioOctets, .items = 200'000});
  if (!value) return base::fail(value.error().code, value.error().detail);
  const auto* object = value->if_object();
  if (object == nullptr) return base::fail(base::Errc::incorrect, "a scenario is a JSON object");
  std::string problem;
  Members members(*object, "", {"faults"}, problem);
  const auto* list = members.find("faults");
  if (list == nullptr || !list->is_array()) members.wrong("faults", "must be a list of faults");
  std::vector<Fault> faults;
  if (problem.empty()) {
    for (const auto& item : list->get_array()) {
      const std::string path = "faults[" + std::to_string(faults.size()) + "].";
      if (!item.is_object()) return base::fail(base::Errc::incorrect, path + " is no object");
      faults.push_back(read_fault(item.get_object(), path, problem));
    }
  }
  if (!problem.empty()) return base::fail(base::Errc::incorrect, problem);
  return faults;
}

void append_fault(std::string& out, const Faults::Entry& entry) {
  Object object(out);
  object.text("name", entry.fault.name);
  append_match(object.member("match"), entry.fault.match);
  append_when(object.member("when"), entry.fault.when);
  append_action(object, entry.fault.action);
  object.number("matched", entry.matched);
  object.number("fired", entry.fired);
}

void append_entry(std::string& out, const Entry& entry) {
  Object object(out);
  object.number("number", entry.number);
  object.number("exchange", entry.exchange);
  object.number("at", static_cast<std::uint64_t>(entry.at.time_since_epoch().count()));
  object.text("channel", name_of(entry.channel));
  object.text("operation", name_of(entry.operation));
  if (entry.ue_type) object.text("ueType", core::name_of(*entry.ue_type));
  object.text("privateId", entry.private_id);
  object.text("gateway", entry.gateway);
  if (entry.status != 0) {
    object.number("status", entry.status);
    object.number("tookMs", static_cast<std::uint64_t>(entry.took.count()));
  }
  object.text("serviceId", entry.service_id);
  object.text("fault", entry.fault);
}

}  // namespace msggw::tester
