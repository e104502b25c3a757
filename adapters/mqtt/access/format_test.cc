// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/format.h"

#include <doctest/doctest.h>

namespace msggw::mqtt::access {
namespace {

std::string row_of(const Grant& grant) {
  std::string row;
  append_grant(row, grant);
  return row;
}

const Grant kGrant{7,     credentials::Kind::psk,  "0123456789abcdef", 1'000,
                   2'000, {"meter-42", "+4912345"}};

TEST_CASE("rows are read as they were written, and no part of one is a row") {
  const std::string row = row_of(kGrant);
  CHECK(parse_grant(row) == kGrant);
  for (std::size_t size = 0; size < row.size(); ++size)
    CHECK_FALSE(parse_grant(std::string_view(row).substr(0, size)));
  CHECK_FALSE(parse_grant(row + '\0'));
  std::string login;
  append_login(login, {"msggw", "$scrypt$", "msgin5g"});
  CHECK(parse_login(login) == Login{"msggw", "$scrypt$", "msgin5g"});
  for (std::size_t size = 0; size < login.size(); ++size)
    CHECK_FALSE(parse_login(std::string_view(login).substr(0, size)));
  for (const Change& change : {Change{7, Named{"meter", kGrant}}, Change{8, std::nullopt}}) {
    std::string changed;
    append_change(changed, change);
    CHECK(parse_change(changed) == change);
    for (std::size_t size = 0; size < changed.size(); ++size)
      CHECK_FALSE(parse_change(std::string_view(changed).substr(0, size)));
    CHECK_FALSE(parse_change(changed + '\0'));
  }
}

TEST_CASE("rows that cannot be") {
  const auto none = [](auto change) {
    Grant grant = kGrant;
    change(grant);
    return !parse_grant(row_of(grant));
  };
  CHECK(none([](Grant& grant) { grant.kind = credentials::Kind{3}; }));
  CHECK(none([](Grant& grant) { grant.secret.clear(); }));
  CHECK(none([](Grant& grant) { grant.secret.assign(257, 'a'); }));
  CHECK(none([](Grant& grant) { grant.kind = credentials::Kind::certificate; }));
  CHECK(none([](Grant& grant) { grant.ids.emplace_back(); }));
  CHECK(none([](Grant& grant) { grant.ids.emplace_back(256, 'a'); }));
  CHECK(none([](Grant& grant) { grant.ids.assign(65, "a"); }));
  std::string another = row_of(kGrant);
  another[0] = 2;  // a version to come
  CHECK_FALSE(parse_grant(another));
  const auto no_change = [](const Change& change) {
    std::string row;
    append_change(row, change);
    return !parse_change(row);
  };
  CHECK(no_change({1, Named{"", kGrant}}));
  CHECK(no_change({1, Named{std::string(129, 'a'), kGrant}}));
  Grant wrong = kGrant;
  wrong.ids.emplace_back();
  CHECK(no_change({1, Named{"a", wrong}}));
  std::string nobody;
  append_login(nobody, {"", "h", "p"});
  CHECK_FALSE(parse_login(nobody));
}

TEST_CASE("keys of one name are those of no other") {
  CHECK(number_in(grant_key("meter", 0x01020304), "meter") == 0x01020304U);
  CHECK(grant_key("meter", 5).starts_with(grants_begin("meter")));
  CHECK_FALSE(number_in(grant_key("meter", 5), "mete"));
  CHECK_FALSE(number_in(grant_key("meter", 5), "meter-4"));
  CHECK_FALSE(number_in(kLoginKey, ""));
  CHECK_FALSE(number_in("", ""));
}

TEST_CASE("times have a begin that counts, and an end that does not") {
  CHECK_FALSE(kGrant.is_good_at(999));
  CHECK(kGrant.is_good_at(1'000));
  CHECK(kGrant.is_good_at(1'999));
  CHECK_FALSE(kGrant.is_good_at(2'000));
  CHECK(Grant{}.is_good_at(5));
}

}  // namespace
}  // namespace msggw::mqtt::access
