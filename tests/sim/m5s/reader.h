// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sim/m5s/exchange.h"

namespace msggw::m5s {

/// Why a request is not carried out: what a ProblemDetails says (TS 29.571).
struct Problem {
  unsigned status = 400;
  std::string cause;    ///< TS 29.500 5.2.7.2, or one of docs/server-double.md
  std::string detail;   ///< one sentence
  std::string param{};  ///< JSON Pointer of what is wrong, or "{variable}" of the path; empty: none
  unsigned retry_after_s = 0;  ///< 0: not told
};
/// application/problem+json.
Response response_of(const Problem& problem);

/// Reads the members of one JSON object; the first mistake is kept as the Problem to answer
/// (TS 29.500 5.2.7.2: MANDATORY_IE_MISSING, MANDATORY_IE_INCORRECT, OPTIONAL_IE_INCORRECT).
/// Members that nobody asks for are passed over, as TS 29.500 has it; `only` is for testers, whose
/// slips must not be.
class Reader {
 public:
  /// `pointer` is where the object stands in the body ("", "/oriAddr"). All must outlive it.
  Reader(const boost::json::object& object, std::string pointer, std::optional<Problem>& problem)
      : object_(object), pointer_(std::move(pointer)), problem_(problem) {}

  /// T: std::string, bool, std::int64_t, or const boost::json::object*. What is wrong leaves `into`
  /// as it is.
  template <class T>
  void must(std::string_view name, T& into) {
    const auto* value = object_.if_contains(name);
    if (value == nullptr) return missing(name);
    if (const char* wrong = take(*value, into)) incorrect(name, wrong, true);
  }
  template <class T>
  void may(std::string_view name, std::optional<T>& into) {
    const auto* value = object_.if_contains(name);
    if (value == nullptr) return;
    T taken{};
    if (const char* wrong = take(*value, taken)) return incorrect(name, wrong, false);
    into = std::move(taken);
  }
  void missing(std::string_view name);
  void incorrect(std::string_view name, std::string_view wrong, bool mandatory);
  /// Any other member is a mistake.
  void only(std::initializer_list<std::string_view> names);

  std::string pointer_to(std::string_view name) const { return pointer_ + "/" + std::string(name); }

 private:
  /// Null: taken; else what it must be.
  static const char* take(const boost::json::value& value, std::string& into);
  static const char* take(const boost::json::value& value, bool& into);
  static const char* take(const boost::json::value& value, std::int64_t& into);
  static const char* take(const boost::json::value& value, const boost::json::object*& into);

  const boost::json::object& object_;
  std::string pointer_;
  std::optional<Problem>& problem_;
};

/// The body as a JSON object; a Problem with INVALID_MSG_FORMAT if it is none.
std::optional<Problem> read_object(std::string_view body, boost::json::object& into);

}  // namespace msggw::m5s
