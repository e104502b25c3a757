// SPDX-License-Identifier: Apache-2.0
// How a tester writes a fault (docs/server-double.md).
#include <algorithm>
#include <boost/json/array.hpp>
#include <iterator>
#include <limits>
#include <utility>

#include "gateway/base/json.h"
#include "tests/sim/m5s/faults.h"

namespace msggw::m5s {

namespace {

constexpr std::int64_t kMostDelayMs = 3'600'000;
constexpr std::size_t kMostItems = 10'000;
constexpr std::string_view kKinds[] = {
    "delay",      "drop",      "reset",    "half",   "status", "wrong_body", "wrong_content_type",
    "ack_status", "duplicate", "lost_ack", "restart"};
static_assert(std::size(kKinds) == static_cast<std::size_t>(Kind::restart) + 1);

/// Of these the answer alone goes wrong.
bool is_carried_out(Kind kind) {
  return kind == Kind::delay || kind == Kind::half || kind == Kind::wrong_body ||
         kind == Kind::wrong_content_type || kind == Kind::lost_ack;
}

/// What can go wrong with a request that the double makes.
bool is_for_ours(Kind kind) {
  return kind == Kind::delay || kind == Kind::drop || kind == Kind::duplicate ||
         kind == Kind::lost_ack;
}

/// One object of a fault, with its kinds of members; the first mistake is kept.
class Part {
 public:
  Part(const boost::json::object& object, std::string pointer, std::optional<Problem>& problem)
      : object_(object), reader_(object, std::move(pointer), problem) {}

  Reader& reader() { return reader_; }
  void text(std::string_view name, std::string& into) {
    std::optional<std::string> value;
    reader_.may(name, value);
    if (value) into = std::move(*value);
  }
  void flag(std::string_view name, bool& into) {
    std::optional<bool> value;
    reader_.may(name, value);
    into = value.value_or(into);
  }
  template <class Number>
  void number(std::string_view name, Number& into, std::int64_t least, std::int64_t most) {
    std::optional<std::int64_t> value;
    reader_.may(name, value);
    if (!value) return;
    if (*value < least || *value > most) {
      return reader_.incorrect(
          name, "from " + std::to_string(least) + " to " + std::to_string(most), false);
    }
    into = static_cast<Number>(*value);
  }
  void fraction(std::string_view name, double& into) {
    const auto* value = object_.if_contains(name);
    if (value == nullptr) return;
    const double given = value->is_number() ? value->to_number<double>() : -1;
    if (!(given >= 0 && given <= 1)) return reader_.incorrect(name, "from 0 to 1", false);
    into = given;
  }
  /// A value or a list of them, each given to `take`, which says whether it is good.
  template <class Take>
  void each(std::string_view name, const char* allowed, Take&& take) {
    const auto* value = object_.if_contains(name);
    if (value == nullptr) return;
    const boost::json::array one{*value};
    const auto& items = value->is_array() ? value->get_array() : one;
    if (items.empty() || items.size() > kMostItems ||
        !std::all_of(items.begin(), items.end(), take))
      reader_.incorrect(name, allowed, false);
  }
  const boost::json::object* object(std::string_view name) {
    std::optional<const boost::json::object*> value;
    reader_.may(name, value);
    return value.value_or(nullptr);
  }
  bool has(std::string_view name) const { return object_.contains(name); }

 private:
  const boost::json::object& object_;
  Reader reader_;
};

void read_match(const boost::json::object& object, std::optional<Problem>& problem, Fault& fault) {
  Part part(object, "/match", problem);
  part.reader().only({"operations", "from", "to", "serviceId", "msgId"});
  part.each("operations", "operations of the double, see docs/server-double.md",
            [&](const boost::json::value& item) {
              const auto operation = operation_of(base::text_of(item).value_or(""));
              if (operation) fault.operations.push_back(*operation);
              return operation.has_value();
            });
  part.text("from", fault.from);
  part.text("to", fault.to);
  part.text("serviceId", fault.service_id);
  part.text("msgId", fault.message_id);
}

void read_when(const boost::json::object& object, std::optional<Problem>& problem, Fault& fault) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  Part part(object, "/when", problem);
  part.reader().only({"nth", "from", "to", "every", "probability", "seed"});
  part.each("nth", "numbers from 1 on", [&](const boost::json::value& item) {
    const bool is_good = item.is_int64() && item.get_int64() >= 1;
    if (is_good) fault.nth.push_back(static_cast<std::uint64_t>(item.get_int64()));
    return is_good;
  });
  part.number("from", fault.first, 1, kMost);
  part.number("to", fault.last, static_cast<std::int64_t>(fault.first), kMost);
  part.number("every", fault.every, 1, kMost);
  part.fraction("probability", fault.probability);
  part.number("seed", fault.seed, 0, kMost);
  if (part.has("nth") && (part.has("from") || part.has("to") || part.has("every")))
    part.reader().incorrect("nth", "without from, to and every", false);
}

void read_action(Part& part, Fault& fault) {
  std::int64_t delay = 0;
  part.number("delayMs", delay, 1, kMostDelayMs);
  fault.delay = Span(delay);
  part.number("status", fault.status, 200, 599);
  part.number("retryAfter", fault.retry_after_s, 1, 86'400);
  part.text("cause", fault.cause);
  part.text("body", fault.body);
  part.text("contentType", fault.content_type);
  part.text("ackStatus", fault.ack_status);
  part.flag("loseStore", fault.lose_store);
  part.flag("carriedOut", fault.carried_out);
  if (fault.kind == Kind::delay && delay == 0) part.reader().missing("delayMs");
  if (fault.kind == Kind::ack_status && fault.ack_status.empty()) {
    part.reader().missing("ackStatus");
  }
}

void check_operations(Part& part, const Fault& fault) {
  for (const Operation operation : fault.operations) {
    if (is_ours(operation) && !is_for_ours(fault.kind)) {
      part.reader().incorrect("do", "delay, drop, duplicate or lost_ack for what the double asks",
                              true);
    }
    if (!is_ours(operation) && fault.kind == Kind::duplicate) {
      part.reader().incorrect("do", "something else: only what the double asks is asked twice",
                              true);
    }
  }
  if (fault.kind == Kind::duplicate && fault.operations.empty()) part.reader().missing("match");
}

}  // namespace

std::string_view name_of(Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::optional<Problem> read_fault(const boost::json::object& body, std::uint64_t seed,
                                  Fault& into) {
  std::optional<Problem> problem;
  Part part(body, "", problem);
  part.reader().only({"name", "match", "when", "do", "delayMs", "status", "cause", "retryAfter",
                      "body", "contentType", "ackStatus", "loseStore", "carriedOut"});
  part.text("name", into.name);
  std::string word;
  part.reader().must("do", word);
  const auto* const kind = std::find(std::begin(kKinds), std::end(kKinds), word);
  if (kind == std::end(kKinds)) {
    std::string all;
    for (const std::string_view one : kKinds)
      all.append(all.empty() ? "one of " : ", ").append(one);
    part.reader().incorrect("do", all, true);
    return problem;
  }
  into.kind = static_cast<Kind>(kind - std::begin(kKinds));
  into.carried_out = is_carried_out(into.kind);
  into.seed = seed;
  if (const auto* match = part.object("match")) read_match(*match, problem, into);
  if (const auto* when = part.object("when")) read_when(*when, problem, into);
  read_action(part, into);
  check_operations(part, into);
  return problem;
}

}  // namespace msggw::m5s
