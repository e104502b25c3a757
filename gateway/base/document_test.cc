// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/document.h"

#include <doctest/doctest.h>

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

namespace msggw::base {

namespace {

std::string compact(Encoding encoding, std::string_view octets) {
  const auto value = parse_document(encoding, octets, {}, boost::json::storage_ptr());
  if (!value) return name_of(value.error().code);
  std::string out;
  append_document(Encoding::json, out, *value);
  return out;
}

}  // namespace

TEST_CASE("an object is written member by member, the same in both encodings") {
  const std::vector<std::string> none;
  const std::vector<std::string> two{"a\"b", "\xC3\xA4"};
  for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
    std::string out = "head";
    ObjectWriter writer(encoding, out);
    writer.text("t", "line\nbreak");
    writer.texts("none", none);
    writer.texts("two", two);
    writer.number("n", 18'446'744'073'709'551'615u);
    writer.json("j", R"({"x":[1,-2,1.5,null,"y"]})");
    writer.object("o", [](ObjectWriter& inner) { inner.number("m", 2); });
    writer.object("empty", [](ObjectWriter&) {});
    writer.end();
    REQUIRE(out.starts_with("head"));
    CHECK(compact(encoding, out.substr(4)) ==
          R"({"t":"line\nbreak","none":[],"two":["a\"b",")"
          "\xC3\xA4"
          R"("],"n":18446744073709551615,"j":{"x":[1,-2,1.5,null,"y"]},"o":{"m":2},"empty":{}})");
  }
}

TEST_CASE("an object without members, and one with as many as a writer takes") {
  for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
    std::string out;
    ObjectWriter(encoding, out).end();
    CHECK(compact(encoding, out) == "{}");

    std::string full;
    ObjectWriter writer(encoding, full);
    for (unsigned i = 0; i < ObjectWriter::kMostMembers; ++i)
      writer.number(std::string("k").append(std::to_string(i)), i);
    writer.end();
    CHECK(compact(encoding, full).find("\"k22\":22") != std::string::npos);
  }
}

TEST_CASE("JSON and CBOR of one value mean the same") {
  for (const char* text : {"{}", "[]", "null", "\"\xC3\xA4\"", "-1", "1.5", "9007199254740993",
                           R"({"a":{"b":[true,false,null,{"c":-0.1}]},"d":"e"})"}) {
    CAPTURE(std::string(text));
    const auto value = parse_document(Encoding::json, text, {}, boost::json::storage_ptr());
    REQUIRE(value.has_value());
    std::string cbor;
    append_document(Encoding::cbor, cbor, *value);
    CHECK(compact(Encoding::cbor, cbor) == text);
  }
}

}  // namespace msggw::base
