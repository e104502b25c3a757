// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/credential_rows.h"

#include <doctest/doctest.h>

namespace msggw::roster {
namespace {

std::string reason_of_credential(std::string_view header, std::string_view record) {
  CredentialRowReader reader;
  if (const auto read = reader.read_header(header); !read) return read.error().detail;
  CredentialRow row;
  const auto read = reader.read(record, row);
  return read ? "good" : read.error().detail;
}

TEST_CASE("a list of credentials, its columns in any order") {
  CredentialRowReader reader;
  REQUIRE(reader.read_header("key, private_id ,name,not_after,kind,hash,not_before"));
  CredentialRow row;
  REQUIRE(reader.read("0011, meter-1 ,\"m,1\",2027-01-31,psk,,", row));
  CHECK(row.private_id == "meter-1");
  CHECK(row.key == "0011");
  CHECK(row.name == "m,1");
  CHECK(row.not_after == "2027-01-31");
  CHECK(row.kind == "psk");
  CHECK(row.hash.empty());
  CHECK(row.not_before.empty());
}

TEST_CASE("what is wrong with a list is told without a word of its secrets") {
  CHECK(reason_of_credential("private_id,key", "a,b") == "good");
  CHECK(reason_of_credential("key", "a") == "no column private_id in the header");
  CHECK(reason_of_credential("private_id,secret", "a,b")
            .starts_with("the column 'secret' is unknown"));
  CHECK(reason_of_credential("private_id,key,key", "a,b,c") ==
        "the column 'key' stands there twice");
  CHECK(reason_of_credential("private_id,key", ",s3cret") == "no private_id");
  CHECK(reason_of_credential("private_id,key", "a,s3cret,x") == "3 fields, the header has 2");
  CHECK(reason_of_credential("private_id,key", "a,s3\"cret") == "field 2: a quote inside of it");
  CHECK(reason_of_credential("private_id,key", "a,\"s3cret") == "field 2: no closing quote");
  CHECK(reason_of_credential("private_id,key", "a," + std::string(5'000, 's'))
            .starts_with("a record of more"));
}

TEST_CASE("one credential as JSON") {
  CredentialRow row;
  REQUIRE(read_json_credential(
      R"({"kind":"psk","name":"m","key":"00","notBefore":"2026-01-31","notAfter":"2027-01-31"})",
      row));
  CHECK(row.kind == "psk");
  CHECK(row.key == "00");
  CHECK(row.not_before == "2026-01-31");
  const auto why = [&](std::string_view text) {
    const auto read = read_json_credential(text, row);
    return read ? "good" : read.error().detail;
  };
  CHECK(why("{}") == "good");
  CHECK(row.key.empty());
  CHECK(why("[]") == "no JSON object");
  CHECK(why(R"({"key":"s3cret)") == "no JSON object");
  CHECK(why(R"({"key":17})") == "key is no string");
  CHECK(why(R"({"secret":"s3cret"})").starts_with("member 'secret' is unknown"));
}

}  // namespace
}  // namespace msggw::roster
