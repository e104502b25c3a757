// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/rows.h"

#include <doctest/doctest.h>

namespace msggw::roster::rows_test {
namespace {

RowReader csv_reader(std::string_view header) {
  RowReader reader(Format::csv);
  REQUIRE(reader.wants_header());
  REQUIRE(reader.read_header(header));
  return reader;
}

Row good(RowReader& reader, std::string_view record) {
  Row row{core::UeType::as, "left over", "left over", {"left over"}};
  const auto read = reader.read(record, row);
  INFO((read ? std::string() : read.error().detail));
  REQUIRE(read);
  return row;
}

std::string reason(RowReader& reader, std::string_view record) {
  Row row;
  const auto read = reader.read(record, row);
  return read ? "good" : read.error().detail;
}

std::string header_reason(std::string_view header) {
  RowReader reader(Format::csv);
  const auto read = reader.read_header(header);
  return read ? "good" : read.error().detail;
}

TEST_CASE("rows: CSV") {
  RowReader reader = csv_reader("type,private_id,info.vendor,info.fw");
  const Row full = good(reader, R"(legacy,00:1b:63:84:45:e6,"Acme ""Co""",2)");
  CHECK(full.ue_type == core::UeType::legacy_3gpp);
  CHECK(full.private_id == "00:1b:63:84:45:e6");
  CHECK(full.info == R"({"vendor":"Acme \"Co\"","fw":"2"})");
  const Row bare = good(reader, ",meter,,");
  CHECK_FALSE(bare.ue_type);
  CHECK(bare.info.empty());
  CHECK(good(reader, "NON_3GPP,meter,,1").info == R"({"fw":"1"})");

  CHECK(reason(reader, "legacy,x,y") == "3 fields, the header has 4");
  CHECK(reason(reader, "legacy,,y,z") == "no private_id");
  CHECK(reason(reader, "car,x,y,z") ==
        "type 'car' is unknown; allowed are non3gpp, legacy, ue and as");
  CHECK(reason(reader, ",x,\xff,") == "info.vendor is not UTF-8");
  CHECK(reason(reader, ",x,\"y,") == "field 3: no closing quote");
  CHECK(reason(reader, ",x,," + std::string(20'000, 'y')) == "a record of more than 16384 octets");
}

TEST_CASE("rows: a byte order mark is no part of a list") {
  CHECK(without_mark("\xEF\xBB\xBFprivate_id\n") == "private_id\n");
  CHECK(without_mark("\xEF\xBBx") == "\xEF\xBBx");
  CHECK(without_mark("").empty());
}

TEST_CASE("rows: blanks at the ends of Private IDs are no part of them, in CSV and in JSON") {
  using Aliases = std::vector<std::string>;
  RowReader csv = csv_reader("private_id,aliases,info.note");
  RowReader json(Format::jsonl);
  for (
      const Row& row :
      {good(csv, "\t my meter  , a;b ; c, note "),
       good(
           json,
           R"({"privateId":"\t my meter  ","aliases":[" a","b "," c"],"info":{"note":" note "}})")}) {
    CHECK(row.private_id == "my meter");
    CHECK(row.aliases == Aliases{"a", "b", "c"});
    CHECK(row.info == R"({"note":" note "})");
  }
  CHECK(reason(csv, "  ,,") == "no private_id");
  CHECK(reason(json, R"({"privateId":"  "})") == "no privateId");
  CHECK(reason(csv, "x,a; ;b,") == "aliases: one of them is empty");
}

TEST_CASE("rows: numbers of the information stay as written, and none is a text") {
  RowReader json(Format::jsonl);
  CHECK(good(json, R"({"privateId":"m","info":{"iccid": 89490200001234567890}})").info ==
        R"({"iccid":89490200001234567890})");
  CHECK(reason(json, R"({"privateId":89490200001234567890})") == "privateId is no string");
  CHECK(reason(json, R"({"privateId":"m","aliases":[89490200001234567890]})") ==
        "aliases has a member that is no string");
}

TEST_CASE("rows: aliases") {
  using Aliases = std::vector<std::string>;
  RowReader csv = csv_reader("private_id,aliases");
  CHECK(good(csv, "meter,").aliases.empty());
  CHECK(good(csv, "meter,+15551234567").aliases == Aliases{"+15551234567"});
  CHECK(good(csv, R"(meter,"a;b, c; d")").aliases == Aliases{"a", "b, c", "d"});
  for (const char* record : {"meter,;", "meter,a;", "meter,;a", "meter,a;;b"}) {
    CAPTURE(record);
    CHECK(reason(csv, record) == "aliases: one of them is empty");
  }
  CHECK(header_reason("aliases,private_id,aliases") == "the column 'aliases' stands there twice");

  RowReader jsonl(Format::jsonl);
  CHECK(good(jsonl, R"({"privateId":"x"})").aliases.empty());
  CHECK(good(jsonl, R"({"privateId":"x","aliases":[]})").aliases.empty());
  CHECK(good(jsonl, R"({"aliases":["a;b","c"],"privateId":"x"})").aliases == Aliases{"a;b", "c"});
  CHECK(reason(jsonl, R"({"privateId":"x","aliases":"a"})") == "aliases is no array");
  CHECK(reason(jsonl, R"({"privateId":"x","aliases":["a",7]})") ==
        "aliases has a member that is no string");
}

TEST_CASE("rows: CSV headers") {
  CHECK(header_reason("private_id") == "good");
  CHECK(header_reason("type,info.x") == "no column private_id in the header");
  CHECK(header_reason("private_id,vendor") ==
        "the column 'vendor' is unknown; allowed are private_id, type, aliases and info.NAME");
  CHECK(header_reason("private_id,info.") != "good");
  CHECK(header_reason("private_id,type,private_id") ==
        "the column 'private_id' stands there twice");
  CHECK(header_reason("\"private_id") == "field 1: no closing quote");
  std::string many = "private_id";
  for (int i = 0; i < 64; ++i) many += ",info.x" + std::to_string(i);
  CHECK(header_reason(many) == "more than 64 columns");
}

TEST_CASE("rows: JSONL") {
  RowReader reader(Format::jsonl);
  CHECK_FALSE(reader.wants_header());
  const Row full =
      good(reader, R"( {"info": {"a": [1, 2]}, "privateId": "x", "ueType": "LEGACY_3GPP"} )");
  CHECK(full.ue_type == core::UeType::legacy_3gpp);
  CHECK(full.private_id == "x");
  CHECK(full.info == R"({"a":[1,2]})");
  CHECK(good(reader, R"({"privateId":"x","ueType":"ue","info":{}})").info.empty());

  CHECK(reason(reader, "[]") == "no JSON object");
  CHECK(reason(reader, "{") != "good");
  CHECK(reason(reader, R"({"ueType":"ue"})") == "no privateId");
  CHECK(reason(reader, R"({"privateId":7})") == "privateId is no string");
  CHECK(reason(reader, R"({"privateId":"x","ueType":true})") ==
        "type '' is unknown; allowed are non3gpp, legacy, ue and as");
  CHECK(reason(reader, R"({"privateId":"x","info":"y"})") == "info is no object");
  CHECK(reason(reader, R"({"privateId":"x","vendor":"y"})") ==
        "member 'vendor' is unknown; allowed are privateId, aliases, ueType and info");
}

TEST_CASE("rows: blank lines say nothing") {
  CHECK(RowReader::is_blank(""));
  CHECK(RowReader::is_blank(" \t\r"));
  CHECK_FALSE(RowReader::is_blank(" x"));
}

TEST_CASE("rows: media types") {
  CHECK(format_of("text/csv; charset=utf-8") == Format::csv);
  CHECK(format_of("application/x-ndjson") == Format::jsonl);
  CHECK(format_of(media_type(Format::jsonl)) == Format::jsonl);
  CHECK_FALSE(format_of("application/json"));
  CHECK_FALSE(format_of(""));
}

}  // namespace
}  // namespace msggw::roster::rows_test
