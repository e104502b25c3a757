// SPDX-License-Identifier: Apache-2.0
#include "provisioning/tester/script.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "gateway/base/json.h"
#include "provisioning/tester/members.h"

namespace msggw::tester {

namespace {

constexpr std::uint64_t kMostCount = 1'000'000'000'000;
constexpr std::uint64_t kMostDelayMs = 3'600'000;

std::string all_kinds() {
  std::string names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Kind>>(
      [&](auto kind) { names.append(names.empty() ? "" : ", ").append(kind.name); });
  return names;
}

/// Whether a request that meets this is carried out, unless the tester says otherwise: where the
/// answer is what goes wrong.
bool carried_out_by_default(Kind kind) {
  return kind != Kind::drop && kind != Kind::reset && kind != Kind::status && kind != Kind::restart;
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
  members.words("channels", match.channels, base::scheme_of);
  members.words("operations", match.operations, named<Operation>);
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
  const auto kind = named<Kind>(word);
  if (!kind) members.wrong("do", "must be one of " + all_kinds());
  fault.action.kind = kind.value_or(Kind::delay);
  fault.action.carried_out = carried_out_by_default(fault.action.kind);
  if (const auto* match = object_behind(members, "match")) read_match(*match, fault.match, problem);
  if (const auto* when = object_behind(members, "when")) read_when(*when, fault.when, problem);
  read_action(members, fault.action);
  return fault;
}

void put_text(boost::json::object& object, std::string_view name, std::string_view value) {
  if (!value.empty()) object[name] = value;
}

template <class T>
void put_words(boost::json::object& object, std::string_view name, const std::vector<T>& values) {
  if (values.empty()) return;
  boost::json::array& words = object[name].emplace_array();
  for (const T& value : values) words.emplace_back(name_of(value));
}

// What says nothing is left out.
boost::json::object object_of(const Match& match) {
  boost::json::object object;
  put_words(object, "channels", match.channels);
  put_words(object, "operations", match.operations);
  put_words(object, "ueTypes", match.ue_types);
  put_text(object, "privateId", match.private_id);
  put_text(object, "gateway", match.gateway);
  return object;
}

boost::json::object object_of(const When& when) {
  boost::json::object object;
  if (!when.nth.empty()) {
    object["nth"] = boost::json::array(when.nth.begin(), when.nth.end());
  } else {
    object["from"] = when.from;
    if (when.to != 0) object["to"] = when.to;
    object["every"] = when.every;
  }
  if (when.probability < 1.0) {
    object["probability"] = when.probability;
    object["seed"] = when.seed;
  }
  return object;
}

void put_action(boost::json::object& object, const Action& action) {
  put_text(object, "do", name_of(action.kind));
  if (action.delay > base::Duration{0}) object["delayMs"] = action.delay.count();
  if (action.kind == Kind::status) object["status"] = action.status;
  put_text(object, "cause", action.cause);
  if (action.retry_after_s != 0) object["retryAfter"] = action.retry_after_s;
  put_text(object, "body", action.body);
  put_text(object, "contentType", action.content_type);
  put_text(object, "serviceId", action.service_id);
  if (action.lose_store) object["loseStore"] = true;
  object["carriedOut"] = action.carried_out;
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

boost::json::object show(const Faults::Entry& entry) {
  boost::json::object object;
  put_text(object, "name", entry.fault.name);
  object["match"] = object_of(entry.fault.match);
  object["when"] = object_of(entry.fault.when);
  put_action(object, entry.fault.action);
  object["matched"] = entry.matched;
  object["fired"] = entry.fired;
  return object;
}

boost::json::object show(const Entry& entry) {
  boost::json::object object{{"number", entry.number},
                             {"exchange", entry.exchange},
                             {"at", entry.at.time_since_epoch().count()}};
  put_text(object, "channel", base::name_of(entry.channel));
  put_text(object, "operation", name_of(entry.operation));
  if (entry.ue_type) put_text(object, "ueType", core::name_of(*entry.ue_type));
  put_text(object, "privateId", entry.private_id);
  put_text(object, "gateway", entry.gateway);
  if (entry.status != 0) {
    object["status"] = entry.status;
    object["tookMs"] = entry.took.count();
  }
  put_text(object, "serviceId", entry.service_id);
  put_text(object, "fault", entry.fault);
  return object;
}

}  // namespace msggw::tester
