// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/target.h"

#include <doctest/doctest.h>

namespace msggw::admin {
namespace {

using Kind = Target::Kind;

TEST_CASE("targets") {
  CHECK(parse_target("/api/v1/status").kind == Kind::status);
  CHECK(parse_target("/api/v1/devices").kind == Kind::devices);
  CHECK(parse_target("/api/v1/devices/a%2Fb%20").kind == Kind::device);
  CHECK(parse_target("/api/v1/devices/a%2Fb%20").private_id == "a/b ");
  CHECK(parse_target("/api/v1/devices/x/suspend").kind == Kind::suspend);
  CHECK(parse_target("/api/v1/devices/x/suspend").private_id == "x");
  CHECK(parse_target("/api/v1/devices/suspend/resume").private_id == "suspend");
  CHECK(parse_target("/api/v1/devices/x/reprovision").kind == Kind::reprovision);
  CHECK(parse_target("/api/v1/devices/x/forget").kind == Kind::forget);
  CHECK(parse_target("/api/v1/devices/x/why").kind == Kind::why);
  CHECK(parse_target("/api/v1/trace").kind == Kind::trace);
  CHECK(parse_target("/api/v1/messages").kind == Kind::messages);
  CHECK(parse_target("/api/v1/messages/removals").kind == Kind::message_removals);
  CHECK(parse_target("/api/v1/messages/18446744073709551615").kind == Kind::message);
  CHECK(parse_target("/api/v1/messages/42").number == 42);
  for (const char* path : {"/api/v1/messages/", "/api/v1/messages/x", "/api/v1/messages/-1",
                           "/api/v1/messages/4/2", "/api/v1/messages/18446744073709551616",
                           "/api/v1/messagesx", "/api/v1/messages1", "/api/v1/trace/x"}) {
    CAPTURE(path);
    CHECK(parse_target(path).kind == Kind::unknown);
  }
  const Target alias = parse_target("/api/v1/devices/a%2Fb/aliases/%2B15551234567");
  CHECK(alias.kind == Kind::alias);
  CHECK(alias.private_id == "a/b");
  CHECK(alias.alias == "+15551234567");
  CHECK(parse_target("/api/v1/devices/aliases/aliases/suspend").alias == "suspend");
  for (const char* path :
       {"/api/v1/devices/x/aliases", "/api/v1/devices/x/aliases/", "/api/v1/devices//aliases/y",
        "/api/v1/devices/x/aliases/y/", "/api/v1/devices/x/aliases/y/z"}) {
    CAPTURE(path);
    CHECK(parse_target(path).kind == Kind::unknown);
  }
  CHECK(parse_target("/api/v1/devices/x/aliases/%").kind == Kind::malformed);
  for (const char* path : {"/api/v1", "/api/v1/", "/api/v1/devices/", "/api/v1/devicesx",
                           "/api/v1/devices//suspend", "/api/v1/devices/x/", "/api/v1/devices/x/y",
                           "/api/v1/devices/x/suspend/", "/api/v2/status", "/api/v1/status/"}) {
    CAPTURE(path);
    CHECK(parse_target(path).kind == Kind::unknown);
  }
  for (const char* path : {"/api/v1/devices/%", "/api/v1/devices/%4", "/api/v1/devices/%zz"}) {
    CAPTURE(path);
    CHECK(parse_target(path).kind == Kind::malformed);
  }
}

TEST_CASE("list queries") {
  const auto all = parse_list_query("");
  REQUIRE(all);
  CHECK_FALSE(all->state);
  CHECK(all->limit == 100);
  CHECK(all->first == 0);
  const auto some = parse_list_query("limit=1000&after=41&state=suspended");
  REQUIRE(some);
  CHECK(some->state == core::DeviceState::suspended);
  CHECK(some->limit == 1'000);
  CHECK(some->first == 42);
  for (const char* query :
       {"limit=0", "limit=1001", "limit=", "limit=x", "limit=1&limit=1", "after=-1",
        "after=", "after=4294967295", "after=1&after=1", "state=removed",
        "state=", "state=refused&state=refused", "page=1", "limit", "=", "limit=1x", "limit=%"}) {
    CAPTURE(query);
    CHECK_FALSE(parse_list_query(query));
  }
  CHECK(parse_list_query("after=4294967294")->first == 4'294'967'295U);
}

}  // namespace
}  // namespace msggw::admin
