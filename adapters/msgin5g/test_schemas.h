// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// The schemas of TS 29.538 V18.4.0 as tables, and bodies changed at one place: what tests hold the
/// readers and writers against.
namespace msggw::msgin5g::test {

namespace json = boost::json;

enum class Type { object, word, line, text, flag, number, count, date_time };
/// `conditional`: mandatory in a body that says segInd.
enum class Presence { mandatory, conditional, optional };

struct Member {
  std::string pointer;
  Type type;
  Presence presence;
  std::size_t most = 0;  ///< octets of a line; the limits' default
};
using Schema = std::vector<Member>;

inline Schema address(const std::string& name) {
  return {{name, Type::object, Presence::mandatory},
          {name + "/addrType", Type::word, Presence::mandatory, 64},
          {name + "/addr", Type::line, Presence::mandatory, 255}};
}

inline Schema operator+(Schema a, const Schema& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// L3gMessageDelivery and N3gMessageDelivery.
inline Schema message_schema() {
  return address("/oriAddr") + address("/destAddr") +
         Schema{{"/msgId", Type::line, Presence::mandatory, 128},
                {"/appId", Type::line, Presence::optional, 255},
                {"/delivStReqInd", Type::flag, Presence::optional},
                {"/payload", Type::text, Presence::optional},
                {"/segInd", Type::flag, Presence::optional},
                {"/segParams", Type::object, Presence::conditional},
                {"/segParams/segId", Type::line, Presence::conditional, 128},
                {"/segParams/totalSegCount", Type::count, Presence::optional},
                {"/segParams/segNumb", Type::number, Presence::conditional},
                {"/segParams/lastSegFlag", Type::flag, Presence::optional}};
}

inline Schema ue_message_schema() {
  return message_schema() +
         Schema{{"/stoAndFwInd", Type::flag, Presence::mandatory},
                {"/stoAndFwParams", Type::object, Presence::optional},
                {"/stoAndFwParams/exprTime", Type::date_time, Presence::optional}};
}

inline Schema report_schema() {
  return address("/oriAddr") + address("/destAddr") +
         Schema{{"/msgId", Type::line, Presence::mandatory, 128},
                {"/failureCause", Type::line, Presence::optional, 256},
                {"/delivSt", Type::word, Presence::mandatory, 64}};
}

inline constexpr const char* kWholeMessage =
    R"({"oriAddr":{"addrType":"AS","addr":"as-77@example"},)"
    R"("destAddr":{"addrType":"UE","addr":"ue-1@example"},"msgId":"m-1","appId":"metering",)"
    R"("delivStReqInd":true,"payload":"READ","segInd":true,)"
    R"("segParams":{"segId":"s-1","totalSegCount":3,"segNumb":1,"lastSegFlag":false}})";
inline constexpr const char* kWholeReport =
    R"({"oriAddr":{"addrType":"AS","addr":"as-77@example"},)"
    R"("destAddr":{"addrType":"UE","addr":"ue-1@example"},"msgId":"m-1",)"
    R"("failureCause":"EXPIRED","delivSt":"REPT_DELY_FAILED"})";

/// The object around the element, and its name there.
inline json::object& around(json::value& body, std::string_view pointer, std::string& name) {
  const auto slash = pointer.rfind('/');
  name = pointer.substr(slash + 1);
  return slash == 0 ? body.as_object()
                    : body.as_object()[std::string(pointer.substr(1, slash - 1))].as_object();
}

inline json::value text(std::string_view octets) {
  return json::value(json::string_view(octets.data(), octets.size()));
}

inline json::value with(json::value body, std::string_view pointer, json::value value) {
  std::string name;
  around(body, pointer, name)[name] = std::move(value);
  return body;
}

inline json::value without(json::value body, std::string_view pointer) {
  std::string name;
  around(body, pointer, name).erase(name);
  return body;
}

/// `text` as Boost.JSON's own parser and nobody of ours reads it.
inline json::value parsed(std::string_view text) {
  return json::parse({text.data(), text.size()});
}
inline json::value message_body() {
  return parsed(kWholeMessage);
}
inline json::value report_body() {
  return parsed(kWholeReport);
}

}  // namespace msggw::msgin5g::test
