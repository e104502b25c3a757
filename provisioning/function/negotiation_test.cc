// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/negotiation.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

#include "provisioning/function/target.h"

namespace msggw::function {
namespace {

using protocol::Encoding;

TEST_CASE("the encoding of an answer") {
  struct Row {
    std::string_view accept;
    std::optional<Encoding> for_json;
    std::optional<Encoding> for_cbor;
  };
  const auto json = std::optional(Encoding::json);
  const auto cbor = std::optional(Encoding::cbor);
  const Row rows[] = {
      {"", json, cbor},
      {"*/*", json, cbor},
      {"application/*", json, cbor},
      {"application/json", json, json},
      {"application/cbor", cbor, cbor},
      {"APPLICATION/CBOR", cbor, cbor},
      {"application/json, application/cbor", json, cbor},
      {"application/json;q=0.5, application/cbor", cbor, cbor},
      {"application/json;q=0.5,application/cbor;q=0.4", json, json},
      {"application/cbor;q=0, */*", json, json},
      {"application/json;q=0, */*;q=0.1", cbor, cbor},
      {"*/*;q=0.1, application/cbor ; q=1.000", cbor, cbor},
      {"application/*;q=0, application/json;q=0.001", json, json},
      {"application/json;v=1;q=0.2, application/cbor;q=0.3", cbor, cbor},
      {"text/html", std::nullopt, std::nullopt},
      {"text/html, */*;q=0", std::nullopt, std::nullopt},
      {"application/problem+json", std::nullopt, std::nullopt},
      {"nonsense", json, cbor},  // no well-formed range: as if absent
      {"application/json;q=2", json, cbor},
      {"application/json;q=x, application/cbor", cbor, cbor},
      {",,;;,/,a/", json, cbor},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.accept));
    CHECK(choose_encoding(row.accept, Encoding::json) == row.for_json);
    CHECK(choose_encoding(row.accept, Encoding::cbor) == row.for_cbor);
  }
}

TEST_CASE("paths") {
  const std::string collection(kCollectionPath);
  CHECK(parse_target(collection).kind == Target::Kind::collection);
  CHECK(parse_target("/healthz").kind == Target::Kind::health);
  for (const auto& unknown :
       {std::string("/"), std::string(""), collection + "x", collection + "/", collection + "/a/b",
        std::string("/msgin5g-provisioning/v2/provisionings"), std::string("/healthz/"),
        std::string("*")}) {
    CAPTURE(unknown);
    CHECK(parse_target(unknown).kind == Target::Kind::unknown);
  }
  for (const char* bad : {"/%", "/%4", "/%zz", "/a%2"}) {
    CAPTURE(bad);
    CHECK(parse_target(collection + bad).kind == Target::Kind::bad_item);
  }
  const auto item = parse_target(collection + "/00%3a1B+%2F%c3%BC");
  REQUIRE(item.kind == Target::Kind::item);
  CHECK(item.private_id == "00:1B+/\xc3\xbc");
}

TEST_CASE("the path of an item leads back to it") {
  for (const char* id : {"001b638445e6", "+4917112345", "a/b?c#d%e f", "\xc3\xbc:;@&=", "~-._"}) {
    const auto path = item_path(id);
    CAPTURE(path);
    CHECK(path.find_first_of("?# ") == std::string::npos);
    const auto target = parse_target(path);
    REQUIRE(target.kind == Target::Kind::item);
    CHECK(target.private_id == id);
  }
  CHECK(item_path("+49 1/x~") == std::string(kCollectionPath) + "/%2B49%201%2Fx~");
}

}  // namespace
}  // namespace msggw::function
