// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/resource_list.h"

#include <doctest/doctest.h>

namespace msggw::coap {
namespace {

std::string list(std::vector<std::string_view> queries) {
  return list_of({{"rd", "core.rd x", "50 60"}, {"rd/a", "", "0"}, {"healthz", "", ""}}, queries);
}

const std::string kRd = "</rd>;rt=\"core.rd x\";ct=\"50 60\"";
const std::string kA = "</rd/a>;ct=\"0\"";

TEST_CASE("links are listed as they are asked for") {
  const std::string all = kRd + "," + kA + ",</healthz>";
  CHECK(list({}) == all);
  CHECK(list({""}) == all);
  CHECK(list({"rt=core.rd"}) == kRd);
  CHECK(list({"rt=core.rd x"}) == kRd);
  CHECK(list({"rt=core.*"}) == kRd);
  CHECK(list({"rt=core"}).empty());
  CHECK(list({"ct=50"}) == kRd);
  CHECK(list({"ct=60", "", "rt=core.rd"}) == kRd);
  CHECK(list({"ct=0", "rt=core.rd"}).empty());
  CHECK(list({"ct"}) == kRd + "," + kA);
  CHECK(list({"href=/rd"}) == kRd);
  CHECK(list({"href=/rd*"}) == kRd + "," + kA);
  CHECK(list({"rel=hosts"}).empty());
  CHECK(list({"rt="}).empty());
}

}  // namespace
}  // namespace msggw::coap
