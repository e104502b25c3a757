// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/json.h"

#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/static_resource.hpp>
#include <boost/json/value.hpp>

#include "gateway/base/text.h"

namespace msggw::base {

namespace {

/// The text parsed and written again, or the name of the error.
std::string again(std::string_view text, const DocumentLimits& limits = {}) {
  const auto value = parse_json(text, limits);
  if (!value) return name_of(value.error().code);
  std::string out;
  append_json(out, *value);
  return out;
}

std::string in_quotes(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("JSON texts come back compact and unchanged in meaning") {
  struct Case {
    const char* text;
    const char* compact;
  };
  const Case cases[] = {
      {"null", "null"},
      {" true ", "true"},
      {"\t{ \"a\" : [ 1 , false ] }\r\n", R"({"a":[1,false]})"},
      {"{}", "{}"},
      {"[]", "[]"},
      {R"("")", R"("")"},
      {R"({"b":1,"a":2})", R"({"b":1,"a":2})"},
      {R"({"":{"":{}}})", R"({"":{"":{}}})"},
      {"0", "0"},
      {"-1", "-1"},
      {"-0.0", "-0.0"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615", "18446744073709551615"},
      {"18446744073709551616", "18446744073709551616"},
      {"1.5", "1.5"},
      {"0.3", "0.3"},
      {"1.1", "1.1"},
      {"98.17123832271625", "98.17123832271625"},
      {"-15.62495025056623", "-15.62495025056623"},
      {"-2.2250738585072014e-308", "-2.2250738585072014e-308"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"123456789.12345679", "123456789.12345679"},
      {"1e2", "100"},
      {R"("\u0041\u00e4\ud83d\ude00\/")", "\"A\xC3\xA4\xF0\x9F\x98\x80/\""},
      {R"("\"\\\b\f\n\r\t\u0000\u001f")", R"("\"\\\b\f\n\r\t\u0000\u001f")"},
  };
  for (const auto& [text, compact] : cases) {
    CAPTURE(std::string(text));
    CHECK(again(text) == std::string(compact));
    CHECK(again(compact) == std::string(compact));
  }
}

TEST_CASE("a number that no integer and no double holds as written stays as written") {
  for (const std::string_view text :
       {"89490200001234567890", "18446744073709551616", "-9223372036854775809",
        "123456789.123456789", "-15.624950250566229", "0.10000000000000001", "1e-400", "-3E-999",
        "9007199254740993.0", "4.9406564584124654e-324", "100000000000000000000.5"}) {
    CAPTURE(std::string(text));
    CHECK(again(text) == std::string(text));
    CHECK(again("{\"a\":[" + std::string(text) + "]}") == "{\"a\":[" + std::string(text) + "]}");
    const auto value = parse_json(text, {});
    REQUIRE(value);
    CHECK_FALSE(text_of(*value));  // and is no text
  }
  // The same number in other words.
  CHECK(again("1.50") == "1.5");
  CHECK(again("0.0000000000000000000000000001") == "1e-28");
  CHECK(again("0.000000000000000000000e-99") == "0");
  CHECK(again("1000000000000000000000000") == "1e+24");
}

TEST_CASE("what is not one JSON text is malformed") {
  const std::string_view texts[] = {
      "",
      " ",
      "nul",
      "tru",
      "TRUE",
      "nulls",
      "1 2",
      "{}{}",
      "[1,]",
      "[,1]",
      "[1",
      "]",
      "{",
      "}",
      "{\"a\"}",
      "{\"a\":}",
      "{\"a\":1,}",
      "{a:1}",
      "{'a':1}",
      "{1:2}",
      "01",
      "+1",
      ".5",
      "1.",
      "1e",
      "-",
      "0x10",
      "NaN",
      "Infinity",
      "-Infinity",
      "1e400",
      "-1e999999999999",
      "\"",
      "\"abc",
      "\"\\x\"",
      "\"\\u12\"",
      "\"a\nb\"",
      "\"tab\there\"",
      "/*c*/1",
      "1//c",
      "\xEF\xBB\xBF{}",
      R"("\ud800")",
      R"("\ud800x")",
      R"("\ud800\ud800")",
      R"("\udc00")",
      R"("\ud800\u0041")",
      "\"\xFF\"",
      "\"\xC0\x80\"",
      "\"\xED\xA0\x80\"",
      "\"\xC3\"",
      "{\"\xFF\":1}",
      "\"\xF4\x90\x80\x80\"",
      std::string_view("1\0", 2),
      std::string_view("\"\0\"", 3),
      std::string_view("\0{}", 3),
  };
  for (const auto text : texts) {
    CAPTURE(printable(text));
    CHECK(again(text) == "malformed");
  }
}

TEST_CASE("a key twice in one object is malformed at every depth, however it is spelt") {
  CHECK(again(R"({"a":1,"a":1})") == "malformed");
  CHECK(again(R"({"a":1,"\u0061":2})") == "malformed");
  CHECK(again(R"([{"x":{"a":1,"b":2,"a":3}}])") == "malformed");
  CHECK(again(R"({"":1,"":2})") == "malformed");
  CHECK(again(R"([{"a":1},{"a":1}])") == R"([{"a":1},{"a":1}])");
  CHECK(again(R"({"a":{"a":{"a":1}}})") == R"({"a":{"a":{"a":1}}})");
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  CHECK(again(many + "\"k100\":0}") == many + "\"k100\":0}");
  CHECK(again(many + "\"k50\":0}") == "malformed");
}

TEST_CASE("every limit holds at its value and refuses one more") {
  CHECK(again("[1]", {.octets = 3}) == "[1]");
  CHECK(again("[1] ", {.octets = 3}) == "too_large");

  CHECK(again(nested(4), {.depth = 4}) == nested(4));
  CHECK(again(nested(5), {.depth = 4}) == "too_large");
  CHECK(again(R"({"a":{"a":{}}})", {.depth = 3}) == R"({"a":{"a":{}}})");
  CHECK(again(R"({"a":{"a":{}}})", {.depth = 2}) == "too_large");

  CHECK(again("[1,\"2\",{\"3\":null}]", {.items = 5}) == "[1,\"2\",{\"3\":null}]");
  CHECK(again("[1,\"2\",{\"3\":null}]", {.items = 4}) == "too_large");
  CHECK(again("1", {.items = 0}) == "too_large");
}

TEST_CASE("a bomb of brackets is refused before it costs anything") {
  CHECK(again(std::string(60'000, '[')) == "too_large");
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += "{\"a\":";
  CHECK(again(objects) == "too_large");
  std::string zeros = "[0";
  for (int i = 0; i < 30'000; ++i) zeros += ",0";
  CHECK(again(zeros + "]") == "too_large");
}

TEST_CASE("the detail says where and why") {
  const auto detail = [](std::string_view text) { return parse_json(text, {}).error().detail; };
  CHECK(detail("[1,x]").find("octet 3") != std::string::npos);
  CHECK(detail("[1] x").find("octet 4") != std::string::npos);
  CHECK(detail(std::string(17, '[')).find("octet 16") != std::string::npos);
  CHECK(detail(R"({"a":1,"a":2})").find("twice") != std::string::npos);
}

TEST_CASE("no prefix of a document passes for one") {
  const std::string text =
      R"({"ueType":"NON_3GPP","n":[-1.5e3,true,null,"\u00e4\n"],"o":{"k":{}}})";
  REQUIRE(parse_json(text, {}).has_value());
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    const std::string exact(text, 0, size);
    CHECK(again(exact) == "malformed");
  }
}

TEST_CASE("a value is made in the storage given") {
  unsigned char room[8'192];
  boost::json::static_resource memory(room, sizeof room);
  const auto value =
      parse_json(R"({"a":["text that is too long for a small string",2]})", {}, &memory);
  REQUIRE(value.has_value());
  CHECK(value->storage().get() == &memory);
  CHECK(value->at("a").at(1) == 2);
}

TEST_CASE("strings are escaped so that the result is JSON, whatever they hold") {
  CHECK(in_quotes("") == "\"\"");
  CHECK(in_quotes("plain") == "\"plain\"");
  CHECK(in_quotes("a\"b\\c") == R"("a\"b\\c")");
  CHECK(in_quotes("\x01\x1F\x7F") == "\"\\u0001\\u001f\x7F\"");
  CHECK(in_quotes("\xC3\xA4x\xE2\x82\xAC") == "\"\xC3\xA4x\xE2\x82\xAC\"");
  CHECK(in_quotes("\xFF") == "\"\xEF\xBF\xBD\"");
  CHECK(in_quotes("\xC3\"") == "\"\xEF\xBF\xBD\\\"\"");
  std::string every;
  for (int octet = 0; octet < 256; ++octet) every += static_cast<char>(octet);
  CHECK(parse_json(in_quotes(every), {}).has_value());
  for (int octet = 0; octet < 0x80; ++octet) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'a');
      text[at] = static_cast<char>(octet);
      CHECK(text_of(parse_json(in_quotes(text), {}).value()) == text);
    }
  }
}

}  // namespace msggw::base
