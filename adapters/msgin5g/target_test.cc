// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/target.h"

#include <doctest/doctest.h>

#include <string>

#include "adapters/msgin5g/media_type.h"

namespace msggw::msgin5g {
namespace {

using messages::Priority;

TEST_CASE("the four paths are served, below the prefix only") {
  for (const std::string prefix : {"", "/gw-1/north"}) {
    FaceOptions options;
    options.path_prefix = prefix;
    const auto at = [&](const std::string& path) { return target_of(prefix + path, options); };
    CHECK(at("/msgg-l3gdelivery/v1/deliver-message").operation == Operation::l3g_message);
    CHECK(at("/msgg-l3gdelivery/v1/deliver-report").operation == Operation::l3g_report);
    CHECK(at("/msgg-n3gdelivery/v1/deliver-message").operation == Operation::n3g_message);
    CHECK(at("/msgg-n3gdelivery/v1/deliver-report").operation == Operation::n3g_report);
    for (const char* path :
         {"", "/", "/msgg-n3gdelivery", "/msgg-n3gdelivery/", "/msgg-n3gdelivery/v1",
          "/msgg-n3gdelivery/v1/", "/msgg-n3gdelivery/v1/deliver-message/",
          "/msgg-n3gdelivery/v1/deliver-messages", "/msgg-n3gdelivery//v1/deliver-message",
          "/msgg-n3gdelivery/version/deliver-message", "/msgg-bgdelivery/v1/deliver-message",
          "/msgg-bgdelivery/v2/deliver-message", "/MSGG-n3gdelivery/v1/deliver-message", "*",
          "/v1/deliver-message", "/x/msgg-n3gdelivery/v1/deliver-message"}) {
      CAPTURE(path);
      CHECK(at(path).operation == Operation::none);
      CHECK_FALSE(at(path).wrong_version);
    }
    for (const char* path : {"/msgg-n3gdelivery/v2/deliver-message", "/msgg-l3gdelivery/v0",
                             "/msgg-n3gdelivery/v1alpha/x", "/msgg-n3gdelivery/v10/deliver-report"})
      CHECK(at(path).wrong_version);
  }
  FaceOptions options;
  options.path_prefix = "/gw";
  CHECK(target_of("/msgg-n3gdelivery/v1/deliver-report", options).operation == Operation::none);
  CHECK(target_of("/gwmsgg-n3gdelivery/v1/deliver-report", options).operation == Operation::none);
}

TEST_CASE("a role that is switched off is not there") {
  FaceOptions options;
  options.legacy_3gpp = false;
  CHECK(target_of("/msgg-l3gdelivery/v1/deliver-report", options).operation == Operation::none);
  CHECK_FALSE(target_of("/msgg-l3gdelivery/v2/deliver-report", options).wrong_version);
  CHECK(target_of("/msgg-n3gdelivery/v1/deliver-report", options).operation ==
        Operation::n3g_report);
  options.non_3gpp = false;
  CHECK(target_of("/msgg-n3gdelivery/v1/deliver-report", options).operation == Operation::none);
}

TEST_CASE("operations have names and roles") {
  CHECK(name_of(Operation::l3g_message) == "l3g_message");
  CHECK(name_of(Operation::none) == "none");
  CHECK(role_of(Operation::l3g_report) == Role::legacy_3gpp);
  CHECK(role_of(Operation::n3g_message) == Role::non_3gpp);
}

TEST_CASE("32 priorities are three") {
  CHECK(priority_of("0") == Priority::high);
  CHECK(priority_of("15") == Priority::high);
  CHECK(priority_of("16") == Priority::normal);
  CHECK(priority_of("24") == Priority::normal);
  CHECK(priority_of("25") == Priority::low);
  CHECK(priority_of("31") == Priority::low);
  for (const char* wrong :
       {"", "32", "-1", "+1", " 1", "1 ", "1, 2", "high", "0x1", "1.0", "99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(priority_of(wrong).has_value());
  }
}

TEST_CASE("a media type is told by its name") {
  for (const char* good : {"application/json", "Application/JSON; charset=utf-8",
                           " application/json ;x", "application/json;"})
    CHECK(is_type(good, kJson));
  for (const char* wrong : {"", " ", ";", "application/problem+json", "application/jsonx",
                            "text/json", "json", "application/json, text/plain"})
    CHECK_FALSE(is_type(wrong, kJson));
}

}  // namespace
}  // namespace msggw::msgin5g
